"""What a phone is told when something cannot be taken: a true status, and words that say what to do."""

from __future__ import annotations

import hashlib
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from litestar import Litestar

from app import edge
from app.db import Database
from app.limits import Buckets
from app.media.photos import PhotoLimits
from app.media.storage import StorageUnavailable
from app.service_requests import outbox_photo, report_draft
from app.service_requests.models import Photo, Reporter, ServiceRequest
from app.service_requests.outbox_models import StagedPhoto
from tests.media import hostile
from tests.service_requests.city import OUTSIDE_LONG, jpeg
from tests.service_requests.conftest import Person
from tests.service_requests.phone import Phone, fields, sha256
from tests.service_requests.test_outbox import BLUE, RED, count, phone, problem, rows

__all__ = ["phone"]
STAMP_AGE = timedelta(days=8).total_seconds()


@pytest.mark.parametrize("query", ["", "?id=", "?id=nonsense", "?" + "&".join(f"id={uuid.uuid4()}" for _ in range(51))])
async def test_a_question_about_nothing_or_too_much_is_a_400(city: Database, ana: Person, query: str) -> None:
    told = problem(await ana.get(f"/outbox{query}"), 400)
    assert "1 to 50 items" in told["detail"]


async def test_fifty_items_are_answered_in_the_order_asked(city: Database, phone: Phone) -> None:
    numbers = [uuid.uuid4() for _ in range(50)]
    told = await phone.ask(*numbers)
    assert [item["client_request_id"] for item in told["items"]] == [str(number) for number in numbers]
    assert told["limits"] == {"photo_bytes": 40_000_000, "photos": 5, "items": 50}
    assert abs(datetime.fromisoformat(told["now"]) - datetime.now(UTC)) < timedelta(seconds=10)


@pytest.mark.parametrize("path", ["/outbox/nonsense", "/outbox/nonsense/photos/ab", "/outbox/1/2/3"])
async def test_an_address_without_a_uuid_is_not_there(city: Database, ana: Person, path: str) -> None:
    problem(await ana.put(path, content=b"{}"), 404)


async def test_bytes_that_were_damaged_on_the_way_are_asked_for_again(city: Database, phone: Phone) -> None:
    number = uuid.uuid4()
    for damaged in (RED[:-1], RED[:-1] + b"\x00", b""):
        told = problem(await phone.upload(number, damaged, name=sha256(RED)), 400)
        assert told["retry"] is True
        assert told["problems"][0]["field"] == f"photos[{sha256(RED)}]"
    assert await count(city, StagedPhoto) == 0
    assert (await phone.upload(number, RED)).status_code == 201


async def test_a_report_that_names_a_photo_by_no_hash_is_a_400(city: Database, phone: Phone) -> None:
    problem(await phone.upload(uuid.uuid4(), RED, name="image.jpg"), 400)
    problem(await phone.send(uuid.uuid4(), photos=["image.jpg"]), 400)


@pytest.mark.parametrize(
    ("raw", "status", "words"),
    [
        (b"<svg onload=alert(1)>", 415, "not a photo"),
        (b"", 422, "empty"),
        (jpeg()[:2000], 422, "damaged"),
        (b"\x89PNG\r\n\x1a\n" + b"\x00" * 500, 422, "damaged"),
    ],
)
async def test_a_file_that_is_no_whole_photo_is_refused_by_its_reason(
    city: Database, phone: Phone, tmp_path: Path, raw: bytes, status: int, words: str
) -> None:
    told = problem(await phone.upload(uuid.uuid4(), raw), status)
    assert told["problems"][0]["field"] == f"photos[{sha256(raw)}]"
    assert words in told["detail"]
    assert list((tmp_path / "media").rglob("*.*")) == []


@pytest.mark.parametrize(
    ("made", "status"),
    [
        (hostile.text_named_jpg, 415),
        (hostile.nul_bytes, 415),
        (hostile.sixty_megabytes, 413),
        (hostile.webp_canvas_of_268_megapixels, 422),
        (hostile.jpeg_with_a_lying_header, 422),
    ],
)
async def test_a_hostile_file_is_refused_and_the_next_photo_is_taken(
    city: Database, phone: Phone, made: Callable[[], bytes], status: int
) -> None:
    number = uuid.uuid4()
    problem(await phone.upload(number, made()), status)
    assert (await phone.upload(number, RED)).status_code == 201


async def test_a_photo_over_the_limit_is_a_413_and_never_kept_in_memory(
    city: Database, phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox_photo, "MAX_BYTES", len(RED) - 1)
    told = problem(await phone.upload(uuid.uuid4(), RED), 413)
    assert "too large" in told["detail"]


async def test_a_picture_of_too_many_pixels_is_a_422(
    city: Database, phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.media.photos.prepare_photo_now.__defaults__", (PhotoLimits(max_pixels=100),))
    monkeypatch.setattr("app.media.photos.prepare_photo.__kwdefaults__", {"limits": PhotoLimits(max_pixels=100)})
    assert "too big to open" in problem(await phone.upload(uuid.uuid4(), RED), 422)["detail"]


async def test_what_is_compressed_on_the_way_is_a_415(city: Database, phone: Phone, ana: Person) -> None:
    problem(await phone.upload(uuid.uuid4(), RED, headers={"content-encoding": "gzip"}), 415)
    for headers in ({"content-type": "text/plain"}, {"content-type": "application/json", "content-encoding": "gzip"}):
        problem(await ana.put(f"/outbox/{uuid.uuid4()}", content=b'{"fields": []}', headers=headers), 415)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'{"fields": "x"}',
        b'{"fields": [["a"]]}',
        b'{"fields": [["description", "\xff\xfe"]]}',
        '{"fields": [["description", "Caf\u00e9"]]}'.encode("utf-16"),
        b'{"fields": [["description", "half a pair \\ud800"]]}',
        b"[" * 100_000,
        b'{"fields": [' + b'["a", "b"],' * 1000 + b'["a", "b"]]}',
    ],
)
async def test_a_body_that_cannot_be_read_is_a_400(city: Database, ana: Person, body: bytes) -> None:
    problem(await ana.put(f"/outbox/{uuid.uuid4()}", content=body, headers={"content-type": "application/json"}), 400)
    assert await count(city, ServiceRequest) == 0


async def test_megabytes_of_words_are_a_413(city: Database, phone: Phone) -> None:
    problem(await phone.send(uuid.uuid4(), fields(description="x" * 4_100_000)), 413)


async def test_everything_that_is_wrong_is_said_at_once_in_the_reports_language(city: Database, phone: Phone) -> None:
    number = uuid.uuid4()
    await phone.ask(number)
    body = {"fields": fields(long=OUTSIDE_LONG, email="ana@", attribute__SIZE="huge"), "stamp": phone.stamp}
    english = problem(await phone.browser.put(f"/outbox/{number}?lang=en", json=body), 422)
    spanish = problem(await phone.browser.put(f"/outbox/{number}?lang=es", json=body), 422)
    assert {one["field"] for one in english["problems"]} == {"location", "email", "attribute[SIZE]"}
    assert {one["field"] for one in spanish["problems"]} == {"location", "email", "attribute[SIZE]"}
    assert english["problems"] != spanish["problems"]
    assert await count(city, ServiceRequest) == 0


async def test_a_mended_report_is_taken_under_its_own_number(city: Database, phone: Phone) -> None:
    number = uuid.uuid4()
    await phone.upload(number, RED)
    problem(await phone.send(number, fields(service_code="nonsense"), photos=[sha256(RED)]), 422)
    assert (await phone.send(number, photos=[sha256(RED)])).status_code == 201


@pytest.mark.parametrize("stamp", ["", "nonsense", "A" * 80])
async def test_a_report_without_a_stamp_of_ours_is_refused_by_the_field_stamp(
    city: Database, phone: Phone, stamp: str
) -> None:
    told = problem(await phone.send(uuid.uuid4(), stamp=stamp), 422)
    assert [one["field"] for one in told["problems"]] == ["stamp"]


async def test_a_stamp_of_last_week_is_refused_and_a_fresh_one_is_had_by_asking(
    city: Database, phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = uuid.uuid4()
    last_week = time.time() - STAMP_AGE
    with monkeypatch.context() as patch:
        patch.setattr("app.service_requests.sealed.time.time", lambda: last_week)
        await phone.ask(number)
    old = phone.stamp
    assert problem(await phone.send(number), 422)["problems"][0]["field"] == "stamp"
    await phone.ask(number)
    assert phone.stamp != old
    assert (await phone.send(number)).status_code == 201
    # What was taken is taken, whatever has become of its stamp since.
    assert (await phone.send(number, stamp=old)).status_code == 200


async def test_a_program_that_fills_in_every_field_is_refused(city: Database, phone: Phone) -> None:
    told = problem(await phone.send(uuid.uuid4(), [*fields(), (report_draft.HONEYPOT, "buy now")]), 422)
    assert told["problems"][0]["field"] == "website"


async def test_the_fields_cannot_name_another_number_or_photo(city: Database, phone: Phone) -> None:
    number, other = uuid.uuid4(), uuid.uuid4()
    sent = [*fields(), ("client_request_id", str(other)), ("photo", "a token"), ("stamp", "nonsense")]
    assert (await phone.send(number, sent)).json()["client_request_id"] == str(number)
    (request,) = await rows(city, ServiceRequest)
    assert request.client_request_id == number


async def test_more_photos_than_a_report_may_have_are_refused_and_the_last_five_of_eleven_are_taken(
    city: Database, phone: Phone
) -> None:
    number = uuid.uuid4()
    pictures = [jpeg(f"rgb({20 * shade}, 0, 0)") for shade in range(11)]
    assert {(await phone.upload(number, raw)).status_code for raw in pictures} == {201}
    assert len((await phone.state(number))["photos"]) == 10
    for many in (6, 11):
        told = problem(await phone.send(number, photos=[sha256(raw) for raw in pictures[-many:]]), 422)
        assert "at most 5" in told["detail"]
    wanted = [sha256(raw) for raw in pictures[-5:]]
    assert (await phone.send(number, photos=wanted)).json()["photos"] == wanted


async def test_a_photo_for_a_report_that_went_without_it_is_a_409(city: Database, phone: Phone) -> None:
    number = uuid.uuid4()
    await phone.send(number)
    told = problem(await phone.upload(number, RED), 409)
    assert "own page" in told["detail"]
    assert (await count(city, Photo), await count(city, StagedPhoto)) == (0, 0)


async def test_somebody_elses_phone_with_the_same_number_learns_and_owns_nothing(
    city: Database, ana: Person, ben: Person, stranger: Person
) -> None:
    number = uuid.uuid4()
    mine = await Phone(ana).send(number, fields(service_code="drugs", description="At the corner"))
    assert mine.status_code == 201
    for person in (ben, stranger):
        answer = await Phone(person).send(number, fields(description="Mine now"))
        assert (answer.status_code, answer.json()) == (200, mine.json())
        assert (await person.get(answer.json()["url"])).status_code == 404
        assert (await Phone(person).delete(uuid.uuid4())).json()["withdrawn"] is False
    (reporter,) = await rows(city, Reporter)
    assert reporter.device_hash == ana.device_hash
    assert (await ana.get(mine.json()["url"])).status_code == 200


async def test_an_unknown_phone_is_known_by_its_first_question_and_again_by_the_stamp(
    city: Database, stranger: Person
) -> None:
    number, phone = uuid.uuid4(), Phone(stranger)
    await phone.ask(number)
    token = stranger.cookies["device"]
    # The answer is lost, and its cookie with it: the stamp still names the same device.
    for _ in range(2):
        stranger.cookies.clear()
        answer = await phone.send(number)
        assert stranger.cookies["device"] == token
    assert answer.status_code == 200
    (reporter,) = await rows(city, Reporter)
    assert reporter.device_hash == hashlib.sha256(token.encode()).hexdigest()


async def test_a_known_phone_keeps_its_cookie_and_a_report_without_one_is_taken_too(
    city: Database, ana: Person, stranger: Person
) -> None:
    assert "set-cookie" not in (await ana.get(f"/outbox?id={uuid.uuid4()}")).headers
    stamp = (await Phone(ana).ask(uuid.uuid4()))["stamp"]
    answer = await Phone(stranger).send(uuid.uuid4(), stamp=stamp)
    assert (answer.status_code, "device" in stranger.cookies) == (201, True)


async def test_a_store_that_is_full_is_a_503_and_the_phone_comes_again(
    city: Database, phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full(*_: object) -> None:
        raise StorageUnavailable("full")

    number = uuid.uuid4()
    with monkeypatch.context() as patch:
        patch.setattr(outbox_photo, "save_photo", full)
        answer = await phone.upload(number, RED)
        problem(answer, 503)
        assert int(answer.headers["retry-after"]) > 0
    assert await count(city, StagedPhoto) == 0
    assert (await phone.upload(number, RED)).status_code == 201


async def test_a_hundred_reports_with_two_hundred_photos_pass_and_the_rest_is_told_to_wait(
    city: Database, app: Litestar, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(edge, "writes", Buckets(now=lambda: 0.0))
    monkeypatch.setattr(edge, "ITEMS_A_MINUTE", 3)
    assert (edge.WRITES_A_MINUTE, edge.PHOTOS_A_MINUTE) == (60, 300)
    behind_a_proxy = httpx.ASGITransport(app, client=("10.0.0.9", 4711))
    headers = {"x-forwarded-for": "203.0.113.7"}
    async with httpx.AsyncClient(
        transport=behind_a_proxy, base_url="http://testserver.local", headers=headers
    ) as browser:
        phone, number = Phone(browser), uuid.uuid4()
        photo = await phone.upload(number, RED)
        assert (photo.status_code, rate(photo)) == (201, (300, 299, 1))
        told = [await phone.send(uuid.uuid4()) for _ in range(3)]
        assert [answer.status_code for answer in told] == [201] * 3
        assert [rate(answer) for answer in told] == [(3, 2, 20), (3, 1, 40), (3, 0, 60)]
        refused = await phone.send(number)
        problem(refused, 429)
        assert (refused.headers["retry-after"], rate(refused)) == ("20", (3, 0, 60))
        # A purse of its own each: photos and other forms go on.
        assert (await phone.upload(number, BLUE)).status_code == 201
        assert (await browser.post("/language", data={"locale": "es"})).status_code == 303
        # Asking is free, and says nothing of a limit.
        assert "ratelimit-limit" not in (await browser.get(f"/outbox?id={number}")).headers
    await app.state.database.close()


def rate(answer: httpx.Response) -> tuple[int, int, int]:
    limit, remaining, reset = (int(answer.headers[f"ratelimit-{name}"]) for name in ("limit", "remaining", "reset"))
    return limit, remaining, reset
