"""A report comes in whole or not at all, once, and at the right desk."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select, update

from app.db import Database
from app.errors import Refused
from app.jurisdictions.models import Area, Jurisdiction
from app.media.storage import PhotoKeys
from app.service_requests.correct import correct, read_correction
from app.service_requests.correct_place import move
from app.service_requests.models import Contact, Photo, Reporter, RequestArea, ServiceRequest, Update
from app.service_requests.submission import ContactDetails, StoredPhoto, Submission, Submitted
from app.service_requests.submit import submit
from tests.service_requests.city import (
    AGENCY_LONG,
    ANA,
    EAST_LONG,
    LAT,
    LONG,
    OUTSIDE_LONG,
    STATE,
    STREETS,
    days_ago,
    report,
    set_facts,
)

DAY = timedelta(days=1)
TABLES = (ServiceRequest, Update, Reporter, RequestArea, Photo, Contact)


async def counts(city: Database) -> list[int]:
    async with city.reading() as session:
        return [(await session.execute(select(func.count()).select_from(table))).scalar_one() for table in TABLES]


async def send(city: Database, **facts: Any) -> Submitted:
    async with city.writing() as session:
        return await submit(
            session, Submission(**{"service_code": "pothole", "source": "web", "lat": LAT, "long": LONG, **facts})
        )


async def refused(city: Database, **facts: Any) -> dict[str, str]:
    """The sentences of a refusal by field."""
    with pytest.raises(Refused) as told:
        await send(city, **facts)
    assert told.value.status == 422
    return {problem.field: problem.said() for problem in told.value.problems}


def photo(number: int) -> StoredPhoto:
    return StoredPhoto(f"hash{number}", PhotoKeys("m", "l", "s"), 640, 480)


async def test_a_report_gets_its_number_address_area_department_and_promise(city: Database) -> None:
    request = (await send(city, contact=ANA, photos=(photo(1), photo(2)), answers={"SIZE": ["big"]})).request
    assert (request.address_string, request.department_id, request.zipcode) == ("12 Beacon Street", STREETS, "02108")
    assert request.answers == {"SIZE": "big"}
    assert request.expected_datetime is not None
    promised = request.expected_datetime.astimezone(ZoneInfo("America/New_York"))
    assert f"{promised:%H:%M:%S}" == "23:59:59"
    assert await counts(city) == [1, 1, 1, 1, 2, 1]


@pytest.mark.parametrize("timezone", ["Pacific/Kiritimati", "Etc/GMT+12"])
async def test_the_areas_of_a_report_are_those_of_the_citys_day(city: Database, timezone: str) -> None:
    # 26 hours apart: at any moment one of them has another day than UTC.
    today = datetime.now(ZoneInfo(timezone)).date()
    async with city.writing() as session:
        await session.execute(update(Jurisdiction).values(timezone=timezone, areas_version=99))
        await session.execute(update(Area).where(Area.id == 1).values(valid_from=today, valid_to=today + DAY))
        await session.execute(update(Area).where(Area.id == 2).values(valid_to=today))
    west, east = (await send(city)).request, (await send(city, long=EAST_LONG)).request
    async with city.reading() as session:
        found = (await session.execute(select(RequestArea.request_id, RequestArea.area_id))).all()
    assert [tuple(pair) for pair in found] == [(west.id, 1)], east.id


async def test_a_moved_pin_lies_in_the_areas_of_the_day_on_which_it_was_filed(city: Database) -> None:
    request = (await send(city)).request
    await set_facts(city, request, requested_datetime=days_ago(30))
    async with city.writing() as session:
        await session.execute(update(Jurisdiction).values(areas_version=99))
        await session.execute(update(Area).where(Area.id == 2).values(valid_to=days_ago(10).date()))
    async with city.writing() as session:
        kept = await session.get_one(ServiceRequest, request.id)
        assert await move(session, kept, Submission("pothole", "web", lat=LAT, long=EAST_LONG, place_source="pin"))
    async with city.reading() as session:
        assert (await session.execute(select(RequestArea.area_id))).scalars().all() == [2]


async def test_an_agencys_land_goes_to_that_agency(city: Database) -> None:
    assert (await send(city, long=AGENCY_LONG)).request.department_id == STATE


async def test_words_alone_are_enough_where_the_index_knows_them(city: Database) -> None:
    request = (await send(city, lat=None, long=None, address_string="80 harbor ave")).request
    assert (round(request.long, 4), request.place_source) == (EAST_LONG, "search")


async def test_words_for_a_place_are_public_only_by_the_rule_of_the_kind(city: Database) -> None:
    """With a kind whose texts wait for staff, "behind the Smiths'" is for staff, and the index names the place."""
    told = {"service_code": "graffiti", "address_string": "Behind Bob Smith's garage", "description": "Blue paint"}
    request = (await send(city, **told)).request
    assert request.address_string == "12 Beacon Street"
    assert "Bob Smith" in request.description and not request.description_public
    fields = {"address_string": "By the Smiths, again", "lat": str(LAT), "long": str(LONG)}.items()
    async with city.writing() as session:
        correction, problems = read_correction(fields, "en")
        await correct(session, request, correction, problems)
    async with city.reading() as session:
        kept = await session.get_one(ServiceRequest, request.id)
    assert kept.address_string == "12 Beacon Street"
    assert "By the Smiths, again" in kept.description
    known = (await send(city, service_code="graffiti", address_string="80 Harbor Avenue", long=EAST_LONG)).request
    assert (known.address_string, known.description) == ("80 Harbor Avenue", "")


async def test_a_pin_is_never_moved_to_where_the_words_would_be(city: Database) -> None:
    request = (await send(city, address_string="80 Harbor Avenue, behind it", place_source="pin")).request
    assert (request.long, request.place_source, request.address_string) == (LONG, "pin", "80 Harbor Avenue, behind it")


@pytest.mark.parametrize(
    ("facts", "field", "words"),
    [
        ({"service_code": ""}, "service_code", "Choose what kind"),
        ({"service_code": "nonsense"}, "service_code", "not in the list"),
        ({"lat": None, "long": None}, "location", "Say where it is"),
        ({"lat": None, "long": None, "address_string": "zzzz"}, "location", "Say where it is"),
        # The index has a guess for this, and a guess is no place.
        ({"lat": None, "long": None, "address_string": "ave"}, "location", "Say where it is"),
        ({"long": OUTSIDE_LONG}, "location", "outside of Harbor"),
        ({"answers": {"SIZE": ["huge"]}}, "attribute[SIZE]", "in the list"),
        ({"service_code": "heat"}, "email", "must be able to reach you"),
        ({"contact": ContactDetails(email="ana@")}, "email", "not an e-mail address"),
        ({"contact": ContactDetails(phone="call me")}, "phone", "not a phone number"),
        ({"photos": tuple(photo(number) for number in range(6))}, "media", "at most 5 photos"),
    ],
)
async def test_what_is_wrong_is_said_and_nothing_is_written(
    city: Database, facts: Mapping[str, Any], field: str, words: str
) -> None:
    assert words in (await refused(city, **facts))[field]
    assert await counts(city) == [0, 0, 0, 0, 0, 0]


async def test_all_that_is_wrong_is_said_at_once(city: Database) -> None:
    told = await refused(city, long=OUTSIDE_LONG, answers={"SIZE": ["huge"]}, contact=ContactDetails(email="ana@"))
    assert set(told) == {"location", "attribute[SIZE]", "email"}


async def test_contact_data_is_not_kept_where_the_city_does_not_ask_for_it(city: Database) -> None:
    await send(city, service_code="tree", contact=ANA)
    assert (await counts(city))[-1] == 0


async def test_the_same_photo_twice_is_kept_once(city: Database) -> None:
    await send(city, photos=(photo(1), photo(1)))
    assert (await counts(city))[4] == 1


@pytest.mark.parametrize(("service_code", "shown"), [("pothole", True), ("graffiti", False), ("drugs", False)])
async def test_words_are_public_by_the_services_rule(city: Database, service_code: str, shown: bool) -> None:
    assert (await report(city, service_code=service_code, description="x")).description_public is shown


async def test_the_same_submission_ten_times_at_once_is_one_report(city: Database) -> None:
    number = uuid.uuid4()
    sent = await asyncio.gather(*[send(city, client_request_id=number, device_hash="a" * 64) for _ in range(10)])
    assert len({submitted.request.service_request_id for submitted in sent}) == 1
    assert sum(submitted.created for submitted in sent) == 1
    assert all(submitted.own for submitted in sent)
    assert await counts(city) == [1, 1, 1, 1, 0, 0]


async def test_the_same_submission_from_another_device_opens_nothing(city: Database) -> None:
    number = uuid.uuid4()
    await send(city, client_request_id=number, device_hash="a" * 64)
    again = await send(city, client_request_id=number, device_hash="b" * 64)
    nameless = await send(city, client_request_id=number)
    assert [(one.created, one.own) for one in (again, nameless)] == [(False, False), (False, False)]


async def test_without_a_number_of_its_own_every_submission_is_another_report(city: Database) -> None:
    first, second = await send(city), await send(city)
    assert first.request.id != second.request.id
