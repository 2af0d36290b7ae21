"""Photos that come before their report: each by its own hash, so that a phone goes on where it was cut off."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from app.errors import Problem, Refused
from app.media.storage import PhotoKeys
from app.service_requests.models import Photo
from app.service_requests.outbox_models import StagedPhoto
from app.service_requests.receipts import REPORT, claim, reported
from app.service_requests.submission import StoredPhoto
from app.templating import mark

KEPT = timedelta(days=30)
# Twice as many as a report may have: some are taken out again before it is sent. The newest are kept, or who had
# replaced ten of them could send none.
MOST_STAGED = 10

SENT_WITHOUT = mark("The city has this report already, without this photo. Add the photo on the report's own page.")


async def arrived(session: AsyncSession, client_request_id: uuid.UUID, content_hash: str) -> bool:
    """Whether this photo is here already. Raises Refused for one that has no place: 409 or 410."""
    await claim(session, client_request_id, REPORT)
    request = await reported(session, client_request_id)
    here = await hashes(session, client_request_id, request.id if request else None)
    if content_hash in here:
        return True
    if request:
        raise Refused(Problem(field_of(content_hash), SENT_WITHOUT), status=409)
    return False


def field_of(content_hash: str) -> str:
    """How a problem names the photo."""
    return f"photos[{content_hash}]"


async def hashes(session: AsyncSession, client_request_id: uuid.UUID, request_id: int | None) -> list[str]:
    """The photos that are here for an item: those of its request, and those that wait for it."""
    staged = select(StagedPhoto.content_hash).where(StagedPhoto.client_request_id == client_request_id)
    waiting = (await session.execute(staged.order_by(StagedPhoto.id))).scalars().all()
    if request_id is None:
        return list(waiting)
    attached = select(Photo.content_hash).where(Photo.request_id == request_id).order_by(Photo.position)
    return list(dict.fromkeys([*(await session.execute(attached)).scalars(), *waiting]))


async def stage(session: AsyncSession, client_request_id: uuid.UUID, photo: StoredPhoto) -> bool:
    """Keeps the row of a photo whose files are stored; whether it is new. Raises Refused like `arrived`."""
    if await arrived(session, client_request_id, photo.content_hash):
        return False
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    now = datetime.now(UTC)
    values = {"client_request_id": client_request_id, "uploaded_datetime": now, **photo.columns()}
    statement = dialect.insert(StagedPhoto).values(**values)
    await session.execute(statement.on_conflict_do_nothing(index_elements=["client_request_id", "content_hash"]))
    await drop_oldest(session, client_request_id)
    return True


async def drop_oldest(session: AsyncSession, client_request_id: uuid.UUID) -> None:
    mine = StagedPhoto.client_request_id == client_request_id
    newest = select(StagedPhoto.id).where(mine).order_by(StagedPhoto.id.desc()).limit(MOST_STAGED)
    await session.execute(delete(StagedPhoto).where(mine, StagedPhoto.id.not_in(newest)))


async def staged_photos(
    session: AsyncSession, client_request_id: uuid.UUID, wanted: Sequence[str]
) -> tuple[tuple[StoredPhoto, ...], list[str]]:
    """The photos of a report in its own order, each once; and the hashes of those that are not here."""
    rows = await session.execute(select(StagedPhoto).where(StagedPhoto.client_request_id == client_request_id))
    here = {row.content_hash: stored(row) for row in rows.scalars()}
    once = list(dict.fromkeys(wanted))
    found = tuple(here[content_hash] for content_hash in once if content_hash in here)
    return found, [content_hash for content_hash in once if content_hash not in here]


def stored(row: StagedPhoto) -> StoredPhoto:
    keys = PhotoKeys(master=row.master_key, large=row.large_key, small=row.small_key)
    return StoredPhoto(row.content_hash, keys, row.width, row.height, row.taken_datetime, row.likeness)


async def unstage(session: AsyncSession, client_request_id: uuid.UUID) -> None:
    """Forgets what waits for an item; files that nothing names any more are removed by `abandoned.py`."""
    await session.execute(delete(StagedPhoto).where(StagedPhoto.client_request_id == client_request_id))


async def unstage_old(session: AsyncSession, now: datetime) -> None:
    """Forgets photos whose report has not come for 30 days: a phone that still has it uploads them again."""
    await session.execute(delete(StagedPhoto).where(StagedPhoto.uploaded_datetime < now - KEPT))
