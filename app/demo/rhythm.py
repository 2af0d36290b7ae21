"""When a city's people report: by season, weekday and hour, with storms."""

import math
import random
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import accumulate
from zoneinfo import ZoneInfo

TIMEZONE = "America/New_York"
MONTHS = 18
WEEKDAYS = (1.22, 1.16, 1.1, 1.08, 1.04, 0.68, 0.52)  # Monday to Sunday
HOURS = {
    "day": (1, 1, 1, 1, 1, 2, 6, 16, 28, 34, 32, 28, 26, 25, 24, 24, 26, 28, 24, 18, 13, 9, 5, 2),
    "morning": (1, 1, 1, 1, 2, 8, 26, 44, 46, 34, 24, 18, 15, 13, 12, 11, 10, 9, 7, 5, 4, 3, 2, 1),
    "night": (12, 8, 5, 3, 2, 2, 5, 9, 12, 13, 12, 11, 11, 11, 11, 12, 15, 20, 24, 28, 32, 34, 30, 22),
}
STORM = 5.4  # times a usual day
AFTERMATH = 2.4


@dataclass(frozen=True)
class Calendar:
    """The days that end with `now`, and the two storm days among them."""

    now: datetime
    days: list[date]
    storms: list[date]

    def moment(self, day: date, hours: str, dice: random.Random) -> datetime:
        """A moment of that day, in UTC, by the rhythm of the hours; never after `now`."""
        zone = ZoneInfo(TIMEZONE)
        hour = dice.choices(range(24), HOURS[hours])[0]
        local = datetime.combine(day, time(hour, dice.randrange(60), dice.randrange(60)), zone)
        at = local.astimezone(UTC)
        if at >= self.now:
            # Today is not over: what would come later comes in what has passed of it.
            midnight = datetime.combine(day, time(0), zone).astimezone(UTC)
            at = midnight + (self.now - midnight) * dice.uniform(0.02, 0.98)
        return at.replace(microsecond=0)


def make_calendar(now: datetime, dice: random.Random) -> Calendar:
    """About 548 days. One storm falls in each October or November, one in each late winter, as far as there are."""
    today = now.astimezone(ZoneInfo(TIMEZONE)).date()
    first = today - timedelta(days=math.ceil(MONTHS * 30.44))
    days = [first + timedelta(days=i) for i in range((today - first).days + 1)]
    settled = [day for day in days[20:-20] if day.month in (2, 3, 10, 11) and day.weekday() < 6]
    seasons = {(day.year, day.month // 6): [d for d in settled if (d.year, d.month // 6) == (day.year, day.month // 6)]
               for day in settled}  # fmt: skip
    return Calendar(now, days, [dice.choice(season) for _, season in sorted(seasons.items())])


def day_weights(calendar: Calendar, months: tuple[float, ...]) -> list[float]:
    """Cumulative weights of the days for what comes in these months; the city reports a little more each day."""
    last = len(calendar.days) - 1
    growth = (0.86 + 0.28 * number / last for number in range(last + 1))
    return list(accumulate(
        WEEKDAYS[day.weekday()] * months[day.month - 1] * more for day, more in zip(calendar.days, growth, strict=True)
    ))  # fmt: skip


def storm_days(calendar: Calendar, count: int) -> list[date]:
    """The day of each report that the storms alone bring, of `count` reports in all."""
    usual = count / len(calendar.days)
    out: list[date] = []
    for storm in calendar.storms:
        for after, factor in enumerate((STORM, AFTERMATH, 1.5)):
            out += [storm + timedelta(days=after)] * round(usual * (factor - 1))
    return out
