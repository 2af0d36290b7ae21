"""Photos that were sent for a report which never came are removed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import structlog
from obstore.store import ObjectStore
from sqlalchemy import or_, select

from app.db import Database
from app.media import storage
from app.service_requests.models import Photo
from app.service_requests.note_models import NoteFile
from app.service_requests.outbox_models import StagedPhoto
from app.service_requests.report_photos import KEPT_S
from app.service_requests.staging import unstage_old

log = structlog.get_logger()

# Twice as long as a report may still name its photos.
KEPT = 2 * timedelta(seconds=KEPT_S)
# Few, for a photo that comes again between the look and the deletion must not lose its file.
AT_ONCE = 50


async def remove_abandoned_photos(database: Database, store: ObjectStore, now: datetime | None = None) -> int:
    """Deletes the files older than two days that no photo names; returns how many.

    A photo that came out of an outbox is named for 30 days before its report comes.
    """
    now, removed = now or datetime.now(UTC), 0
    async with database.writing() as session:
        await unstage_old(session, now)
    async for keys in storage.keys_before(store, now - KEPT):
        for start in range(0, len(keys), AT_ONCE):
            some = keys[start : start + AT_ONCE]
            for key in set(some) - await named(database, some):
                removed += await storage.delete_before(store, key, now - KEPT)
    if removed:
        log.info("abandoned photos removed", files=removed)
    return removed


async def named(database: Database, keys: list[str]) -> set[str]:
    """Those of the keys that a photo names, a request's or one that waits for its report, or the file of a note."""
    found: set[str] = set()
    async with database.reading() as session:
        for table in (Photo, StagedPhoto):
            columns = (table.master_key, table.large_key, table.small_key)
            rows = await session.execute(select(*columns).where(or_(*(column.in_(keys) for column in columns))))
            found.update(key for row in rows for key in row)
        found.update((await session.execute(select(NoteFile.key).where(NoteFile.key.in_(keys)))).scalars())
    return found
