"""The list of rows that were not taken: a table with line, key and reason."""

from __future__ import annotations

import contextlib
import csv
from collections.abc import Callable, Iterator
from pathlib import Path

from app.imports.request_reasons import LEFT_OUT
from app.imports.request_row import LeftOut, nobody_told


@contextlib.contextmanager
def rejects_file(path: Path | None) -> Iterator[Callable[[LeftOut], None]]:
    """What writes down a row that is left out; nothing is kept where no path is given."""
    if path is None:
        yield nobody_told
        return
    # A row may be left out for the very halves of characters that no file can hold.
    with path.open("w", encoding="utf-8", errors="backslashreplace", newline="") as file:
        table = csv.writer(file)
        table.writerow(["line", "key", "reason", "detail"])

        def write(item: LeftOut) -> None:
            table.writerow([item.line, item.key, LEFT_OUT[item.reason], item.detail])

        yield write
