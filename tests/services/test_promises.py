from datetime import UTC, datetime

import pytest

from app.services.promises import expected_datetime
from tests.services.made import service

NEW_YORK = "America/New_York"


def test_hours_are_exact_even_over_the_night_when_the_clocks_change() -> None:
    pothole = service(promise_hours=48)
    filed = datetime(2026, 10, 31, 16, 30, tzinfo=UTC)
    assert expected_datetime(pothole, filed, NEW_YORK) == datetime(2026, 11, 2, 16, 30, tzinfo=UTC)


def test_days_end_with_the_last_second_of_the_local_day() -> None:
    sign = service(promise_days=3)
    # 23:30 on 22 November in New York, although it is the 23rd in UTC.
    filed = datetime(2026, 11, 23, 4, 30, tzinfo=UTC)
    assert expected_datetime(sign, filed, NEW_YORK) == datetime(2026, 11, 26, 4, 59, 59, tzinfo=UTC)


@pytest.mark.parametrize(
    ("filed", "promised"),
    [
        (datetime(2026, 10, 30, 12, tzinfo=UTC), datetime(2026, 11, 3, 4, 59, 59, tzinfo=UTC)),
        (datetime(2026, 3, 6, 12, tzinfo=UTC), datetime(2026, 3, 10, 3, 59, 59, tzinfo=UTC)),
    ],
)
def test_days_end_at_local_midnight_on_either_side_of_a_change_of_the_clocks(
    filed: datetime, promised: datetime
) -> None:
    # 30 October and 6 March plus three days; and one more, as the zone's offset changed between.
    days = 3
    expected = expected_datetime(service(promise_days=days), filed, NEW_YORK)
    assert expected is not None
    assert expected == promised


def test_a_day_that_ends_twice_ends_the_second_time() -> None:
    # In Santiago the clocks go back at midnight: Saturday 4 April 2026 has 23:00 to 24:00 twice.
    filed = datetime(2026, 4, 3, 15, tzinfo=UTC)
    assert expected_datetime(service(promise_days=1), filed, "America/Santiago") == datetime(
        2026, 4, 5, 3, 59, 59, tzinfo=UTC
    )


def test_a_service_without_a_promise_promises_nothing() -> None:
    assert expected_datetime(service(), datetime(2026, 11, 23, tzinfo=UTC), NEW_YORK) is None


def test_a_datetime_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        expected_datetime(service(promise_hours=1), datetime(2026, 11, 23), NEW_YORK)  # noqa: DTZ001
