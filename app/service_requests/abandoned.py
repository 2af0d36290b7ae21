"""Photos that were sent for a report which never came are removed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import structlog
from obstore.store import ObjectStore
from sqlalchemy import or_, select

from app.db import Database
from app.media import storage
from app.service_requests.models import Photo
from app.service_requests.report_photos import KEPT_S

log = structlog.get_logger()

# Twice as long as a report may still name its photos.
KEPT = 2 * timedelta(seconds=KEPT_S)


async def remove_abandoned_photos(database: Database, store: ObjectStore, now: datetime | None = None) -> int:
    """Deletes the files older than two days that no request's photo names; returns how many."""
    removed = 0
    async for keys in storage.keys_before(store, (now or datetime.now(UTC)) - KEPT):
        for key in set(keys) - await named(database, keys):
            await storage.delete(store, key)
            removed += 1
    if removed:
        log.info("abandoned photos removed", files=removed)
    return removed


async def named(database: Database, keys: list[str]) -> set[str]:
    """Those of the keys that a photo names."""
    columns = (Photo.master_key, Photo.large_key, Photo.small_key)
    found: set[str] = set()
    for start in range(0, len(keys), 200):
        some = keys[start : start + 200]
        async with database.reading() as session:
            rows = await session.execute(select(*columns).where(or_(*(column.in_(some) for column in columns))))
            found.update(key for row in rows for key in row)
    return found
