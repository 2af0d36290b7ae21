from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from app.services.calendars import Calendar
from app.services.catalogue import Catalogue
from app.services.promise_models import PromiseRule
from app.services.promise_rules import promise_rule
from app.services.promises import WORKING, Moments, Terms, expected_datetime, moments, restarted
from tests.services.made import catalogue, service

NEW_YORK = Calendar("America/New_York", country="US")
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def local(*moment: int) -> datetime:
    return datetime(*moment, tzinfo=ZoneInfo(NEW_YORK.timezone)).astimezone(UTC)  # type: ignore[arg-type]


def test_hours_are_exact_even_over_the_night_when_the_clocks_change() -> None:
    filed = datetime(2026, 10, 31, 16, 30, tzinfo=UTC)
    assert expected_datetime(Terms(hours=48), filed, NEW_YORK) == datetime(2026, 11, 2, 16, 30, tzinfo=UTC)


def test_days_end_with_the_last_second_of_the_local_day() -> None:
    # 23:30 on 22 November in New York, although it is the 23rd in UTC.
    filed = datetime(2026, 11, 23, 4, 30, tzinfo=UTC)
    assert expected_datetime(Terms(days=3), filed, NEW_YORK) == datetime(2026, 11, 26, 4, 59, 59, tzinfo=UTC)


@pytest.mark.parametrize(
    ("filed", "promised"),
    [
        (datetime(2026, 10, 30, 12, tzinfo=UTC), datetime(2026, 11, 3, 4, 59, 59, tzinfo=UTC)),
        (datetime(2026, 3, 6, 12, tzinfo=UTC), datetime(2026, 3, 10, 3, 59, 59, tzinfo=UTC)),
        # To the end of 29 February.
        (datetime(2028, 2, 26, 12, tzinfo=UTC), datetime(2028, 3, 1, 4, 59, 59, tzinfo=UTC)),
    ],
)
def test_days_end_at_local_midnight_whatever_the_clocks_and_the_calendar_do(
    filed: datetime, promised: datetime
) -> None:
    assert expected_datetime(Terms(days=3), filed, NEW_YORK) == promised


def test_a_day_that_ends_twice_ends_the_second_time() -> None:
    # In Santiago the clocks go back at midnight: Saturday 4 April 2026 has 23:00 to 24:00 twice.
    filed = datetime(2026, 4, 3, 15, tzinfo=UTC)
    assert expected_datetime(Terms(days=1), filed, Calendar("America/Santiago")) == datetime(
        2026, 4, 5, 3, 59, 59, tzinfo=UTC
    )


@pytest.mark.parametrize(
    ("filed", "days", "promised"),
    [
        # Over Thanksgiving.
        (local(2026, 11, 23, 12), 3, local(2026, 11, 27, 23, 59, 59)),
        # A Saturday's report has all of Monday.
        (local(2026, 11, 21, 12), 1, local(2026, 11, 23, 23, 59, 59)),
        (local(2026, 9, 4, 22, 40), 1, local(2026, 9, 8, 23, 59, 59)),
    ],
)
def test_working_days_pass_over_weekends_and_holidays(filed: datetime, days: int, promised: datetime) -> None:
    assert expected_datetime(Terms(days=days, clock=WORKING), filed, NEW_YORK) == promised


def test_a_service_without_a_promise_promises_nothing() -> None:
    assert moments(Terms(), datetime(2026, 11, 23, tzinfo=UTC), NEW_YORK) == Moments(None, None)


def test_a_datetime_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        expected_datetime(Terms(hours=1), datetime(2026, 11, 23), NEW_YORK)  # noqa: DTZ001


def test_a_promise_is_at_risk_when_three_quarters_of_its_own_time_have_passed() -> None:
    filed = local(2026, 9, 4, 22, 40)
    assert moments(Terms(hours=48), filed, NEW_YORK).at_risk == filed + timedelta(hours=36)
    # Eight hours of work, which begin on the Tuesday after Labor Day: six of them.
    assert moments(Terms(hours=8, clock=WORKING), filed, NEW_YORK).at_risk == local(2026, 9, 8, 14)
    assert moments(Terms(hours=8, clock=WORKING, at_risk_percent=100), filed, NEW_YORK) == Moments(
        local(2026, 9, 8, 16), local(2026, 9, 8, 16)
    )


@pytest.mark.parametrize(
    ("terms", "filed", "stopped", "again", "promised"),
    [
        # To the minute.
        (Terms(hours=48), (2026, 11, 16, 9), (2026, 11, 17, 9), (2026, 11, 17, 14, 20), (2026, 11, 18, 14, 20)),
        # Two days were left.
        (Terms(days=3), (2026, 11, 16, 12), (2026, 11, 17, 9), (2026, 11, 20, 15), (2026, 11, 22, 23, 59, 59)),
        # Seven hours of work were left, and asked on a Friday nobody answers before Monday.
        (
            Terms(hours=8, clock=WORKING),
            (2026, 11, 13, 9),
            (2026, 11, 13, 10),
            (2026, 11, 16, 7),
            (2026, 11, 16, 15),
        ),
        # Two working days were left, over Thanksgiving.
        (
            Terms(days=3, clock=WORKING),
            (2026, 11, 23, 12),
            (2026, 11, 24, 9),
            (2026, 11, 25, 9),
            (2026, 11, 30, 23, 59, 59),
        ),
        # On the last day, and answered on a Saturday.
        (
            Terms(days=1, clock=WORKING),
            (2026, 11, 19, 9),
            (2026, 11, 20, 8, 30),
            (2026, 11, 21, 9),
            (2026, 11, 23, 23, 59, 59),
        ),
        # Asked and answered within the hour of the change of the clocks.
        (Terms(hours=48), (2026, 10, 31, 12), (2026, 10, 31, 23), (2026, 11, 1, 3), (2026, 11, 2, 16)),
    ],
)
def test_a_clock_that_stood_goes_on_with_what_was_left(
    terms: Terms, filed: Any, stopped: Any, again: Any, promised: Any
) -> None:
    before = moments(terms, local(*filed), NEW_YORK)
    after = restarted(terms, before, local(*stopped), local(*again), NEW_YORK)
    assert after.expected == local(*promised)
    assert before.at_risk is not None and after.at_risk is not None
    assert after.at_risk > before.at_risk


def test_what_had_passed_before_the_clock_was_stopped_does_not_come_back() -> None:
    filed = local(2026, 11, 16, 9)
    before = moments(Terms(hours=48), filed, NEW_YORK)
    late = filed + timedelta(hours=60)
    assert restarted(Terms(hours=48), before, late, late + timedelta(days=9), NEW_YORK) == before
    at_risk = filed + timedelta(hours=40)
    after = restarted(Terms(hours=48), before, at_risk, at_risk + timedelta(hours=5), NEW_YORK)
    assert after == Moments(filed + timedelta(hours=53), before.at_risk)


def rule(number: int, **facts: Any) -> PromiseRule:
    return PromiseRule(**{"id": number, "valid_from": LONG_AGO, "clock": "calendar", "at_risk_percent": 75, **facts})


def with_rules(*rules: PromiseRule) -> Catalogue:
    made = catalogue(service(), promises=rules)
    assert made.services
    return made


def chosen(rules: Catalogue, *areas: tuple[str, str], at: datetime | None = None, priority: str | None = None) -> int:
    found = promise_rule(rules, rules.services[0], areas, at or datetime.now(UTC), priority=priority)
    return found.id if found else 0


def test_the_rule_that_says_most_about_a_report_holds() -> None:
    everything = rule(1, hours=500)
    group = rule(2, group="streets", hours=100)
    here = rule(3, group="streets", layer="board", area_code="7", hours=50)
    own = rule(4, service_id=1, hours=40)
    urgent = rule(5, service_id=1, priority="urgent", hours=4)
    there = rule(6, service_id=1, layer="board", area_code="7", hours=30)
    assert chosen(with_rules()) == 0
    assert chosen(with_rules(everything)) == 1
    assert chosen(with_rules(everything, group, here)) == 2
    assert chosen(with_rules(everything, group, here), ("zip", "02108"), ("board", "7")) == 3
    all_of_them = with_rules(everything, group, here, own, urgent, there)
    assert chosen(all_of_them, ("board", "8")) == 4
    assert chosen(all_of_them, priority="urgent") == 5
    assert chosen(all_of_them, ("board", "7"), priority="urgent") == 6
    assert chosen(all_of_them, ("zip", "7"), priority="low") == 4


def test_each_moment_has_its_version() -> None:
    changed = datetime(2026, 6, 1, tzinfo=UTC)
    versions = with_rules(
        rule(1, service_id=1, hours=48, valid_to=changed), rule(2, service_id=1, hours=24, valid_from=changed)
    )
    assert chosen(versions, at=changed - timedelta(microseconds=1)) == 1
    assert chosen(versions, at=changed) == 2
    assert chosen(versions, at=LONG_AGO - timedelta(days=1)) == 0
