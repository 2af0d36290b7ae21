"""Merging keeps everybody, and each merge can be undone: exactly what it moved goes back."""

from __future__ import annotations

import asyncio
from datetime import date

import pytest
from sqlalchemy import select

from app.db import Database
from app.errors import Refused
from app.service_requests.change_status import change_status
from app.service_requests.counts import differences, fold_all
from app.service_requests.join import join
from app.service_requests.merge import split
from app.service_requests.models import ServiceRequest, Update
from app.service_requests.submission import ContactDetails
from tests.service_requests.city import report, stored


async def merge_into(city: Database, request: ServiceRequest, root: ServiceRequest) -> None:
    async with city.writing() as session:
        await change_status(session, await stored(city, request), "duplicate", duplicate_of=root)


async def undo(city: Database, request: ServiceRequest) -> None:
    async with city.writing() as session:
        await split(session, await stored(city, request))


async def people(city: Database, *requests: ServiceRequest) -> list[tuple[int, int | None]]:
    """(reporters, the id of the root) of each."""
    rows = [await stored(city, request) for request in requests]
    return [(row.reporter_count, row.duplicate_of_id) for row in rows]


async def joined(city: Database, request: ServiceRequest, device_hash: str) -> None:
    async with city.writing() as session:
        await join(session, await find(city, request), device_hash, ContactDetails(), own=False)


async def find(city: Database, request: ServiceRequest) -> ServiceRequest:
    return await stored(city, request)


async def test_a_merge_that_is_undone_leaves_all_as_it_was(city: Database) -> None:
    root, request = await report(city, "ana"), await report(city, "ben")
    day = date(2026, 11, 30)
    async with city.writing() as session:
        await change_status(session, await stored(city, request), "scheduled", text="We come.", planned_date=day)
    before = await stored(city, request)
    await merge_into(city, request, root)
    assert await people(city, root, request) == [(2, None), (1, root.id)]
    await undo(city, request)
    after = await stored(city, request)
    same = ("status", "status_notes", "planned_date", "duplicate_of_id", "closed_datetime", "expected_datetime")
    assert {name: getattr(after, name) for name in same} == {name: getattr(before, name) for name in same}
    assert await people(city, root, request) == [(1, None), (1, None)]
    async with city.reading() as session:
        rows = await session.execute(select(Update.kind).where(Update.request_id == root.id).order_by(Update.id))
        assert rows.scalars().all() == ["received", "merged", "unmerged"]
    await fold_all(city)
    async with city.reading() as session:
        assert await differences(session) == []


async def test_a_chain_is_undone_link_by_link_and_brings_its_own_along(city: Database) -> None:
    leaf, middle, root = await report(city, "ana"), await report(city, "ben"), await report(city, "cy")
    await merge_into(city, leaf, middle)
    await merge_into(city, middle, root)
    assert await people(city, leaf, middle, root) == [(1, root.id), (1, root.id), (3, None)]
    await undo(city, middle)
    assert await people(city, leaf, middle, root) == [(1, middle.id), (2, None), (1, None)]
    await undo(city, leaf)
    assert await people(city, leaf, middle, root) == [(1, None), (1, None), (1, None)]


async def test_what_was_decided_since_the_merge_stays(city: Database) -> None:
    leaf, middle, root = await report(city, "ana"), await report(city, "ben"), await report(city, "cy")
    await merge_into(city, leaf, middle)
    await merge_into(city, middle, root)
    await undo(city, leaf)
    await merge_into(city, leaf, root)
    await undo(city, middle)
    assert await people(city, leaf, middle, root) == [(1, root.id), (1, None), (2, None)]


async def test_people_who_came_after_the_merge_stay_and_are_counted_once(city: Database) -> None:
    root, request = await report(city, "ana"), await report(city, "ben")
    await merge_into(city, request, root)
    await joined(city, root, "dee")
    await joined(city, root, "ben")
    assert (await stored(city, root)).reporter_count == 3
    await undo(city, request)
    assert await people(city, root, request) == [(3, None), (1, None)]


async def test_opening_a_duplicate_again_takes_it_out_with_what_it_had_brought(city: Database) -> None:
    leaf, middle, root = await report(city, "ana"), await report(city, "ben"), await report(city, "cy")
    await merge_into(city, leaf, middle)
    await merge_into(city, middle, root)
    async with city.writing() as session:
        await change_status(session, await stored(city, middle), "reopened")
    assert await people(city, leaf, middle, root) == [(1, middle.id), (2, None), (1, None)]
    assert (await stored(city, middle)).status == "reopened"


async def test_what_is_no_duplicate_and_what_has_changed_since_cannot_be_taken_out(city: Database) -> None:
    root, request = await report(city), await report(city)
    with pytest.raises(Refused) as refused:
        await undo(city, request)
    assert refused.value.status == 409
    await merge_into(city, request, root)
    seen = await stored(city, request)
    await undo(city, request)
    await merge_into(city, request, root)
    with pytest.raises(Refused) as refused:
        async with city.writing() as session:
            await split(session, seen)
    assert refused.value.status == 409
    assert (await stored(city, request)).duplicate_of_id == root.id


async def test_of_two_merges_that_cross_one_is_refused_and_no_ring_comes_of_it(city: Database) -> None:
    for _ in range(3):
        one, other = await report(city), await report(city)

        async def try_to(request: ServiceRequest, root: ServiceRequest) -> bool:
            seen = await stored(city, request)
            await asyncio.sleep(0.02)
            try:
                async with city.writing() as session:
                    await change_status(session, seen, "duplicate", duplicate_of=root)
            except Refused as refused:
                assert refused.status in (409, 422)
                return False
            return True

        done = await asyncio.wait_for(asyncio.gather(try_to(one, other), try_to(other, one)), 20)
        assert sorted(done) == [False, True]
        roots = [root for _, root in await people(city, one, other)]
        assert sorted(roots, key=str) == sorted([None, other.id if done[0] else one.id], key=str)


async def test_a_ring_of_merges_at_once_ends_with_one_root_or_two_and_every_person_counted(city: Database) -> None:
    requests = [await report(city, f"device {number}") for number in range(4)]

    async def try_to(request: ServiceRequest, root: ServiceRequest) -> None:
        seen = await stored(city, request)
        try:
            async with city.writing() as session:
                await change_status(session, seen, "duplicate", duplicate_of=root)
        except Refused as refused:
            assert refused.status in (409, 422)

    pairs = zip(requests, [*requests[1:], requests[0]], strict=True)
    await asyncio.wait_for(asyncio.gather(*(try_to(*pair) for pair in pairs)), 20)
    rows = [await stored(city, request) for request in requests]
    roots = {row.id for row in rows if row.duplicate_of_id is None}
    assert roots and all(row.duplicate_of_id in roots for row in rows if row.duplicate_of_id)
    assert sum(row.reporter_count for row in rows if row.id in roots) == 4
