"""A photo whose report never came is removed; one that a request names stays, however old."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from io import BytesIO
from uuid import UUID, uuid4

from obstore.store import MemoryStore
from PIL import Image

from app.db import Database
from app.media import storage
from app.media.photos import prepare_photo
from app.service_requests.abandoned import remove_abandoned_photos
from app.service_requests.staging import stage, staged_photos
from app.service_requests.submission import StoredPhoto, Submission
from app.service_requests.submit import submit
from tests.service_requests.city import LAT, LONG


async def keep(store: MemoryStore, colour: str) -> StoredPhoto:
    file = BytesIO()
    Image.new("RGB", (64, 48), colour).save(file, "JPEG")
    prepared = await prepare_photo(file.getvalue())
    keys = await storage.save_photo(store, prepared)
    return StoredPhoto(prepared.content_hash, keys, prepared.width, prepared.height)


async def test_what_no_request_names_goes_after_two_days_and_the_rest_stays(city: Database) -> None:
    store = MemoryStore()
    used, left = await keep(store, "red"), await keep(store, "blue")
    async with city.writing() as session:
        await submit(
            session, Submission("pothole", "web", lat=LAT, long=LONG, photos=(used,), answers={"SIZE": ["big"]})
        )
    now = datetime.now(UTC)
    assert await remove_abandoned_photos(city, store, now + timedelta(hours=47)) == 0
    assert await remove_abandoned_photos(city, store, now + timedelta(hours=49)) == 3
    for key in (used.keys.master, used.keys.large, used.keys.small):
        assert await storage.exists(store, key)
    for key in (left.keys.master, left.keys.large, left.keys.small):
        assert not await storage.exists(store, key)


async def test_a_photo_that_waits_for_its_report_stays_thirty_days(city: Database) -> None:
    store, number, now = MemoryStore(), uuid4(), datetime.now(UTC)
    photo = await keep(store, "green")
    async with city.writing() as session:
        assert await stage(session, number, photo)
    assert await remove_abandoned_photos(city, store, now + timedelta(days=29)) == 0
    assert await here(city, number, photo) == []
    assert await remove_abandoned_photos(city, store, now + timedelta(days=31)) == 3
    assert await here(city, number, photo) == [photo.content_hash]


async def here(city: Database, number: UUID, photo: StoredPhoto) -> list[str]:
    """What the city would ask the phone for again."""
    async with city.reading() as session:
        return (await staged_photos(session, number, [photo.content_hash]))[1]


async def test_a_photo_that_is_written_again_meanwhile_is_not_removed(city: Database) -> None:
    store, now = MemoryStore(), datetime.now(UTC)
    photo = await keep(store, "green")
    assert not await storage.delete_before(store, photo.keys.large, now - timedelta(hours=1))
    assert await storage.exists(store, photo.keys.large)
    assert not await storage.delete_before(store, "public/ab/cd.webp", now)
