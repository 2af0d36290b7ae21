"""`/places` and `/places/nearest` through the real application."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from litestar import Litestar
from litestar.testing import AsyncTestClient

from app.db import Database, point
from app.jurisdictions.models import Jurisdiction, Place
from app.jurisdictions.place_index import refresh_place_index
from app.main import create_app
from app.settings import Settings

HTML = {"Accept": "text/html", "HX-Request": "true"}
JSON = {"Accept": "application/json"}
LAT, LONG = 42.0, -71.0


@pytest.fixture
async def town(database: Database) -> None:
    async with database.writing() as session:
        session.add(Jurisdiction(id=1, jurisdiction_id="town", name="Town", lat=LAT, long=LONG))
        session.add(
            Place(
                kind="address",
                label='1 <b>"Main" Street',
                house_number="1",
                street='<b>"Main" Street',
                zipcode="02108",
                location=point(LAT, LONG),
            )
        )
        await session.flush()
        await refresh_place_index(session)


async def test_a_search_answers_in_json_or_as_a_list_of_options(town: None, client: AsyncTestClient[Litestar]) -> None:
    answer = await client.get("/places", params={"q": "1 main", "near": f"{LAT},{LONG}"}, headers=JSON)
    assert answer.status_code == 200
    [place] = answer.json()
    assert (
        place.items()
        >= {
            "label": '1 <b>"Main" Street',
            "kind": "address",
            "lat": LAT,
            "long": LONG,
            "zipcode": "02108",
            "distance_m": 0.0,
        }.items()
    )
    page = await client.get("/places", params={"q": "1 main"}, headers=HTML)
    assert page.headers["content-type"].startswith("text/html")
    assert 'role="listbox"' in page.text
    assert f'data-place-id="{place["place_id"]}"' in page.text
    assert "<b>" not in page.text
    assert "Accept" in page.headers["vary"]


async def test_a_search_that_finds_nothing_says_what_to_do(town: None, client: AsyncTestClient[Litestar]) -> None:
    assert (await client.get("/places", params={"q": "zzqqxx"}, headers=JSON)).json() == []
    assert "Try the street alone" in (await client.get("/places", params={"q": "zzqqxx"}, headers=HTML)).text


async def test_the_nearest_place_is_here_or_near(town: None, client: AsyncTestClient[Litestar]) -> None:
    here = await client.get("/places/nearest", params={"lat": LAT, "long": LONG}, headers=HTML)
    assert "1 &lt;b&gt;" in here.text
    assert "near" not in here.text
    near = await client.get("/places/nearest", params={"lat": LAT + 0.0005, "long": LONG}, headers=HTML)
    assert "near 1 &lt;b&gt;" in near.text
    far = await client.get("/places/nearest", params={"lat": LAT + 0.01, "long": LONG}, headers=HTML)
    assert "in your own words" in far.text
    assert (await client.get("/places/nearest", params={"lat": LAT + 0.01, "long": LONG}, headers=JSON)).json() is None


BAD_SEARCHES = ["", "\0", "x" * 10_000, "😀", "' OR 1=1 --", "%", "‏שלום", "&&&", "(", "\\", "-1", "9" * 200]
BAD_POINTS = [
    {},
    {"lat": "x", "long": "1"},
    {"lat": "nan", "long": "nan"},
    {"lat": "91", "long": "0"},
    {"lat": "1"},
    {"lat": "inf", "long": "0"},
    {"lat": "1e400", "long": "0"},
]


async def test_bad_input_is_answered_clearly(town: None, client: AsyncTestClient[Litestar]) -> None:
    for headers in (HTML, JSON):
        for words in BAD_SEARCHES:
            answer = await client.get("/places", params={"q": words, "near": "nan,x"}, headers=headers)
            assert answer.status_code == (400 if len(words) > 200 else 200), words
        for values in BAD_POINTS:
            nearest = await client.get("/places/nearest", params=values, headers=headers)
            assert nearest.status_code in (200, 400), values
        for near in ("nan,nan", "1e999,0", "1,2,3", "\0", "91,0"):
            assert (await client.get("/places", params={"q": "main", "near": near}, headers=headers)).status_code == 200


class OtherGeocoder(BaseHTTPRequestHandler):
    fails = False

    def do_GET(self) -> None:
        body = b'{"features": [{"properties": {"housenumber": "7", "street": "Zebra Way", "osm_key": "building"}, '
        body += b'"geometry": {"coordinates": [-71.0, 42.0101]}}]}'
        self.send_response(500 if self.fails else 200)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def other() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), OtherGeocoder)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
async def client_with_other(settings: Settings, other: str) -> AsyncIterator[AsyncTestClient[Litestar]]:
    async with AsyncTestClient(create_app(replace(settings, geocoder_url=other, geocoder_kind="photon"))) as client:
        yield client


async def test_another_geocoder_helps_where_the_own_index_knows_nothing(
    town: None, client_with_other: AsyncTestClient[Litestar], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def labels(words: str) -> list[str]:
        answer = await client_with_other.get("/places", params={"q": words}, headers=JSON)
        return [place["label"] for place in answer.json()]

    assert await labels("7 zebra way") == ["7 Zebra Way"]
    assert await labels("1 main") == ['1 <b>"Main" Street']
    far = {"lat": LAT + 0.01, "long": LONG}
    nearest = await client_with_other.get("/places/nearest", params=far, headers=JSON)
    assert nearest.json()["label"] == "7 Zebra Way"
    monkeypatch.setattr(OtherGeocoder, "fails", True)
    assert await labels("7 zebra way") == []
    assert (await client_with_other.get("/places/nearest", params=far, headers=JSON)).json() is None
