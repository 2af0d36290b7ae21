"""The areas of a request go with it, and what few rows have is found by an index of these few."""

from __future__ import annotations

import pytest
from sqlalchemy import delete, func, select, text

from app.db import Database
from app.service_requests.counts import differences
from app.service_requests.models import RequestArea, ServiceRequest
from tests.service_requests.city import report

WAITING = "SELECT id FROM updates WHERE announced_datetime IS NULL ORDER BY id LIMIT 100"
ITS_DUPLICATES = "SELECT count(*) FROM service_requests WHERE duplicate_of_id = 7"
IT_AND_ITS_DUPLICATES = "SELECT id FROM service_requests WHERE id = 7 OR duplicate_of_id = 7"


async def test_a_request_that_is_deleted_takes_its_areas_with_it(city: Database) -> None:
    first, second = await report(city), await report(city)
    pairs = select(RequestArea.request_id, func.count()).group_by(RequestArea.request_id)
    async with city.reading() as session:
        lies_in = dict(tuple(row) for row in await session.execute(pairs))
    assert set(lies_in) == {first.id, second.id}
    async with city.writing() as session:
        await session.execute(delete(ServiceRequest).where(ServiceRequest.id == first.id))
    async with city.reading() as session:
        assert dict(tuple(row) for row in await session.execute(pairs)) == {second.id: lies_in[second.id]}
        assert await differences(session) == []


@pytest.mark.parametrize(
    ("asked", "index"),
    [
        (WAITING, "ix_updates_unannounced"),
        (ITS_DUPLICATES, "ix_service_requests_duplicate_of_id"),
        (IT_AND_ITS_DUPLICATES, "ix_service_requests_duplicate_of_id"),
    ],
)
async def test_what_few_rows_have_is_found_by_an_index_of_these_few(city: Database, asked: str, index: str) -> None:
    async with city.writing() as session:
        if not city.is_sqlite:
            # Of few rows it reads all.
            await session.execute(text("SET LOCAL enable_seqscan = off"))
        explain = "EXPLAIN QUERY PLAN" if city.is_sqlite else "EXPLAIN"
        plan = "\n".join(str(line) for line in await session.execute(text(f"{explain} {asked}")))
    assert index in plan
