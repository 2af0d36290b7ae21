"""Working time across nights, weekends, holidays, both changes of the clocks and 29 February."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from app.services.calendars import (
    Calendar,
    NeverWorks,
    after_working_time,
    spans_on,
    working_day_after,
    working_days_between,
    working_time_between,
    works_on,
)

CITY = Calendar("America/New_York", country="US")
ALWAYS = Calendar("America/New_York", hours=dict.fromkeys(range(7), ((0, 1440),)))


def local(*moment: int) -> datetime:
    return datetime(*moment, tzinfo=ZoneInfo(CITY.timezone)).astimezone(UTC)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("start", "hours", "end"),
    [
        # 22:40 on the Friday before Labor Day.
        (local(2026, 9, 4, 22, 40), 8, local(2026, 9, 8, 16)),
        (local(2026, 9, 4, 16, 30), 1, local(2026, 9, 8, 8, 30)),
        # To the minute at which the city closes, and not the next morning.
        (local(2026, 9, 8, 8), 9, local(2026, 9, 8, 17)),
        # Independence Day is a Saturday, and observed on the Friday.
        (local(2026, 7, 2, 16), 2, local(2026, 7, 6, 9)),
        # Over the weekends in which the clocks go back and forward.
        (local(2026, 10, 30, 16), 2, local(2026, 11, 2, 9)),
        (local(2026, 3, 6, 16), 2, local(2026, 3, 9, 9)),
        (local(2028, 2, 28, 16), 2, local(2028, 2, 29, 9)),
    ],
)
def test_working_hours_pass_only_while_the_city_works(start: datetime, hours: int, end: datetime) -> None:
    assert after_working_time(CITY, start, timedelta(hours=hours)) == end
    assert working_time_between(CITY, start, end) == timedelta(hours=hours)


def test_the_days_on_which_the_clocks_change_are_as_long_as_they_are() -> None:
    ((opens, closes),) = spans_on(ALWAYS, date(2026, 3, 8))
    assert closes - opens == timedelta(hours=23)
    ((opens, closes),) = spans_on(ALWAYS, date(2026, 11, 1))
    assert closes - opens == timedelta(hours=25)
    for day in (date(2026, 3, 7), date(2026, 10, 31)):
        noon = local(day.year, day.month, day.day, 12)
        assert after_working_time(ALWAYS, noon, timedelta(hours=30)) == noon + timedelta(hours=30)


def test_an_opening_hour_that_comes_twice_or_never_still_makes_one_span() -> None:
    night = Calendar("America/New_York", hours={6: ((90, 240),)})
    ((opens, closes),) = spans_on(night, date(2026, 11, 1))
    assert closes - opens == timedelta(hours=3.5)
    ((opens, closes),) = spans_on(Calendar(CITY.timezone, hours={6: ((150, 240),)}), date(2026, 3, 8))
    assert (opens, closes) == (local(2026, 3, 8, 3, 30), local(2026, 3, 8, 4))


def test_what_is_counted_forward_is_counted_back_the_same() -> None:
    dice = random.Random(311)
    for _ in range(300):
        start = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=dice.randrange(3 * 366 * 1440))
        length = timedelta(minutes=dice.randrange(1, 200 * 60))
        end = after_working_time(CITY, start, length)
        assert working_time_between(CITY, start, end) == length
        # Not a moment later than needed.
        assert working_time_between(CITY, start, end - timedelta(seconds=1)) < length


def test_29_february_is_a_day_like_others_and_may_be_a_day_off() -> None:
    assert working_day_after(CITY, date(2028, 2, 28), 2) == date(2028, 3, 1)
    off = Calendar(CITY.timezone, country="US", own={date(2028, 2, 29): False})
    assert working_day_after(off, date(2028, 2, 28), 2) == date(2028, 3, 2)
    assert working_days_between(off, date(2028, 2, 28), date(2028, 3, 2)) == 2


def test_the_citys_own_days_stand_over_weekdays_and_holidays() -> None:
    own = {date(2026, 11, 27): False, date(2026, 11, 26): True, date(2026, 11, 28): True}
    calendar = Calendar(CITY.timezone, country="US", own=own)
    assert [works_on(calendar, date(2026, 11, day)) for day in (25, 26, 27, 28, 29)] == [True, True, False, True, False]
    assert spans_on(calendar, date(2026, 11, 28)) == [(local(2026, 11, 28, 8), local(2026, 11, 28, 17))]


def test_a_subdivision_has_its_own_holidays_and_an_unknown_country_none() -> None:
    patriots_day = date(2026, 4, 20)
    assert works_on(CITY, patriots_day)
    assert not works_on(Calendar(CITY.timezone, country="US", subdivision="MA"), patriots_day)
    assert works_on(Calendar(country="XX"), date(2026, 1, 1))
    assert not works_on(CITY, date(2026, 1, 1))


def test_a_city_that_never_works_is_told_so_instead_of_counting_for_ever() -> None:
    with pytest.raises(NeverWorks):
        after_working_time(Calendar(hours={}), local(2026, 1, 1), timedelta(hours=1))
