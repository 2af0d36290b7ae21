"""Tables that other programs read: texts that a spreadsheet would run are made harmless."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from typing import Any

# What a spreadsheet would take for a formula; an apostrophe before it makes it a text.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def table(rows: Iterable[Iterable[str]]) -> str:
    """Rows as lines of CSV (RFC 4180)."""
    made = io.StringIO()
    csv.writer(made, lineterminator="\r\n").writerows(rows)
    return made.getvalue()


def cell(value: Any) -> str:
    """A value as a text that no spreadsheet runs."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value)
    return f"'{text}" if isinstance(value, str) and text.startswith(FORMULA) else text
