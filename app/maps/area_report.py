"""The figures of one area beside those of the city: from the rollups, whatever the length of the history."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from app.maps.area_facts import AreaFacts
from app.maps.area_sums import Closing, Figures, Span, area_figures, closing_days
from app.maps.filter_months import next_month, previous_month
from app.service_requests.count_models import ALL
from app.services.catalogue import Catalogue
from app.services.models import Service

DAY, YEAR = timedelta(days=1), timedelta(days=365)
# Whole days up to yesterday, so that none is compared with a part of one.
LENGTHS = (7, 30, 365)
MOST_SERVICES = 6
# A rise that chance alone makes less than once in forty times, and of so many at least.
SIGMAS, LEAST_RISE = 2.0, 5


@dataclass(frozen=True, slots=True)
class Compared:
    """So many days up to yesterday, those before, the same a year ago; and the city in the same days."""

    days: int
    now: Figures
    before: Figures
    year_ago: Figures
    city: Figures
    city_before: Figures


@dataclass(frozen=True, slots=True)
class Monthly:
    """A service in the last whole month, in the one before, and in the same month a year before."""

    service: Service
    last: int
    before: int
    year_ago: int


@dataclass(frozen=True, slots=True)
class AreaReport:
    """`ever` and `city_ever` are all requests by how they stand now. `top`: (service, how many in twelve months)."""

    until: date
    ever: Figures
    city_ever: Figures
    today: Figures
    compared: list[Compared]
    closing: Closing | None
    city_closing: Closing | None
    top: list[tuple[Service, int]]
    top_since: date
    rising: list[Monthly]
    last_month: date


async def area_report(session: AsyncSession, catalogue: Catalogue, area: AreaFacts, on: date) -> AreaReport:
    """The figures as they are on a day of the city."""
    until = on - DAY
    spans = [None, Span(on, on), *(span for days in LENGTHS for span in spans_of(days, until))]
    found = await area_figures(session, [*area.ids, ALL], spans)
    here = [total(found, area.ids, number) for number in range(len(spans))]
    city = [total(found, [ALL], number) for number in range(len(spans))]
    closing = await closing_days(session, [area.ids, [ALL]], Span(on - YEAR, on))
    top_since, last_month = twelve_months(on), previous_month(on)
    top, rising = await services_of(session, catalogue, area, on)
    return AreaReport(
        until=until,
        ever=here[0],
        city_ever=city[0],
        today=here[1],
        compared=[
            Compared(days, here[at], here[at + 1], here[at + 2], city[at], city[at + 1])
            for days, at in zip(LENGTHS, range(2, len(spans), 3), strict=True)
        ],
        closing=closing.get(0),
        city_closing=closing.get(1),
        top=top,
        top_since=top_since,
        rising=rising,
        last_month=last_month,
    )


def spans_of(days: int, until: date) -> list[Span]:
    """So many days up to one, those before them, and the same days a year ago."""
    length = timedelta(days=days)
    ends = (until, until - length, until - YEAR)
    return [Span(end - length + DAY, end) for end in ends]


def total(found: Mapping[tuple[int, int, int], Figures], areas: Iterable[int], span: int, service: int = 0) -> Figures:
    return sum((found.get((area, span, service), Figures()) for area in areas), Figures())


def twelve_months(on: date) -> date:
    """The first day of twelve calendar months, the running one included."""
    return next_month(on.replace(year=on.year - 1, day=1))


async def services_of(
    session: AsyncSession, catalogue: Catalogue, area: AreaFacts, on: date
) -> tuple[list[tuple[Service, int]], list[Monthly]]:
    """(the services that are reported most, with how many; those that rise). Services are counted by month."""
    last = previous_month(on)
    months = [last, previous_month(last), last.replace(year=last.year - 1)]
    spans = [Span(twelve_months(on), end_of(on)), *(Span(month, end_of(month)) for month in months)]
    public = [service for service in catalogue.by_id.values() if not service.private]
    ids = [service.id for service in public]
    found = await area_figures(session, area.ids, spans, service_ids=ids, each_service=True)
    counts = {
        service.id: [total(found, area.ids, number, service.id).new for number in range(len(spans))]
        for service in public
    }
    top = sorted(((service, counts[service.id][0]) for service in public), key=lambda pair: -pair[1])
    monthly = [Monthly(service, *counts[service.id][1:]) for service in public]
    rising = sorted(filter(is_rising, monthly), key=lambda one: one.before - one.last)
    return [pair for pair in top[:MOST_SERVICES] if pair[1]], rising[:MOST_SERVICES]


def is_rising(one: Monthly) -> bool:
    rise = one.last - one.before
    return rise >= LEAST_RISE and rise >= SIGMAS * (one.last + one.before) ** 0.5


def end_of(month: date) -> date:
    return next_month(month) - DAY
