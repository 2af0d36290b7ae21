"""What the reporter may add to, correct and take back; and that nobody else may."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from litestar import Litestar
from sqlalchemy import select

from app.db import Database
from app.media.storage import open_store
from app.service_requests.change_status import change_status
from app.service_requests.models import Contact, Photo, RequestArea, Update
from tests.service_requests.city import (
    AGENCY_LONG,
    ANA,
    EAST_LONG,
    GRAFFITI,
    LAT,
    LONG,
    OUTSIDE_LONG,
    PARKS,
    STATE,
    STREETS,
    TREE,
    days_ago,
    jpeg,
    report,
    set_facts,
    stored,
)
from tests.service_requests.conftest import Person

JSON = {"accept": "application/json"}
ACTIONS = ("updates", "photos", "correction", "withdrawal", "reopening")


async def rows(city: Database, table: type, *where: object) -> list:
    async with city.reading() as session:
        return list((await session.execute(select(table).where(*where).order_by(table.id))).scalars())


@pytest.mark.parametrize("action", ACTIONS)
async def test_somebody_else_is_refused(
    city: Database, ana: Person, ben: Person, stranger: Person, action: str
) -> None:
    request = await report(city, ana.device_hash, description="A hole", contact=ANA)
    sent = {"text": "mine now", "description": "", "email": "x@example.org"}
    for person in (ben, stranger):
        answer = await person.post(f"/requests/{request.service_request_id}/{action}", data=sent)
        assert answer.status_code == 403
    now = await stored(city, request)
    assert (now.status, now.description, now.updated_datetime) == ("received", "A hole", request.updated_datetime)
    assert (await rows(city, Contact))[0].email == "ana@example.org"


@pytest.mark.parametrize("action", [*ACTIONS, "join", "follow", "unfollow"])
async def test_a_number_that_nobody_has_is_not_found(city: Database, ana: Person, action: str) -> None:
    for number in ("0000-0000-0000", "nonsense"):
        assert (await ana.post(f"/requests/{number}/{action}", data={"text": "x"})).status_code == 404


async def test_a_comment_is_public_by_the_services_rule_and_masked(city: Database, ana: Person, ben: Person) -> None:
    words = "Bigger now. Call 617 555 0142."
    for service_code, shown in (("pothole", True), ("graffiti", False)):
        request = await report(city, ana.device_hash, service_code=service_code)
        address = f"/requests/{request.service_request_id}"
        answer = await ana.post(f"{address}/updates", data={"kind": "comment", "text": words})
        assert (answer.status_code, answer.headers["location"]) == (303, f"{address}?done=comment")
        assert words in (await ana.get(address)).text
        public = (await ben.get(address)).text
        assert ("Bigger now. Call •••." in public) is shown
        assert "617 555" not in public


async def test_the_same_comment_clicked_twice_is_written_once(city: Database, ana: Person) -> None:
    request = await report(city, ana.device_hash)
    address = f"/requests/{request.service_request_id}/updates"
    answers = await asyncio.gather(*[ana.post(address, data={"text": "Still there"}, headers=JSON) for _ in range(4)])
    assert {answer.status_code for answer in answers} == {201}
    assert len(await rows(city, Update, Update.kind == "comment")) == 1


@pytest.mark.parametrize("text", ["", "   \n ", "\x00\x00", "x" * 100_000, "🕳️" * 100_000])
async def test_words_that_cannot_be_kept_are_refused_with_a_sentence(city: Database, ana: Person, text: str) -> None:
    request = await report(city, ana.device_hash)
    answer = await ana.post(f"/requests/{request.service_request_id}/updates", data={"text": text})
    assert answer.status_code == 422
    assert ("characters long" if len(text) > 4000 else "Write something") in answer.text
    assert await rows(city, Update, Update.kind == "comment") == []


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("nul\x00 in the middle", "nul in the middle"),
        ("<script>alert(1)</script><b>x", "<script>alert(1)</script><b>x"),
        ("مرحبا، الحفرة هنا", "مرحبا، الحفرة هنا"),
        ("🕳️👩‍👩‍👧 {{ 7*7 }} %(x)s", "🕳️👩‍👩‍👧 {{ 7*7 }} %(x)s"),
        ("‮evil", "‮evil"),
        ("' OR 1=1; --", "' OR 1=1; --"),
    ],
)
async def test_any_words_are_kept_and_shown_as_words(
    city: Database, ana: Person, stranger: Person, text: str, kept: str
) -> None:
    request = await report(city, ana.device_hash)
    await ana.post(f"/requests/{request.service_request_id}/updates", data={"text": text})
    assert [row.text for row in await rows(city, Update, Update.kind == "comment")] == [kept]
    page = (await stranger.get(f"/requests/{request.service_request_id}")).text
    assert "<script>alert" not in page
    shown = kept.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("'", "&#39;")
    assert f'<p class="words" dir="auto">{shown}</p>' in page


async def test_a_photo_is_added_once_and_seen_by_everybody(city: Database, ana: Person, stranger: Person) -> None:
    request = await report(city, ana.device_hash)
    address = f"/requests/{request.service_request_id}"
    picture = jpeg()
    for _ in range(2):
        answer = await ana.post(f"{address}/photos", files={"photo": ("image.jpg", picture, "image/jpeg")})
        assert (answer.status_code, answer.headers["location"]) == (303, f"{address}?done=photo")
    photos = await rows(city, Photo)
    assert len(photos) == 1
    page = (await stranger.get(address)).text
    assert "A photo was added" in page
    assert f'src="/photos/{photos[0].id}/' in page


@pytest.mark.parametrize(
    ("sent", "words"), [(b"not a photo at all", "not a photo"), (b"", "empty"), (None, "Choose a photo")]
)
async def test_a_file_that_is_no_photo_is_refused_with_a_sentence(
    city: Database, ana: Person, sent: bytes | None, words: str
) -> None:
    request = await report(city, ana.device_hash)
    # A browser sends a file field that was left empty as a part without a name.
    files = {"photo": ("", b"", "application/octet-stream") if sent is None else ("image.jpg", sent, "image/jpeg")}
    answer = await ana.post(f"/requests/{request.service_request_id}/photos", files=files)
    assert answer.status_code == 422
    assert words in answer.text
    assert await rows(city, Photo) == []


async def test_somebody_elses_photo_is_refused_before_it_is_kept(city: Database, ben: Person, tmp_path: Path) -> None:
    request = await report(city)
    files = {"photo": ("image.jpg", jpeg(), "image/jpeg")}
    answer = await ben.post(f"/requests/{request.service_request_id}/photos", files=files)
    assert answer.status_code == 403
    assert list((tmp_path / "media").rglob("*.webp")) == []


async def test_photos_come_to_an_end(city: Database, ana: Person) -> None:
    request = await report(city, ana.device_hash)
    async with city.writing() as session:
        for number in range(15):
            session.add(
                Photo(
                    request_id=request.id, position=number, content_hash=str(number),
                    master_key="m", large_key="l", small_key="s", width=1, height=1,
                )
            )  # fmt: skip
    files = {"photo": ("image.jpg", jpeg(), "image/jpeg")}
    answer = await ana.post(f"/requests/{request.service_request_id}/photos", files=files)
    assert answer.status_code == 422
    assert "15 photos already" in answer.text


async def test_a_moved_pin_moves_the_areas_the_address_and_the_department(city: Database, ana: Person) -> None:
    request = await report(city, ana.device_hash)
    sent = {"lat": LAT, "long": AGENCY_LONG, "address_string": "12 Beacon Street"}
    answer = await ana.post(f"/requests/{request.service_request_id}/correction", data=sent)
    assert answer.headers["location"].endswith("?done=corrected")
    now = await stored(city, request)
    assert (now.lat, now.long, now.place_source) == (LAT, AGENCY_LONG, "pin")
    assert now.department_id == STATE
    assert now.cell != request.cell
    async with city.reading() as session:
        areas = (await session.execute(select(RequestArea.area_id))).scalars().all()
    assert sorted(areas) == [1, 3]
    (correction,) = await rows(city, Update, Update.kind == "correction")
    assert correction.text == "the place"


async def test_new_words_for_the_place_leave_the_pin_alone(city: Database, ana: Person) -> None:
    request = await report(city, ana.device_hash)
    sent = {"lat": LAT, "long": LONG, "address_string": "Behind 80 Harbor Avenue"}
    await ana.post(f"/requests/{request.service_request_id}/correction", data=sent)
    now = await stored(city, request)
    assert (now.address_string, now.long) == ("Behind 80 Harbor Avenue", LONG)


async def test_the_pin_goes_to_an_address_when_that_is_asked_for(city: Database, ana: Person) -> None:
    request = await report(city, ana.device_hash)
    sent = {"lat": LAT, "long": LONG, "address_string": "80 Harbor Avenue", "move": "1"}
    await ana.post(f"/requests/{request.service_request_id}/correction", data=sent)
    now = await stored(city, request)
    assert (round(now.long, 5), now.place_source) == (EAST_LONG, "search")


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ({"lat": LAT, "long": OUTSIDE_LONG}, "outside of Harbor"),
        ({"address_string": "5 Faraway Road", "move": "1"}, "outside of Harbor"),
        ({"address_string": "zzzz qqqq", "move": "1"}, "do not know this address"),
        ({"lat": "NaN", "long": "x"}, "cannot be read"),
        ({"service_code": "no-such-kind"}, "not in the list"),
        ({"service_code": "heat"}, "must be able to reach you"),
        ({"email": "nonsense"}, "not an e-mail address"),
        ({"description": "x" * 100_000}, "characters long"),
    ],
)
async def test_a_correction_that_cannot_be_is_refused_whole(
    city: Database, ana: Person, sent: dict[str, str], words: str
) -> None:
    request = await report(city, ana.device_hash, description="before")
    answer = await ana.post(f"/requests/{request.service_request_id}/correction", data={"description": "after", **sent})
    assert answer.status_code == 422
    assert words in answer.text
    assert "<h1>Correct your report</h1>" in answer.text
    now = await stored(city, request)
    assert (now.description, now.updated_datetime) == ("before", request.updated_datetime)


async def test_another_kind_brings_its_own_department_promise_and_rules(city: Database, ana: Person) -> None:
    answers = {"SIZE": ["big"]}
    request = await report(city, ana.device_hash, contact=ANA, description="It lies there", answers=answers)
    assert request.answers == {"SIZE": "big"}
    address = f"/requests/{request.service_request_id}/correction"
    await ana.post(address, data={"service_code": "tree"})
    now = await stored(city, request)
    assert (now.service_id, now.department_id, now.answers) == (TREE, PARKS, {})
    assert now.expected_datetime is not None
    assert (now.expected_datetime - now.requested_datetime).total_seconds() == 24 * 3600
    assert await rows(city, Contact) == []
    await ana.post(address, data={"service_code": "graffiti"})
    now = await stored(city, request)
    assert (now.service_id, now.department_id, now.description_public) == (GRAFFITI, STREETS, False)


async def test_words_and_contact_are_corrected_and_the_timeline_names_only_which(
    city: Database, ana: Person, stranger: Person
) -> None:
    request = await report(city, ana.device_hash, description="A hole", contact=ANA)
    sent = {"description": "Two holes", "name": "Ana", "email": "new@example.org", "phone": "", "notify": "none"}
    await ana.post(f"/requests/{request.service_request_id}/correction", data=sent)
    (contact,) = await rows(city, Contact)
    assert (contact.email, contact.phone, contact.notify) == ("new@example.org", None, "none")
    page = (await stranger.get(f"/requests/{request.service_request_id}")).text
    assert "Corrected: the description, the contact details" in page
    assert "Two holes" in page
    assert "example.org" not in page


async def test_a_correction_that_changes_nothing_writes_nothing(city: Database, ana: Person) -> None:
    request = await report(city, ana.device_hash, description="A hole", contact=ANA)
    sent = {
        "lat": f"{LAT:.7f}", "long": f"{LONG:.7f}", "address_string": "12 Beacon Street", "service_code": "pothole",
        "description": "A hole", "name": ANA.name, "email": ANA.email, "phone": ANA.phone, "notify": "email",
    }  # fmt: skip
    answer = await ana.post(f"/requests/{request.service_request_id}/correction", data=sent)
    assert answer.headers["location"].endswith("?done=unchanged")
    assert (await stored(city, request)).updated_datetime == request.updated_datetime


async def test_a_closed_report_is_not_corrected(city: Database, ana: Person) -> None:
    request = await report(city, ana.device_hash)
    await set_facts(city, request, status="fixed")
    answer = await ana.post(f"/requests/{request.service_request_id}/correction", data={"description": "x"})
    assert answer.status_code == 409


async def test_withdrawing_closes_once_and_deletes_the_contact(city: Database, ana: Person, stranger: Person) -> None:
    request = await report(city, ana.device_hash, contact=ANA)
    address = f"/requests/{request.service_request_id}"
    for _ in range(2):
        answer = await ana.post(f"{address}/withdrawal")
        assert answer.headers["location"] == f"{address}?done=withdrawn"
    assert (await stored(city, request)).status == "withdrawn"
    assert await rows(city, Contact) == []
    assert len(await rows(city, Update, Update.status == "withdrawn")) == 1
    assert "Withdrawn" in (await stranger.get(address)).text
    assert request.service_request_id not in (await stranger.get("/")).text


async def test_what_others_joined_stays_open_when_the_first_reporter_leaves(
    city: Database, ana: Person, ben: Person
) -> None:
    request = await report(city, ana.device_hash, description="My words", contact=ANA)
    address = f"/requests/{request.service_request_id}"
    await ben.post(f"{address}/join")
    await ana.post(f"{address}/updates", data={"text": "Added later"})
    assert "Added later" in (await ben.get(address)).text
    await ana.post(f"{address}/withdrawal")
    now = await stored(city, request)
    assert (now.status, now.reporter_count) == ("received", 1)
    page = (await ben.get(address)).text
    assert "My words" not in page
    assert "Added later" not in page
    assert "stays open" in page
    assert await rows(city, Contact) == []


async def test_who_leaves_takes_along_why_it_was_not_fixed(
    city: Database, ana: Person, ben: Person, stranger: Person
) -> None:
    request = await report(city, ana.device_hash)
    address = f"/requests/{request.service_request_id}"
    await ben.post(f"{address}/join")
    await set_facts(city, request, status="fixed", closed_datetime=days_ago(1))
    await ana.post(f"{address}/reopening", data={"text": "Still deep"})
    feed = f"/open311/v2{address}.json?extensions=true"
    assert "Still deep" in (await stranger.get(feed)).text
    await ana.post(f"{address}/withdrawal")
    assert "Still deep" not in (await stranger.get(feed)).text


async def test_what_the_city_has_closed_cannot_be_withdrawn(city: Database, ana: Person) -> None:
    request = await report(city, ana.device_hash)
    await set_facts(city, request, status="no_action")
    assert (await ana.post(f"/requests/{request.service_request_id}/withdrawal")).status_code == 409


async def test_the_reporter_says_that_it_is_not_fixed(city: Database, ana: Person, stranger: Person) -> None:
    request = await report(city, ana.device_hash)
    address = f"/requests/{request.service_request_id}"
    async with city.writing() as session:
        await change_status(session, await stored(city, request), "fixed", text="Filled.")
    assert "Is it fixed?" in (await ana.get(address)).text
    assert "Is it fixed?" not in (await stranger.get(address)).text
    for _ in range(2):
        await ana.post(f"{address}/reopening", data={"text": "Only gravel in it"})
    now = await stored(city, request)
    assert (now.status, now.closed_datetime) == ("reopened", None)
    assert len(await rows(city, Update, Update.status == "reopened")) == 1
    assert "Only gravel in it" in (await stranger.get(address)).text


@pytest.mark.parametrize(("status", "days"), [("fixed", 31), ("no_action", 1), ("received", 1)])
async def test_only_what_was_fixed_lately_is_opened_again(city: Database, ana: Person, status: str, days: int) -> None:
    request = await report(city, ana.device_hash)
    await set_facts(city, request, status=status, closed_datetime=days_ago(days))
    answer = await ana.post(f"/requests/{request.service_request_id}/reopening")
    assert answer.status_code == 409
    assert (await stored(city, request)).status == status


async def test_a_refusal_is_problem_json_for_a_program(city: Database, ana: Person) -> None:
    request = await report(city, ana.device_hash)
    answer = await ana.post(f"/requests/{request.service_request_id}/updates", data={"text": ""}, headers=JSON)
    assert answer.status_code == 422
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert answer.json()["problems"] == [{"field": "text", "message": "Write something before you send it."}]


async def test_another_site_cannot_act_in_the_reporters_name(city: Database, ana: Person) -> None:
    request = await report(city, ana.device_hash)
    for headers in ({"sec-fetch-site": "cross-site"}, {"origin": "https://evil.example"}):
        answer = await ana.post(f"/requests/{request.service_request_id}/withdrawal", headers=headers)
        assert answer.status_code == 403
    assert (await stored(city, request)).status == "received"


async def test_with_the_photo_store_gone_it_may_be_sent_again(city: Database, ana: Person, app: Litestar) -> None:
    request = await report(city, ana.device_hash)
    app.state.media = open_store("s3://none?endpoint=http://127.0.0.1:9")
    files = {"photo": ("image.jpg", jpeg(), "image/jpeg")}
    answer = await ana.post(f"/requests/{request.service_request_id}/photos", files=files)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "30")
    assert await rows(city, Photo) == []
