"""When somebody is told, by the city's clock: on long and on short days too."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from app.notifications.when import Wishes, due_at, midnight

NEW_YORK = ZoneInfo("America/New_York")
NIGHT = {"quiet_from": 22 * 60, "quiet_to": 7 * 60}


def local(*when: int, fold: int = 0) -> datetime:
    return datetime(*when, tzinfo=NEW_YORK).replace(fold=fold)  # type: ignore[misc, arg-type]


def told(now: datetime, gather: int = 0, **wishes: object) -> tuple[str, str]:
    now = now.astimezone(UTC)
    bundle, due = due_at(now, Wishes(**wishes), NEW_YORK, timedelta(seconds=gather))  # type: ignore[arg-type]
    return bundle, due.astimezone(NEW_YORK).strftime("%a %d %H:%M")


@pytest.mark.parametrize(
    ("now", "due"),
    [
        (local(2026, 11, 27, 22, 40), "Sat 28 07:00"),
        (local(2026, 11, 28, 6, 59), "Sat 28 07:00"),
        (local(2026, 11, 28, 7, 0), "Sat 28 07:00"),
        (local(2026, 11, 28, 21, 59), "Sat 28 21:59"),
        # The night of which an hour comes twice, and the one that has an hour less.
        (local(2026, 10, 31, 23, 0), "Sun 01 07:00"),
        (local(2026, 3, 7, 23, 0), "Sun 08 07:00"),
        (local(2028, 2, 28, 23, 0), "Tue 29 07:00"),
    ],
)
def test_what_happens_in_quiet_hours_is_told_when_they_end(now: datetime, due: str) -> None:
    assert told(now, **NIGHT) == ("now", due)


def test_quiet_hours_that_end_in_the_hour_that_comes_twice_end_once() -> None:
    wishes = {"quiet_from": 0, "quiet_to": 90}
    assert told(local(2026, 11, 1, 1, 15), **wishes) == ("now", "Sun 01 01:30")
    assert told(local(2026, 11, 1, 1, 15, fold=1), **wishes) == ("now", "Sun 01 01:30")
    # Within the hour that there is not on this day.
    assert told(local(2026, 3, 8, 1, 0), quiet_from=0, quiet_to=150) == ("now", "Sun 08 03:30")


def test_the_same_minute_for_both_is_no_quiet_hour_at_all() -> None:
    assert told(local(2026, 11, 27, 22, 40), quiet_from=60, quiet_to=60) == ("now", "Fri 27 22:40")


def test_more_of_the_same_minute_is_waited_for() -> None:
    assert told(local(2026, 11, 27, 12, 0), gather=60) == ("now", "Fri 27 12:01")
    assert told(local(2026, 11, 27, 21, 59), gather=60, **NIGHT) == ("now", "Sat 28 07:00")


def test_a_digest_comes_at_eight_every_day_or_every_monday() -> None:
    assert told(local(2026, 11, 27, 7, 59), cadence="daily") == ("day", "Fri 27 08:00")
    assert told(local(2026, 11, 27, 8, 0), cadence="daily") == ("day", "Sat 28 08:00")
    assert told(local(2026, 11, 27, 8, 0), cadence="weekly") == ("week", "Mon 30 08:00")
    assert told(local(2026, 11, 30, 7, 0), cadence="weekly") == ("week", "Mon 30 08:00")
    assert told(local(2026, 11, 30, 9, 0), cadence="weekly") == ("week", "Mon 07 08:00")
    assert told(local(2026, 11, 27, 12, 0), cadence="daily", quiet_from=0, quiet_to=9 * 60) == ("day", "Sat 28 09:00")
    # Eight o'clock is another moment in UTC after the clock was changed.
    assert told(local(2026, 10, 31, 12, 0), cadence="daily") == ("day", "Sun 01 08:00")
    assert told(local(2026, 3, 7, 12, 0), cadence="daily") == ("day", "Sun 08 08:00")


def test_a_day_begins_at_the_citys_midnight() -> None:
    assert midnight(local(2026, 11, 1, 23, 0), NEW_YORK) == datetime(2026, 11, 1, 4, tzinfo=UTC)
    assert midnight(local(2026, 11, 2, 0, 0), NEW_YORK) == datetime(2026, 11, 2, 5, tzinfo=UTC)
