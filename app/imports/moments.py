"""Local times as cities write them, read by patterns such as "%m/%d/%Y %I:%M:%S %p", and put into UTC."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

ISO = "iso"
PARTS = {
    "%Y": r"(?P<Y>\d{4})",
    "%y": r"(?P<y>\d{2})",
    "%m": r"(?P<m>\d{1,2})",
    "%d": r"(?P<d>\d{1,2})",
    "%H": r"(?P<H>\d{1,2})",
    "%I": r"(?P<I>\d{1,2})",
    "%M": r"(?P<M>\d{1,2})",
    "%S": r"(?P<S>\d{1,2})(?:\.\d+)?",
    "%p": r"(?P<p>[AaPp])\.?[Mm]\.?",
}
DIRECTIVE = re.compile("%.")
# Two digits of a year: up to 68 are of this century, as POSIX has it.
PIVOT = 69
HALF_HOUR = 30
REMEMBERED = 100_000


def reader(pattern: str) -> Callable[[str], datetime]:
    """What reads one pattern: a naive local time, or one that knows its zone. Raises ValueError.

    "iso" is ISO 8601, with or without a time or an offset. Raises ValueError for a directive that is not known.
    """
    if pattern == ISO:
        return datetime.fromisoformat
    wanted = re.escape(pattern).replace(r"\%", "%").replace(r"\ ", r"\s+")
    for directive in DIRECTIVE.findall(pattern):
        if directive not in PARTS:
            raise ValueError(f"{directive} is not known here; known are {', '.join(PARTS)}, and {ISO}")
        wanted = wanted.replace(directive, PARTS[directive])
    if not {"%d", "%m"} <= set(DIRECTIVE.findall(pattern)):
        raise ValueError("a date needs %d, %m and %Y or %y")
    fits = re.compile(wanted).fullmatch

    def read(text: str) -> datetime:
        found = fits(text)
        if found is None:
            raise ValueError(text)
        return made(found.groupdict())

    return read


def made(parts: dict[str, str | None]) -> datetime:
    year = int(parts.get("Y") or 0)
    if not year:
        short = int(parts.get("y") or 0)
        year = short + (2000 if short < PIVOT else 1900)
    hour = int(parts.get("H") or parts.get("I") or 0)
    if half := parts.get("p"):
        if not 1 <= hour <= 12:
            raise ValueError(f"hour {hour}")
        hour = hour % 12 + (12 if half in "Pp" else 0)
    rest = int(parts.get("M") or 0), int(parts.get("S") or 0)
    return datetime(year, int(parts["m"] or 0), int(parts["d"] or 0), hour, *rest)  # noqa: DTZ001


class Clock:
    """Reads local times of one zone by the first pattern that fits, whatever the times before were like."""

    def __init__(self, patterns: Sequence[str], zone: ZoneInfo) -> None:
        self._readers = [reader(pattern) for pattern in patterns]
        self._zone = zone
        self._offsets: dict[tuple[int, int, int, int, bool], tuple[timedelta, str | None]] = {}

    def utc(self, text: str) -> tuple[datetime, str | None]:
        """The instant, and "repeated_hour" or "skipped_hour" where the local clock was no help. Raises ValueError."""
        local = self._read(text)
        if local.tzinfo is not None:
            return local.astimezone(UTC), None
        at = local.year, local.month, local.day, local.hour, local.minute >= HALF_HOUR
        known = self._offsets.get(at)
        if known is None:
            if len(self._offsets) > REMEMBERED:
                self._offsets.clear()
            known = self._offsets[at] = offset(local, self._zone)
        return (local - known[0]).replace(tzinfo=UTC), known[1]

    def _read(self, text: str) -> datetime:
        for read in self._readers:
            with contextlib.suppress(ValueError):
                return read(text)
        raise ValueError(text)


def offset(local: datetime, zone: ZoneInfo) -> tuple[timedelta, str | None]:
    """A zone's offset at a local time: the first of two; in a gap, that of before, which lands after the gap."""
    aware = local.replace(tzinfo=zone)
    first, second = aware.utcoffset() or timedelta(), aware.replace(fold=1).utcoffset() or timedelta()
    if first == second:
        return first, None
    return first, "repeated_hour" if first > second else "skipped_hour"
