"""What an import remembers of a whole file stays small, however large the file is."""

from __future__ import annotations

import random
import tracemalloc
from collections import Counter

import pytest

from app.imports import repeated_keys
from app.imports.named_originals import NamedOriginals
from app.imports.repeated_keys import RepeatedKeys


def told(keys: list[str]) -> list[bool]:
    repeated = RepeatedKeys()
    for key in keys:
        repeated.add(key)
    repeated.close()
    return [repeated.is_last(key) for key in keys]


@pytest.mark.parametrize("sorted_at_once", [64, 1 << 20])
def test_the_last_row_of_each_key_is_told_whatever_the_passes(
    monkeypatch: pytest.MonkeyPatch, sorted_at_once: int
) -> None:
    monkeypatch.setattr(repeated_keys, "SORTED", sorted_at_once)
    monkeypatch.setattr(repeated_keys, "HELD", 16)
    dice = random.Random(5)
    keys = [f"nyc:{dice.randrange(700)}" for _ in range(1_000)]
    last = {key: place for place, key in enumerate(keys)}
    assert told(keys) == [last[key] == place for place, key in enumerate(keys)]
    assert max(Counter(keys).values()) > 3


def test_a_key_that_comes_often_takes_some_bytes() -> None:
    repeated, count = RepeatedKeys(), 30_000
    tracemalloc.start()
    for number in range(2 * count):
        repeated.add(f"nyc:{number % count}")
    repeated.close()
    kept, _most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert kept < 40 * count
    assert not repeated.is_last("nyc:7") and repeated.is_last("nyc:7")


def test_what_a_source_names_is_found_again() -> None:
    named = NamedOriginals()
    named.update((f"a:{number}", "a:0") for number in range(5_000))
    named.update([("a:7", "a:8")])
    assert named.of(["a:7", "b:1"]) == {"a:7": "a:8"}
    assert len(named.of([f"a:{number}" for number in range(3_000)])) == 3_000
