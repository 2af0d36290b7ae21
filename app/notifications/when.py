"""When a person is told: at once, gathered for a moment, after their quiet hours, or with the next digest.

All of it is reckoned by the city's clock, on days that are 23 or 25 hours long too.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

# What a delivery waits for (`Delivery.bundle`); those of one person, channel and bundle go out as one message.
ALONE, NOW, DAY, WEEK = "alone", "now", "day", "week"
BUNDLES = {"at_once": NOW, "daily": DAY, "weekly": WEEK}
DIGEST_AT = 8 * 60
MONDAY = 0


@dataclass(frozen=True, slots=True)
class Wishes:
    """How somebody wants to be told: `cadence` at_once, daily or weekly; quiet hours in minutes of the local day."""

    cadence: str = "at_once"
    quiet_from: int | None = None
    quiet_to: int | None = None


def due_at(now: datetime, wishes: Wishes, zone: ZoneInfo, gather: timedelta = timedelta()) -> tuple[str, datetime]:
    """(bundle, moment in UTC) of what happened now. `gather`: for how long more of the same minute is waited for."""
    bundle = BUNDLES[wishes.cadence]
    moment = now + gather if bundle == NOW else next_digest(now, bundle, zone)
    return bundle, after_quiet(moment, wishes, zone)


def next_digest(now: datetime, bundle: str, zone: ZoneInfo) -> datetime:
    """Eight in the morning: the next one, or that of the next Monday."""
    day = now.astimezone(zone).date()
    for ahead in range(9):
        on = day + timedelta(days=ahead)
        moment = instant(on, DIGEST_AT, zone)
        if moment > now and (bundle == DAY or on.weekday() == MONDAY):
            return moment
    raise AssertionError("a week has a Monday")


def after_quiet(moment: datetime, wishes: Wishes, zone: ZoneInfo) -> datetime:
    """The moment, or the end of the quiet hours that it falls into."""
    if wishes.quiet_from is None or wishes.quiet_to is None or not is_quiet(moment, wishes, zone):
        return moment
    day = moment.astimezone(zone).date()
    ends = (instant(day + timedelta(days=n), wishes.quiet_to, zone, fold=fold) for n in (0, 1, 2) for fold in (0, 1))
    # A minute that the clock leaves out would come too early in one of the two.
    return min(end for end in ends if end > moment and not is_quiet(end, wishes, zone))


def is_quiet(moment: datetime, wishes: Wishes, zone: ZoneInfo) -> bool:
    start, end = wishes.quiet_from, wishes.quiet_to
    if start is None or end is None or start == end:
        return False
    local = moment.astimezone(zone)
    minute = local.hour * 60 + local.minute
    return start <= minute < end if start < end else minute >= start or minute < end


def instant(day: date, minute: int, zone: ZoneInfo, fold: int = 0) -> datetime:
    """A minute of a local day as an instant; one that the clock leaves out comes an hour later."""
    local = datetime.combine(day, time(minute // 60, minute % 60), zone).replace(fold=fold)
    return local.astimezone(UTC)


def midnight(now: datetime, zone: ZoneInfo) -> datetime:
    """When the local day of a moment began."""
    return instant(now.astimezone(zone).date(), 0, zone)
