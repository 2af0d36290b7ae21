"""What a source says of its duplicates, by key: kept beside the memory, which does not grow with the file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from app.db import driver
from app.imports.bulk import portions


class NamedOriginals:
    """import_key of a duplicate → that of the request which it repeats. Gone with the object."""

    def __init__(self) -> None:
        # A database without a name is a file of its own that nobody sees, and that goes when it is closed.
        self._kept = driver.connect("")
        self._kept.execute("PRAGMA journal_mode = OFF")
        self._kept.execute("CREATE TABLE named (key TEXT PRIMARY KEY, original TEXT NOT NULL) WITHOUT ROWID")

    def update(self, pairs: Iterable[tuple[str, str]]) -> None:
        """A later original of the same key counts."""
        self._kept.executemany("INSERT OR REPLACE INTO named VALUES (?, ?)", pairs)

    def of(self, keys: Sequence[str]) -> dict[str, str]:
        """Those of the keys that are known."""
        found: dict[str, str] = {}
        for some in portions(keys):
            places = ", ".join("?" * len(some))
            found.update(self._kept.execute(f"SELECT key, original FROM named WHERE key IN ({places})", some))
        return found
