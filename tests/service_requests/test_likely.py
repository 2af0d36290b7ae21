"""Reports that phones bring late are linked with what others filed around them meanwhile. Nothing is merged."""

from __future__ import annotations

import asyncio
import uuid
from typing import Any

import pytest
from sqlalchemy import event, select

from app.db import Database
from app.service_requests.change_status import change_status
from app.service_requests.models import Reporter, ServiceRequest
from app.service_requests.outbox_models import LikelyDuplicate
from app.services.models import Service
from app.services.queries import forget_catalogues
from tests.service_requests.city import GRAFFITI, LAT, LONG, report, set_facts, stored
from tests.service_requests.conftest import Person
from tests.service_requests.phone import Phone, fields
from tests.service_requests.test_outbox import count, rows

NEAR = LAT + 0.0003  # About 33 m to the north.
FAR = LAT + 0.003


async def numbers(city: Database) -> list[ServiceRequest]:
    return await rows(city, ServiceRequest)


async def links(city: Database) -> list[LikelyDuplicate]:
    async with city.reading() as session:
        return list((await session.execute(select(LikelyDuplicate))).scalars())


async def test_what_was_filed_around_meanwhile_is_told_and_linked_once(city: Database, ana: Person) -> None:
    near, same = await report(city, lat=NEAR), await report(city)
    await report(city, lat=FAR)
    number, phone = uuid.uuid4(), Phone(ana)
    answers = [await phone.send(number) for _ in range(2)]
    told = [same.service_request_id, near.service_request_id]
    assert [answer.json()["likely_duplicates"] for answer in answers] == [told, told]
    assert (await phone.state(number))["likely_duplicates"] == told
    assert sorted(round(link.distance_m) for link in await links(city)) == [0, 33]
    assert {request.status for request in await numbers(city)} == {"received"}
    assert {request.reporter_count for request in await numbers(city)} == {1}
    assert await count(city, Reporter) == 4


async def test_two_that_arrive_in_the_same_moment_are_linked(city: Database, ana: Person, ben: Person) -> None:
    for _ in range(4):
        phones = [Phone(ana), Phone(ben)]
        for phone in phones:
            await phone.ask(uuid.uuid4())
        answers = await asyncio.gather(*[phone.send(uuid.uuid4()) for phone in phones])
        first, second = [answer.json() for answer in answers]
        linked = first["service_request_id"] in second["likely_duplicates"]
        assert linked or second["service_request_id"] in first["likely_duplicates"]
        for request in await numbers(city):
            await set_facts(city, request, status="fixed")


async def test_what_the_person_has_looked_at_is_not_linked(city: Database, ana: Person) -> None:
    seen, other = await report(city), await report(city, lat=NEAR)
    shouted = f" {seen.service_request_id.lower().replace('-', '')} "
    answer = await Phone(ana).send(uuid.uuid4(), seen=[shouted, "nonsense"])
    assert answer.json()["likely_duplicates"] == [other.service_request_id]


async def test_twenty_that_were_looked_at_hide_no_other(city: Database, ana: Person) -> None:
    seen = [await report(city) for _ in range(20)]
    other = await report(city, lat=NEAR)
    answer = await Phone(ana).send(uuid.uuid4(), seen=[one.service_request_id for one in seen])
    assert answer.json()["likely_duplicates"] == [other.service_request_id]


async def test_at_most_five_are_linked(city: Database, ana: Person) -> None:
    for _ in range(7):
        await report(city)
    assert len((await Phone(ana).send(uuid.uuid4())).json()["likely_duplicates"]) == 5


@pytest.mark.parametrize(
    ("facts", "sent"),
    [
        ({"service_code": "drugs"}, {}),
        ({"service_code": "drugs"}, {"service_code": "drugs"}),
        ({}, {"service_code": "drugs"}),
        ({"service_code": "tree"}, {}),
    ],
)
async def test_private_and_other_groups_are_never_linked(
    city: Database, ana: Person, facts: dict[str, Any], sent: dict[str, Any]
) -> None:
    request = await report(city, **facts)
    if facts.get("service_code") == "tree":
        async with city.writing() as session:
            tree = (await session.execute(select(Service).where(Service.service_code == "tree"))).scalar_one()
            tree.group = "safety"
            forget_catalogues()
    answer = await Phone(ana).send(uuid.uuid4(), fields(**sent))
    assert answer.status_code == 201
    assert answer.json()["likely_duplicates"] == []
    assert request.service_request_id not in answer.text


async def test_closed_ones_and_the_persons_own_are_not_linked(city: Database, ana: Person) -> None:
    closed = await report(city)
    await set_facts(city, closed, status="fixed")
    await report(city, ana.device_hash)
    assert (await Phone(ana).send(uuid.uuid4())).json()["likely_duplicates"] == []


async def test_what_has_become_private_or_was_merged_since_is_told_no_more(city: Database, ana: Person) -> None:
    hidden, merged = await report(city, service_code="graffiti"), await report(city)
    number, phone = uuid.uuid4(), Phone(ana)
    sent = (await phone.send(number)).json()
    assert len(sent["likely_duplicates"]) == 2
    async with city.writing() as session:
        (await session.get_one(Service, GRAFFITI)).private = True
    forget_catalogues()
    assert (await phone.state(number))["likely_duplicates"] == [merged.service_request_id]
    mine = next(one for one in await numbers(city) if one.service_request_id == sent["service_request_id"])
    async with city.writing() as session:
        await change_status(session, await stored(city, merged), "duplicate", duplicate_of=mine)
    assert (await phone.state(number))["likely_duplicates"] == []
    assert hidden.service_request_id not in (await ana.get(sent["url"])).text


async def test_the_reporter_is_shown_them_right_after_sending_and_follows_one(
    city: Database, ana: Person, ben: Person
) -> None:
    other = await report(city, lat=NEAR)
    sent = (await Phone(ana).send(uuid.uuid4())).json()
    page = (await ana.get(sent["url"])).text
    assert "Somebody reported something similar in the meantime" in page
    assert "33 m from here" in page
    assert f'action="/requests/{other.service_request_id}/follow"' in page
    for person, address in ((ana, sent["url"].partition("?")[0]), (ben, sent["url"])):
        assert "something similar in the meantime" not in (await person.get(address)).text
    answer = await ana.post(f"/requests/{other.service_request_id}/follow")
    assert answer.status_code == 303
    assert (await stored(city, other)).follower_count == 1


async def test_a_report_at_the_page_itself_is_linked_with_nothing(city: Database, ana: Person) -> None:
    await report(city)
    await report(city, ana.device_hash, long=LONG)
    assert await links(city) == []


async def test_ones_own_reports_around_crowd_out_no_other(city: Database, ana: Person) -> None:
    phone = Phone(ana)
    for _ in range(7):
        await phone.send(uuid.uuid4())
    other = await report(city, lat=NEAR)
    assert (await phone.send(uuid.uuid4())).json()["likely_duplicates"] == [other.service_request_id]


async def test_many_received_reports_are_asked_about_in_as_many_statements_as_one(city: Database, ana: Person) -> None:
    phone, sent = Phone(ana), [uuid.uuid4() for _ in range(4)]
    for number in sent:
        await report(city)
        assert (await phone.send(number)).json()["likely_duplicates"]
    statements: list[str] = []
    event.listen(city.engine.sync_engine, "before_cursor_execute", lambda *told: statements.append(told[2]))
    await phone.ask(sent[0])
    one = len(statements)
    told = await phone.ask(*sent)
    assert len(statements) == 2 * one
    assert [len(item["likely_duplicates"]) for item in told["items"]] == [1, 2, 3, 4]
