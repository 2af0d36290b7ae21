"""Reads of the areas' rollups: sums with what waits to be summed up, in one statement, so that figures are exact."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.maps.filter_months import next_month, whole_months
from app.service_requests.count_models import ALL
from app.service_requests.count_sql import SUMS, Sums

COUNTS, CLOSINGS = SUMS[1], SUMS[2]
# Before and after every day that is counted.
EARLIEST, LATEST = date(1800, 1, 1), date(2999, 12, 31)
FEW_AREAS, MANY_PERIODS = 8, 24


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

    def __sub__(self, other: Figures) -> Figures:
        return Figures(*(getattr(self, name) - getattr(other, name) for name in COUNTS.figures))

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
    session: AsyncSession,
    area_ids: Iterable[int],
    spans: Sequence[Span | None],
    *,
    service_ids: Iterable[int] | None = None,
    each_service: bool = False,
) -> dict[Key, Figures]:
    """(area id, number of the span, service id) → figures; area 0 is the city, None is all time. No row: nothing.

    What is together has the service id 0: all public services, or those of `service_ids`, which are counted by whole
    months (the spans must begin on a month's first day and end on a last one). `each_service` gives them apart.
    """
    ids = list(area_ids)
    service = f"service_id {f'= {ALL}' if service_ids is None else f'IN ({listed(service_ids)})'}"
    parts = [
        f"SELECT {number} AS span, {', '.join(COUNTS.columns)} FROM {table} WHERE {here}{service} AND {when}"
        for number, span in enumerate(spans)
        for when in periods(span, len(ids))
        for table, here in (("area_counts", f"area_id IN ({listed(ids)}) AND "), ("waiting", ""))
    ]
    key = f"area_id, span, {'service_id' if each_service else ALL}"
    sums = ", ".join(f"SUM({name})" for name in COUNTS.figures)
    statement = (
        f"WITH waiting AS MATERIALIZED ({waiting(COUNTS, listed(ids))}) SELECT {key}, {sums}"
        f" FROM ({' UNION ALL '.join(parts)}) counted GROUP BY area_id, span{', service_id' if each_service else ''}"
    )
    rows = (await session.execute(text(statement))).all()
    return {(row[0], row[1], row[2]): Figures(*(int(figure) for figure in row[3:])) for row in rows}


def waiting(sums: Sums, ids: str) -> str:
    """What waits for some areas, as plain integers: PostgreSQL would add up the large ones of sums as decimals."""
    plain = ", ".join((*sums.key, *(f"CAST({one} AS INTEGER) AS {one}" for one in sums.figures)))
    return f"SELECT {plain} FROM ({sums.of(f'(SELECT * FROM count_changes WHERE area_id IN ({ids}))')}) large"


def listed(ids: Iterable[int]) -> str:
    return ", ".join(str(int(one)) for one in ids) or "-1"


def periods(span: Span | None, areas: int) -> list[str]:
    """Conditions on `period` that together hold each day of a span once: whole months where there are such.

    They are for a statement about so many areas.
    """
    if span is None:
        return [f"period = {ALL}"]
    months, rest = whole_months(span.first, span.last)
    return one_of([month * 100 for month in months], areas) + [days(first, last) for first, last in rest]


def one_of(wanted: Sequence[int], areas: int) -> list[str]:
    """Conditions that together hold each of some periods once.

    PostgreSQL reads the whole history of many areas rather than go to each of several periods by the key; to one
    period it does go. Of many periods it is right.
    """
    if areas > FEW_AREAS and len(wanted) <= MANY_PERIODS:
        return [f"period = {one}" for one in wanted]
    return [f"period IN ({listed(wanted)})"] if wanted else []


def days(first: date, last: date) -> str:
    # Between the last day of a month and the first of the next stands that month itself.
    return f"period BETWEEN {of_day(first)} AND {of_day(last)} AND period % 100 <> 0"


def of_day(day: date) -> int:
    return day.year * 10_000 + day.month * 100 + day.day


def of_month(day: date) -> int:
    return day.year * 100 + day.month


async def filed_months(session: AsyncSession) -> Span | None:
    """Whole months from the first to the last in which anything was filed in the city; None for none."""
    summed = f"FROM area_counts WHERE area_id = {ALL} AND service_id = {ALL} AND period > {ALL}"
    waits = f"FROM count_changes WHERE area_id = {ALL}"
    # One by one: so each is but a look into an index.
    ends = (
        f"(SELECT {which} {source})"
        for which, source in (
            ("MIN(period)", summed),
            ("MAX(period)", summed),
            ("MIN(filed)", waits),
            ("MAX(filed)", waits),
        )
    )
    found = [
        date(day // 10_000, day // 100 % 100, 1)
        for day in (await session.execute(text(f"SELECT {', '.join(ends)}"))).one()
        if day
    ]
    return Span(min(found), next_month(max(found)) - timedelta(days=1)) if found else None


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
        " now AS (SELECT p.place, c.days, CAST(SUM(c.n) AS INTEGER) AS n FROM"
        f" (SELECT area_id, days, CAST(SUM(n) AS INTEGER) AS n FROM area_closing_days WHERE area_id IN ({every})"
        f" AND {months} GROUP BY area_id, days"
        f" UNION ALL SELECT area_id, days, n FROM waiting WHERE {months}) c"
        " JOIN places p ON p.area_id = c.area_id GROUP BY p.place, c.days HAVING SUM(c.n) > 0),"
        " ranked AS (SELECT place, days, SUM(n) OVER (PARTITION BY place ORDER BY days) AS upto,"
        " SUM(n) OVER (PARTITION BY place) AS whole FROM now)"
        " SELECT place, MIN(CASE WHEN 2 * upto >= whole THEN days END),"
        " MIN(CASE WHEN 2 * upto > whole THEN days END), MAX(whole) FROM ranked GROUP BY place"
    )
    rows = (await session.execute(text(statement))).all()
    return {place: Closing((lower + upper) / 2, int(whole)) for place, lower, upper, whole in rows}
