"""A storm: promises stand still where it is, everybody reads why, and they go on with what was left."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select

from app.db import Database
from app.service_requests.change_status import change_status
from app.service_requests.clock import pause, resume
from app.service_requests.escalation import sweep_clock
from app.service_requests.late import sweep_late
from app.service_requests.merge import split
from app.service_requests.models import ServiceRequest, Update
from app.service_requests.suspensions import end, suspend, sweep_suspensions
from app.services.promise_models import Suspension
from tests.service_requests.city import EAST_LONG, TREE, report, set_facts, stored
from tests.service_requests.conftest import Person

HOUR = timedelta(hours=1)
REASON = "Snow: crews clear the streets first."


async def storm(database: Database, **facts: Any) -> Suspension:
    event = Suspension(**{"start_datetime": datetime.now(UTC) - HOUR, "reason": REASON, **facts})
    async with database.writing() as session:
        await suspend(session, event)
    return event


async def is_over(database: Database, event: Suspension) -> None:
    async with database.writing() as session:
        await end(session, await session.get_one(Suspension, event.id), datetime.now(UTC))


async def earlier(database: Database, request: ServiceRequest, by: timedelta) -> None:
    now = await stored(database, request)
    names = ("requested", "updated", "expected", "at_risk", "clock", "paused")
    moments = {f"{name}_datetime": getattr(now, f"{name}_datetime") for name in names}
    await set_facts(database, request, **{name: moment - by for name, moment in moments.items() if moment is not None})


async def kinds(database: Database, request: ServiceRequest) -> list[str]:
    async with database.reading() as session:
        rows = select(Update.kind).where(Update.request_id == request.id).order_by(Update.id)
        return list((await session.execute(rows)).scalars())


async def test_a_storm_stops_the_clocks_where_it_is_and_they_go_on_after_it(
    city: Database, ana: Person, stranger: Person
) -> None:
    tree = await report(city, ana.device_hash, service_code="tree")
    await earlier(city, tree, 20 * HOUR)
    elsewhere = await report(city, service_code="tree", long=EAST_LONG)
    pothole = await report(city)
    event = await storm(
        city, service_id=TREE, layer="board", area_code="1", start_datetime=datetime.now(UTC) - 2 * HOUR
    )
    meanwhile = await report(city, service_code="tree")
    for _ in range(2):
        await sweep_suspensions(city)
    assert [await kinds(city, one) for one in (elsewhere, pothole)] == [["received"], ["received"]]
    assert await kinds(city, tree) == await kinds(city, meanwhile) == ["received", "suspended"]
    page = (await stranger.get(f"/requests/{tree.service_request_id}")).text
    assert REASON in page and "the promised date moves on" in page
    # What the reporter writes meanwhile does not end a storm.
    await ana.post(f"/requests/{tree.service_request_id}/updates", data={"text": "It lies there still"})
    await earlier(city, tree, 10 * HOUR)
    await sweep_late(city)
    await sweep_clock(city)
    assert not (await stored(city, tree)).late
    before = await stored(city, tree)
    await is_over(city, event)
    for _ in range(2):
        await sweep_suspensions(city)
    after = await stored(city, tree)
    assert (after.paused_datetime, after.suspension_id) == (None, None)
    assert after.expected_datetime is not None and before.paused_datetime is not None
    assert before.expected_datetime is not None
    stood = datetime.now(UTC) - before.paused_datetime
    assert abs(after.expected_datetime - before.expected_datetime - stood) < HOUR / 60
    assert (await kinds(city, tree))[-1] == "resumed"
    assert await kinds(city, meanwhile) == ["received", "suspended", "resumed"]
    assert await kinds(city, await report(city, service_code="tree")) == ["received"]


async def test_a_request_waits_for_its_reporter_and_for_the_storm_each_as_long_as_it_takes(city: Database) -> None:
    request = await report(city)
    async with city.writing() as session:
        await pause(session, request, text="Which side?")
    event = await storm(city)
    await sweep_suspensions(city)
    assert await kinds(city, request) == ["received", "paused"]
    async with city.writing() as session:
        await resume(session, await stored(city, request))
    assert await kinds(city, request) == ["received", "paused", "resumed", "suspended"]
    async with city.writing() as session:
        await pause(session, await stored(city, request), text="And how deep?")
    await is_over(city, event)
    await sweep_suspensions(city)
    assert (await stored(city, request)).paused_datetime is not None
    async with city.writing() as session:
        await resume(session, await stored(city, request))
    now = await stored(city, request)
    assert now.paused_datetime is None and now.clock_datetime == now.at_risk_datetime
    assert (await kinds(city, request))[-1] == "resumed"


async def test_what_is_late_or_closed_is_not_excused_by_a_storm_and_one_storm_follows_another(city: Database) -> None:
    late, closed, held = [await report(city, service_code="tree") for _ in range(3)]
    await earlier(city, late, 30 * HOUR)
    await sweep_late(city)
    async with city.writing() as session:
        await change_status(session, closed, "fixed")
    first = await storm(city)
    await sweep_suspensions(city)
    second = await storm(city, reason="Then the thaw.")
    assert [(await stored(city, one)).suspension_id for one in (late, closed, held)] == [None, None, first.id]
    assert (await stored(city, late)).late
    await is_over(city, first)
    await sweep_suspensions(city)
    assert (await stored(city, held)).suspension_id == second.id
    async with city.writing() as session:
        await change_status(session, await stored(city, held), "fixed")
    assert (await stored(city, held)).suspension_id is None


async def test_what_opens_again_during_a_storm_stands_still_too(city: Database) -> None:
    root, fixed, duplicate = [await report(city) for _ in range(3)]
    await become(city, fixed, "fixed")
    await become(city, duplicate, "duplicate", duplicate_of=await stored(city, root))
    event = await storm(city)
    await sweep_suspensions(city)
    await become(city, fixed, "reopened")
    async with city.writing() as session:
        await split(session, await stored(city, duplicate))
    for request in (fixed, duplicate):
        assert (await stored(city, request)).suspension_id == event.id
        assert (await kinds(city, request))[-1] == "suspended"
    await is_over(city, event)
    await sweep_suspensions(city)
    assert [(await kinds(city, one))[-1] for one in (fixed, duplicate)] == ["resumed", "resumed"]


async def become(database: Database, request: ServiceRequest, status: str, **facts: Any) -> None:
    async with database.writing() as session:
        await change_status(session, await stored(database, request), status, **facts)


async def test_a_report_whose_kind_is_corrected_stands_still_by_the_storms_of_the_new_kind(
    city: Database, ana: Person
) -> None:
    request = await report(city, ana.device_hash)
    await earlier(city, request, 30 * HOUR)
    event = await storm(city, service_id=TREE, start_datetime=datetime.now(UTC) - 40 * HOUR)
    await sweep_suspensions(city)
    held = []
    for code in ("tree", "pothole", "tree", "graffiti"):
        await ana.post(f"/requests/{request.service_request_id}/correction", data={"service_code": code})
        now = await stored(city, request)
        held.append(now.suspension_id)
        assert (now.paused_datetime is None) == (now.suspension_id is None) and not now.late
    assert held == [event.id, None, event.id, None]
    told = ["suspended", "correction", "resumed", "correction"]
    assert await kinds(city, request) == ["received", "correction", *told, *told[:2], "resumed"]


async def test_a_storm_that_is_declared_late_gives_no_time_that_was_given_before(city: Database) -> None:
    request = await report(city)
    await earlier(city, request, 20 * HOUR)
    async with city.writing() as session:
        await pause(session, await stored(city, request), text="Which side?")
    await earlier(city, request, 10 * HOUR)
    async with city.writing() as session:
        resumed = await resume(session, await stored(city, request))
    await storm(city, start_datetime=datetime.now(UTC) - 15 * HOUR)
    await sweep_suspensions(city)
    assert resumed is not None
    assert (await stored(city, request)).paused_datetime == resumed.updated_datetime
