"""An endpoint that answers badly: asked again where that may help, told in words where it does not."""

from __future__ import annotations

import gzip
import threading
import time
from collections.abc import AsyncIterator
from http.server import BaseHTTPRequestHandler

import httpx
import pytest

from app.imports import open311_endpoint
from app.imports.open311_endpoint import Endpoint, EndpointFailed
from app.imports.open311_requests import import_key
from app.outside import outside_client
from tests.imports.georeport_server import GeoReport, Handler, requests, send, served

WHOLE = b'[{"service_request_id": "1"}]'


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with outside_client("tests", allow_http=True, allow_private=True) as client:
        yield client


class Waits(list[float]):
    """Notes how long was to be waited, and does not wait."""

    async def __call__(self, seconds: float) -> None:
        self.append(seconds)


def error(status: int, **headers: str) -> object:
    return lambda handler: send(handler, b"broken", "text/plain", status, **headers)


def endless(handler: Handler) -> None:
    handler.send_response(200)
    handler.end_headers()
    try:
        while True:
            handler.wfile.write(b"[" * 65_536)
    except OSError:
        pass


async def ask(client: httpx.AsyncClient, server: GeoReport) -> tuple[int, Waits]:
    """(how many requests came, the waits)."""
    waits = Waits()
    with served(server):
        listed = await Endpoint(client, server.address, sleep=waits).requests({})
    return len(listed.records), waits


async def refused(client: httpx.AsyncClient, server: GeoReport) -> tuple[str, Waits]:
    waits = Waits()
    with served(server), pytest.raises(EndpointFailed) as told:
        await Endpoint(client, server.address, sleep=waits).requests({})
    return str(told.value), waits


async def test_what_fails_for_the_moment_is_asked_again_later_each_time(client: httpx.AsyncClient) -> None:
    instead = [error(500), error(503), lambda handler: send(handler, WHOLE[:-9])]
    count, waits = await ask(client, GeoReport(requests(3), instead=instead))
    assert (count, waits) == (3, [1.0, 4.0, 15.0])


async def test_an_endpoint_that_is_asked_too_often_says_how_long_to_wait(client: httpx.AsyncClient) -> None:
    instead = [error(429, Retry_After="30"), error(429, Retry_After="99999999")]
    count, waits = await ask(client, GeoReport(requests(3), instead=instead))
    assert (count, waits) == (3, [30.0, 120.0])


async def test_an_endpoint_that_stays_broken_is_given_up(client: httpx.AsyncClient) -> None:
    said, waits = await refused(client, GeoReport(instead=[error(500)] * 9))
    assert said.endswith("/open311/v2/requests.json answered 500")
    assert waits == [1.0, 4.0, 15.0, 45.0]


async def test_a_cut_answer_that_stays_cut_is_given_up(client: httpx.AsyncClient) -> None:
    said, _ = await refused(client, GeoReport(instead=[lambda handler: send(handler, WHOLE[:-9])] * 10))
    assert "no whole JSON" in said


async def test_a_slow_endpoint_is_told(client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(open311_endpoint, "SECONDS", 0.1)
    over = threading.Event()
    began = time.monotonic()
    said, waits = await refused(client, GeoReport(instead=[lambda _handler: over.wait(3)] * 9))
    over.set()
    assert said == "127.0.0.1 did not answer in time"
    assert len(waits) == 4 and time.monotonic() - began < 3


async def test_a_page_for_people_is_no_answer(client: httpx.AsyncClient) -> None:
    page = b"<!DOCTYPE html><html><body>Please sign in</body></html>"
    said, waits = await refused(client, GeoReport(instead=[lambda handler: send(handler, page, "text/html")] * 9))
    assert "a page for people (HTML)" in said
    assert not waits


@pytest.mark.parametrize("kind", ["endless", "bomb"])
async def test_an_answer_without_end_is_given_up(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr(open311_endpoint, "MOST_BYTES", 2_000_000)
    packed = gzip.compress(bytes(50_000_000))

    def bomb(handler: BaseHTTPRequestHandler) -> None:
        send(handler, packed, Content_Encoding="gzip")

    said, _ = await refused(client, GeoReport(instead=[endless if kind == "endless" else bomb] * 9))
    assert said == "the answer is larger than 2 MB"


async def test_a_redirect_to_a_private_address_is_refused(client: httpx.AsyncClient) -> None:
    away = error(302, Location="http://169.254.169.254/latest/meta-data")
    said, waits = await refused(client, GeoReport(instead=[away] * 9))
    assert "169.254.169.254 leads to 169.254.169.254, which is not an address of the public internet" in said
    assert not waits


async def test_this_machine_is_refused_unless_it_is_allowed() -> None:
    with served(GeoReport(requests(1))) as server:
        async with outside_client("tests", allow_http=True) as careful:
            with pytest.raises(EndpointFailed, match="not an address of the public internet"):
                await Endpoint(careful, server.address).requests({})
        async with outside_client("tests", allow_private=True) as careful:
            with pytest.raises(EndpointFailed, match="not https"):
                await Endpoint(careful, server.address).requests({})
    assert not server.asked


async def test_xml_is_read_where_json_is_not_had_and_remembered(client: httpx.AsyncClient) -> None:
    with served(GeoReport(requests(3), form="xml")) as server:
        endpoint = Endpoint(client, server.address)
        assert len((await endpoint.requests({})).records) == 3
        assert len((await endpoint.requests({})).records) == 3
    assert len(server.asked) == 3


async def test_a_query_in_the_address_goes_with_each_call_and_a_method_is_cut_off(client: httpx.AsyncClient) -> None:
    with served(GeoReport(requests(1))) as server:
        endpoint = Endpoint(client, f"{server.address}/requests.json?jurisdiction_id=city.gov")
        await endpoint.requests({"page": "1"})
        other = Endpoint(client, f"{server.address}?jurisdiction_id=other.gov")
    assert server.asked == [{"jurisdiction_id": "city.gov", "page": "1"}]
    assert endpoint.source != other.source
    assert endpoint.source == Endpoint(client, f"{server.address}/?api_key=k&jurisdiction_id=city.gov").source


def test_keys_fit_however_long_the_names_are() -> None:
    endpoint = Endpoint(httpx.AsyncClient(), f"https://{'a' * 60}.{'b' * 60}.gov/open311/{'c' * 200}")
    keys = {import_key(endpoint.source, number) for number in ("1", "2" * 200, "2" * 199 + "3")}
    assert len(keys) == 3 and all(len(key) <= 120 for key in keys)


@pytest.mark.parametrize("address", ["https://user:secret@311.example.gov/", "https://[bad", "ftp://311.example.gov"])
async def test_what_is_no_address_is_told_without_its_password(client: httpx.AsyncClient, address: str) -> None:
    with pytest.raises(EndpointFailed) as told:
        await Endpoint(client, address).requests({})
    assert "secret" not in str(told.value)
