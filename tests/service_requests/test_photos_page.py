"""Which photos have an address, and who gets an answer there."""

from __future__ import annotations

import io

import pytest
from PIL import Image
from sqlalchemy import select, update

from app.db import Database
from app.service_requests.models import Photo, ServiceRequest
from app.service_requests.photo_urls import own_photo_url, photo_url
from tests.service_requests.city import jpeg, report
from tests.service_requests.conftest import Person


async def photographed(city: Database, person: Person, service_code: str = "pothole") -> tuple[ServiceRequest, Photo]:
    """A report of this person, with one photo that really went through the pipeline."""
    request = await report(city, person.device_hash, service_code=service_code)
    files = {"photo": ("image.jpg", jpeg(), "image/jpeg")}
    await person.post(f"/requests/{request.service_request_id}/photos", files=files)
    async with city.reading() as session:
        return request, (await session.execute(select(Photo).where(Photo.request_id == request.id))).scalar_one()


@pytest.mark.parametrize(("size", "side"), [("large", 640), ("small", 320)])
async def test_a_public_photo_is_kept_by_browsers_for_ever(
    city: Database, ana: Person, stranger: Person, size: str, side: int
) -> None:
    _, photo = await photographed(city, ana)
    answer = await stranger.get(photo_url(photo, size))  # type: ignore[arg-type]
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "image/webp"
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert max(Image.open(io.BytesIO(answer.content)).size) == side
    again = await stranger.get(photo_url(photo, size), headers={"if-none-match": answer.headers["etag"]})  # type: ignore[arg-type]
    assert (again.status_code, again.content) == (304, b"")


async def test_the_master_has_no_address(city: Database, ana: Person, stranger: Person) -> None:
    request, photo = await photographed(city, ana)
    master = photo.master_key.removeprefix("private/").replace("/", "")
    for name in (master, master.replace(".jpg", ".webp"), "x.webp", "..%2f..%2fprivate", "%00"):
        for person in (ana, stranger):
            assert (await person.get(f"/photos/{photo.id}/{name}")).status_code == 404
            own = await person.get(f"/requests/{request.service_request_id}/photos/{photo.id}/{name}")
            assert own.status_code == 404


async def test_the_number_of_another_photo_does_not_open_it(city: Database, ana: Person, stranger: Person) -> None:
    _, photo = await photographed(city, ana)
    name = photo_url(photo).rpartition("/")[2]
    for number in (photo.id + 1, 0, -1, 10**30):
        assert (await stranger.get(f"/photos/{number}/{name}")).status_code == 404


async def test_a_hidden_photo_is_seen_by_its_reporter_alone(
    city: Database, ana: Person, ben: Person, stranger: Person
) -> None:
    request, photo = await photographed(city, ana)
    async with city.writing() as session:
        await session.execute(update(Photo).values(public=False))
    own = own_photo_url(request.service_request_id, photo)
    assert (await ana.get(own)).headers["cache-control"].startswith("private")
    for person in (ana, ben, stranger):
        assert (await person.get(photo_url(photo))).status_code == 404
    for person in (ben, stranger):
        assert (await person.get(own)).status_code == 404
        assert "webp" not in (await person.get(f"/requests/{request.service_request_id}")).text
    assert own in (await ana.get(f"/requests/{request.service_request_id}")).text


async def test_a_photo_of_a_private_service_is_seen_by_its_reporter_alone(
    city: Database, ana: Person, ben: Person
) -> None:
    request, photo = await photographed(city, ana, "drugs")
    own = own_photo_url(request.service_request_id, photo, "small")
    assert (await ana.get(own)).status_code == 200
    assert own in (await ana.get("/my")).text
    assert (await ben.get(own)).status_code == 404
    assert (await ana.get(photo_url(photo))).status_code == 404


async def test_the_photo_of_another_report_is_not_reached_through_ones_own(
    city: Database, ana: Person, ben: Person
) -> None:
    _, secret = await photographed(city, ana, "drugs")
    mine = await report(city, ben.device_hash)
    assert (await ben.get(own_photo_url(mine.service_request_id, secret))).status_code == 404
