"""Joins, comments and withdrawals that waited on a phone: each done once, however often it is sent."""

from __future__ import annotations

import asyncio
import uuid

import pytest

from app.db import Database
from app.service_requests.change_status import change_status
from app.service_requests.models import Follower, Reporter, ServiceRequest, Update
from tests.service_requests.city import report, set_facts, stored
from tests.service_requests.conftest import Person
from tests.service_requests.phone import Phone
from tests.service_requests.test_outbox import EIGHT, count, problem, rows


async def merge(city: Database, duplicate: ServiceRequest, root: ServiceRequest) -> None:
    async with city.writing() as session:
        await change_status(session, await stored(city, duplicate), "duplicate", duplicate_of=root)


@pytest.mark.parametrize(
    ("action", "status", "done"),
    [
        ("join", 200, "followed"),
        ("updates", 201, "comment"),
        ("withdrawal", 200, "withdrawn"),
        ("follow", 200, "followed"),
    ],
)
async def test_the_same_item_eight_times_is_done_once_and_answered_alike(
    city: Database, ana: Person, action: str, status: int, done: str
) -> None:
    request, number, phone = await report(city, ana.device_hash), uuid.uuid4(), Phone(ana)
    sent = [phone.act(request.service_request_id, action, number, text="Still there") for _ in range(EIGHT)]
    answers = [*await asyncio.gather(*sent), await phone.act(request.service_request_id, action, number)]
    assert {answer.status_code for answer in answers} == {status}
    assert all(answer.json() == answers[0].json() for answer in answers)
    told = answers[0].json()
    assert told["client_request_id"] == str(number)
    assert (told["done"], told["url"]) == (done, f"/requests/{request.service_request_id}?done={done}")
    assert answers[0].headers["cache-control"] == "no-store"
    written = [update.kind for update in await rows(city, Update)]
    assert len(written) == len(set(written)), written
    state = await phone.state(number)
    assert (state["received"], state["url"]) == (True, told["url"])
    assert state["service_request_id"] == request.service_request_id


async def test_two_comments_with_the_same_words_hours_apart_are_two_and_one_sent_again_is_one(
    city: Database, ana: Person
) -> None:
    request, first, phone = await report(city, ana.device_hash), uuid.uuid4(), Phone(ana)
    await phone.act(request.service_request_id, "updates", first, text="Still there")
    async with city.writing() as session:
        for update in await rows(city, Update):
            update.updated_datetime = update.updated_datetime.replace(year=2020)
            await session.merge(update)
    await phone.act(request.service_request_id, "updates", first, text="Still there")
    assert [update.kind for update in await rows(city, Update)].count("comment") == 1
    await phone.act(request.service_request_id, "updates", uuid.uuid4(), text="Still there")
    assert [update.kind for update in await rows(city, Update)].count("comment") == 2


async def test_one_id_stands_for_one_thing(city: Database, ana: Person) -> None:
    first, second = await report(city, ana.device_hash), await report(city, ana.device_hash)
    number, phone = uuid.uuid4(), Phone(ana)
    await phone.act(first.service_request_id, "follow", number)
    for address, action in ((second, "follow"), (first, "join"), (first, "withdrawal")):
        problem(await phone.act(address.service_request_id, action, number), 409)
    problem(await phone.send(number), 409)
    problem(await phone.upload(number, b"x"), 409)
    sent = uuid.uuid4()
    await phone.send(sent)
    problem(await phone.act(first.service_request_id, "follow", sent), 409)
    assert (await stored(city, first)).status == "received"


async def test_a_deleted_item_is_not_done(city: Database, ben: Person) -> None:
    request, number, phone = await report(city), uuid.uuid4(), Phone(ben)
    await phone.delete(number)
    problem(await phone.act(request.service_request_id, "join", number), 410)
    assert (await stored(city, request)).reporter_count == 1


async def test_an_id_that_is_no_uuid_is_refused_and_nothing_is_done(city: Database, ben: Person) -> None:
    request = await report(city)
    told = problem(await Phone(ben).act(request.service_request_id, "join", "nonsense"), 422)
    assert told["problems"][0]["field"] == "client_request_id"
    assert await count(city, Follower) == 0


async def test_what_was_refused_may_be_mended_under_its_id(city: Database, ana: Person) -> None:
    request, number, phone = await report(city, ana.device_hash), uuid.uuid4(), Phone(ana)
    problem(await phone.act(request.service_request_id, "updates", number, text=" "), 422)
    answer = await phone.act(request.service_request_id, "updates", number, text="Bigger now")
    assert answer.status_code == 201


async def test_a_withdrawal_sent_again_is_answered_alike_where_the_reporter_has_left(
    city: Database, ana: Person, ben: Person
) -> None:
    request, number, phone = await report(city, ana.device_hash), uuid.uuid4(), Phone(ana)
    await ben.post(f"/requests/{request.service_request_id}/join")
    first = await phone.act(request.service_request_id, "withdrawal", number)
    again = await phone.act(request.service_request_id, "withdrawal", number)
    assert (again.status_code, again.json()) == (200, first.json())


async def test_somebody_elses_comment_is_refused_before_anything_is_kept(
    city: Database, ana: Person, ben: Person
) -> None:
    request, number = await report(city, ana.device_hash), uuid.uuid4()
    problem(await Phone(ben).act(request.service_request_id, "updates", number, text="Mine"), 403)
    assert (await Phone(ana).state(number))["received"] is False


async def test_a_join_that_comes_after_the_merging_joins_the_root(city: Database, ben: Person) -> None:
    root, duplicate = await report(city), await report(city)
    await merge(city, duplicate, root)
    number, phone = uuid.uuid4(), Phone(ben)
    answers = [await phone.act(duplicate.service_request_id, "join", number) for _ in range(2)]
    assert {answer.status_code for answer in answers} == {200}
    assert answers[0].json() == answers[1].json()
    assert answers[0].json()["service_request_id"] == root.service_request_id
    assert answers[0].json()["url"] == f"/requests/{root.service_request_id}?done=joined"
    assert (await stored(city, root)).reporter_count == 3
    assert root.id in {reporter.request_id for reporter in await rows(city, Reporter) if not reporter.first}


async def test_a_join_whose_root_is_closed_or_private_says_what_to_do(city: Database, ben: Person) -> None:
    root, duplicate, secret = await report(city), await report(city), await report(city, service_code="drugs")
    await merge(city, duplicate, root)
    await set_facts(city, root, status="fixed")
    told = problem(await Phone(ben).act(duplicate.service_request_id, "join", uuid.uuid4()), 409)
    assert "report it anew" in told["detail"]
    await set_facts(city, duplicate, duplicate_of_id=secret.id)
    told = problem(await Phone(ben).act(duplicate.service_request_id, "join", uuid.uuid4()), 409)
    assert secret.service_request_id not in str(told)
    assert await count(city, Follower) == 0
