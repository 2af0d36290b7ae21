"""A phone's reports and photos arrive once, whole, in any order, and as often as the phone has to send them."""

from __future__ import annotations

import asyncio
import uuid
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select

from app.db import Database
from app.service_requests.models import Photo, Reporter, ServiceRequest
from app.service_requests.outbox_models import StagedPhoto
from tests.service_requests.city import jpeg
from tests.service_requests.conftest import Person
from tests.service_requests.phone import Phone, fields, sha256

RED, BLUE, GREEN = jpeg("red"), jpeg("blue"), jpeg("green")
EIGHT = 8


@pytest.fixture
def phone(ana: Person) -> Phone:
    return Phone(ana)


async def rows(city: Database, table: Any) -> list[Any]:
    async with city.reading() as session:
        return list((await session.execute(select(table).order_by(table.id))).scalars())


async def count(city: Database, table: Any) -> int:
    async with city.reading() as session:
        return (await session.execute(select(func.count()).select_from(table))).scalar_one()


def problem(answer: httpx.Response, status: int) -> dict[str, Any]:
    """The problem document of a refusal, which is JSON whatever was asked for, and is kept by nobody."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"
    told: dict[str, Any] = answer.json()
    assert told["status"] == status
    return told


async def test_a_report_arrives_with_its_photos_in_their_order(city: Database, phone: Phone) -> None:
    number = uuid.uuid4()
    before = await phone.state(number)
    assert before == {"client_request_id": str(number), "received": False, "deleted": False, "photos": []}
    for raw in (BLUE, RED):
        answer = await phone.upload(number, raw)
        assert (answer.status_code, answer.headers["cache-control"]) == (201, "no-store")
        assert answer.json() == {"client_request_id": str(number), "content_hash": sha256(raw)}
    assert (await phone.state(number))["photos"] == [sha256(BLUE), sha256(RED)]
    wanted = [sha256(RED), sha256(BLUE)]
    answer = await phone.send(number, fields(attribute__SIZE="big", description="Deep"), photos=wanted)
    assert (answer.status_code, answer.headers["cache-control"]) == (201, "no-store")
    (request,) = await rows(city, ServiceRequest)
    assert answer.json() == {
        "client_request_id": str(number),
        "service_request_id": request.service_request_id,
        "url": f"/requests/{request.service_request_id}?sent=1",
        "photos": wanted,
        "likely_duplicates": [],
    }
    assert (request.description, request.answers, request.source) == ("Deep", {"SIZE": "big"}, "web")
    assert [photo.content_hash for photo in await rows(city, Photo)] == wanted
    assert await count(city, StagedPhoto) == 0
    after = await phone.state(number)
    assert (after["received"], after["deleted"], after["photos"]) == (True, False, wanted)
    assert after["url"] == answer.json()["url"]


async def test_what_is_sent_again_is_answered_alike_and_done_once(city: Database, phone: Phone) -> None:
    number = uuid.uuid4()
    uploads = [await phone.upload(number, RED) for _ in range(3)]
    assert [answer.status_code for answer in uploads] == [201, 200, 200]
    sent = [await phone.send(number, photos=[sha256(RED)]) for _ in range(3)]
    assert [answer.status_code for answer in sent] == [201, 200, 200]
    assert len({answer.content for answer in sent}) == 1
    late = await phone.upload(number, RED)
    assert late.status_code == 200
    assert (await count(city, ServiceRequest), await count(city, Photo), await count(city, StagedPhoto)) == (1, 1, 0)


async def test_eight_at_once_are_one(city: Database, phone: Phone) -> None:
    number = uuid.uuid4()
    await phone.ask(number)
    uploads = await asyncio.gather(*[phone.upload(number, RED) for _ in range(EIGHT)])
    assert sorted(answer.status_code for answer in uploads) == [200] * (EIGHT - 1) + [201]
    sent = await asyncio.gather(*[phone.send(number, photos=[sha256(RED)]) for _ in range(EIGHT)])
    assert sorted(answer.status_code for answer in sent) == [200] * (EIGHT - 1) + [201]
    assert len({answer.content for answer in sent}) == 1
    assert (await count(city, ServiceRequest), await count(city, Photo), await count(city, Reporter)) == (1, 1, 1)


async def test_a_report_waits_for_its_photos(city: Database, phone: Phone) -> None:
    number = uuid.uuid4()
    await phone.upload(number, RED)
    wanted = [sha256(RED), sha256(BLUE), sha256(GREEN)]
    told = problem(await phone.send(number, photos=wanted), 409)
    assert told["missing"] == [sha256(BLUE), sha256(GREEN)]
    assert await count(city, ServiceRequest) == 0
    for raw in (GREEN, BLUE):
        await phone.upload(number, raw)
    assert (await phone.send(number, photos=wanted)).json()["photos"] == wanted


async def test_a_deleted_item_is_refused_for_ever(city: Database, phone: Phone) -> None:
    number = uuid.uuid4()
    await phone.upload(number, RED)
    for _ in range(2):
        answer = await phone.delete(number)
        assert answer.status_code == 200
        assert answer.json() == {
            "client_request_id": str(number), "deleted": True, "received": False, "withdrawn": False,
        }  # fmt: skip
    problem(await phone.send(number), 410)
    problem(await phone.upload(number, RED), 410)
    assert (await count(city, ServiceRequest), await count(city, StagedPhoto)) == (0, 0)
    state = await phone.state(number)
    assert (state["received"], state["deleted"], state["photos"]) == (False, True, [])


async def test_a_report_that_has_arrived_is_taken_back_by_its_deletion(city: Database, phone: Phone) -> None:
    number = uuid.uuid4()
    await phone.send(number)
    for _ in range(2):
        assert (await phone.delete(number)).json()["withdrawn"] is True
    (request,) = await rows(city, ServiceRequest)
    assert request.status == "withdrawn"
    problem(await phone.send(number), 410)
