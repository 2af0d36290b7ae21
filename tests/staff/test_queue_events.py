"""Whoever looks at the queue hears of what changes in it, whichever process changed it, until their right ends."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from typing import Any

import pytest
from litestar import Litestar, Request
from sqlalchemy import delete, select, update

from app.accounts.models import AccountRole
from app.db import Database
from app.service_requests.models import ServiceRequest
from app.service_requests.people import touch
from app.staff import queue_events
from app.staff.queue_events import events
from app.staff.queue_filter import QueueFilter
from tests.accounts.signed_in import Client, grant, person, sign_in_as
from tests.open311.city import DRUGS, add_request, make_city

Events = AsyncGenerator[str]


@pytest.fixture(autouse=True)
def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue_events, "EVERY_S", 0.02)
    monkeypatch.setattr(queue_events, "HEARTBEAT_S", 0.2)


@pytest.fixture
async def clerk(database: Database) -> int:
    await make_city(database)
    return await person(database, grant("clerk", department_id=1), name="Sam")


def looking(app: Litestar, client: Client, **asked: Any) -> Events:
    """The events of somebody's browser."""
    cookie = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
    scope: Any = {"type": "http", "litestar_app": app, "headers": [(b"cookie", cookie.encode())], "state": {}}
    return events(Request(scope), QueueFilter(**asked))


async def heard(found: Events) -> list[tuple[str, Any]]:
    """(event, facts) of the next that comes."""
    async with asyncio.timeout(5):
        while True:
            said = [part.split("\n") for part in (await anext(found)).split("\n\n") if part.startswith("event: ")]
            if said:
                return [(name.removeprefix("event: "), json.loads(data.removeprefix("data: "))) for name, data in said]


async def change(database: Database, number: str, **values: Any) -> None:
    async with database.writing() as session:
        wanted = select(ServiceRequest).where(ServiceRequest.service_request_id == number)
        request = (await session.execute(wanted)).scalar_one()
        for name, value in values.items():
            setattr(request, name, value)
        touch(request)


async def test_a_change_is_told_once_with_its_line_and_only_of_ones_own(
    app: Litestar, client: Client, database: Database, clerk: int
) -> None:
    mine, other = [await add_request(database, department_id=number) for number in (1, 2)]
    await sign_in_as(client, database, clerk)
    found = looking(app, client)
    assert (await anext(found)).startswith("retry:")
    await anext(found)
    await change(database, other, status="accepted")
    await change(database, mine, status="accepted")
    ((name, facts),) = await heard(found)
    assert (name, facts["number"]) == ("line", mine)
    assert "Accepted" in facts["html"] and mine in facts["html"]
    # Closed, it is not in the list any more; a new one is.
    await change(database, mine, status="fixed", closed_datetime=(await row(database, mine)).updated_datetime)
    ((name, facts),) = await heard(found)
    assert (name, facts) == ("line", {"number": mine, "html": ""})
    await found.aclose()


async def row(database: Database, number: str) -> ServiceRequest:
    async with database.reading() as session:
        wanted = select(ServiceRequest).where(ServiceRequest.service_request_id == number)
        return (await session.execute(wanted)).scalar_one()


async def test_who_opens_a_report_and_leaves_it_is_seen_in_the_list(
    app: Litestar, client: Client, database: Database, clerk: int
) -> None:
    number = await add_request(database, department_id=1)
    hidden = await add_request(database, department_id=2, service_id=DRUGS)
    await sign_in_as(client, database, await person(database, grant("supervisor"), name="Ana"))
    for one in (number, hidden):
        await client.post(f"/staff/requests/{one}/presence")
    ana = dict(client.cookies)
    await sign_in_as(client, database, clerk)
    found = looking(app, client)
    ((name, facts),) = await heard(found)
    assert name == "there" and list(facts) == [number] and "Open with Ana" in facts[number]
    client.cookies.update(ana)
    await client.post(f"/staff/requests/{number}/presence", data={"gone": "yes"})
    assert await heard(found) == [("there", {number: ""})]
    await found.aclose()


async def test_the_events_end_when_the_right_is_gone(
    app: Litestar, client: Client, database: Database, clerk: int
) -> None:
    await sign_in_as(client, database, clerk)
    found = looking(app, client)
    await anext(found)
    await anext(found)
    async with database.writing() as session:
        await session.execute(delete(AccountRole).where(AccountRole.account_id == clerk))
    assert await heard(found) == [("ended", None)]
    with pytest.raises(StopAsyncIteration):
        await anext(found)


async def test_a_storm_is_told_in_one_word_and_what_is_remembered_stays_small(
    app: Litestar, client: Client, database: Database, clerk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue_events, "MOST", 3)
    monkeypatch.setattr(queue_events, "MOST_REMEMBERED", 10)
    for _ in range(5):
        await add_request(database, department_id=1)
    await sign_in_as(client, database, clerk)
    found = looking(app, client)
    await anext(found)
    await anext(found)
    async with database.writing() as session:
        everything = (await session.execute(select(ServiceRequest))).scalars().all()
        for one in everything:
            touch(one)
    assert await heard(found) == [("many", None)]
    async with database.writing() as session:
        await session.execute(update(ServiceRequest).where(ServiceRequest.id == 1).values(status="accepted"))
        touch(await session.get_one(ServiceRequest, 1))
    assert [name for name, _ in await heard(found)] == ["line"]
    await found.aclose()
