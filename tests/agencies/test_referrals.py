"""Outside agencies are told of what is theirs and answer, with all that can go wrong between two cities' systems."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from app.agencies import open311, poll_referrals, send_referrals
from app.agencies.models import AgencyDoor, Referral
from app.agencies.refer import try_again
from app.db import Database
from app.jobs import Worker
from app.jurisdictions.versions import routing_changed
from app.main import job_handlers
from app.service_requests.assign import assign
from app.service_requests.escalation_models import StaffNotice
from app.service_requests.models import ServiceRequest, Update
from app.service_requests.routing_models import HandOver, RoutingRule
from app.settings import Settings
from tests.accounts.signed_in import grant, person
from tests.agencies.conftest import Agency, say, serving
from tests.service_requests.city import AGENCY_LONG, PARKS, STATE, report, set_facts, stored

HTML = "<!doctype html><html><body>Welcome to our new website</body></html>"


class Killed(Exception):
    """The worker, between the answer and its being written down."""


async def round_of(city: Database, settings: Settings) -> Referral:
    """What the worker does in a while: jobs, telling, asking; with all that waits due now. The last referral."""
    await run_jobs(city)
    for step in (send_referrals.send_referrals, poll_referrals.poll_referrals):
        await all_due(city)
        await step(city, settings)
    return await last(city)


async def run_jobs(city: Database) -> None:
    worker = Worker(city, job_handlers)
    while await worker.run_one():
        pass


async def all_due(city: Database) -> None:
    async with city.writing() as session:
        now = datetime.now(UTC) - timedelta(seconds=1)
        due = Referral.due_datetime.is_not(None)
        await session.execute(update(Referral).where(due).values(due_datetime=now))
        await session.execute(update(AgencyDoor).values(pause_datetime=None))


async def last(city: Database) -> Referral:
    async with city.reading() as session:
        newest = select(Referral).order_by(Referral.id.desc()).limit(1)
        return (await session.execute(newest)).scalar_one()


async def words(city: Database, request: ServiceRequest) -> list[str]:
    """The entries of the timeline after the first: their kinds or statuses, with what they say."""
    async with city.reading() as session:
        wanted = select(Update).where(Update.request_id == request.id).order_by(Update.id)
        rows = (await session.execute(wanted)).scalars().all()
    return [f"{row.status or row.kind}: {row.text}" for row in rows[1:]]


async def notices(city: Database) -> list[tuple[int, str]]:
    async with city.reading() as session:
        rows = await session.execute(select(StaffNotice.account_id, StaffNotice.kind))
        return [tuple(row) for row in rows]


async def test_an_agency_is_told_of_what_lies_on_its_land_and_its_answers_are_updates(
    city: Database, agency: Agency, near: Settings
) -> None:
    request = await report(city, long=AGENCY_LONG, description="A deep one", address_string="I-90")
    assert request.department_id == STATE
    agency.says["requests/DOT-1"] = {"service_request_id": "DOT-1", "status": "open"}
    referral = await round_of(city, near)
    [sent] = agency.posted
    assert sent["service_code"] == "HOLE" and sent["client_request_id"] == str(referral.client_request_id)
    assert (float(sent["lat"]), float(sent["long"])) == (request.lat, request.long)
    assert request.service_request_id in sent["description"] and "A deep one" in sent["description"]
    assert referral.their_id == "DOT-1" and agency.asked == ["requests/DOT-1"]
    told = "comment: We passed this on to State Highways, who act here. Their number for it is DOT-1."
    assert await words(city, request) == [told]

    # What they say, once each, however often they say it.
    for status, notes in (("open", "A crew comes on Monday."), ("open", "A crew comes on Monday."), ("closed", "")):
        agency.says["requests/DOT-1"] |= {"status": status, "status_notes": notes}
        await round_of(city, near)
    assert await words(city, request) == [
        told,
        "comment: State Highways says: A crew comes on Monday.",
        "fixed: State Highways says: It is closed with them.",
    ]
    now = await stored(city, request)
    assert now.status == "fixed" and now.status_notes == "State Highways says: It is closed with them."
    asked = len(agency.asked)
    assert (await round_of(city, near)).state == "over" and len(agency.asked) == asked
    assert len(agency.posted) == 1


async def test_a_finer_status_is_taken_over_as_they_say_it(city: Database, agency: Agency, near: Settings) -> None:
    request = await report(city, long=AGENCY_LONG)
    agency.says["requests/DOT-1"] = {"status": "open", "status_detail": "In Progress", "status_notes": "Digging."}
    await round_of(city, near)
    assert (await stored(city, request)).status == "in_progress"
    agency.says["requests/DOT-1"] = {"status": "closed", "status_detail": "not_found", "status_notes": "Nothing there."}
    await round_of(city, near)
    assert (await stored(city, request)).status == "not_found"


async def test_a_token_leads_to_the_number(city: Database, agency: Agency, near: Settings) -> None:
    agency.filed = [{"token": "T/7"}]
    request = await report(city, long=AGENCY_LONG)
    referral = await round_of(city, near)
    assert (referral.token, referral.their_id) == ("T/7", None) and agency.asked == ["tokens/T%2F7"]
    assert await words(city, request) == ["comment: We passed this on to State Highways, who act here."]
    agency.says["tokens/T%2F7"] = {"token": "T/7", "service_request_id": "DOT-9"}
    agency.says["requests/DOT-9"] = {"service_request_id": "DOT-9", "status": "closed", "status_notes": "Filled."}
    assert (await round_of(city, near)).their_id == "DOT-9"
    await round_of(city, near)
    assert (await stored(city, request)).status == "fixed"


async def test_one_that_breaks_is_asked_again_later_under_the_same_id(
    city: Database, agency: Agency, near: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(open311, "SECONDS", 0.2)
    await report(city, long=AGENCY_LONG)
    agency.instead = [
        lambda handler: say(handler, 500, "oops"),
        lambda handler: say(handler, 429, Retry_After="600"),
        # It takes the report, and is too slow to say so.
        lambda handler: time.sleep(0.5),
        lambda handler: say(handler, 200, HTML),
    ]
    for reason in ("500", "429", "in time", "page for people"):
        referral = await round_of(city, near)
        assert reason in (referral.failure or "") and referral.state == "waiting"
    referral = await round_of(city, near)
    assert (referral.state, referral.failure, referral.attempts) == (
        "told",
        "It answered 404. Check the address, the key and the jurisdiction.",
        1,
    )
    assert len({sent["client_request_id"] for sent in agency.posted}) == 1 and len(agency.posted) == 5


async def test_it_is_not_asked_before_its_time(city: Database, agency: Agency, near: Settings) -> None:
    agency.instead = [lambda handler: say(handler, 429, Retry_After="600")]
    await report(city, long=AGENCY_LONG)
    await run_jobs(city)
    for _ in range(3):
        await send_referrals.send_referrals(city, near)
    assert len(agency.posted) == 1
    async with city.reading() as session:
        door = await session.get_one(AgencyDoor, STATE)
        assert door.pause_datetime and door.pause_datetime > datetime.now(UTC) + timedelta(minutes=9)


async def test_one_that_never_answers_is_given_up_and_somebody_hears_of_it(
    city: Database, agency: Agency, near: Settings
) -> None:
    admin = await person(city, grant("administrator"))
    await report(city, long=AGENCY_LONG)
    agency.instead = [lambda handler: say(handler, 500)] * 8
    for _ in range(8):
        referral = await round_of(city, near)
    assert (referral.state, referral.due_datetime) == ("failed", None)
    assert await notices(city) == [(admin, "agency")]
    async with city.writing() as session:
        await try_again(session, await session.get_one(Referral, referral.id))
    assert (await round_of(city, near)).their_id == "DOT-1"


async def test_a_page_for_people_in_place_of_an_answer_is_not_asked_twice_where_that_would_file_it_twice(
    city: Database, agency: Agency, near: Settings
) -> None:
    async with city.writing() as session:
        await session.execute(update(AgencyDoor).values(takes_client_id=False))
    await report(city, long=AGENCY_LONG)
    agency.instead = [lambda handler: say(handler, 200, HTML)]
    for _ in range(2):
        referral = await round_of(city, near)
    assert referral.state == "failed" and "page for people" in (referral.failure or "")
    assert len(agency.posted) == 1 and "client_request_id" not in agency.posted[0]


async def test_a_redirect_is_not_followed_whatever_it_leads_to(city: Database, agency: Agency, near: Settings) -> None:
    with serving(Agency()) as inside:
        away = f"{inside.endpoint}/requests.json"
        async with city.writing() as session:
            await session.execute(update(AgencyDoor).values(takes_client_id=False))
        await report(city, long=AGENCY_LONG)
        agency.instead = [lambda handler: say(handler, 307, Location=away)]
        referral = await round_of(city, near)
        assert referral.state == "failed" and "leads elsewhere" in (referral.failure or "")
        # When it is asked what became of a report, neither.
        async with city.writing() as session:
            await try_again(session, await session.get_one(Referral, referral.id))
        agency.instead = [lambda handler: say(handler, 201, '[{"service_request_id": "DOT-1"}]')]
        agency.instead.append(lambda handler: say(handler, 302, Location=away))
        referral = await round_of(city, near)
        assert "leads elsewhere" in (referral.failure or "")
        assert inside.posted == [] and inside.asked == []


async def test_an_address_of_our_own_network_is_never_called(
    city: Database, agency: Agency, settings: Settings
) -> None:
    await report(city, long=AGENCY_LONG)
    for endpoint in (agency.endpoint, "https://127.0.0.1/open311", "https://10.0.0.1", "https://[::1]"):
        async with city.writing() as session:
            await session.execute(update(AgencyDoor).values(endpoint=endpoint))
            await session.execute(update(Referral).values(state="failed"))
            for referral in (await session.execute(select(Referral))).scalars():
                await try_again(session, referral)
        failure = (await round_of(city, settings)).failure or ""
        assert "not https" in failure or "not an address of the public internet" in failure
    assert agency.posted == []


async def test_what_an_agency_refuses_goes_on_by_the_rules_with_its_words(
    city: Database, agency: Agency, near: Settings
) -> None:
    async with city.writing() as session:
        both = [{"department_id": STATE}, {"department_id": PARKS}]
        for position, hands in enumerate(both, 1):
            session.add(RoutingRule(code=f"r{position}", name="r", position=position, conditions={}, **hands))
        await routing_changed(session)
    request = await report(city, long=AGENCY_LONG)
    refusal = '[{"code": 400, "description": "That ramp belongs to the port"}]'
    agency.instead = [lambda handler: say(handler, 400, refusal)] * 9
    for _ in range(5):
        await round_of(city, near)
    now = await stored(city, request)
    # Parks is a department of the city, whom nobody outside tells for.
    assert (now.department_id, now.returned_count) == (PARKS, 1)
    async with city.reading() as session:
        kinds = (await session.execute(select(HandOver.kind, HandOver.reason).order_by(HandOver.id))).all()
    assert kinds == [("returned", "That ramp belongs to the port"), ("rerouted", "")]


async def test_not_ours_comes_back_and_where_no_rule_helps_it_is_in_triage(
    city: Database, agency: Agency, near: Settings
) -> None:
    request = await report(city, long=AGENCY_LONG)
    agency.says["requests/DOT-1"] = {"status": "closed", "status_detail": "referred", "status_notes": "Ask the port."}
    await round_of(city, near)
    now = await stored(city, request)
    assert (now.department_id, now.status, now.returned_count) == (None, "received", 1)
    assert now.triage_datetime is not None and (await last(city)).state == "over"


async def test_what_somebody_took_back_or_closed_meanwhile_is_told_and_asked_no_more(
    city: Database, agency: Agency, near: Settings
) -> None:
    taken, waits = await report(city, long=AGENCY_LONG), await report(city, long=AGENCY_LONG)
    await round_of(city, near)
    assert len(agency.posted) == 2
    async with city.writing() as session:
        known = await stored(city, taken)
        await assign(session, known, department_id=PARKS, team_id=None, assignee_id=None, account_id=None)
    await set_facts(city, waits, status="fixed")
    asked = len(agency.asked)
    await round_of(city, near)
    assert len(agency.asked) == asked
    async with city.reading() as session:
        assert {row.state for row in (await session.execute(select(Referral))).scalars()} == {"over"}


async def test_a_missed_promise_is_not_closed_by_an_agency_but_its_words_are_there(
    city: Database, agency: Agency, near: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin = await person(city, grant("administrator"))
    request = await report(city, long=AGENCY_LONG)

    async def refuses(*_: Any, **__: Any) -> bool:
        return False

    monkeypatch.setattr(poll_referrals, "changed", refuses)
    agency.says["requests/DOT-1"] = {"status": "closed", "status_notes": "Filled."}
    await round_of(city, near)
    assert (await stored(city, request)).status == "received"
    assert (await words(city, request))[-1] == "comment: State Highways says: Filled."
    assert await notices(city) == [(admin, "agency")]


async def test_a_worker_that_dies_in_the_middle_leaves_it_to_the_next_one(
    city: Database, agency: Agency, near: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    await report(city, long=AGENCY_LONG)
    kept: Callable[..., Awaitable[None]] = send_referrals.note

    async def killed(*_: Any) -> None:
        raise Killed

    monkeypatch.setattr(send_referrals, "note", killed)
    with pytest.raises(Killed):
        await round_of(city, near)
    monkeypatch.setattr(send_referrals, "note", kept)
    assert (await round_of(city, near)).their_id == "DOT-1"
    assert len({sent["client_request_id"] for sent in agency.posted}) == 1 and len(agency.posted) == 2
