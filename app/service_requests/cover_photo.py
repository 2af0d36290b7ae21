"""Parts of a photo are covered, or uncovered again.

Making the files takes a while, so that it is done before the transaction; `seen` is what it went by.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass

from obstore.store import ObjectStore
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.models import Account
from app.errors import Problem, Refused
from app.media.covers import Cover, render_covered
from app.media.storage import read, save_public
from app.service_requests.models import Photo, ServiceRequest
from app.service_requests.moderate import keep, mark_undone, photo_of
from app.service_requests.moderation_models import PHOTO_COVERED, Moderation
from app.service_requests.people import lock
from app.templating import mark

MOST_COVERS = 40

NO_COVER = mark("Draw at least one rectangle, or fill in one row.")
OUT_OF_PHOTO = mark("A rectangle does not lie in the photo. Its sides are percent of the photo, from 0 to 100.")
TOO_MANY = mark("Cover at most %(most)d parts of a photo.")
CHANGED = mark("Somebody covered or uncovered this photo at the same time. Look at it again, then decide.")
NO_ORIGINAL = mark("The original of this photo is not kept here, so no other picture can be made of it. Hide it.")


@dataclass(frozen=True, slots=True)
class Standing:
    """What covers a photo now: the ids of the rows, and all their rectangles."""

    ids: tuple[int, ...]
    covers: tuple[Cover, ...]


async def standing_covers(session: AsyncSession, photo_id: int, *, but: int | None = None) -> Standing:
    """What covers a photo; `but` leaves one row's rectangles out."""
    wanted = select(Moderation).where(
        Moderation.photo_id == photo_id, Moderation.kind == PHOTO_COVERED, Moderation.undone_datetime.is_(None)
    )
    rows = list((await session.execute(wanted.order_by(Moderation.id))).scalars())
    covers = [Cover(*sides) for row in rows if row.id != but for sides in row.facts["covers"]]
    return Standing(tuple(row.id for row in rows), tuple(covers))


def check_covers(covers: Sequence[Cover], before: int = 0) -> None:
    """Raises Refused (422) for none, too many, or one that does not lie in the photo."""
    if not covers:
        raise Refused(Problem("covers", NO_COVER))
    if len(covers) + before > MOST_COVERS:
        raise Refused(Problem("covers", TOO_MANY, {"most": MOST_COVERS}))
    if not all(cover.fits for cover in covers):
        raise Refused(Problem("covers", OUT_OF_PHOTO))


async def make_files(store: ObjectStore, photo: Photo, covers: Iterable[Cover]) -> tuple[str, str]:
    """The keys of the large and the small rendition with these parts covered, made from the original and kept.

    Raises Refused (409) where the store does not have the original, and StorageUnavailable.
    """
    try:
        master = await read(store, photo.master_key)
    except FileNotFoundError:
        raise Refused(Problem("covers", NO_ORIGINAL), status=409) from None
    made = await render_covered(master, list(covers))
    return await save_public(store, made.large), await save_public(store, made.small)


async def cover_photo(
    session: AsyncSession,
    request: ServiceRequest,
    by: Account,
    photo_id: int,
    covers: Sequence[Cover],
    files: tuple[str, str],
    seen: Standing,
    *,
    reason: str = "",
) -> Moderation:
    """Puts the covered renditions in place of the public ones. Raises Refused (409) when `seen` is not so any more."""
    request = (await lock(session, request.id))[request.id]
    await put(session, request, photo_id, files, seen)
    facts = {"covers": [list(astuple(cover)) for cover in covers]}
    return await keep(session, request, by, PHOTO_COVERED, photo_id=photo_id, reason=reason, facts=facts)


async def uncover_photo(
    session: AsyncSession,
    request: ServiceRequest,
    by: Account,
    done: Moderation,
    files: tuple[str, str],
    seen: Standing,
) -> None:
    """Puts the renditions without these covers back; done already, it does nothing. Raises Refused (409)."""
    request = (await lock(session, request.id))[request.id]
    await session.refresh(done)
    if done.undone_datetime is not None:
        return
    await put(session, request, done.photo_id or 0, files, seen)
    await mark_undone(session, request, by, done)


async def put(
    session: AsyncSession, request: ServiceRequest, photo_id: int, files: tuple[str, str], seen: Standing
) -> None:
    photo = await photo_of(session, request, photo_id)
    if (await standing_covers(session, photo_id)).ids != seen.ids:
        raise Refused(Problem("covers", CHANGED), status=409)
    photo.large_key, photo.small_key = files
