"""Working time: in which hours of which days the city works, by its own clock and calendar. Pure functions.

All is counted in local days and then said as instants, so that a night in which the clocks change, 29 February and a
holiday that is observed on another day need no rule of their own.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from types import MappingProxyType
from zoneinfo import ZoneInfo

import holidays
import structlog

log = structlog.get_logger()

# Weekday (0 is Monday) → (opens, closes) in minutes of the local day.
Hours = Mapping[int, tuple[tuple[int, int], ...]]
USUAL: Hours = MappingProxyType(dict.fromkeys(range(5), ((8 * 60, 17 * 60),)))
# Longer than the longest promise takes in working time.
MOST_DAYS = 366 * 60


@dataclass(frozen=True)
class Calendar:
    """When a city works. `own` days: whether it works then, whatever the weekday or a public holiday says."""

    timezone: str = "UTC"
    hours: Hours = field(default_factory=lambda: USUAL)
    # ISO 3166: "US" and "NY". Without a country there are no public holidays.
    country: str | None = None
    subdivision: str | None = None
    own: Mapping[date, bool] = field(default_factory=dict)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)


class NeverWorks(ValueError):
    """A calendar in which the city does not work for so long that no promise can be kept."""


@lru_cache(maxsize=8)
def public_holidays(country: str, subdivision: str | None) -> Container[date]:
    """Of a country that is not known, none: reports must go on coming in."""
    try:
        return holidays.country_holidays(country, subdiv=subdivision)
    except NotImplementedError:
        log.warning("public holidays not known", country=country, subdivision=subdivision)
        return frozenset()


def works_on(calendar: Calendar, day: date) -> bool:
    if day in calendar.own:
        return calendar.own[day]
    if not calendar.hours.get(day.weekday()):
        return False
    return not calendar.country or day not in public_holidays(calendar.country, calendar.subdivision)


def spans_on(calendar: Calendar, day: date) -> list[tuple[datetime, datetime]]:
    """The working time of a local day as instants in UTC, in order; nothing on a day off.

    On a day of rest that the city declares a working day, it works as on the first working day of the week.
    """
    if not works_on(calendar, day):
        return []
    hours = calendar.hours.get(day.weekday()) or calendar.hours[min(calendar.hours)]
    spans = [(instant(calendar, day, opens), instant(calendar, day, closes, last=True)) for opens, closes in hours]
    return [(opens, closes) for opens, closes in sorted(spans) if opens < closes]


def instant(calendar: Calendar, day: date, minutes: int, *, last: bool = False) -> datetime:
    """Minutes after a local midnight, by the clock on the wall; `last` takes the second of an hour that comes twice."""
    wall = datetime.combine(day, time()) + timedelta(minutes=minutes)
    return wall.replace(tzinfo=calendar.zone, fold=int(last)).astimezone(UTC)


def days_from(day: date) -> Iterator[date]:
    """Raises NeverWorks after sixty years."""
    for later in range(MOST_DAYS):
        yield day + timedelta(days=later)
    raise NeverWorks


def after_working_time(calendar: Calendar, start: datetime, length: timedelta) -> datetime:
    """The instant at which so much working time has passed since `start`. Raises NeverWorks."""
    left = length
    for day in days_from(start.astimezone(calendar.zone).date()):
        for opens, closes in spans_on(calendar, day):
            opens = max(opens, start)
            if opens + left <= closes:
                return opens + left
            left -= max(closes - opens, timedelta(0))
    raise NeverWorks


def working_time_between(calendar: Calendar, start: datetime, end: datetime) -> timedelta:
    passed, last = timedelta(0), end.astimezone(calendar.zone).date()
    for day in days_from(start.astimezone(calendar.zone).date()):
        if day > last:
            break
        for opens, closes in spans_on(calendar, day):
            passed += max(min(closes, end) - max(opens, start), timedelta(0))
    return passed


def working_day_after(calendar: Calendar, day: date, count: int) -> date:
    """The working day that is so many after a day, which is not counted itself. Raises NeverWorks.

    None after a day off is the next one: nothing is promised for a day on which nobody works.
    """
    if count == 0 and not works_on(calendar, day):
        count = 1
    worked = (later for later in days_from(day + timedelta(days=1)) if works_on(calendar, later))
    for _ in range(count):
        day = next(worked)
    return day


def working_days_between(calendar: Calendar, first: date, last: date) -> int:
    """How many working days come after `first`, up to `last` and with it."""
    days = (first + timedelta(days=later) for later in range(1, (last - first).days + 1))
    return sum(works_on(calendar, day) for day in days)
