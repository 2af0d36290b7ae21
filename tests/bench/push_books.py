"""A table of push messages, and sending all of it: `python -m tests.bench.push_books TABLE.sqlite VAR`.

Prints the seconds that it took, and the memory in megabytes (with all that it started) when a quarter and when nine
tenths were sent. May be killed and started again: what was claimed by the dead one is claimed anew.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from app.notifications.fan_out import GROUP, Push, fan_out
from app.notifications.outcome import Outcome, Sent
from app.notifications.push import Endpoint, PushMessage
from app.notifications.vapid import vapid_keys
from app.settings import load_settings
from tests.notifications.browser import Browser
from tests.servers import memory_mb

TABLE = """CREATE TABLE pushes (id INTEGER PRIMARY KEY, endpoint TEXT, p256dh TEXT, auth TEXT,
 claimed INTEGER DEFAULT 0, sent INTEGER DEFAULT 0)"""
WAITING = "CREATE INDEX waiting ON pushes (id) WHERE sent = 0 AND claimed = 0"
CLAIM = """UPDATE pushes SET claimed = 1 WHERE id IN
 (SELECT id FROM pushes WHERE sent = 0 AND claimed = 0 ORDER BY id LIMIT ?) RETURNING id, endpoint, p256dh, auth"""
# As long as news of a request is in Spanish.
PAYLOAD = b"%-300d"
BROWSERS = 500


def make_books(path: Path, address: str, count: int) -> None:
    """Writes so many messages, each for an endpoint of its own below this address."""
    browsers = [Browser(address).endpoint for _ in range(BROWSERS)]
    rows = [(n, f"{address}/{n}", browsers[n % BROWSERS].p256dh, browsers[n % BROWSERS].auth) for n in range(count)]
    with opened(path) as table:
        table.execute(TABLE)
        table.execute(WAITING)
        table.executemany("INSERT INTO pushes (id, endpoint, p256dh, auth) VALUES (?, ?, ?, ?)", rows)


def opened(path: Path) -> sqlite3.Connection:
    table = sqlite3.connect(path)
    table.execute("PRAGMA journal_mode=WAL")
    table.execute("PRAGMA synchronous=FULL")
    return table


def push_of(row: tuple[int, str, str, str]) -> Push:
    return Push(row[0], Endpoint(*row[1:]), PushMessage(PAYLOAD % row[0], key=f"d{row[0]}"))


class Books:
    def __init__(self, path: Path) -> None:
        self._table = opened(path)
        self._sent, self.early_mb, self.late_mb = 0, 0.0, 0.0
        with self._table:
            self._table.execute("UPDATE pushes SET claimed = 0 WHERE claimed = 1 AND sent = 0")
        self._total = self.left()

    def left(self) -> int:
        return int(self._table.execute("SELECT count(*) FROM pushes WHERE sent = 0").fetchone()[0])

    async def claim(self) -> Sequence[Push]:
        with self._table:
            return [push_of(row) for row in self._table.execute(CLAIM, (GROUP,)).fetchall()]

    async def settle(self, outcomes: Sequence[tuple[Push, Outcome]]) -> None:
        """A bench's push service takes everything: what it did not take in time is claimed anew."""
        with self._table:
            rows = [(isinstance(outcome, Sent), push.name) for push, outcome in outcomes]
            self._table.executemany("UPDATE pushes SET sent = ?, claimed = 0 WHERE id = ?", rows)
        before, self._sent = self._sent, self._sent + len(outcomes)
        if before < self._total // 4 <= self._sent:
            self.early_mb = memory_mb(os.getpid())
        if before < self._total * 9 // 10 <= self._sent:
            self.late_mb = memory_mb(os.getpid())


async def main(path: Path, var: str) -> None:
    settings = replace(load_settings({"BLOCKWISE_VAR": var}), private_endpoints=True)
    keys = vapid_keys(settings)
    assert keys is not None
    books = Books(path)
    started = time.perf_counter()
    await fan_out(books.claim, books.settle, keys, settings)
    print(time.perf_counter() - started, books.early_mb, books.late_mb, books.left())


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2]))
