"""A phone's clock may be wrong; when it was observed is put right by the city's."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta, timezone

import pytest

from app.db import Database
from app.service_requests.models import ServiceRequest
from app.service_requests.observed import corrected
from tests.service_requests.conftest import Person
from tests.service_requests.phone import Phone, fields
from tests.service_requests.test_outbox import rows

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


@pytest.mark.parametrize(
    ("observed", "phone", "right"),
    [
        (NOW - 5 * MINUTE, NOW, NOW - 5 * MINUTE),
        # An hour fast, an hour slow, and off by years.
        (NOW + HOUR - 5 * MINUTE, NOW + HOUR, NOW - 5 * MINUTE),
        (NOW - HOUR - 5 * MINUTE, NOW - HOUR, NOW - 5 * MINUTE),
        (datetime(1970, 1, 1, tzinfo=UTC), datetime(1970, 1, 2, tzinfo=UTC), NOW - 24 * HOUR),
        # Within a minute it is taken as it is, and never lies in the future.
        (NOW - 5 * MINUTE, NOW + MINUTE / 2, NOW - 5 * MINUTE),
        (NOW + MINUTE / 2, NOW + MINUTE / 2, NOW),
        (NOW + HOUR, NOW, NOW),
        ((NOW - HOUR).astimezone(timezone(5 * HOUR)), NOW, NOW - HOUR),
    ],
)
def test_an_observation_is_moved_by_what_the_clock_is_wrong(
    observed: datetime, phone: datetime, right: datetime
) -> None:
    assert corrected(observed.isoformat(), phone.isoformat(), NOW) == right.isoformat()


@pytest.mark.parametrize("text", ["", "yesterday", "2026-03-01T11:00:00", "0001-01-01T00:00:00+14:00"])
def test_a_time_that_says_nothing_is_left_out(text: str) -> None:
    assert corrected(text, NOW.isoformat(), NOW) == ""


@pytest.mark.parametrize("text", ["", "now", "2026-03-01T11:00:00"])
def test_a_phone_that_does_not_say_its_time_is_believed_but_for_the_future(text: str) -> None:
    assert corrected((NOW - HOUR).isoformat(), text, NOW) == (NOW - HOUR).isoformat()
    assert corrected((NOW + HOUR).isoformat(), text, NOW) == NOW.isoformat()


def test_a_clock_at_the_end_of_time_is_no_error() -> None:
    assert corrected(datetime.max.replace(tzinfo=UTC).isoformat(), "0001-01-02T00:00:00+00:00", NOW) == ""


@pytest.mark.parametrize("wrong", [HOUR, -HOUR])
async def test_a_report_from_a_phone_an_hour_wrong_was_observed_when_it_was(
    city: Database, ana: Person, wrong: timedelta
) -> None:
    clock = datetime.now(UTC) + wrong
    sent = fields(observed_datetime=(clock - 5 * MINUTE).isoformat())
    answer = await Phone(ana).send(uuid.uuid4(), sent, client_datetime=clock.isoformat())
    assert answer.status_code == 201
    (request,) = await rows(city, ServiceRequest)
    assert abs(request.requested_datetime - request.observed_datetime - 5 * MINUTE) < MINUTE / 2
