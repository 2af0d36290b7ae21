from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def no_long_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """The events of the queue come for minutes; whoever asks every route there is waits for none."""
    monkeypatch.setattr("app.staff.queue_events.LONGEST_S", 0)
