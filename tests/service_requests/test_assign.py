"""A request goes into the hands that somebody chose, whole, and never over somebody else's change."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from app.accounts.models import Account
from app.accounts.team_models import Team
from app.db import Database
from app.errors import Refused
from app.jurisdictions.models import Department
from app.service_requests.assign import assign, hands_of
from app.service_requests.change_status import change_status
from app.service_requests.escalation_models import StaffNotice
from app.service_requests.models import ServiceRequest
from app.service_requests.routing_models import HandOver
from app.services.models import Responsibility
from tests.accounts.signed_in import person
from tests.service_requests.city import PARKS, STREETS, report, set_facts, stored

NOBODY = {"department_id": None, "team_id": None, "assignee_id": None, "account_id": None}


async def team(city: Database, code: str = "night", department_id: int | None = STREETS, **facts: Any) -> int:
    async with city.writing() as session:
        made = Team(code=code, name=code.title(), department_id=department_id, **facts)
        session.add(made)
        await session.flush()
        return made.id


async def give(city: Database, request: ServiceRequest, **hands: Any) -> HandOver | None:
    async with city.writing() as session:
        return await assign(session, request, **{**NOBODY, **hands})


async def test_hands_are_written_whole_with_an_entry_for_the_city_and_a_notice(city: Database) -> None:
    request, crew = await report(city), await team(city)
    sam, boss = await person(city), await person(city)
    entry = await give(city, request, team_id=crew, assignee_id=sam, account_id=boss, reason="They know the bridge.")
    now = await stored(city, request)
    # The team brings its department.
    assert (now.department_id, now.team_id, now.assignee_id) == (STREETS, crew, sam)
    assert now.updated_datetime > request.updated_datetime and now.triage_datetime is None
    assert entry and (entry.from_department_id, entry.from_team_id) == (STREETS, None)
    assert (entry.to_team_id, entry.account_id, entry.reason) == (crew, boss, "They know the bridge.")
    async with city.reading() as session:
        told = (await session.execute(select(StaffNotice.account_id, StaffNotice.kind))).all()
    assert told == [(sam, "assigned")]


async def test_who_takes_work_themselves_is_not_told_of_it_and_the_same_hands_are_no_change(city: Database) -> None:
    request, sam = await report(city), await person(city)
    assert await give(city, request, department_id=STREETS, assignee_id=sam, account_id=sam)
    again = await stored(city, request)
    assert await give(city, again, department_id=STREETS, assignee_id=sam, account_id=sam) is None
    assert (await stored(city, request)).updated_datetime == again.updated_datetime
    async with city.reading() as session:
        assert (await session.execute(select(StaffNotice.id))).all() == []
        assert len((await session.execute(select(HandOver.id))).all()) == 1


async def test_what_is_nobodys_is_in_triage(city: Database) -> None:
    request = await report(city)
    await give(city, request)
    now = await stored(city, request)
    assert not hands_of(now) and now.triage_datetime == now.updated_datetime


async def test_hands_that_are_not_there_are_refused(city: Database) -> None:
    request, sam = await report(city), await person(city)
    closed, parks = await team(city, "closed", active=False), await team(city, "gardens", PARKS)
    async with city.writing() as session:
        await session.execute(update(Account).where(Account.id == sam).values(active=False))
    for hands, field in (
        ({"team_id": closed}, "team"),
        ({"team_id": 999}, "team"),
        ({"department_id": STREETS, "team_id": parks}, "team"),
        ({"department_id": 999}, "department"),
        ({"assignee_id": sam}, "assignee"),
    ):
        with pytest.raises(Refused) as refused:
            await give(city, request, **hands)
        assert [problem.field for problem in refused.value.problems] == [field]
    assert (await stored(city, request)).updated_datetime == request.updated_datetime


async def test_a_closed_report_is_not_given_to_anybody(city: Database) -> None:
    request = await report(city)
    async with city.writing() as session:
        await change_status(session, request, "fixed")
    with pytest.raises(Refused) as refused:
        await give(city, await stored(city, request), department_id=PARKS)
    assert refused.value.status == 409


async def test_two_who_close_and_reassign_the_same_report_at_once_do_not_overwrite_each_other(city: Database) -> None:
    request, sam = await report(city), await person(city)

    async def close() -> None:
        async with city.writing() as session:
            await change_status(session, await session.get_one(ServiceRequest, request.id), "fixed", seen=seen)

    async def reassign() -> None:
        async with city.writing() as session:
            known = await session.get_one(ServiceRequest, request.id)
            hands = {**NOBODY, "department_id": STREETS, "assignee_id": sam}
            await assign(session, known, **hands, seen=seen)

    seen = request.updated_datetime
    outcomes = await asyncio.gather(close(), reassign(), return_exceptions=True)
    refused = [outcome for outcome in outcomes if isinstance(outcome, Refused)]
    assert [one.status for one in refused] == [409] and outcomes.count(None) == 1
    now = await stored(city, request)
    assert (now.status == "fixed") != (now.assignee_id == sam)


async def test_another_department_does_not_inherit_the_team(city: Database) -> None:
    request, crew = await report(city), await team(city)
    await give(city, request, team_id=crew)
    async with city.writing() as session:
        await change_status(session, await stored(city, request), "accepted", department_id=PARKS)
    now = await stored(city, request)
    assert (now.department_id, now.team_id) == (PARKS, None)


async def test_a_department_that_goes_takes_its_teams_links_along_and_none_of_its_requests(city: Database) -> None:
    crew, request = await team(city, "gardens", PARKS), await report(city, service_code="tree")
    assert request.department_id == PARKS
    await set_facts(city, request, department_id=STREETS, team_id=crew)
    async with city.writing() as session:
        await session.execute(delete(Responsibility).where(Responsibility.department_id == PARKS))
        await session.execute(delete(Department).where(Department.id == PARKS))
    async with city.reading() as session:
        assert (await session.get_one(Team, crew)).department_id is None
    assert (await stored(city, request)).team_id == crew
