"""How far an import is, told at most a few times a second."""

from __future__ import annotations

import time
from collections.abc import Callable

# What is being done ("reading"), rows done so far, rows in all where that is known, and rows a second.
Progress = Callable[[str, int, int | None, float], None]
EVERY_SECONDS = 0.5


def no_progress(_step: str, _done: int, _total: int | None, _per_second: float) -> None:
    """For a caller that does not want to hear."""


class Pace:
    """Counts the rows of one step and tells `progress` now and then, and once more at the end."""

    def __init__(self, progress: Progress, step: str, total: int | None = None) -> None:
        self._progress, self._step, self._total = progress, step, total
        self._started = self._told = time.monotonic()
        self.done = 0

    def add(self, rows: int) -> None:
        self.done += rows
        if time.monotonic() - self._told >= EVERY_SECONDS:
            self.tell()

    def tell(self) -> None:
        self._told = time.monotonic()
        elapsed = max(self._told - self._started, 1e-6)
        self._progress(self._step, self.done, self._total, self.done / elapsed)
