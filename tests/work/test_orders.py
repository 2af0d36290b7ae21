"""Requests follow their work orders, in one transaction, and nobody's change is overwritten."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import func, select

from app.db import Database
from app.errors import Refused
from app.media.storage import PhotoKeys
from app.service_requests.change_status import change_status
from app.service_requests.counts import differences, fold_all
from app.service_requests.models import Photo
from app.service_requests.submission import StoredPhoto
from app.work.finish import Outcome, begin, finish
from app.work.lines import add_line, read_line, total
from app.work.models import WorkOrder
from app.work.orders import call_off, change_plan, leave_out, make_order, take_along
from tests.service_requests.city import report, set_facts, stored
from tests.work.conftest import MONDAY, TUESDAY, order_for, order_now, plan, statuses, timeline

AFTER = StoredPhoto("a" * 64, PhotoKeys("private/m", "public/l", "public/s"), 800, 600)


async def test_one_order_takes_many_requests_from_its_day_to_its_end(city: Database) -> None:
    one, other = await report(city), await report(city)
    order = await order_for(city, one, other)
    assert await statuses(city, one, other) == ["scheduled", "scheduled"]
    assert (await stored(city, one)).planned_date == MONDAY
    async with city.writing() as session:
        order = await begin(session, order.id, seen=order.updated_datetime)
    assert await statuses(city, one, other) == ["in_progress", "in_progress"]
    async with city.writing() as session:
        outcome = Outcome("fixed", "Filled with hot asphalt.", photos=(AFTER, AFTER))
        order = await finish(session, order.id, outcome, seen=order.updated_datetime)
    assert await statuses(city, one, other) == ["fixed", "fixed"]
    for request in (one, other):
        rows = await timeline(city, request)
        assert [row.status for row in rows] == ["received", "scheduled", "in_progress", "fixed"]
        async with city.reading() as session:
            photos = (await session.execute(select(Photo).where(Photo.request_id == request.id))).scalars().all()
        assert [(photo.update_id, photo.content_hash) for photo in photos] == [(rows[-1].id, "a" * 64)]
    assert (await order_now(city, order)).closed_datetime is not None
    await fold_all(city)
    async with city.reading() as session:
        assert await differences(session) == []


async def test_a_request_with_a_further_order_is_acted_upon_and_not_closed(city: Database) -> None:
    request = await report(city)
    dig = await order_for(city, request, title="Dig")
    pave = await order_for(city, request, title="Pave", planned_date=TUESDAY)
    assert (await stored(city, request)).planned_date == MONDAY
    async with city.writing() as session:
        await finish(session, dig.id, Outcome("fixed", "Dug up."), seen=None)
    assert await statuses(city, request) == ["acted_upon"]
    async with city.writing() as session:
        await finish(session, pave.id, Outcome("fixed", "Paved."), seen=None)
    assert await statuses(city, request) == ["fixed"]


async def test_the_reporter_reads_of_another_day_and_of_nothing_else_that_was_planned(city: Database) -> None:
    request = await report(city)
    order = await order_for(city, request)
    for title, day in (("Fill it well", MONDAY), ("Fill it well", TUESDAY)):
        async with city.writing() as session:
            order = await change_plan(session, order.id, plan(title, planned_date=day), seen=order.updated_datetime)
    told = [(row.status, row.planned_date) for row in await timeline(city, request)]
    assert told == [("received", None), ("scheduled", MONDAY), ("scheduled", TUESDAY)]


async def test_work_that_is_called_off_goes_back_to_the_department(city: Database) -> None:
    request = await report(city)
    order = await order_for(city, request)
    async with city.writing() as session:
        await call_off(session, order.id, seen=order.updated_datetime)
    now = await stored(city, request)
    assert (now.status, now.planned_date) == ("accepted", None)
    with pytest.raises(Refused) as refused:
        async with city.writing() as session:
            await begin(session, order.id, seen=None)
    assert refused.value.status == 409


async def test_requests_join_and_leave_an_order_but_the_last_one_stays(city: Database) -> None:
    one, other = await report(city), await report(city)
    order = await order_for(city, one)
    async with city.writing() as session:
        order = await take_along(session, order.id, other, seen=order.updated_datetime)
    assert await statuses(city, other) == ["scheduled"]
    async with city.writing() as session:
        order = await leave_out(session, order.id, one, seen=order.updated_datetime)
    assert await statuses(city, one, other) == ["accepted", "scheduled"]
    with pytest.raises(Refused):
        async with city.writing() as session:
            await leave_out(session, order.id, other, seen=order.updated_datetime)
    assert [request.id for request in (await order_now(city, order)).requests] == [other.id]


async def test_what_is_closed_gets_no_order_and_a_refused_order_leaves_nothing_behind(city: Database) -> None:
    good, done = await report(city), await report(city)
    await set_facts(city, done, status="fixed")
    with pytest.raises(Refused) as refused:
        async with city.writing() as session:
            await make_order(session, [good, done], plan())
    assert refused.value.status == 409 and done.service_request_id in refused.value.problems[0].said()
    assert await statuses(city, good) == ["received"]
    async with city.reading() as session:
        assert (await session.execute(select(func.count(WorkOrder.id)))).scalar() == 0


async def test_of_two_who_change_an_order_at_once_the_second_is_told(city: Database) -> None:
    request = await report(city)
    order = await order_for(city, request)

    async def decide(what: str) -> str:
        try:
            async with city.writing() as session:
                if what == "finish":
                    await finish(session, order.id, Outcome("fixed"), seen=order.updated_datetime)
                else:
                    await call_off(session, order.id, seen=order.updated_datetime)
        except Refused as refused:
            assert refused.status == 409
            return "told"
        return what

    decided = await asyncio.gather(decide("finish"), decide("call off"))
    assert decided.count("told") == 1
    assert await statuses(city, request) == ["fixed" if "finish" in decided else "accepted"]


async def test_crews_that_finish_orders_of_the_same_requests_at_once_do_not_wait_for_each_other_for_ever(
    city: Database,
) -> None:
    requests = [await report(city) for _ in range(4)]
    orders = [await order_for(city, *some) for some in (requests, requests[::-1], requests[1:3])]

    async def done(order: WorkOrder) -> None:
        async with city.writing() as session:
            await finish(session, order.id, Outcome("fixed"), seen=None)

    await asyncio.wait_for(asyncio.gather(*(done(order) for order in orders)), 20)
    assert await statuses(city, *requests) == ["fixed"] * 4


async def test_work_for_a_duplicate_is_told_of_the_report_that_it_belongs_to(city: Database) -> None:
    root, duplicate = await report(city), await report(city)
    order = await order_for(city, duplicate)
    async with city.writing() as session:
        now = await stored(city, duplicate)
        await change_status(session, now, "duplicate", duplicate_of=root)
    async with city.writing() as session:
        await finish(session, order.id, Outcome("fixed", "Filled."), seen=None)
    assert await statuses(city, root, duplicate) == ["fixed", "duplicate"]


async def test_an_outcome_that_the_reporter_would_not_understand_is_refused_whole(city: Database) -> None:
    request = await report(city)
    order = await order_for(city, request)
    for outcome in (Outcome("no_action"), Outcome("withdrawn"), Outcome("fixed", reason="private_ground")):
        with pytest.raises(Refused):
            async with city.writing() as session:
                await finish(session, order.id, outcome, seen=None)
    assert ((await order_now(city, order)).state, await statuses(city, request)) == ("planned", ["scheduled"])


async def test_lines_add_up_to_what_the_work_cost(city: Database) -> None:
    order = await order_for(city, await report(city))
    said = (("labor", "Two people", "3,5", "41.20"), ("material", "Asphalt", "0.333", "99.99"))
    for kind, what, quantity, price in said:
        async with city.writing() as session:
            line = read_line({"kind": kind, "what": what, "quantity": quantity, "unit_price": price})
            await add_line(session, await session.merge(order), line)
    assert total((await order_now(city, order)).lines) == 14420 + 3330
    for wrong in ({"quantity": "-1"}, {"unit_price": "NaN"}, {"kind": "gift"}, {"what": ""}):
        with pytest.raises(Refused):
            read_line({"kind": "labor", "what": "Dig", **wrong})
