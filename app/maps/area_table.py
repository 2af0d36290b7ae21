"""The areas of a layer side by side, sorted by any column."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.maps.area_facts import AreaFacts
from app.maps.area_rates import TOO_FEW
from app.maps.area_report import YEAR, total
from app.maps.area_sums import Span, area_figures, closing_days
from app.templating import mark

MONTH = timedelta(days=30)
COLUMNS = {
    "name": mark("Area"),
    "new": mark("New"),
    "closed": mark("Closed"),
    "open": mark("Open now"),
    "late": mark("Late now"),
    "median_days": mark("Days to close"),
    "per_1000": mark("A year per 1,000 people"),
}


@dataclass(frozen=True, slots=True)
class AreaLine:
    """`new` and `closed` in the last 30 whole days; the median and the rate are of the last year, None if unknown."""

    area: AreaFacts
    new: int
    closed: int
    open: int
    late: int
    median_days: float | None
    per_1000: float | None


async def area_lines(session: AsyncSession, areas: Sequence[AreaFacts], on: date) -> list[AreaLine]:
    """A line for each area, in their own order."""
    until = on - timedelta(days=1)
    spans = [None, Span(on - MONTH, until), Span(on - YEAR, until)]
    found = await area_figures(session, [one for area in areas for one in area.ids], spans)
    closing = await closing_days(session, [area.ids for area in areas], Span(on - YEAR, on))
    lines = []
    for number, area in enumerate(areas):
        ever, month, year = (total(found, area.ids, span) for span in range(3))
        took = closing.get(number)
        rate = 1000 * year.new / area.population if area.population and year.new >= TOO_FEW else None
        median = took.median_days if took and took.n >= TOO_FEW else None
        lines.append(AreaLine(area, month.new, month.closings, ever.still_open, ever.late, median, rate))
    return lines


def sorted_lines(lines: Sequence[AreaLine], sort: str) -> list[AreaLine]:
    """Sorted by a column, with "-" before it for the greatest first; what is unknown stands last."""
    column, descending = sort.removeprefix("-"), sort.startswith("-")
    if column not in COLUMNS or column == "name":
        return list(reversed(lines)) if descending and column == "name" else list(lines)
    known = [line for line in lines if value(line, column) is not None]
    known.sort(key=lambda line: value(line, column), reverse=descending)
    return known + [line for line in lines if value(line, column) is None]


def value(line: AreaLine, column: str) -> Any:
    return getattr(line, column)
