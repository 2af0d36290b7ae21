"""What nobody should send, sent over real HTTP: each is answered with a plain sentence, and the report stays."""

from __future__ import annotations

import contextlib
import io
import os
import re
import struct
import subprocess
import uuid
from collections.abc import AsyncIterator, Iterator
from html import unescape
from pathlib import Path

import httpx
import pytest
from PIL import ExifTags, Image

from app.db import Database
from app.schema import migrate
from app.service_requests.report_draft import new_stamp
from app.settings import async_url
from tests.media.hostile import sixty_megabytes, text_named_jpg
from tests.media.samples import PHOTOS, sample
from tests.servers import blockwise_server
from tests.service_requests.city import LAT, LONG, jpeg, make_city

SECRET = "a secret for tests only"
FIELDS = {
    "at": "photo",
    "lat": str(LAT),
    "long": str(LONG),
    "place_source": "pin",
    "address_string": "By the pump & the <gate>",
    "service_code": "pothole",
    "description": "Deep “hole”\nwith ümlauts",
    "email": "ana@example.org",
}
JSON = {"accept": "application/json"}


async def environ_of(folder: Path, media: Path | None = None) -> dict[str, str]:
    environ = {
        "BLOCKWISE_DATABASE_URL": f"sqlite:///{folder / 'city.sqlite'}",
        "BLOCKWISE_MEDIA_URL": str(media or folder / "media"),
        "BLOCKWISE_VAR": str(folder),
        "BLOCKWISE_SECRET_KEY": SECRET,
    }
    database = Database(async_url(environ["BLOCKWISE_DATABASE_URL"]))
    await migrate(database)
    await make_city(database)
    await database.close()
    return environ


@pytest.fixture(scope="module")
async def address(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """A real server for the small city."""
    with blockwise_server(await environ_of(tmp_path_factory.mktemp("city"))) as (address, _):
        yield address


@pytest.fixture
async def web(address: str) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=address, timeout=60) as client:
        yield client


def said(page: str) -> str:
    """The sentences of the summary of what is wrong."""
    summary = re.search(r"data-summary(?! hidden).*?</ul>", page, re.S)
    return unescape(re.sub(r"<[^>]+>", " ", summary.group(0))) if summary else ""


def keeps(page: str, fields: dict[str, str]) -> None:
    """Every field stands in the page as it was typed."""
    for name, value in fields.items():
        if name == "at":
            continue
        inputs = re.findall(rf'<input[^>]*name="{name}"[^>]*value="([^"]*)"', page)
        areas = re.findall(rf'<textarea[^>]*name="{name}"[^>]*>\n?(.*?)</textarea>', page, re.S)
        assert value in [unescape(one) for one in inputs + areas], name


def report(**facts: str) -> dict[str, str]:
    number = str(uuid.uuid4())
    return {**FIELDS, "step": "send", "stamp": new_stamp(SECRET), "client_request_id": number, **facts}


async def published(web: httpx.AsyncClient, location: str) -> dict[str, object]:
    number = location.rpartition("/")[2].partition("?")[0]
    return (await web.get(f"/open311/v2/requests/{number}.json?extensions=true")).json()[0]


BAD_FILES = {
    "0 bytes": b"",
    "a text named .jpg": text_named_jpg(),
    "one byte": b"\xff",
    "HTML named .jpg": b"<html><script>alert(1)</script></html>",
}


@pytest.mark.parametrize("name", BAD_FILES)
async def test_a_file_that_is_no_photo_is_refused_and_the_report_stays(name: str, web: httpx.AsyncClient) -> None:
    files = [("media", ("image.jpg", BAD_FILES[name], "image/jpeg"))]
    answer = await web.post("/report", data={**FIELDS, "step": "place"}, files=files)
    assert answer.status_code == 422
    assert said(answer.text).strip()
    keeps(answer.text, FIELDS)


async def test_sixty_megabytes_are_refused_with_a_sentence_and_the_report_stays(web: httpx.AsyncClient) -> None:
    files = [("media", ("image.jpg", sixty_megabytes(), "image/jpeg"))]
    answer = await web.post("/report", data={**FIELDS, "step": "place"}, files=files)
    assert answer.status_code in (413, 422)
    assert said(answer.text).strip()
    keeps(answer.text, FIELDS)


async def test_more_than_the_server_takes_at_all_is_cut_off_and_does_not_hurt_it(web: httpx.AsyncClient) -> None:
    files = [("media", ("image.jpg", bytes(110_000_000), "image/jpeg"))]
    # The server answers before it has read everything: who goes on sending may meet a closed connection first.
    with contextlib.suppress(httpx.TransportError):
        answer = await web.post("/report", data={**FIELDS, "step": "place"}, files=files)
        assert answer.status_code == 413
        assert "<h1" in answer.text
    assert (await web.post("/report", data=report(), headers=JSON)).status_code == 201


@pytest.mark.parametrize("path", PHOTOS["invalid"] + PHOTOS["hostile"], ids=lambda path: path.name)
async def test_a_damaged_or_hostile_file_is_taken_or_refused_in_words_and_the_report_stays(
    path: Path, web: httpx.AsyncClient
) -> None:
    files = [("media", ("image.jpg", sample(path).read_bytes(), "image/jpeg"))]
    answer = await web.post("/report", data={**FIELDS, "step": "place"}, files=files)
    assert answer.status_code in (200, 422), answer.status_code
    taken = len(re.findall(r'name="photo" value="[^"]+"', answer.text))
    assert (answer.status_code, taken) in ((200, 1), (422, 0))
    assert bool(said(answer.text).strip()) is (answer.status_code == 422)
    keeps(answer.text, FIELDS)
    assert (await web.get("/healthz")).status_code == 200


def photo_at(lat: tuple[float, float, float], long: tuple[float, float, float]) -> bytes:
    exif, made = Image.Exif(), io.BytesIO()
    exif.endian = "<"
    exif[ExifTags.IFD.GPSInfo] = {1: "N", 2: lat, 3: "W", 4: long}
    Image.new("RGB", (64, 64)).save(made, "JPEG", exif=exif)
    return made.getvalue()


@pytest.mark.parametrize(
    ("name", "photo"),
    {
        "at 0,0": photo_at((0, 0, 0), (0, 0, 0)),
        "out of range": photo_at((95, 0, 0), (71, 0, 0)),
        "minutes out of range": photo_at((42, 99, 0), (71, 0, 0)),
        "in another country": photo_at((43, 28, 0), (11, 53, 0)),
        "not a number": photo_at((42, 21, 0), (71, 3, 0)).replace(struct.pack("<LL", 42, 1), struct.pack("<LL", 0, 0)),
    }.items(),
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_a_photo_without_a_true_position_sets_no_pin(name: str, photo: bytes, web: httpx.AsyncClient) -> None:
    files = [("media", ("image.jpg", photo, "image/jpeg"))]
    answer = await web.post("/report", data={"at": "photo", "step": "place"}, files=files)
    assert answer.status_code == 200
    assert re.search(r'<input[^>]*name="lat"[^>]*value=""', answer.text), name
    assert len(re.findall(r'name="photo" value="[^"]+"', answer.text)) == 1


async def test_a_photo_with_a_true_position_sets_one(web: httpx.AsyncClient) -> None:
    files = [("media", ("image.jpg", photo_at((42, 21, 0), (71, 3, 0)), "image/jpeg"))]
    answer = await web.post("/report", data={"at": "photo", "step": "place"}, files=files)
    (lat,) = re.findall(r'<input[^>]*name="lat"[^>]*value="([^"]+)"', answer.text)
    assert float(lat) == pytest.approx(42.35)


@pytest.mark.parametrize(
    "position", [("nan", "nan"), ("inf", "0"), ("91", "0"), ("0", "0"), ("42,3", "-71"), ("", "-71")]
)
async def test_a_position_that_cannot_be_is_refused_by_its_field(
    position: tuple[str, str], web: httpx.AsyncClient
) -> None:
    sent = report(lat=position[0], long=position[1], address_string="")
    answer = await web.post("/report", data=sent, headers=JSON)
    assert answer.status_code == 422
    assert [problem["field"] for problem in answer.json()["problems"]] == ["location"]


async def test_a_hundred_thousand_characters_are_refused_and_come_back(web: httpx.AsyncClient) -> None:
    long = "x" * 100_000
    answer = await web.post("/report", data=report(description=long))
    assert answer.status_code == 422
    assert "100000" in said(answer.text)
    keeps(answer.text, {**FIELDS, "description": long})


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("حفرة في الطريق", "حفرة في الطريق"),
        ("🕳️👩‍🔧🇺🇸", "🕳️👩‍🔧🇺🇸"),
        ("<script>alert(1)</script> & 'so'", "<script>alert(1)</script> & 'so'"),
        ("be\x00fore", "before"),
        ("{{ 7 * 7 }} %(name)s", "{{ 7 * 7 }} %(name)s"),
    ],
)
async def test_any_words_are_kept_as_words(typed: str, kept: str, web: httpx.AsyncClient) -> None:
    answer = await web.post("/report", data=report(description=typed))
    assert answer.status_code == 303, said(answer.text)
    assert (await published(web, answer.headers["location"]))["description"] == kept
    page = (await web.get(answer.headers["location"])).text
    assert "<script>alert" not in page
    assert kept in unescape(page)


async def test_a_kind_that_is_not_there_is_refused_and_everything_else_stays(web: httpx.AsyncClient) -> None:
    answer = await web.post("/report", data=report(service_code="dragons"))
    assert answer.status_code == 422
    assert "not in the list any more" in said(answer.text)
    keeps(answer.text, {name: value for name, value in FIELDS.items() if name != "service_code"})


@pytest.mark.parametrize("number", ["7KF2-M9QX-T3AB", "1", "%00", "..%2F..%2Fetc", "x" * 3000])
async def test_a_number_that_is_not_there_is_a_page_of_its_own(number: str, web: httpx.AsyncClient) -> None:
    answer = await web.get(f"/requests/{number}")
    assert answer.status_code in (404, 414)
    assert "<h1" in answer.text


async def test_json_with_two_readings_is_refused(web: httpx.AsyncClient) -> None:
    body = f'{{"service_code": "pothole", "service_code": "graffiti", "lat": {LAT}, "long": {LONG}}}'
    answer = await web.post("/open311/v2/requests.json", content=body, headers={"content-type": "application/json"})
    assert 400 <= answer.status_code < 500


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 8 kB, for the photos alone."""
    disk = tmp_path / "disk"
    disk.mkdir()
    if os.geteuid() != 0:
        pytest.skip("only root can mount a disk of a few pages")
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8k", "tmpfs", str(disk)]).returncode:
        pytest.skip("this system lets nobody mount a file system")
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=True)


async def test_with_a_full_disk_the_page_says_so_and_keeps_what_was_typed(tmp_path: Path, tiny_disk: Path) -> None:
    files = [("media", ("image.jpg", jpeg(), "image/jpeg"))]
    with blockwise_server(await environ_of(tmp_path, tiny_disk)) as (address, _):
        async with httpx.AsyncClient(base_url=address, timeout=60) as web:
            (tiny_disk / "filler").write_bytes(bytes(8192))
            answer = await web.post("/report", data={**FIELDS, "step": "place"}, files=files)
            assert answer.status_code == 503
            assert "could not be kept" in said(answer.text)
            keeps(answer.text, FIELDS)
            sent = report()
            assert (await web.post("/report", data=sent, files=files, headers=JSON)).status_code == 503
            answer = await web.post("/report", data=sent, headers=JSON)
            assert answer.status_code == 201, "without its photo it goes through"
