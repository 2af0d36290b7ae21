"""The clock of a promise: what a report is given it keeps; it stands while the city waits, and staff hears in time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, select, text, update

from app.accounts.models import Account
from app.db import Database
from app.errors import Refused
from app.jurisdictions.models import Department, Jurisdiction
from app.service_requests.change_status import change_status
from app.service_requests.clock import pause, resume
from app.service_requests.escalation import due, sweep_clock
from app.service_requests.escalation_models import EscalationStep, StaffNotice
from app.service_requests.late import sweep_late
from app.service_requests.models import ServiceRequest, Update
from app.services.promise_models import OwnDay, PromiseRule
from app.services.promises import WORKING
from app.services.queries import current_catalogue
from tests.accounts.signed_in import grant, person
from tests.service_requests.city import PARKS, POTHOLE, STREETS, TREE, report, set_facts, stored
from tests.service_requests.conftest import Person

HOUR = timedelta(hours=1)
CATALOGUE_CHANGED = update(Jurisdiction).values(catalogue_version=Jurisdiction.catalogue_version + 1)


async def promise(database: Database, **facts: Any) -> None:
    """Another promise for potholes from now on, as an import writes it."""
    now = datetime.now(UTC)
    async with database.writing() as session:
        stands = (PromiseRule.service_id == POTHOLE, PromiseRule.valid_to.is_(None))
        await session.execute(update(PromiseRule).where(*stands).values(valid_to=now))
        session.add(PromiseRule(service_id=POTHOLE, valid_from=now, **facts))
        await session.execute(CATALOGUE_CHANGED)


async def time_passes(database: Database, request: ServiceRequest, by: timedelta) -> None:
    """As if all of it had happened so much earlier."""
    now = await stored(database, request)
    names = [
        "requested_datetime",
        "expected_datetime",
        "at_risk_datetime",
        "clock_datetime",
        "paused_datetime",
        "updated_datetime",
    ]
    moved = {name: moment - by for name in names if (moment := getattr(now, name)) is not None}
    await set_facts(database, request, **moved)


async def ask(database: Database, request: ServiceRequest) -> None:
    async with database.writing() as session:
        await pause(session, request, text="Which side of the street?")


async def kinds(database: Database, request: ServiceRequest) -> list[str]:
    async with database.reading() as session:
        rows = select(Update.kind).where(Update.request_id == request.id).order_by(Update.id)
        return list((await session.execute(rows)).scalars())


async def test_a_request_keeps_the_promise_that_it_was_given(city: Database) -> None:
    await promise(city, hours=48)
    first = await report(city)
    await promise(city, hours=8)
    second = await report(city)
    await sweep_late(city)
    first, second = await stored(city, first), await stored(city, second)
    assert first.expected_datetime == first.requested_datetime + 48 * HOUR
    assert second.expected_datetime == second.requested_datetime + 8 * HOUR
    assert first.promise_rule_id != second.promise_rule_id
    async with city.reading() as session:
        catalogue = await current_catalogue(session)
    given = catalogue.promise(first.promise_rule_id)
    assert given is not None and (given.hours, given.valid_to is None) == (48, False)


async def test_a_holiday_that_is_declared_after_the_promise_moves_only_later_ones(city: Database) -> None:
    await promise(city, days=2, clock=WORKING)
    first = await report(city)
    assert first.expected_datetime is not None
    async with city.reading() as session:
        calendar = (await current_catalogue(session)).calendar
    async with city.writing() as session:
        session.add(OwnDay(day=first.expected_datetime.astimezone(calendar.zone).date(), name="Founders’ Day"))
        await session.execute(CATALOGUE_CHANGED)
    second = await report(city)
    assert second.expected_datetime is not None
    assert (await stored(city, first)).expected_datetime == first.expected_datetime
    assert second.expected_datetime - first.expected_datetime >= timedelta(hours=23)


async def test_the_clock_stands_while_the_city_waits_and_the_reporters_words_start_it(
    city: Database, ana: Person, stranger: Person
) -> None:
    await promise(city, hours=48)
    request = await report(city, ana.device_hash)
    await ask(city, request)
    page = f"/requests/{request.service_request_id}"
    assert "Which side of the street?" in (await stranger.get(page)).text
    assert "The city waits for an answer from the reporter" in (await stranger.get(page)).text
    assert "The city has asked you something" in (await ana.get(page)).text
    # Longer than the promise: nobody is late, and nobody is told.
    await time_passes(city, request, 72 * HOUR)
    await sweep_late(city)
    await sweep_clock(city)
    waiting = await stored(city, request)
    assert not waiting.late and "The city has missed this date" not in (await stranger.get(page)).text
    await ana.post(f"{page}/updates", data={"text": "The left one"})
    again = await stored(city, request)
    assert await kinds(city, request) == ["received", "paused", "comment", "resumed"]
    assert again.paused_datetime is None and again.expected_datetime is not None
    assert again.at_risk_datetime is not None and again.clock_datetime == again.at_risk_datetime
    assert abs(again.expected_datetime - again.requested_datetime - 120 * HOUR) < HOUR / 60
    assert abs(again.expected_datetime - again.at_risk_datetime - 12 * HOUR) < HOUR / 60
    async with city.writing() as session:
        assert await resume(session, again) is None


async def test_what_the_clock_has_stood_counts_for_a_promise_that_ends_meanwhile(city: Database) -> None:
    await promise(city, hours=48)
    request = await report(city)
    await ask(city, request)
    await time_passes(city, request, 72 * HOUR)
    async with city.writing() as session:
        await change_status(session, await stored(city, request), "fixed")
    closed = await stored(city, request)
    assert closed.expected_datetime is not None and closed.closed_datetime is not None
    assert closed.closed_datetime < closed.expected_datetime
    assert (closed.paused_datetime, closed.clock_datetime) == (None, None)
    async with city.writing() as session:
        with pytest.raises(Refused) as refused:
            await pause(session, closed, text="Anybody there?")
    assert refused.value.status == 409


async def test_what_was_late_when_the_clock_stopped_stays_late(city: Database) -> None:
    request = await report(city)
    await time_passes(city, request, 30 * 24 * HOUR)
    await sweep_late(city)
    await ask(city, request)
    before = await stored(city, request)
    async with city.writing() as session:
        await resume(session, before)
    after = await stored(city, request)
    assert before.late and after.late and after.expected_datetime == before.expected_datetime
    await sweep_late(city)
    assert await kinds(city, request) == ["received", "late", "paused", "resumed"]


async def staff(database: Database) -> dict[int, str]:
    """Clerks and supervisors of departments, parts of the city and services, and a head of all; their names by id."""
    streets, parks = {"department_id": STREETS}, {"department_id": PARKS}
    made = {
        "clerk": grant("clerk", **streets),
        "clerk of board 1": grant("clerk", layer="board", area_code="1"),
        "clerk of parks": grant("clerk", **parks),
        "clerk of board 2": grant("clerk", layer="board", area_code="2"),
        "clerk of trees": grant("clerk", service_id=TREE),
        "supervisor": grant("supervisor", **streets),
        "supervisor of parks": grant("supervisor", **parks),
        "head": grant("department_head"),
    }
    names = {await person(database, given): name for name, given in made.items()}
    gone = await person(database, grant("supervisor"))
    async with database.writing() as session:
        await session.execute(update(Account).where(Account.id == gone).values(active=False))
    return {**names, gone: "gone"}


async def notices(database: Database, names: dict[int, str]) -> list[tuple[str, str]]:
    async with database.reading() as session:
        rows = (await session.execute(select(StaffNotice).order_by(StaffNotice.id))).scalars()
        return [(names[row.account_id], row.kind) for row in rows]


async def test_each_step_is_told_once_to_those_whose_matter_it_is(city: Database) -> None:
    names = await staff(city)
    await promise(city, hours=48)
    request = await report(city)
    told: list[tuple[str, str]] = []
    for hours, then in [
        (35, []),
        (2, [("clerk", "at_risk"), ("clerk of board 1", "at_risk")]),
        (10, []),
        (2, [("supervisor", "late")]),
        (70, []),
        (4, [("head", "late")]),
        (900, []),
    ]:
        await time_passes(city, request, hours * HOUR)
        for _ in range(2):
            await sweep_clock(city)
            await sweep_late(city)
        told += then
        assert await notices(city, names) == told, hours
    assert (await stored(city, request)).clock_datetime is None
    assert await kinds(city, request) == ["received", "late"]


async def test_whoever_has_the_work_is_told_and_the_clerks_where_nobody_has_it_any_more(city: Database) -> None:
    names = await staff(city)
    await promise(city, hours=48)
    theirs, left = await report(city), await report(city)
    by_name = {name: account_id for account_id, name in names.items()}
    await set_facts(city, theirs, assignee_id=by_name["head"])
    await set_facts(city, left, assignee_id=by_name["gone"])
    for request in (theirs, left):
        await time_passes(city, request, 37 * HOUR)
    await sweep_clock(city)
    assert sorted(await notices(city, names)) == [
        ("clerk", "at_risk"),
        ("clerk of board 1", "at_risk"),
        ("head", "at_risk"),
    ]


async def test_of_a_department_that_is_deleted_steps_and_roles_go_and_the_city_is_told_all_the_same(
    city: Database,
) -> None:
    canals = 90
    async with city.writing() as session:
        session.add(Department(id=canals, code="canals", name="Canals"))
        await session.flush()
        session.add(EscalationStep(department_id=canals, since="at_risk", role="supervisor"))
    names = await staff(city)
    names[await person(city, grant("supervisor", department_id=canals))] = "supervisor of canals"
    await promise(city, hours=48)
    request = await report(city)
    await set_facts(city, request, department_id=canals)
    await set_facts(city, request, department_id=None)
    async with city.writing() as session:
        await session.execute(delete(Department).where(Department.id == canals))
        assert (await session.execute(select(EscalationStep).where(EscalationStep.role == "supervisor"))).all()
    await time_passes(city, request, 500 * HOUR)
    await sweep_late(city)
    await sweep_clock(city)
    told = await notices(city, names)
    assert told == [("clerk of board 1", "at_risk"), ("head", "late")]


async def test_a_worker_that_was_away_leaves_no_step_out(city: Database) -> None:
    names = await staff(city)
    await promise(city, hours=48)
    request = await report(city)
    await time_passes(city, request, 500 * HOUR)
    await sweep_late(city)
    await sweep_clock(city)
    assert await notices(city, names) == [
        ("clerk", "at_risk"),
        ("clerk of board 1", "at_risk"),
        ("supervisor", "late"),
        ("head", "late"),
    ]


async def test_what_is_closed_is_told_of_no_more_and_what_is_opened_again_late_is(city: Database) -> None:
    names = await staff(city)
    await promise(city, hours=48)
    request = await report(city)
    async with city.writing() as session:
        await change_status(session, await stored(city, request), "fixed")
    await time_passes(city, request, 60 * HOUR)
    await sweep_clock(city)
    assert await notices(city, names) == []
    async with city.writing() as session:
        await change_status(session, await stored(city, request), "reopened")
    await sweep_clock(city)
    assert await notices(city, names) == [("supervisor", "late")]


async def test_requests_of_before_there_was_a_clock_come_to_it_when_they_become_late(city: Database) -> None:
    names = await staff(city)
    request = await report(city)
    past = datetime.now(UTC) - HOUR
    facts = {"expected_datetime": past, "promise_rule_id": None, "at_risk_datetime": None, "clock_datetime": None}
    await set_facts(city, request, **facts)
    for _ in range(2):
        await sweep_late(city)
        await sweep_clock(city)
    assert await notices(city, names) == [("supervisor", "late")]


async def test_the_sweep_of_the_clock_goes_by_its_small_index(city: Database) -> None:
    async with city.writing() as session:
        connection = await session.connection()
        wanted = due(datetime.now(UTC)).limit(500)
        told = wanted.compile(connection.sync_engine, compile_kwargs={"literal_binds": True})
        if not city.is_sqlite:
            # Of a table with a few rows it would read all, and of an index all at once.
            await session.execute(text("SET LOCAL enable_seqscan = off"))
            await session.execute(text("SET LOCAL enable_bitmapscan = off"))
        explain = "EXPLAIN QUERY PLAN" if city.is_sqlite else "EXPLAIN"
        plan = "\n".join(str(row) for row in await connection.exec_driver_sql(f"{explain} {told}"))
    assert "ix_service_requests_clock" in plan
    assert "Sort" not in plan and "TEMP B-TREE" not in plan
