"""What may be the same problem: near, open, of the same group, public; and how well promises were kept."""

from __future__ import annotations

import pytest

from app.db import Database
from app.service_requests.nearby import maybe_the_same
from app.service_requests.promise_kept import Kept, promise_kept
from app.services.queries import current_catalogue
from tests.service_requests.city import LAT, LONG, POTHOLE, days_ago, report, set_facts

METRE = 1 / 111_195


async def near(city: Database, service_code: str = "pothole") -> list[str]:
    async with city.reading() as session:
        catalogue = await current_catalogue(session)
        service = catalogue.service(service_code)
        assert service is not None
        return [
            item.request.service_request_id for item in await maybe_the_same(session, catalogue, service, LAT, LONG)
        ]


async def test_the_nearest_comes_first_and_the_radius_ends_it(city: Database) -> None:
    far, middle, beyond = [await report(city, lat=LAT + metres * METRE) for metres in (99, 30, 101)]
    found = await near(city)
    assert found == [middle.service_request_id, far.service_request_id]
    assert beyond.service_request_id not in found


async def test_another_kind_of_the_same_group_counts_and_another_group_does_not(city: Database) -> None:
    graffiti = await report(city, service_code="graffiti")
    await report(city, service_code="drugs")
    assert await near(city) == [graffiti.service_request_id]


async def test_a_private_kind_is_neither_shown_nor_shown_anything(city: Database) -> None:
    await report(city, service_code="drugs")
    assert await near(city, "drugs") == []
    assert await near(city, "heat") == []


@pytest.mark.parametrize("status", ["fixed", "withdrawn", "duplicate"])
async def test_what_is_closed_is_not_the_same_problem(city: Database, status: str) -> None:
    request = await report(city)
    await set_facts(city, request, status=status)
    assert await near(city) == []


async def test_a_late_report_that_is_left_open_counts_as_missed(city: Database) -> None:
    for number in range(20):
        request = await report(city)
        facts = {"status": "fixed", "closed_datetime": days_ago(6)} if number < 10 else {"status": "assigned"}
        await set_facts(city, request, requested_datetime=days_ago(9), expected_datetime=days_ago(5), **facts)
    async with city.reading() as session:
        assert await promise_kept(session, POTHOLE) == Kept(10, 20)


async def test_what_nobody_could_keep_is_not_counted(city: Database) -> None:
    for number in range(21):
        request = await report(city)
        status = ["referred", "duplicate", "withdrawn", "received"][number % 4]
        expected = days_ago(-5) if status == "received" else days_ago(5)
        await set_facts(city, request, status=status, expected_datetime=expected)
    async with city.reading() as session:
        assert await promise_kept(session, POTHOLE) is None


def test_a_share_is_never_flattered() -> None:
    assert Kept(199, 200).in_ten == 9
    assert Kept(200, 200).in_ten == 10
    assert Kept(0, 20).in_ten == 0
