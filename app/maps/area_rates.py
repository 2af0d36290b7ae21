"""What a choropleth shows: one figure for each area of a layer, in classes, or too few cases to say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from app.errors import Problem, Refused
from app.maps.area_classes import ValueClass, natural_breaks
from app.maps.area_facts import AreaFacts
from app.maps.area_open_days import open_days
from app.maps.area_sums import EARLIEST, LATEST, Figures, Span, area_figures, closing_days, filed_months
from app.maps.filter_months import next_month
from app.maps.filters import MapFilter
from app.service_requests.count_models import ALL
from app.templating import mark

MEASURES = ("per_1000", "per_km2", "open", "late_share", "median_days", "oldest_open")
# These are of requests filed in a time: without one, of the last year.
RATES = ("per_1000", "per_km2")
# These are known of all services together only.
TOGETHER = ("median_days", "oldest_open")
YEAR = timedelta(days=365)
# Of fewer cases a rate says more about chance than about the area.
TOO_FEW = 5
FEW, NO_PEOPLE = "too_few", "no_population"

NOT_A_MEASURE = mark("measure is one of %(known)s.")


@dataclass(frozen=True, slots=True)
class Rate:
    """`value` is None where it cannot be said, and `why` says why; `n` is how many cases it comes from."""

    area: AreaFacts
    value: float | None
    n: int
    why: str | None = None


@dataclass(frozen=True, slots=True)
class Rates:
    """`first` and `last` are the days that were counted, None for an open end; `left_out`: parameters of no effect."""

    measure: str
    rates: list[Rate]
    classes: list[ValueClass]
    first: date | None
    last: date | None
    left_out: list[str]

    def class_of(self, rate: Rate) -> int | None:
        if rate.value is None:
            return None
        return next(number for number, one in enumerate(self.classes) if one.holds(rate.value))


async def layer_rates(
    session: AsyncSession, areas: Sequence[AreaFacts], measure: str, asked: MapFilter, on: date
) -> Rates:
    """The measure for each area, from the rollups. Raises Refused (400) for what is no measure.

    Services are counted by month: with some chosen, the days are widened to whole months. What cannot be told apart
    is told of everything together, and `left_out` says so.
    """
    if measure not in MEASURES:
        raise Refused(Problem("measure", NOT_A_MEASURE, {"known": ", ".join(MEASURES)}), status=400)
    span = span_of(measure, asked, on)
    if measure == "median_days":
        rates = await medians(session, areas, span or Span(on - YEAR, on))
        span = span or Span(on - YEAR, on)
        span = Span(span.first.replace(day=1), next_month(span.last) - timedelta(days=1))
    elif measure == "oldest_open":
        rates = await oldest(session, areas, on)
    else:
        rates = await counted(session, areas, measure, asked, span)
    classes = natural_breaks(rate.value for rate in rates if rate.value is not None)
    first = span.first if span and span.first != EARLIEST else None
    last = span.last if span and span.last != LATEST else None
    return Rates(measure, rates, classes, first, last, left_out(measure, asked))


def span_of(measure: str, asked: MapFilter, on: date) -> Span | None:
    """The days that a measure is counted over; None for all time."""
    first, last = asked.filed_from, asked.filed_to
    if measure == "median_days":
        first, last = asked.closed_from, asked.closed_to
    if measure == "oldest_open" or not (first or last or measure in RATES):
        return None
    span = Span(first or EARLIEST, last or LATEST) if first or last else Span(on - YEAR + timedelta(days=1), on)
    if asked.service_ids is None or measure in TOGETHER:
        return span
    return Span(span.first.replace(day=1), min(next_month(span.last) - timedelta(days=1), LATEST))


def left_out(measure: str, asked: MapFilter) -> list[str]:
    """The parameters that are asked but change nothing: areas are counted by service, standing and days only."""
    used = {"status"} if measure in RATES else set()
    used |= set() if measure in TOGETHER else {"service_code", "group", "filed_from", "filed_to"}
    used |= {"closed_from", "closed_to"} if measure == "median_days" else set()
    return [name for name, _ in asked.pairs() if name not in used]


async def counted(
    session: AsyncSession, areas: Sequence[AreaFacts], measure: str, asked: MapFilter, span: Span | None
) -> list[Rate]:
    ids = [one for area in areas for one in area.ids]
    spans = spans_to_count(span, await filed_months(session) if span else None)
    found = await area_figures(session, ids, spans, service_ids=asked.service_ids)
    return [rate(area, measure, asked.standings, figures_of(area, found)) for area in areas]


def spans_to_count(span: Span | None, months: Span | None) -> list[Span | None]:
    """What to count for a span within the months that there are; where a second one is given, it must be taken off.

    From the beginning to a day is all but what came after: that is near, and the beginning may be far.
    """
    if span is None or months is None:
        return [span]
    first, last = max(span.first, months.first), min(span.last, months.last)
    if (first, last) == (months.first, months.last):
        return [None]
    if first == months.first and months.last - last < last - first:
        return [None, Span(last + timedelta(days=1), months.last)]
    return [Span(first, last)]


def figures_of(area: AreaFacts, found: Mapping[tuple[int, int, int], Figures]) -> Figures:
    counted, taken_off = (
        sum((found.get((one, span, ALL), Figures()) for one in area.ids), Figures()) for span in (0, 1)
    )
    return counted - taken_off


def rate(area: AreaFacts, measure: str, standings: Sequence[str], figures: Figures) -> Rate:
    if measure == "open":
        # A number of cases is what it is: three open ones are three.
        return Rate(area, float(figures.still_open), figures.still_open)
    if measure == "late_share":
        few = figures.still_open < TOO_FEW
        share = None if few else round(100 * figures.late / figures.still_open, 1)
        return Rate(area, share, figures.still_open, FEW if few else None)
    n = sum(getattr(figures, name) for name in standings)
    if measure == "per_1000" and not area.population:
        return Rate(area, None, n, NO_PEOPLE)
    if n < TOO_FEW:
        return Rate(area, None, n, FEW)
    of = (area.population or 0) / 1000 if measure == "per_1000" else area.km2
    return Rate(area, round(n / of, 2), n)


async def medians(session: AsyncSession, areas: Sequence[AreaFacts], span: Span) -> list[Rate]:
    found = await closing_days(session, [area.ids for area in areas], span)
    rates = []
    for number, area in enumerate(areas):
        closing = found.get(number)
        n = closing.n if closing else 0
        few = closing is None or n < TOO_FEW
        rates.append(Rate(area, None if few or closing is None else closing.median_days, n, FEW if few else None))
    return rates


async def oldest(session: AsyncSession, areas: Sequence[AreaFacts], on: date) -> list[Rate]:
    """Days since the oldest open request was filed; nothing where none is open."""
    found = await open_days(session, [one for area in areas for one in area.ids], most=1)
    rates = []
    for area in areas:
        days = [day for one in area.ids for day in found.get(one, [])]
        rates.append(Rate(area, float((on - min(days)).days) if days else None, min(len(days), 1)))
    return rates
