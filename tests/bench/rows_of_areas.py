"""What the pages of areas and their map say, counted from the requests themselves with plain SQL.

`counted_…` counts figures by their names; `of_…` are ours by the same names.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.maps.area_facts import AreaFacts
from app.maps.area_rates import Rates
from app.maps.area_report import AreaReport, spans_of
from app.maps.area_sums import Span, of_day
from app.maps.filter_rows import DAY, midnight
from app.service_requests.count_sql import local_day, standing

Counted = dict[str, Any]
IS_OPEN = f"{standing('r')} IN ('open', 'late')"
NEW, CLOSED = f"{standing('r')} <> 'duplicate'", f"{standing('r')} = 'closed'"
PUBLIC = "JOIN services s ON s.id = r.service_id AND NOT s.private"


def bounds(session: AsyncSession, span: Span, timezone: str) -> list[str]:
    """The moments from which and until which a span lasts, as they are written."""
    moments = midnight(span.first, timezone), midnight(span.last + DAY, timezone)
    return [written(session, moment) for moment in moments]


def written(session: AsyncSession, moment: datetime) -> str:
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    return f"'{moment:%Y-%m-%d %H:%M:%S.%f}'" if is_sqlite else f"'{moment.isoformat()}'"


async def counted_page(session: AsyncSession, area: AreaFacts, report: AreaReport, timezone: str) -> Counted:
    """What was new and closed in the area and the city in each of the page's spans, and is open and late."""
    sums = {
        "open": f"SUM(CASE WHEN {IS_OPEN} THEN 1 END)",
        "late": f"SUM(CASE WHEN {standing('r')} = 'late' THEN 1 END)",
    }
    for compared in report.compared:
        for name, span in zip(("now", "before", "year_ago"), spans_of(compared.days, report.until), strict=True):
            first, end = bounds(session, span, timezone)
            for what, column, fits in (("new", "requested", NEW), ("closings", "closed", CLOSED)):
                within = f"r.{column}_datetime >= {first} AND r.{column}_datetime < {end}"
                sums[f"{what} {compared.days} {name}"] = f"SUM(CASE WHEN {within} AND {fits} THEN 1 END)"
    ids = ", ".join(map(str, area.ids))
    counted: Counted = {}
    for where, here in (
        ("area", f"JOIN request_areas a ON a.request_id = r.id AND a.area_id IN ({ids})"),
        ("city", ""),
    ):
        row = (
            await session.execute(text(f"SELECT {', '.join(sums.values())} FROM service_requests r {PUBLIC} {here}"))
        ).one()
        counted |= {f"{where} {name}": int(figure or 0) for name, figure in zip(sums, row, strict=True)}
    return {name: n for name, n in counted.items() if not name.startswith("city") or " year_ago" not in name}


def of_page(report: AreaReport) -> Counted:
    said: Counted = {}
    for where, ever in (("area", report.ever), ("city", report.city_ever)):
        said |= {f"{where} open": ever.still_open, f"{where} late": ever.late}
    for one in report.compared:
        spans = {"area now": one.now, "area before": one.before, "area year_ago": one.year_ago}
        for name, figures in (spans | {"city now": one.city, "city before": one.city_before}).items():
            where, which = name.split()
            said[f"{where} new {one.days} {which}"] = figures.new
            said[f"{where} closings {one.days} {which}"] = figures.closings
    return said


async def counted_rates(session: AsyncSession, areas: Sequence[AreaFacts], rates: Rates, timezone: str) -> Counted:
    """Area's code → how many cases a measure has there; for the oldest open, the day of the first (YYYYMMDD)."""
    span = Span(rates.first, rates.last) if rates.first and rates.last else None
    column = "closed" if rates.measure == "median_days" else "requested"
    first, end = bounds(session, span, timezone) if span else ("", "")
    within = f"r.{column}_datetime >= {first} AND r.{column}_datetime < {end}" if span else "1 = 1"
    fits = {"median_days": CLOSED, "per_1000": NEW, "per_km2": NEW}.get(rates.measure, IS_OPEN)
    is_oldest = rates.measure == "oldest_open"
    codes = {one: area.code for area in areas for one in area.ids}
    statement = (
        f"SELECT a.area_id, {'MIN(r.requested_datetime)' if is_oldest else 'COUNT(*)'} AS found FROM request_areas a"
        f" JOIN service_requests r ON r.id = a.request_id {PUBLIC}"
        f" WHERE a.area_id IN ({', '.join(map(str, codes))}) AND {within} AND {fits} GROUP BY a.area_id"
    )
    if is_oldest:
        day = local_day(session.get_bind().dialect.name, "found")
        statement = f"SELECT area_id, {day} FROM ({statement}) oldest"
    return {codes[one]: n for one, n in (await session.execute(text(statement))).all()}


def of_rates(rates: Rates, on: date) -> Counted:
    if rates.measure != "oldest_open":
        return {rate.area.code: rate.n for rate in rates.rates if rate.n}
    return {rate.area.code: of_day(on - timedelta(days=rate.value)) for rate in rates.rates if rate.value is not None}
