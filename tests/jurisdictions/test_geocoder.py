"""Another geocoder, as a real HTTP server on loopback that replays recorded answers, hangs, fails and raves."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
import shapely

from app.jurisdictions import geocoder
from app.jurisdictions.area_index import AreaIndex
from app.jurisdictions.geocoder import Bounds, nearest_outside, search_outside
from app.jurisdictions.models import Jurisdiction
from app.settings import Settings, load_settings

Answering = Callable[[BaseHTTPRequestHandler], None]


class Peer:
    """The server: what it was asked, and how it answers."""

    def __init__(self, answering: Answering) -> None:
        self.asked: list[str] = []
        peer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                peer.asked.append(self.path)
                answering(self)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def peers() -> Iterator[Callable[[Answering], Peer]]:
    made: list[Peer] = []

    def make(answering: Answering) -> Peer:
        made.append(Peer(answering))
        return made[-1]

    yield make
    for peer in made:
        peer.server.shutdown()
        peer.server.server_close()


def saying(body: bytes, status: int = 200) -> Answering:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        with contextlib.suppress(OSError):
            handler.wfile.write(body)

    return answer


def hanging(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.end_headers()
    for _ in range(40):
        time.sleep(0.1)
        try:
            handler.wfile.write(b" ")
        except OSError:
            return


def endless(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.end_headers()
    with contextlib.suppress(OSError):
        for _ in range(2000):
            handler.wfile.write(b"[" * 65_536)


def recorded(folder: Path) -> Answering:
    """Answers as the real Nominatim did: the file has a line of words, then its answer, then an empty line."""
    lines = [line.strip() for line in (folder / "osm" / "nominatim-responses.txt").read_text("utf-8").splitlines()]
    answers = {words: body for words, body in pairwise(lines) if body.startswith("[")}

    def answer(handler: BaseHTTPRequestHandler) -> None:
        words = parse_qs(urlsplit(handler.path).query).get("q", [""])[0]
        saying(answers.get(words, "[]").encode())(handler)

    return answer


def city(lat: float, long: float, boundary: shapely.MultiPolygon | None = None) -> Bounds:
    return Bounds(Jurisdiction(lat=lat, long=long), AreaIndex([], boundary))


def settings_for(peer: Peer | None, kind: str = "nominatim") -> Settings:
    settings = load_settings({"BLOCKWISE_SECRET_KEY": "x", "BLOCKWISE_GEOCODER_KIND": kind})
    return replace(settings, geocoder_url=peer.url if peer else None)


NEW_YORK = city(40.7, -74.0)


async def test_a_recorded_answer_becomes_a_place(peers: Callable[[Answering], Peer], shared_data: Path) -> None:
    peer = peers(recorded(shared_data))
    async with httpx.AsyncClient() as http:
        found = await search_outside(http, settings_for(peer), "350 5th Ave, New York, NY", NEW_YORK)
    assert [(place.label, place.kind, place.zipcode, place.place_id) for place in found] == [
        ("350 5th Avenue", "address", "11215", None)
    ]
    assert (found[0].lat, found[0].long) == (40.67218135, -73.9844516483024)
    query = parse_qs(urlsplit(peer.asked[0]).query)
    assert query["bounded"] == ["1"]
    assert query["limit"] == ["8"]


async def test_whole_cities_are_no_answer(peers: Callable[[Answering], Peer], shared_data: Path) -> None:
    peer = peers(recorded(shared_data))
    async with httpx.AsyncClient() as http:
        found = await search_outside(http, settings_for(peer), "Piedmont, California, USA", city(37.82, -122.23))
    assert peer.asked
    assert found == []


async def test_what_lies_outside_of_the_city_is_no_answer(
    peers: Callable[[Answering], Peer], shared_data: Path
) -> None:
    peer = peers(recorded(shared_data))
    words = "398 N. Sicily Pl., Chandler, Arizona"
    chandler = (33.3, -111.9)
    elsewhere = shapely.MultiPolygon([shapely.box(-111.8, 33.3, -111.7, 33.4)])
    async with httpx.AsyncClient() as http:
        settings = settings_for(peer)
        inside = await search_outside(http, settings, words, city(*chandler))
        assert [(place.label, place.zipcode) for place in inside] == [("North Sicily Place", "85226")]
        assert await search_outside(http, settings, words, city(*chandler, elsewhere)) == []
        assert await search_outside(http, settings, words, NEW_YORK) == []


REVERSE = {
    "lat": "40.70012",
    "lon": "-74.0",
    "category": "building",
    "type": "yes",
    "display_name": "12, Main Street, Brooklyn",
    "address": {"house_number": "12", "road": "Main Street", "postcode": "11201"},
}


async def test_the_nearest_place_is_told_with_its_distance(peers: Callable[[Answering], Peer]) -> None:
    peer = peers(saying(json.dumps(REVERSE).encode()))
    async with httpx.AsyncClient() as http:
        place = await nearest_outside(http, settings_for(peer), 40.7, -74.0, NEW_YORK)
        assert place is not None
        assert (place.label, place.zipcode) == ("12 Main Street", "11201")
        assert place.distance_m == pytest.approx(13.3, abs=0.1)
        assert await nearest_outside(http, settings_for(peer), 40.705, -74.0, NEW_YORK) is None


PHOTON = {
    "features": [
        {
            "properties": {
                "osm_key": "building",
                "housenumber": "9",
                "street": "Rue d'Ostende",
                "postcode": 98000,
                "district": "Monte-Carlo",
            },
            "geometry": {"coordinates": [-74.0, 40.7]},
        },
        {
            "properties": {"osm_key": "place", "osm_value": "city", "name": "New York"},
            "geometry": {"coordinates": [-74.0, 40.7]},
        },
        {"properties": None, "geometry": None},
        {"properties": {"name": "Nowhere"}, "geometry": {"coordinates": ["NaN", None]}},
        "nonsense",
    ]
}


async def test_photon_is_read_too(peers: Callable[[Answering], Peer]) -> None:
    peer = peers(saying(json.dumps(PHOTON).encode()))
    async with httpx.AsyncClient() as http:
        found = await search_outside(http, settings_for(peer, "photon"), "9 rue d'ostende", NEW_YORK)
    assert [(place.label, place.kind, place.zipcode, place.hint) for place in found] == [
        ("9 Rue d'Ostende", "address", "98000", "Monte-Carlo")
    ]
    assert urlsplit(peer.asked[0]).path == "/api"


RAVING = {
    "an error": saying(b"[]", 500),
    "a page": saying(b"<html>maintenance</html>"),
    "half an answer": saying(b'[{"lat": "40.7", "lon"'),
    "not UTF-8": saying(b'["\xff\xfe"]'),
    "a redirect": saying(b"", 302),
    "an answer without end": endless,
    "deep nesting": saying(b"[" * 100_000),
}


@pytest.mark.parametrize("kind", ["nominatim", "photon"])
@pytest.mark.parametrize("raving", RAVING)
async def test_a_failing_geocoder_gives_nothing_and_raises_nothing(
    peers: Callable[[Answering], Peer], raving: str, kind: str
) -> None:
    peer = peers(RAVING[raving])
    async with httpx.AsyncClient() as http:
        settings = settings_for(peer, kind)
        assert await search_outside(http, settings, "12 main street", NEW_YORK) == []
        assert await nearest_outside(http, settings, 40.7, -74.0, NEW_YORK) is None
    assert geocoder.breakers[peer.url].failures == 2


@pytest.mark.parametrize(
    "body",
    [
        "null",
        "5",
        "{}",
        "[null, 5, [], {}]",
        '[{"lat": [], "lon": {}, "display_name": 3}]',
        '[{"lat": "1e999", "lon": "NaN", "display_name": "x"}]',
        '{"features": 5}',
    ],
)
async def test_an_answer_without_sense_gives_nothing(peers: Callable[[Answering], Peer], body: str) -> None:
    for kind in ("nominatim", "photon"):
        peer = peers(saying(body.encode()))
        async with httpx.AsyncClient() as http:
            assert await search_outside(http, settings_for(peer, kind), "12 main street", NEW_YORK) == []
        assert peer.asked


async def test_a_geocoder_that_hangs_is_left_after_its_time(peers: Callable[[Answering], Peer]) -> None:
    peer = peers(hanging)
    started = time.perf_counter()
    async with httpx.AsyncClient() as http:
        assert await search_outside(http, settings_for(peer), "12 main street", NEW_YORK) == []
    assert geocoder.TIMEOUT_S - 0.1 < time.perf_counter() - started < geocoder.TIMEOUT_S + 1


async def test_a_geocoder_that_is_not_there_gives_nothing() -> None:
    settings = replace(settings_for(None), geocoder_url="http://127.0.0.1:9")
    async with httpx.AsyncClient() as http:
        assert await search_outside(http, settings, "12 main street", NEW_YORK) == []
        assert await search_outside(http, settings_for(None), "12 main street", NEW_YORK) == []


async def test_after_three_failures_it_is_left_alone_and_later_asked_again(
    peers: Callable[[Answering], Peer], monkeypatch: pytest.MonkeyPatch
) -> None:
    peer = peers(saying(b"", 503))
    async with httpx.AsyncClient() as http:
        for _ in range(6):
            await search_outside(http, settings_for(peer), "12 main street", NEW_YORK)
        assert len(peer.asked) == geocoder.FAILURES
        later = time.monotonic() + geocoder.PAUSE_S + 1
        monkeypatch.setattr(geocoder.time, "monotonic", lambda: later)
        await search_outside(http, settings_for(peer), "12 main street", NEW_YORK)
    assert len(peer.asked) == geocoder.FAILURES + 1
