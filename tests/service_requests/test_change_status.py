"""A status changes only as the workflow says, and never over somebody else's change."""

from __future__ import annotations

import asyncio
from datetime import date

import pytest
from sqlalchemy import select

from app.db import Database
from app.errors import Refused
from app.service_requests.change_status import change_status
from app.service_requests.models import ServiceRequest, Update
from app.service_requests.timeline import meaning_of
from app.service_requests.workflow import STATUSES
from tests.service_requests.city import STATE, report, stored


async def timeline(city: Database, request: ServiceRequest) -> list[Update]:
    async with city.reading() as session:
        wanted = select(Update).where(Update.request_id == request.id).order_by(Update.id)
        return list((await session.execute(wanted)).scalars())


async def test_a_change_writes_the_status_its_entry_and_its_times_together(city: Database) -> None:
    request = await report(city)
    async with city.writing() as session:
        await change_status(session, await stored(city, request), "fixed", text="Filled.", department_id=STATE)
    now, (_, last) = await stored(city, request), await timeline(city, request)
    assert (now.status, now.status_notes, now.department_id) == ("fixed", "Filled.", STATE)
    assert now.closed_datetime == now.updated_datetime == last.updated_datetime
    assert (last.kind, last.status, last.text, last.announced_datetime) == ("status", "fixed", "Filled.", None)


async def test_words_that_are_not_public_are_no_public_notes(city: Database) -> None:
    request = await report(city)
    async with city.writing() as session:
        await change_status(session, await stored(city, request), "accepted", text="Mr Grey again", text_public=False)
    assert (await stored(city, request)).status_notes is None


async def test_opening_again_takes_the_closing_time_away(city: Database) -> None:
    request = await report(city)
    for to in ("fixed", "reopened"):
        async with city.writing() as session:
            await change_status(session, await stored(city, request), to)
    assert (await stored(city, request)).closed_datetime is None


@pytest.mark.parametrize(
    ("before", "after"), [("fixed", "assigned"), ("received", "reopened"), ("received", "nonsense")]
)
async def test_what_the_workflow_forbids_is_refused_and_nothing_is_written(
    city: Database, before: str, after: str
) -> None:
    request = await report(city)
    if before != "received":
        async with city.writing() as session:
            await change_status(session, await stored(city, request), before)
    with pytest.raises(Refused) as refused:
        async with city.writing() as session:
            await change_status(session, await stored(city, request), after)
    assert refused.value.status == 422
    assert (await stored(city, request)).status == before


async def test_of_two_people_who_decide_at_once_the_second_is_told(city: Database) -> None:
    request = await report(city)

    async def decide(to: str) -> str:
        seen = await stored(city, request)
        await asyncio.sleep(0.05)
        try:
            async with city.writing() as session:
                await change_status(session, seen, to, text="So it is.")
        except Refused as refused:
            assert refused.status == 409
            return "told"
        return to

    decided = await asyncio.gather(decide("assigned"), decide("no_action"))
    assert decided.count("told") == 1
    assert (await stored(city, request)).status in decided
    assert len(await timeline(city, request)) == 2


async def test_what_the_person_saw_counts_not_what_was_loaded(city: Database) -> None:
    request = await report(city)
    seen = (await stored(city, request)).updated_datetime
    async with city.writing() as session:
        await change_status(session, await stored(city, request), "accepted")
    with pytest.raises(Refused):
        async with city.writing() as session:
            await change_status(session, await stored(city, request), "assigned", seen=seen)


async def test_a_duplicate_must_be_of_another_report(city: Database) -> None:
    request, child = await report(city), await report(city)
    async with city.writing() as session:
        await change_status(session, await stored(city, child), "duplicate", duplicate_of=request)
    for other in (None, request, child):
        with pytest.raises(Refused) as refused:
            async with city.writing() as session:
                await change_status(session, await stored(city, request), "duplicate", duplicate_of=other)
        assert refused.value.problems[0].field == "duplicate_of"
    assert (await stored(city, request)).status == "received"


async def test_every_allowed_change_can_be_made(city: Database) -> None:
    other = await report(city)
    for before, status in STATUSES.items():
        for after in status.next:
            request = await report(city)
            async with city.writing() as session:
                row = await session.get_one(ServiceRequest, request.id)
                row.status = before
                await session.flush()
                target = other if after == "duplicate" else None
                day = date(2026, 11, 30) if after == "scheduled" else None
                await change_status(session, row, after, text="So it is.", duplicate_of=target, planned_date=day)
            assert (await stored(city, request)).status == after


async def test_a_planned_day_stands_with_the_request_and_its_entry_until_the_work_is_over(city: Database) -> None:
    request, day = await report(city), date(2026, 11, 30)
    with pytest.raises(Refused) as refused:
        async with city.writing() as session:
            await change_status(session, await stored(city, request), "scheduled")
    assert refused.value.problems[0].field == "planned_date"
    async with city.writing() as session:
        await change_status(session, await stored(city, request), "scheduled", planned_date=day)
    async with city.writing() as session:
        await change_status(session, await stored(city, request), "in_progress")
    assert (await stored(city, request)).planned_date == day
    async with city.writing() as session:
        await change_status(session, await stored(city, request), "fixed")
    assert (await stored(city, request)).planned_date is None
    planned = [update for update in await timeline(city, request) if update.planned_date]
    assert [(update.status, update.planned_date) for update in planned] == [("scheduled", day)]
    assert meaning_of(planned[0]) == "Planned for Monday, November 30."


async def test_who_does_nothing_says_why_with_a_reason_of_that_status(city: Database) -> None:
    request = await report(city)
    for reason in (None, "contractor_told", "nonsense"):
        with pytest.raises(Refused) as refused:
            async with city.writing() as session:
                await change_status(session, await stored(city, request), "no_action", reason=reason)
        assert refused.value.problems[0].field == "reason"
    async with city.writing() as session:
        await change_status(session, await stored(city, request), "no_action", reason="private_ground")
    last = (await timeline(city, request))[-1]
    assert meaning_of(last) == "It is on private ground, where the city may not act."
