"""The house's own SQL says what an index understands."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.dialects import sqlite

from app.db import Database
from app.service_requests.models import ServiceRequest
from app.sql import InBox


async def test_sqlite_finds_what_lies_in_a_box_by_its_index_of_places(database: Database) -> None:
    if not database.is_sqlite:
        return
    here = select(ServiceRequest.id).where(InBox(ServiceRequest.location, (-74.0, 40.7, -73.9, 40.8)))
    written = str(here.compile(dialect=sqlite.dialect()))
    async with database.reading() as session:
        connection = await session.connection()
        plan = [row[3] for row in await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {written}")]
    assert any(step.startswith("SEARCH service_requests USING INTEGER PRIMARY KEY") for step in plan), plan
