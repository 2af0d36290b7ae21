"""Reads of the areas' rollups: sums with what waits to be summed up, in one statement, so that figures are exact."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.maps.filter_months import whole_months
from app.service_requests.count_models import ALL
from app.service_requests.count_sql import SUMS, Sums

COUNTS, CLOSINGS = SUMS[1], SUMS[2]
# Before and after every day that is counted.
EARLIEST, LATEST = date(1800, 1, 1), date(2999, 12, 31)


@dataclass(frozen=True, slots=True)
class Figures:
    """Requests filed in a period by how they stand now, and how many were closed in it."""

    open: int = 0
    late: int = 0
    closed: int = 0
    duplicate: int = 0
    closings: int = 0

    def __add__(self, other: Figures) -> Figures:
        return Figures(*(getattr(self, name) + getattr(other, name) for name in COUNTS.figures))

    @property
    def new(self) -> int:
        """All that were filed, duplicates left out."""
        return self.open + self.late + self.closed

    @property
    def still_open(self) -> int:
        return self.open + self.late


@dataclass(frozen=True, slots=True)
class Span:
    """Days from first to last, both included."""

    first: date
    last: date


Key = tuple[int, int, int]


async def area_figures(
    session: AsyncSession, area_ids: Iterable[int], spans: Sequence[Span | None], *, by_service: bool = False
) -> dict[Key, Figures]:
    """(area id, number of the span, service id) → figures; area 0 is the city, None is all time. No row: nothing.

    All public services together have the id 0. `by_service` gives each service apart, private ones too, by whole
    months: the spans must begin on a month's first day and end on a last one.
    """
    ids = listed(area_ids)
    service = f"service_id {'<>' if by_service else '='} {ALL}"
    parts = [
        f"SELECT {number} AS span, {', '.join(COUNTS.columns)} FROM {table} WHERE {here} AND {service} AND {when}"
        for number, span in enumerate(spans)
        for when in periods(span)
        for table, here in (("area_counts", f"area_id IN ({ids})"), ("waiting", "1 = 1"))
    ]
    sums = ", ".join(f"SUM({name})" for name in COUNTS.figures)
    statement = (
        f"WITH waiting AS MATERIALIZED ({waiting(COUNTS, ids)}) SELECT area_id, span, service_id, {sums}"
        f" FROM ({' UNION ALL '.join(parts)}) counted GROUP BY area_id, span, service_id"
    )
    rows = (await session.execute(text(statement))).all()
    return {(row[0], row[1], row[2]): Figures(*(int(figure) for figure in row[3:])) for row in rows}


def waiting(sums: Sums, ids: str) -> str:
    return sums.of(f"(SELECT * FROM count_changes WHERE area_id IN ({ids}))")


def listed(ids: Iterable[int]) -> str:
    return ", ".join(str(int(one)) for one in ids) or "-1"


def periods(span: Span | None) -> list[str]:
    """Conditions on `period` that together hold each day of a span once: whole months where there are such."""
    if span is None:
        return [f"period = {ALL}"]
    months, rest = whole_months(span.first, span.last)
    whole = [f"period BETWEEN {months[0]}00 AND {months[-1]}00 AND period % 100 = 0"] if months else []
    return whole + [days(first, last) for first, last in rest]


def days(first: date, last: date) -> str:
    # Between the last day of a month and the first of the next stands that month itself.
    return f"period BETWEEN {of_day(first)} AND {of_day(last)} AND period % 100 <> 0"


def of_day(day: date) -> int:
    return day.year * 10_000 + day.month * 100 + day.day


def of_month(day: date) -> int:
    return day.year * 100 + day.month


async def open_days(session: AsyncSession, area_ids: Iterable[int], *, most: int) -> dict[int, list[date]]:
    """Area id → the first days on which something was filed that is open still, as many as hold `most` of them."""
    ids = listed(area_ids)
    unsummed = f"WITH waiting AS MATERIALIZED ({waiting(COUNTS, ids)})"
    where = f"c.area_id IN ({ids}) AND c.service_id = {ALL} AND c.period % 100 = 0 AND c.period <> {ALL}"
    months = first_open(["area_counts c", "waiting c"], where, most)
    spans = [(area, month + 1, month + 31) for area, month in await session.execute(text(f"{unsummed} {months}"))]
    if not spans:
        return {}
    # Told how few they are, the planner goes to their days by the index.
    within = f"c.area_id = m.area_id AND c.service_id = {ALL} AND c.period BETWEEN m.first AND m.last"
    sources = [f"spans m JOIN {table} c ON {within}" for table in ("area_counts", "waiting")]
    listed_spans = f"spans(area_id, first, last) AS (VALUES {', '.join(map(str, spans))})"
    statement = f"{unsummed}, {listed_spans} {first_open(sources, '1 = 1', most)} ORDER BY area_id, period"
    found: dict[int, list[date]] = {}
    for area, day in (await session.execute(text(statement))).all():
        found.setdefault(area, []).append(date(day // 10_000, day // 100 % 100, day % 100))
    return found


def first_open(sources: Sequence[str], where: str, most: int) -> str:
    """(area_id, period) of the first periods that together hold `most` open requests of their area."""
    parts = [
        f"SELECT c.area_id, c.period, c.open + c.late AS n FROM {one} WHERE {where} AND c.open + c.late <> 0"
        for one in sources
    ]
    return (
        "SELECT area_id, period FROM (SELECT area_id, period, SUM(n) OVER (PARTITION BY area_id ORDER BY period) - n"
        f" AS before FROM (SELECT area_id, period, SUM(n) AS n FROM ({' UNION ALL '.join(parts)}) counted"
        f" GROUP BY area_id, period HAVING SUM(n) > 0) still) ranked WHERE before < {most}"
    )


@dataclass(frozen=True, slots=True)
class Closing:
    """The median of whole days from filing to closing, of `n` requests."""

    median_days: float
    n: int


async def closing_days(session: AsyncSession, groups: Sequence[Sequence[int]], span: Span) -> dict[int, Closing]:
    """Number of the group → how long what was closed in the months of a span had taken in its areas together."""
    placed = [(int(one), number) for number, group in enumerate(groups) for one in group]
    every = listed(one for one, _ in placed)
    months = f"month BETWEEN {of_month(span.first)} AND {of_month(span.last)}"
    statement = (
        f"WITH waiting AS MATERIALIZED ({waiting(CLOSINGS, every)}),"
        f" places(area_id, place) AS (VALUES {', '.join(map(str, placed or [(-1, 0)]))}),"
        " now AS (SELECT p.place, c.days, SUM(c.n) AS n FROM"
        f" (SELECT area_id, days, n FROM area_closing_days WHERE area_id IN ({every}) AND {months}"
        f" UNION ALL SELECT area_id, days, n FROM waiting WHERE {months}) c"
        " JOIN places p ON p.area_id = c.area_id GROUP BY p.place, c.days HAVING SUM(c.n) > 0),"
        " ranked AS (SELECT place, days, SUM(n) OVER (PARTITION BY place ORDER BY days) AS upto,"
        " SUM(n) OVER (PARTITION BY place) AS whole FROM now)"
        " SELECT place, MIN(CASE WHEN 2 * upto >= whole THEN days END),"
        " MIN(CASE WHEN 2 * upto > whole THEN days END), MAX(whole) FROM ranked GROUP BY place"
    )
    rows = (await session.execute(text(statement))).all()
    return {place: Closing((lower + upper) / 2, int(whole)) for place, lower, upper, whole in rows}
