"""Making the demo city in a test's database, and telling whether two of them are the same."""

from __future__ import annotations

import hashlib
from typing import Any

from obstore.store import ObjectStore
from sqlalchemy import func, select

from app.accounts.models import AuditEntry
from app.db import Base, Database
from app.demo.city import City
from app.demo.seed import clear, write_ground, write_past
from tests.demo.conftest import NOW

COUNT = 240
# Times at which rows were written, and what is salted.
UNLIKE = {"password_hash", "created_datetime", "version", "data"}
# These rise, so that running servers read again what they keep.
UNLIKE |= {"areas_version", "catalogue_version", "routing_version"}


async def make(database: Database, store: ObjectStore, city: City, count: int = COUNT) -> int:
    version = await clear(database)
    await write_ground(database, city)
    await write_past(database, store, city, version, NOW, 311, count)
    return version


async def count(database: Database, table: type[Base]) -> int:
    async with database.reading() as session:
        return (await session.execute(select(func.count()).select_from(table))).scalar_one()


async def digest(database: Database) -> dict[str, str]:
    """For each table a hash of all that is in it, in the order of its key."""
    out = {}
    async with database.reading() as session:
        for table in Base.metadata.sorted_tables:
            # The audit trail is never emptied.
            if table.name == AuditEntry.__tablename__:
                continue
            columns = [column for column in table.columns if column.name not in UNLIKE]
            keys = list(table.primary_key.columns)
            rows: list[Any] = list((await session.execute(select(*columns).order_by(*keys))).all())
            said = repr([[getattr(value, "data", value) for value in row] for row in rows])
            out[table.name] = hashlib.sha256(said.encode()).hexdigest()
    return out
