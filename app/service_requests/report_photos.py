"""The photos of a report that is still being written: kept at once, and carried through the form as signed tokens."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import msgspec
from litestar.datastructures import UploadFile
from obstore.store import ObjectStore

from app.errors import Problem
from app.media.photos import PreparedPhoto, prepare_photo
from app.media.refusals import PhotoRefused
from app.media.storage import PhotoKeys, save_photo
from app.service_requests.check import MAX_PHOTOS, TOO_MANY_PHOTOS
from app.service_requests.sealed import SealBroken, SealExpired, seal, unseal
from app.service_requests.submission import StoredPhoto
from app.templating import mark

PURPOSE = "photo"
KEPT_S = 24 * 3600
EXPIRED = mark("A photo was chosen more than a day ago and is gone. Choose it again; all else is kept.")
BROKEN = mark("A photo could not be read any more. Choose it again; all else is kept.")


class Ticket(msgspec.Struct, frozen=True, array_like=True):
    """What a token says of a photo: short, since it travels in every step of the form."""

    content_hash: str
    master: str
    large: str
    small: str
    width: int
    height: int
    taken: str | None = None
    likeness: int | None = None


@dataclass(frozen=True, slots=True)
class CarriedPhoto:
    token: str
    stored: StoredPhoto


@dataclass(frozen=True, slots=True)
class Taken:
    """A photo just kept, and what it said of itself: `lat` and `long` in decimal degrees, `observed` in UTC."""

    photo: CarriedPhoto
    lat: float | None
    long: float | None
    accuracy_m: float | None
    observed: datetime | None


def carried_photos(secret_key: str, tokens: Iterable[str]) -> tuple[list[CarriedPhoto], list[Problem]]:
    """The photos behind the tokens, each once; a problem for those that have expired or are not ours."""
    photos: dict[str, CarriedPhoto] = {}
    problems: dict[str, Problem] = {}
    for token in tokens:
        try:
            ticket = msgspec.convert(unseal(secret_key, PURPOSE, token, max_age_s=KEPT_S), Ticket)
        except SealExpired:
            problems[EXPIRED] = Problem("media", EXPIRED)
        except (SealBroken, msgspec.ValidationError):
            problems[BROKEN] = Problem("media", BROKEN)
        else:
            photos[ticket.content_hash] = CarriedPhoto(token, stored(ticket))
    return list(photos.values()), list(problems.values())


async def take_photos(
    uploads: Iterable[UploadFile], *, store: ObjectStore, secret_key: str, timezone: str, room: int = MAX_PHOTOS
) -> tuple[list[Taken], list[Problem]]:
    """Reads, cleans and keeps what was uploaded, in its order; a problem `media` for each file that is refused.

    `room` is how many more the report may hold. A file field that was left empty is passed over.
    Raises StorageUnavailable.
    """
    taken: list[Taken] = []
    problems: list[Problem] = []
    for upload in uploads:
        raw = await upload.read()
        if not raw and not upload.filename:
            continue
        if len(taken) >= room:
            problems.append(Problem("media", TOO_MANY_PHOTOS, {"most": MAX_PHOTOS}))
            break
        try:
            prepared = await prepare_photo(raw)
        except PhotoRefused as refused:
            problems.append(Problem("media", refused.message))
            continue
        taken.append(taken_of(prepared, await save_photo(store, prepared), secret_key, timezone))
    return taken, problems


def taken_of(prepared: PreparedPhoto, keys: PhotoKeys, secret_key: str, timezone: str) -> Taken:
    observed = observed_datetime(prepared.taken_datetime, timezone)
    ticket = Ticket(
        prepared.content_hash,
        keys.master,
        keys.large,
        keys.small,
        prepared.width,
        prepared.height,
        observed.isoformat() if observed else None,
        prepared.likeness,
    )
    photo = CarriedPhoto(seal(secret_key, PURPOSE, msgspec.to_builtins(ticket)), stored(ticket))
    return Taken(photo, prepared.lat, prepared.long, prepared.accuracy, observed)


def observed_datetime(taken: datetime | None, timezone: str) -> datetime | None:
    """When a photo was taken, in UTC: a camera that did not say its zone is taken to be on the city's time."""
    if taken is None:
        return None
    moment = (taken if taken.tzinfo else taken.replace(tzinfo=ZoneInfo(timezone))).astimezone(UTC)
    return moment if moment <= datetime.now(UTC) else None


def stored(ticket: Ticket) -> StoredPhoto:
    return StoredPhoto(
        content_hash=ticket.content_hash,
        keys=PhotoKeys(master=ticket.master, large=ticket.large, small=ticket.small),
        width=ticket.width,
        height=ticket.height,
        taken_datetime=datetime.fromisoformat(ticket.taken) if ticket.taken else None,
        likeness=ticket.likeness,
    )
