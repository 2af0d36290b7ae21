"""The report page without JavaScript, and what it answers to the JavaScript of the phone."""

from __future__ import annotations

import io
import time
import uuid

import pytest
from PIL import Image
from sqlalchemy import func, select

from app.db import Database
from app.service_requests import report_draft, report_photos, sealed
from app.service_requests.models import Photo, ServiceRequest
from tests.service_requests.city import LAT, LONG, OUTSIDE_LONG, jpeg, report
from tests.service_requests.conftest import Person
from tests.service_requests.walk import Walk

PHOTO = [("media", ("image.jpg", jpeg(), "image/jpeg"))]
JSON = {"accept": "application/json"}
HERE = {"lat": LAT, "long": LONG, "place_source": "pin"}


async def at_the_words(person: Person, **facts: object) -> Walk:
    walk = await Walk(person).open()
    await walk.press("place")
    await walk.press("kind", **{**HERE, **facts})
    await walk.press("known", service_code="graffiti")
    return walk


async def count(database: Database) -> int:
    async with database.reading() as session:
        return (await session.execute(select(func.count()).select_from(ServiceRequest))).scalar_one()


async def test_a_report_goes_from_photo_to_number_without_javascript(city: Database, stranger: Person) -> None:
    walk = await Walk(stranger).open()
    assert walk.step == "photo"
    assert (await walk.press("place", files=PHOTO)).step == "place"
    assert len(walk.values("photo")) == 1
    await walk.press("enter", place_q="12 becon street")
    assert walk.step == "place"
    assert "12 Beacon Street" in walk.answer.text
    await walk.press("kind")
    assert (walk.step, walk.value("address_string"), walk.value("place_source")) == (
        "kind",
        "12 Beacon Street",
        "search",
    )
    await walk.press("enter", kind_q="pothle")
    assert walk.step == "kind"
    await walk.press("known", service_code="pothole")
    assert (walk.step, walk.answer.status_code) == ("kind", 200), "its questions are put before going on"
    assert (await walk.press("known", attribute__SIZE="big")).step == "words"
    await walk.press("send", description="As wide as a wheel")
    assert walk.answer.status_code == 303
    async with city.reading() as session:
        request = (await session.execute(select(ServiceRequest))).scalar_one()
        photos = (await session.execute(select(func.count()).select_from(Photo))).scalar_one()
    assert walk.answer.headers["location"] == f"/requests/{request.service_request_id}?sent=1"
    assert (request.description, request.answers, photos) == ("As wide as a wheel", {"SIZE": "big"}, 1)
    assert "device=" in walk.answer.headers["set-cookie"]


async def test_nothing_that_was_typed_is_lost_on_the_way_back_and_forth(ana: Person) -> None:
    walk = await at_the_words(ana)
    await walk.press("photo", description='Línea 1\nand <b>"2"</b>', name="Ana", email="ana@example.org", notify="none")
    assert walk.step == "photo"
    await walk.press("words", files=PHOTO)
    assert (walk.step, walk.value("description"), walk.value("name")) == ("words", 'Línea 1\nand <b>"2"</b>', "Ana")
    assert (walk.value("email"), walk.value("notify"), walk.value("service_code")) == (
        "ana@example.org",
        "none",
        "graffiti",
    )
    assert len(walk.values("photo")) == 1


async def test_a_link_fills_in_a_place_and_never_the_reports_own_number(ana: Person) -> None:
    number = str(uuid.uuid4())
    answer = await ana.get(f"/report?client_request_id={number}&lat={LAT}&long={LONG}")
    assert number not in answer.text
    assert f'value="{LAT}"' in answer.text


async def test_a_step_that_is_refused_is_a_422_with_words_at_its_field(ana: Person) -> None:
    walk = await Walk(ana).open()
    await walk.press("place")
    await walk.press("kind")
    assert (walk.answer.status_code, walk.step) == (422, "place")
    assert "set the pin on the map" in walk.problems
    assert (await walk.press("kind", **HERE)).step == "kind"
    await walk.press("words")
    assert (walk.answer.status_code, walk.step) == (422, "kind")
    assert "Choose what kind" in walk.problems


async def test_a_refused_photo_says_why_and_the_report_goes_on(ana: Person) -> None:
    walk = await Walk(ana).open()
    await walk.press("place", files=[("media", ("image.jpg", b"only text", "image/jpeg")), *PHOTO])
    assert (walk.answer.status_code, walk.step) == (422, "photo")
    assert "not a photo that we can open" in walk.problems
    assert len(walk.values("photo")) == 1, "the good one is kept"
    assert (await walk.press("place")).step == "place"


async def test_a_sixth_photo_is_refused_and_five_are_kept(ana: Person) -> None:
    colours = ("red", "green", "blue", "white", "black", "pink")
    files = [("media", ("image.jpg", jpeg(colour), "image/jpeg")) for colour in colours]
    walk = await Walk(ana).open()
    await walk.press("place", files=files)
    assert "at most 5 photos" in walk.problems
    assert len(walk.values("photo")) == 5


async def test_a_removed_photo_is_gone(ana: Person) -> None:
    walk = await Walk(ana).open()
    await walk.press("place", files=PHOTO)
    await walk.press("photo")
    which = next(value for name, value in walk.form.buttons if name == "do" and value.startswith("remove:"))
    await walk.press(do=which)
    assert (walk.step, walk.values("photo")) == ("photo", [])


async def test_a_kept_photo_is_shown_to_who_has_its_token_only(ana: Person, ben: Person) -> None:
    walk = await Walk(ana).open()
    await walk.press("place", files=PHOTO)
    token = walk.value("photo")
    assert (await ana.get(f"/report/photos/{token}")).headers["content-type"] == "image/webp"
    assert (await ben.get(f"/report/photos/{token[:-2]}AA")).status_code == 404


async def test_a_photo_of_yesterday_is_asked_for_again_and_all_else_is_kept(
    ana: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    walk = await at_the_words(ana)
    await walk.press("photo", description="kept")
    await walk.press("words", files=PHOTO)
    monkeypatch.setattr(report_photos, "KEPT_S", -1)
    await walk.press("send")
    assert (walk.answer.status_code, walk.step) == (422, "photo")
    assert "more than a day ago" in walk.problems
    assert (walk.value("description"), walk.values("photo")) == ("kept", [])


async def test_a_page_of_last_week_is_looked_over_again_with_everything_in_it(
    city: Database, ana: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    walk = await at_the_words(ana)
    now = time.time()
    monkeypatch.setattr(sealed.time, "time", lambda: now + report_draft.STAMP_S + 10)
    await walk.press("send", description="kept")
    assert (walk.answer.status_code, walk.value("description")) == (422, "kept")
    assert await count(city) == 0
    assert (await walk.press("send")).answer.status_code == 303, "the answer carried a fresh stamp"


async def test_a_program_that_fills_in_every_field_is_refused(city: Database, ana: Person) -> None:
    walk = await at_the_words(ana)
    assert (await walk.press("send", website="https://spam.example")).answer.status_code == 422
    assert await count(city) == 0


async def test_a_place_outside_of_the_city_is_refused_with_whom_to_call(ana: Person) -> None:
    walk = await Walk(ana).open()
    await walk.press("place")
    await walk.press("kind", **{**HERE, "long": OUTSIDE_LONG})
    assert (walk.answer.status_code, walk.step) == (422, "place")
    assert "555-0100" in walk.problems
    check = await ana.get("/report/place-check", params={"lat": LAT, "long": OUTSIDE_LONG})
    assert 'href="tel:555-0100"' in check.text
    assert (await ana.get("/report/place-check", params={"lat": LAT, "long": LONG})).status_code == 204


async def test_a_kind_without_contact_does_not_ask_and_one_that_needs_it_does(ana: Person) -> None:
    walk = await at_the_words(ana)
    await walk.press("kind")
    await walk.press(do="change:kind")
    await walk.press("words", service_code="heat")
    await walk.press("send")
    assert (walk.answer.status_code, walk.step) == (422, "words")
    assert "must be able to reach you" in walk.problems


async def test_open_requests_close_by_are_shown_before_the_words(city: Database, ana: Person) -> None:
    known = await report(city, service_code="pothole", answers={"SIZE": ["big"]})
    walk = await Walk(ana).open()
    await walk.press("place")
    await walk.press("kind", **HERE)
    await walk.press("known", service_code="graffiti")
    assert walk.step == "known"
    assert f"/requests/{known.service_request_id}/join" in walk.answer.text
    assert (await walk.press("words")).step == "words"


async def test_the_phone_gets_a_receipt_that_names_its_own_number(city: Database, ana: Person) -> None:
    walk = await at_the_words(ana)
    number = str(uuid.uuid4())
    answer = (await walk.press("send", client_request_id=number, headers=JSON, files=PHOTO)).answer
    again = (await walk.press("send", client_request_id=number, headers=JSON, files=PHOTO)).answer
    assert (answer.status_code, answer.json()["client_request_id"]) == (201, number)
    assert again.json() == answer.json()
    assert await count(city) == 1


async def test_the_phone_is_told_each_problem_by_its_field(city: Database, ana: Person) -> None:
    walk = await Walk(ana).open()
    answer = (await walk.press("send", service_code="pothole", email="nonsense", headers=JSON)).answer
    assert answer.status_code == 422
    assert {problem["field"] for problem in answer.json()["problems"]} == {"location", "email"}


def jpeg_at(lat: float, long: float) -> bytes:
    """A picture with its position in EXIF, as a phone writes it."""
    exif = Image.Exif()
    exif[0x8825] = {1: "N" if lat > 0 else "S", 2: (abs(lat), 0, 0), 3: "E" if long > 0 else "W", 4: (abs(long), 0, 0)}
    made = io.BytesIO()
    Image.new("RGB", (64, 48), "orange").save(made, "JPEG", exif=exif)
    return made.getvalue()


async def test_a_photo_says_where_the_report_is(ana: Person) -> None:
    walk = await Walk(ana).open()
    await walk.press("place", files=[("media", ("a.jpg", jpeg_at(LAT, LONG), "image/jpeg"))])
    assert walk.value("place_source") == "photo"
    assert float(walk.value("long")) == pytest.approx(LONG, abs=1e-4)


async def test_a_moved_pin_is_never_overridden_by_a_photo(ana: Person) -> None:
    walk = await Walk(ana).open()
    await walk.press("place", files=[("media", ("a.jpg", jpeg_at(LAT, LONG + 0.01), "image/jpeg"))], **HERE)
    assert (walk.value("place_source"), walk.value("lat"), walk.value("long")) == ("pin", str(LAT), str(LONG))


async def test_a_photo_from_another_country_says_nothing_of_the_place(ana: Person) -> None:
    walk = await Walk(ana).open()
    await walk.press("place", files=[("media", ("a.jpg", jpeg_at(43.4674, 11.8851), "image/jpeg"))])
    assert (walk.step, walk.value("lat"), len(walk.values("photo"))) == ("place", "", 1)


async def test_the_catalogue_for_the_phone_is_asked_for_once(city: Database, ana: Person) -> None:
    answer = await ana.get("/report/catalogue?lang=es")
    pothole = next(one for one in answer.json()["services"] if one["code"] == "pothole")
    assert (pothole["name"], "Pothole" in pothole["words"]) == ("Bache", True), "both languages are searched"
    assert 'name="attribute[SIZE]"' in pothole["questions"]
    again = await ana.get("/report/catalogue?lang=es", headers={"if-none-match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


async def test_what_is_reported_around_leaves_private_kinds_out(city: Database, ana: Person) -> None:
    for code in ("graffiti", "graffiti", "tree", "drugs"):
        await report(city, service_code=code)
    answer = await ana.get("/report/around", params={"lat": LAT, "long": LONG})
    assert answer.json() == ["graffiti", "tree"]


async def test_a_shared_photo_begins_a_report(ana: Person) -> None:
    answer = await ana.post("/report/share", data={"text": "Look at this"}, files=PHOTO)
    assert answer.status_code == 200
    assert 'name="photo"' in answer.text
    assert "Look at this" in answer.text
