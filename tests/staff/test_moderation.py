"""Words and photos are taken from the public and given back; originals are a right of their own; residents flag."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from typing import Any

import pytest
from litestar import Litestar
from PIL import Image
from sqlalchemy import select

from app.accounts.models import AuditEntry
from app.db import Database
from app.limits import Buckets
from app.media.photos import prepare_photo
from app.media.storage import save_photo
from app.service_requests import flag as flagging
from app.service_requests.comment import add_comment
from app.service_requests.models import Photo, ServiceRequest
from app.service_requests.moderation_models import Flag, Moderation
from app.service_requests.submission import StoredPhoto, Submission
from app.service_requests.submit import submit
from tests.accounts.signed_in import Client, grant, person, sign_in_as
from tests.open311.city import LAT, LONG, make_city

WORDS = "John Smith parks here. Ask JOHN at the corner."
RED, GREEN = (200, 20, 20), (20, 160, 20)


def two_halves() -> bytes:
    """Red on the left, green on the right."""
    picture, made = Image.new("RGB", (400, 200), RED), io.BytesIO()
    picture.paste(GREEN, (200, 0, 400, 200))
    picture.save(made, "PNG")
    return made.getvalue()


@pytest.fixture(autouse=True)
def nobody_has_flagged_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flagging, "flags", Buckets())


@pytest.fixture
async def report(app: Litestar, database: Database) -> ServiceRequest:
    """With a photo and words, of department 1."""
    await make_city(database)
    prepared = await prepare_photo(two_halves())
    keys = await save_photo(app.state.media, prepared)
    photo = StoredPhoto(prepared.content_hash, keys, prepared.width, prepared.height)
    async with database.writing() as session:
        sent = Submission("pothole", "web", lat=LAT, long=LONG, description=WORDS, photos=(photo,))
        return (await submit(session, sent)).request


@pytest.fixture
async def page(client: Client, database: Database, report: ServiceRequest) -> str:
    """The page at the desk, with a supervisor signed in."""
    await sign_in_as(client, database, await person(database, grant("supervisor"), name="Kim"))
    return f"/staff/requests/{report.service_request_id}"


async def rows(database: Database, table: Any) -> list[Any]:
    async with database.reading() as session:
        return list((await session.execute(select(table).order_by(table.id))).scalars())


async def public_texts(client: Client, page: str) -> list[str]:
    """Whatever everybody may read of the report: its page, Open311, and the feeds."""
    number = page.rpartition("/")[2]
    extended = f"/open311/v2/requests/{number}.json?extensions=true"
    paths = (f"/requests/{number}", extended, "/requests.geojson", "/requests.csv", "/requests.atom")
    return [(await client.get(path)).text for path in paths]


async def test_masked_words_are_read_by_nobody_and_come_back_in_any_order(
    client: Client, database: Database, page: str, report: ServiceRequest
) -> None:
    async with database.writing() as session:
        request = await session.get_one(ServiceRequest, report.id)
        await session.refresh(request, ["service"])
        entry = await add_comment(session, request, "Smith did it")
    for form in ({"phrases": "john"}, {"phrases": "Smith\ncorner", "reason": "A name"}):
        assert (await client.post(f"{page}/words", data={"act": "mask", **form})).status_code == 200
    form = {"act": "mask", "update": str(entry.id), "phrases": "Smith"}
    assert (await client.post(f"{page}/words", data=form)).status_code == 200
    for text in await public_texts(client, page):
        assert "Smith" not in text and "john" not in text.lower().replace("johnson", "")
    assert "••• ••• parks here. Ask ••• at the •••." in (await client.get(page)).text
    first, second, third = [one.id for one in await rows(database, Moderation)]
    assert WORDS in (await client.post(f"{page}/moderations/{first}/original")).text
    for one, words in ((first, "John ••• parks here. Ask JOHN at the •••."), (second, WORDS), (third, "Smith did it")):
        answer = await client.post(f"{page}/moderations/{one}/undoing")
        assert words in answer.text, one
    assert (await client.post(f"{page}/moderations/{second}/undoing")).status_code == 200
    for text in await public_texts(client, page):
        assert WORDS in text or "<script" in text
    actions = [entry.action for entry in await rows(database, AuditEntry)]
    assert actions[:4] == ["request.words_masked"] * 3 + ["originals.seen"]


async def test_words_that_changed_since_are_not_brought_back_by_an_undo(
    client: Client, database: Database, page: str, report: ServiceRequest
) -> None:
    await client.post(f"{page}/words", data={"act": "mask", "phrases": "Smith"})
    async with database.writing() as session:
        (await session.get_one(ServiceRequest, report.id)).description = "The reporter's own other words"
    (done,) = await rows(database, Moderation)
    answer = await client.post(f"{page}/moderations/{done.id}/undoing")
    assert answer.status_code == 409 and "The words were changed after this" in answer.text
    assert "other words" in (await client.get(page)).text


async def test_words_of_the_newest_status_are_hidden_wherever_they_stand(
    client: Client, database: Database, page: str
) -> None:
    (report,) = await rows(database, ServiceRequest)
    form = {"status": "fixed", "text": "Call Mr. Brown", "text_public": "yes"}
    await client.post(f"{page}/status", data={**form, "seen": report.updated_datetime.isoformat()})
    (report,) = await rows(database, ServiceRequest)
    entry = (await client.get(page)).text.partition('<option value="">In the reporter’s words</option>')[2]
    update_id = entry.partition('<option value="')[2].partition('"')[0]
    assert (await client.post(f"{page}/words", data={"act": "hide", "update": update_id})).status_code == 200
    assert not any("Brown" in text for text in await public_texts(client, page))
    (done,) = await rows(database, Moderation)
    await client.post(f"{page}/moderations/{done.id}/undoing")
    assert all("Brown" in text for text in (await public_texts(client, page))[:3])


async def test_a_covered_photo_is_made_anew_and_the_original_is_a_right_of_its_own(
    client: Client, app: Litestar, database: Database, page: str
) -> None:
    (before,) = await rows(database, Photo)
    public = page.removeprefix("/staff")
    old = f"/photos/{before.id}/{before.large_key[7:].replace('/', '')}"
    assert (await client.get(old)).status_code == 200
    form = {"left-0": "0", "top-0": "0", "width-0": "25", "height-0": "100", "how-0": "solid", "reason": "A face"}
    form |= {"left-1": "40", "top-1": "10", "width-1": "20", "height-1": "80", "how-1": "blur"}
    answer = await client.post(f"{page}/photos/{before.id}/cover", data=form, follow_redirects=False)
    assert answer.status_code == 303
    (now,) = await rows(database, Photo)
    assert (await client.get(old)).status_code == 404
    for key, size in ((now.large_key, 400), (now.small_key, 320)):
        assert key[7:].replace("/", "") in (await client.get(public)).text or size == 320
        picture = await look(client, f"/photos/{now.id}/{key[7:].replace('/', '')}")
        assert picture.width == size
        assert near(picture, 0.1, (21, 24, 29)) and near(picture, 0.3, RED) and near(picture, 0.9, GREEN)
        assert not near(picture, 0.47, RED) and not near(picture, 0.53, GREEN)
    assert near(await look(client, f"{page}/photos/{now.id}"), 0.1, (21, 24, 29))
    original = await client.post(f"{page}/photos/{now.id}/original")
    assert near(Image.open(io.BytesIO(original.content)), 0.1, RED)
    assert "no-store" in original.headers["cache-control"]
    assert [entry.action for entry in await rows(database, AuditEntry)] == ["request.photo_covered", "originals.seen"]
    await sign_in_as(client, database, await person(database, grant("clerk")))
    assert (await client.post(f"{page}/photos/{now.id}/original")).status_code == 403
    (done,) = await rows(database, Moderation)
    await client.post(f"{page}/moderations/{done.id}/undoing")
    (again,) = await rows(database, Photo)
    assert near(await look(client, f"/photos/{again.id}/{again.large_key[7:].replace('/', '')}"), 0.1, RED)


async def look(client: Client, path: str) -> Image.Image:
    answer = await client.get(path)
    assert answer.status_code == 200, path
    return Image.open(io.BytesIO(answer.content)).convert("RGB")


def near(picture: Image.Image, across: float, colour: tuple[int, int, int]) -> bool:
    """Whether the picture has about this colour so far from its left side, halfway down."""
    found = picture.convert("RGB").getpixel((int(across * picture.width), picture.height // 2))
    assert isinstance(found, tuple)
    return all(abs(a - b) < 25 for a, b in zip(found, colour, strict=True))


async def test_a_hidden_photo_is_gone_from_the_public_and_comes_back(
    client: Client, database: Database, page: str
) -> None:
    (photo,) = await rows(database, Photo)
    path = f"/photos/{photo.id}/{photo.large_key[7:].replace('/', '')}"
    for _ in range(2):
        assert (await client.post(f"{page}/photos/{photo.id}/hiding", data={"reason": "A face"})).status_code == 200
    assert (await client.get(path)).status_code == 404
    (done,) = await rows(database, Moderation)
    await client.post(f"{page}/moderations/{done.id}/undoing")
    assert (await client.get(path)).status_code == 200


SIDES = {"left-0": "10", "top-0": "10", "width-0": "20", "height-0": "20"}


@pytest.mark.parametrize(
    ("door", "form", "status"),
    [
        ("words", {}, 422),
        ("words", {"act": "burn"}, 422),
        ("words", {"act": "mask"}, 422),
        ("words", {"act": "mask", "phrases": "Smyth"}, 422),
        ("words", {"act": "mask", "phrases": "•"}, 422),
        ("words", {"act": "mask", "phrases": "a\n" * 51}, 422),
        ("words", {"act": "mask", "phrases": "J" * 4001}, 422),
        ("words", {"act": "hide", "update": "99999"}, 422),
        ("words", {"act": "hide", "update": "²"}, 422),
        ("words", {"act": "hide", "update": "9" * 30}, 422),
        ("words", {"act": "hide", "reason": "x" * 501}, 422),
        ("photos/1/hiding", {"reason": "x" * 501}, 422),
        ("photos/2/hiding", {}, 404),
        ("photos/1/cover", {}, 422),
        ("photos/1/cover", {**SIDES, "left-0": "81"}, 422),
        ("photos/1/cover", {**SIDES, "left-0": "-1"}, 422),
        ("photos/1/cover", {**SIDES, "left-0": "100", "width-0": "0.05"}, 422),
        ("photos/1/cover", {**SIDES, "width-0": "0"}, 422),
        ("photos/1/cover", {**SIDES, "width-0": "nan"}, 422),
        ("photos/1/cover", {**SIDES, "top-0": "inf"}, 422),
        ("photos/1/cover", {**SIDES, "top-0": ""}, 422),
        ("photos/1/cover", {**SIDES, "top-0": "a bit"}, 422),
        ("photos/1/cover", {**SIDES, "how-0": "burn"}, 422),
        ("photos/1/cover", {f"{side[:-2]}-{row}": "1" for row in range(41) for side in SIDES}, 422),
        ("photos/99999999999999999999/cover", SIDES, 404),
        ("moderations/7/undoing", {}, 404),
        ("moderations/99999999999999999999/undoing", {}, 404),
    ],
)  # fmt: skip
async def test_a_moderation_that_cannot_be_changes_nothing(
    client: Client, database: Database, page: str, door: str, form: dict[str, str], status: int
) -> None:
    (photo,) = await rows(database, Photo)
    door = door.replace("photos/1/", f"photos/{photo.id}/").replace("photos/2/", f"photos/{photo.id + 1}/")
    answer = await client.post(f"{page}/{door}", data=form)
    assert answer.status_code == status
    assert status == 404 or 'role="alert"' in answer.text
    assert await rows(database, Moderation) == [] == await rows(database, AuditEntry)


async def test_who_is_out_of_scope_or_may_not_moderate_changes_nothing(
    client: Client, database: Database, page: str
) -> None:
    (photo,) = await rows(database, Photo)
    doors = {"words": {"act": "hide"}, f"photos/{photo.id}/hiding": {}, f"photos/{photo.id}/cover": SIDES, "flags": {}}
    doors[f"photos/{photo.id}/original"] = {}
    for given, status in ((grant("supervisor", department_id=2), 404), (grant("auditor"), 403)):
        await sign_in_as(client, database, await person(database, given))
        for door, form in doors.items():
            assert (await client.post(f"{page}/{door}", data=form)).status_code == status, door
    assert await rows(database, Moderation) == []


async def test_what_residents_flag_waits_until_somebody_has_looked(
    client: Client, database: Database, page: str
) -> None:
    public = page.removeprefix("/staff")
    (photo,) = await rows(database, Photo)
    assert "Should something here not be public?" in (await client.get(public)).text
    for about in (f"photo-{photo.id}", f"photo-{photo.id}", "words"):
        form = {"about": about, "reason": "person", "flag_text": "That is me"}
        answer = await client.post(f"{public}/flags", data=form)
        assert "The city looks at it" in answer.text
    assert [one.about for one in await rows(database, Flag)] == ["photo", "words"]
    (report,) = await rows(database, ServiceRequest)
    assert report.flagged_datetime is not None and report.updated_datetime < report.flagged_datetime
    assert "That is me" in (await client.get(page)).text
    assert "That is me" not in (await client.get(public)).text
    await client.post(f"{page}/flags")
    (report,) = await rows(database, ServiceRequest)
    settled = {one.settled_by for one in await rows(database, Flag)}
    assert (report.flagged_datetime, settled) == (None, {"Kim"})
    assert "Waits for somebody" not in (await client.get(page)).text


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"about": "words"},
        {"about": "words", "reason": "nonsense"},
        {"about": "photo", "reason": "person"},
        {"about": "photo-999", "reason": "person"},
        {"about": "photo-²", "reason": "person"},
        {"about": f"photo-{'9' * 30}", "reason": "person"},
        {"about": "report", "reason": "other", "flag_text": "x" * 501},
    ],
)
async def test_a_flag_that_says_nothing_is_refused(
    client: Client, database: Database, report: ServiceRequest, form: dict[str, str]
) -> None:
    answer = await client.post(f"/requests/{report.service_request_id}/flags", data=form)
    assert answer.status_code == 422 and 'role="alert"' in answer.text
    assert await rows(database, Flag) == []


async def test_flags_from_one_address_are_few_and_many_fill_nothing(
    client: Client, database: Database, report: ServiceRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, form = f"/requests/{report.service_request_id}/flags", {"about": "report", "reason": "untrue"}
    answers = [await client.post(path, data=form) for _ in range(flagging.FLAGS_A_MINUTE + 1)]
    assert [answer.status_code for answer in answers] == [200] * flagging.FLAGS_A_MINUTE + [429]
    assert int(answers[-1].headers["retry-after"]) > 0
    async with database.writing() as session:
        for number in range(flagging.MOST_WAITING + 5):
            await flagging.flag(session, report, flagging.Complaint("words", "other", ""), f"reader {number}")
    assert len(await rows(database, Flag)) == flagging.MOST_WAITING
    monkeypatch.setattr(flagging, "flags", Buckets())
    for number in ("AAAA-AAAA-AAAA", "nothing"):
        assert (await client.post(f"/requests/{number}/flags", data=form)).status_code == 404


async def test_words_that_somebody_must_read_first_wait_in_the_moderation(
    client: Client, database: Database, report: ServiceRequest
) -> None:
    async with database.writing() as session:
        await submit(session, Submission("graffiti", "web", lat=LAT, long=LONG, description="Look"))
    public_at_once, written = await rows(database, ServiceRequest)
    assert written.flagged_datetime <= datetime.now(UTC) and public_at_once.flagged_datetime is None
    await sign_in_as(client, database, await person(database, grant("clerk")))
    page = f"/staff/requests/{written.service_request_id}"
    assert "Somebody must read these words before the public does." in (await client.get(page)).text
