"""Guessing passwords is slowed down: after ten wrong ones for an address, it waits a quarter of an hour."""

from __future__ import annotations

import time
from collections import OrderedDict

MOST_FAILURES = 10
PERIOD_SECONDS = 15 * 60.0
MOST_REMEMBERED = 10_000


class Throttle:
    """Counts failures by key in this process; the oldest keys are forgotten first."""

    def __init__(self) -> None:
        self._failures: OrderedDict[str, tuple[int, float]] = OrderedDict()

    def is_closed(self, key: str) -> bool:
        count, since = self._failures.get(key, (0, 0.0))
        return count >= MOST_FAILURES and time.monotonic() - since < PERIOD_SECONDS

    def failed(self, key: str) -> None:
        count, since = self._failures.pop(key, (0, 0.0))
        now = time.monotonic()
        fresh = now - since >= PERIOD_SECONDS
        self._failures[key] = (1 if fresh else count + 1, now if fresh else since)
        while len(self._failures) > MOST_REMEMBERED:
            self._failures.popitem(last=False)

    def clear(self) -> None:
        self._failures.clear()

    def succeeded(self, key: str) -> None:
        self._failures.pop(key, None)
