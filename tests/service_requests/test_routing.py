"""Reports reach the right hands with their filing, and come back where they do not belong."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from app.accounts.models import Account
from app.accounts.team_models import Team
from app.db import Database
from app.errors import Refused
from app.jobs import Job, Worker
from app.jurisdictions.models import Department
from app.jurisdictions.versions import routing_changed
from app.main import job_handlers
from app.service_requests.assign import assign, hands_of
from app.service_requests.correct import Correction, correct
from app.service_requests.escalation_models import StaffNotice
from app.service_requests.models import ServiceRequest
from app.service_requests.people import lock
from app.service_requests.routing import route
from app.service_requests.routing_models import HandOver, RoutingRule
from app.service_requests.routing_rules import Hands
from app.service_requests.send_back import send_back
from app.service_requests.submission import Submission
from app.services.promise_models import PromiseRule
from tests.accounts.signed_in import grant, person
from tests.service_requests.city import EAST_LONG, GRAFFITI, LAT, PARKS, POTHOLE, STREETS, report, stored


async def write_rule(city: Database, position: int, asked: dict[str, Any] | None = None, **gives: Any) -> int:
    async with city.writing() as session:
        code = f"rule-{position}"
        made = RoutingRule(code=code, name=code, position=position, conditions=asked or {}, **gives)
        session.add(made)
        await routing_changed(session)
        await session.flush()
        return made.id


async def crew_of(city: Database, code: str, department_id: int | None) -> int:
    async with city.writing() as session:
        team = Team(code=code, name=code.title(), department_id=department_id)
        session.add(team)
        await session.flush()
        return team.id


async def back(city: Database, request: ServiceRequest, code: str = "work", **more: Any) -> HandOver:
    async with city.writing() as session:
        return await send_back(session, await stored(city, request), code, **more)


async def test_a_report_is_in_the_hands_that_the_first_rule_says_when_it_is_acknowledged(city: Database) -> None:
    sam, night = await person(city), await crew_of(city, "night", STREETS)
    async with city.writing() as session:
        session.add(PromiseRule(service_id=GRAFFITI, priority="urgent", hours=4))
    east = await write_rule(city, 1, {"services": ["graffiti"], "areas": ["board/2"]}, assignee_id=sam)
    await write_rule(city, 2, {"services": ["graffiti"]}, team_id=night, priority="urgent")
    here, there = (
        await report(city, service_code="graffiti"),
        await report(city, service_code="graffiti", long=EAST_LONG),
    )
    assert (hands_of(here), here.priority) == (Hands(STREETS, night), "urgent")
    # The promise is that of its priority.
    assert here.expected_datetime == here.requested_datetime + timedelta(hours=4)
    assert (hands_of(there), there.routing_rule_id) == (Hands(STREETS, None, sam), east)
    async with city.reading() as session:
        told = (await session.execute(select(StaffNotice.account_id, StaffNotice.request_id))).all()
        assert told == [(sam, there.id)]
        assert (await session.execute(select(HandOver.id))).all() == []


async def test_without_rules_the_catalogue_says_and_what_it_does_not_know_is_in_triage(city: Database) -> None:
    known, unknown = await report(city), await report(city, service_code="drugs")
    assert (hands_of(known), known.triage_datetime) == (Hands(STREETS), None)
    assert (hands_of(unknown), unknown.triage_datetime) == (Hands(), unknown.requested_datetime)


async def test_hands_that_are_gone_are_passed_over(city: Database) -> None:
    sam, closed = await person(city), await crew_of(city, "closed", PARKS)
    await write_rule(city, 1, assignee_id=sam)
    await write_rule(city, 2, team_id=closed)
    await write_rule(city, 3, department_id=PARKS)
    async with city.writing() as session:
        await session.execute(update(Account).values(active=False))
        await session.execute(update(Team).values(active=False))
        await routing_changed(session)
    assert hands_of(await report(city)) == Hands(PARKS)


async def test_a_rule_of_a_department_that_was_deleted_leads_nowhere_and_the_next_one_counts(city: Database) -> None:
    async with city.writing() as session:
        session.add(Department(id=9, code="harbor", name="Harbor Office"))
    await write_rule(city, 1, department_id=9)
    assert hands_of(await report(city)) == Hands(9)
    async with city.writing() as session:
        await session.execute(update(ServiceRequest).values(department_id=PARKS))
        await session.execute(delete(Department).where(Department.id == 9))
        await routing_changed(session)
    assert hands_of(await report(city)) == Hands(STREETS)


async def test_what_was_placed_wrongly_goes_to_triage_with_its_reason_counted_for_its_rule(city: Database) -> None:
    rule, sam = await write_rule(city, 1, department_id=PARKS), await person(city)
    request = await report(city)
    entry = await back(city, request, "area", reason="That is the river.", account_id=sam)
    now = await stored(city, request)
    assert (hands_of(now), now.returned_count, now.triage_datetime) == (Hands(), 1, now.updated_datetime)
    assert (entry.kind, entry.rule_id, entry.from_department_id) == ("returned", rule, PARKS)
    assert (entry.reason_code, entry.reason, entry.account_id) == ("area", "That is the river.", sam)


async def test_what_somebody_gave_on_goes_back_to_them_but_not_to_and_fro(city: Database) -> None:
    request = await report(city)
    first, second = await crew_of(city, "first", STREETS), await crew_of(city, "second", PARKS)
    for team_id in (first, second):
        async with city.writing() as session:
            known = await stored(city, request)
            await assign(session, known, department_id=None, team_id=team_id, assignee_id=None, account_id=None)
    await back(city, request)
    assert hands_of(await stored(city, request)) == Hands(STREETS, first)
    # They give it on once more, and are given it back once more: then it is for triage to say.
    async with city.writing() as session:
        known = await stored(city, request)
        await assign(session, known, department_id=None, team_id=second, assignee_id=None, account_id=None)
    await back(city, request)
    assert hands_of(await stored(city, request)) == Hands(STREETS, first)
    await back(city, request)
    now = await stored(city, request)
    assert (hands_of(now), now.returned_count) == (Hands(), 3)


async def test_a_return_without_a_reason_or_from_nobody_is_refused(city: Database) -> None:
    request = await report(city)
    for code, words in (("", ""), ("other", ""), ("because", "")):
        with pytest.raises(Refused):
            await back(city, request, code, reason=words)
    await back(city, request)
    with pytest.raises(Refused) as refused:
        await back(city, request)
    assert refused.value.status == 409


async def test_rules_that_send_it_to_and_fro_end_in_triage(city: Database) -> None:
    for position, department_id in ((1, PARKS), (2, STREETS), (3, PARKS)):
        await write_rule(city, position, department_id=department_id)
    request, been = await report(city), []
    while hands := hands_of(await stored(city, request)):
        been.append(hands.department_id)
        assert len(been) < 10
        async with city.writing() as session:
            # As an outside agency's answer does it: back, and by the rules again.
            known = await stored(city, request)
            await send_back(session, known, "work")
            await route(session, (await lock(session, request.id))[request.id])
    assert been == [PARKS, STREETS]
    assert (await stored(city, request)).triage_datetime is not None


async def test_a_corrected_report_follows_the_rules_anew_unless_they_say_the_same(city: Database) -> None:
    night = await crew_of(city, "night", STREETS)
    await write_rule(city, 1, {"services": ["tree"]}, department_id=PARKS)
    request = await report(city)
    async with city.writing() as session:
        known = await stored(city, request)
        await assign(session, known, department_id=None, team_id=night, assignee_id=None, account_id=None)

    async def corrected(**sent: Any) -> ServiceRequest:
        async with city.writing() as session:
            known = await stored(city, request)
            given = Submission(**{"service_code": "pothole", "source": "web", **sent})
            await correct(session, known, Correction(given, frozenset(sent), False), [])
        return await stored(city, request)

    moved = await corrected(lat=LAT + 0.001, long=EAST_LONG)
    assert hands_of(moved) == Hands(STREETS, night)
    other = await corrected(service_code="tree")
    assert (hands_of(other), other.service_id != POTHOLE) == (Hands(PARKS), True)


async def test_whoever_sets_the_routing_is_told_once_of_what_waits_too_long_in_triage(city: Database) -> None:
    admin = await person(city, grant("administrator"))
    await person(city, grant("clerk"))
    waits, placed = await report(city, service_code="drugs"), await report(city, service_code="drugs")
    async with city.writing() as session:
        await assign(session, placed, department_id=PARKS, team_id=None, assignee_id=None, account_id=None)
        jobs = (await session.execute(select(Job))).scalars().all()
        assert {job.run_datetime - waits.requested_datetime > timedelta(hours=3) for job in jobs} == {True}
        await session.execute(update(Job).values(run_datetime=waits.requested_datetime))
    worker = Worker(city, job_handlers)
    while await worker.run_one():
        pass
    async with city.reading() as session:
        told = await session.execute(select(StaffNotice.account_id, StaffNotice.request_id, StaffNotice.kind))
        assert told.all() == [(admin, waits.id, "triage")]
