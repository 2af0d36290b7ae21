"""Which keys of a file stand in several rows, found in little memory: a number and a count are kept of each."""

from __future__ import annotations

import tempfile
from array import array
from bisect import bisect_left
from collections.abc import Iterator
from typing import IO, Any

import numpy as np

HELD = 1 << 16
# Keys sorted at a time: 8 MB, and seven times as much while they are counted.
SORTED = 1 << 20


class RepeatedKeys:
    """First `add` every key in order, then `close`, then ask `is_last` of every key in the same order."""

    def __init__(self) -> None:
        self._spool: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115
        self._held = array("q")
        # The repeated ones in ascending order, and how many rows with each are to come.
        self._repeated = array("q")
        self._left = array("q")
        self.rows = 0

    def add(self, key: str) -> None:
        self._held.append(hash(key))
        self.rows += 1
        if len(self._held) == HELD:
            self._spill()

    def _spill(self) -> None:
        self._held.tofile(self._spool)
        self._held = array("q")

    def close(self) -> None:
        """Counts: each pass over the file takes the share of the keys that fits."""
        self._spill()
        passes = -(-self.rows // SORTED) or 1
        for turn in range(passes):
            mine = [part[share(part, passes) == turn] for part in self._parts()]
            keys, counts = np.unique(np.concatenate(mine or [np.empty(0, np.int64)]), return_counts=True)
            several = counts > 1
            self._repeated.frombytes(keys[several].tobytes())
            self._left.frombytes(counts[several].astype(np.int64).tobytes())
        self._spool.close()

    def _parts(self) -> Iterator[Any]:
        self._spool.seek(0)
        while raw := self._spool.read(HELD * 8):
            yield np.frombuffer(raw, np.int64)

    def is_last(self, key: str) -> bool:
        """Whether no later row has this key."""
        if not self._repeated:
            return True
        number = hash(key)
        place = bisect_left(self._repeated, number)
        if place == len(self._repeated) or self._repeated[place] != number:
            return True
        self._left[place] -= 1
        return self._left[place] == 0


def share(numbers: Any, passes: int) -> Any:
    """Which pass takes each number: the low ones first, so that the passes together are in ascending order."""
    return ((numbers >> 32) + (1 << 31)) * passes >> 32
