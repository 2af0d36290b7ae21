from __future__ import annotations

import pytest
from argon2 import PasswordHasher


@pytest.fixture(autouse=True)
def quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """argon2id as everywhere, but in a thousandth of the memory: these tests sign in hundreds of times."""
    monkeypatch.setattr("app.accounts.passwords.hasher", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
