"""Deleting is honest: nothing that was deleted arrives, whichever of the two comes first or through which door."""

from __future__ import annotations

import asyncio
import uuid

import pytest

from app.db import Database
from app.errors import Refused
from app.service_requests.models import ServiceRequest
from app.service_requests.outbox_models import Receipt, StagedPhoto
from tests.service_requests.city import report, set_facts, stored
from tests.service_requests.conftest import Person
from tests.service_requests.phone import Phone, sha256
from tests.service_requests.test_outbox import EIGHT, RED, count, phone, problem, rows
from tests.service_requests.walk import Walk

__all__ = ["phone"]


async def test_an_id_that_was_never_seen_can_be_deleted_before_it_comes(city: Database, phone: Phone) -> None:
    number = uuid.uuid4()
    answers = await asyncio.gather(*[phone.delete(number) for _ in range(EIGHT)])
    assert all(answer.json() == answers[0].json() for answer in answers)
    problem(await phone.upload(number, RED), 410)
    problem(await phone.send(number), 410)
    assert (await count(city, ServiceRequest), await count(city, StagedPhoto)) == (0, 0)


async def test_a_report_and_its_deletion_at_once_leave_nothing_open(city: Database, phone: Phone) -> None:
    """Whoever is first: no report stays open, and the answer of the deletion says what is true."""
    for _ in range(6):
        number = uuid.uuid4()
        await phone.upload(number, RED)
        sending = [phone.send(number, photos=[sha256(RED)]) for _ in range(3)]
        *sent, deleted = await asyncio.gather(*sending, phone.delete(number))
        assert {answer.status_code for answer in sent} <= {200, 201, 410}
        arrived = any(answer.status_code < 300 for answer in sent)
        told = deleted.json()
        assert (told["deleted"], told["received"], told["withdrawn"]) == (True, arrived, arrived)
        state = await phone.state(number)
        assert (state["deleted"], state["received"]) == (True, arrived)
        problem(await phone.send(number), 410)
    assert {request.status for request in await rows(city, ServiceRequest)} <= {"withdrawn"}
    assert await count(city, StagedPhoto) == 0


async def test_a_photo_and_its_deletion_at_once_leave_no_photo(city: Database, phone: Phone) -> None:
    for _ in range(6):
        number = uuid.uuid4()
        uploads = [phone.upload(number, RED) for _ in range(3)]
        *_, deleted = await asyncio.gather(*uploads, phone.delete(number))
        assert deleted.status_code == 200
        assert (await phone.state(number))["photos"] == []
    assert await count(city, StagedPhoto) == 0


async def test_the_form_and_programs_cannot_bring_a_deleted_report_back(city: Database, ana: Person) -> None:
    walk = await Walk(ana).open()
    number = uuid.UUID(walk.value("client_request_id"))
    await Phone(ana).delete(number)
    answer = await ana.post(
        "/report",
        data={
            "client_request_id": str(number),
            "step": "send",
            "stamp": walk.value("stamp"),
            "service_code": "pothole",
        },
        headers={"accept": "application/json"},
    )
    problem(answer, 410)
    with pytest.raises(Refused) as refused:
        await report(city, client_request_id=number)
    assert refused.value.status == 410
    assert await count(city, ServiceRequest) == 0


async def test_what_came_by_the_form_is_the_same_report_to_the_outbox(city: Database, ana: Person) -> None:
    number = uuid.uuid4()
    request = await report(city, ana.device_hash, client_request_id=number, source="open311")
    phone = Phone(ana)
    state = await phone.state(number)
    assert (state["received"], state["service_request_id"]) == (True, request.service_request_id)
    answer = await phone.send(number)
    assert (answer.status_code, answer.json()["service_request_id"]) == (200, request.service_request_id)
    assert (await phone.delete(number)).json() == {
        "client_request_id": str(number), "deleted": True, "received": True, "withdrawn": True,
    }  # fmt: skip
    assert (await stored(city, request)).status == "withdrawn"


async def test_somebody_elses_report_is_not_withdrawn(city: Database, ana: Person, ben: Person) -> None:
    number = uuid.uuid4()
    await Phone(ana).send(number)
    told = (await Phone(ben).delete(number)).json()
    assert (told["received"], told["withdrawn"]) == (True, False)
    (request,) = await rows(city, ServiceRequest)
    assert request.status == "received"


async def test_a_phone_that_has_lost_its_cookie_takes_its_report_back_by_the_stamp(city: Database, ana: Person) -> None:
    number, phone = uuid.uuid4(), Phone(ana)
    await phone.send(number)
    ana.cookies.clear()
    told = (await phone.delete(number, phone.stamp)).json()
    assert (told["received"], told["withdrawn"]) == (True, True)
    (request,) = await rows(city, ServiceRequest)
    assert request.status == "withdrawn"


@pytest.mark.parametrize("stamp", ["", "not ours", "another's"])
async def test_no_other_stamp_takes_it_back(city: Database, ana: Person, ben: Person, stamp: str) -> None:
    number, other = uuid.uuid4(), Phone(ben)
    await Phone(ana).send(number)
    await other.ask(number)
    told = (await other.delete(number, other.stamp if stamp == "another's" else stamp)).json()
    assert (told["received"], told["withdrawn"]) == (True, False)
    (request,) = await rows(city, ServiceRequest)
    assert request.status == "received"


async def test_a_report_that_the_city_has_answered_stays_answered(city: Database, phone: Phone) -> None:
    number = uuid.uuid4()
    await phone.send(number)
    (request,) = await rows(city, ServiceRequest)
    await set_facts(city, request, status="fixed")
    told = (await phone.delete(number)).json()
    assert (told["received"], told["withdrawn"]) == (True, False)
    assert (await stored(city, request)).status == "fixed"


async def test_a_report_that_others_joined_stays_open_without_its_reporter(
    city: Database, ana: Person, ben: Person
) -> None:
    number = uuid.uuid4()
    sent = (await Phone(ana).send(number)).json()
    await ben.post(f"/requests/{sent['service_request_id']}/join")
    first = await Phone(ana).delete(number)
    # The reporter is gone from it, and the same deletion again is still answered alike.
    again = await Phone(ana).delete(number)
    assert first.json() == again.json()
    assert first.json()["withdrawn"] is True
    (request,) = await rows(city, ServiceRequest)
    assert (request.status, request.reporter_count) == ("received", 1)


async def test_a_join_that_has_arrived_stays_and_the_deletion_says_so(city: Database, ben: Person) -> None:
    request, number, phone = await report(city), uuid.uuid4(), Phone(ben)
    await phone.act(request.service_request_id, "join", number)
    told = (await phone.delete(number)).json()
    assert (told["received"], told["withdrawn"]) == (True, False)
    problem(await phone.act(request.service_request_id, "join", number), 410)
    assert (await stored(city, request)).reporter_count == 2
    async with city.reading() as session:
        receipt = await session.get(Receipt, number)
    assert receipt is not None
    assert (receipt.kind, receipt.request_id) == ("deleted", request.id)
