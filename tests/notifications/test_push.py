"""Push messages: a real push service decrypts them, and whatever goes wrong is told as what it is."""

from __future__ import annotations

import base64
import json
import socket
import time
import urllib.parse
import urllib.request
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.exceptions import InvalidTag

from app.notifications.outcome import TOO_LARGE, Failed, Gone, Later, Outcome, Sent
from app.notifications.push import (
    MOST_PAYLOAD,
    Endpoint,
    EndpointRefused,
    Pusher,
    PushMessage,
    payload_of,
    push_client,
    read_endpoint,
    send_push,
)
from app.notifications.vapid import VapidKeys, make_vapid_key, vapid_keys
from app.settings import load_settings
from tests.notifications.browser import Browser
from tests.notifications.peers import Receiver, push_service, receiver, silent_server
from tests.test_outside import certificate

HELLO = PushMessage(b'{"title": "Pothole: Fixed"}', key="d1")


@pytest.fixture
def keys(tmp_path: Path) -> VapidKeys:
    settings = load_settings({"BLOCKWISE_VAR": str(tmp_path), "BLOCKWISE_SECRET_KEY": "for tests"})
    make_vapid_key(settings)
    made = vapid_keys(settings)
    assert made is not None
    return made


@pytest.fixture
def pusher(keys: VapidKeys) -> Pusher:
    return Pusher(keys)


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    """As in tests only: loopback and http are let in."""
    async with push_client("http://testserver.local", private=True) as made:
        yield made


@pytest.fixture
def service() -> Iterator[Receiver]:
    with receiver() as made:
        yield made


def ask(url: str, **form: str) -> Any:
    body = urllib.parse.urlencode(form).encode()
    with urllib.request.urlopen(urllib.request.Request(url, data=body, method="POST"), timeout=5) as answer:
        return json.load(answer)["data"]


async def test_a_push_service_checks_the_signature_and_reads_what_was_meant(
    client: httpx.AsyncClient, pusher: Pusher, keys: VapidKeys, tmp_path: Path
) -> None:
    with push_service() as address:
        given = ask(f"{address}/subscribe", userVisibleOnly="true", applicationServerKey=keys.public_key)
        endpoint = read_endpoint(given["endpoint"], given["keys"]["p256dh"], given["keys"]["auth"], private=True)
        words = {"title": "Bache: Reparado", "body": "Gracias, señora Peña. " * 400, "url": "/requests/1"}
        assert await send_push(client, pusher, endpoint, PushMessage(payload_of(words), key="d1")) == Sent()
        assert await send_push(client, pusher, endpoint, HELLO) == Sent()
        received = ask(f"{address}/get-notifications", clientHash=given["clientHash"])["messages"]
        assert received[1] == HELLO.payload.decode()
        assert json.loads(received[0])["title"] == "Bache: Reparado"
        stranger = Pusher(other_keys(tmp_path / "other"))
        assert await send_push(client, stranger, endpoint, HELLO) == Failed("400")


def other_keys(folder: Path) -> VapidKeys:
    settings = load_settings({"BLOCKWISE_VAR": str(folder), "BLOCKWISE_SECRET_KEY": "for tests"})
    make_vapid_key(settings)
    made = vapid_keys(settings)
    assert made is not None
    return made


async def test_a_message_is_for_one_browser_and_says_how_long_and_how_urgently(
    client: httpx.AsyncClient, pusher: Pusher, service: Receiver
) -> None:
    browser, other = Browser(f"{service.url}/push/1"), Browser(f"{service.url}/push/2")
    for message in (HELLO, PushMessage(b"{}", key="d2", urgency="high", ttl=60)):
        assert await send_push(client, pusher, browser.endpoint, message) == Sent()
    first, second = service.posted
    assert first.path == "/push/1" and browser.read(first.body) == HELLO.payload
    with pytest.raises(InvalidTag):
        other.read(first.body)
    assert first.headers["content-encoding"] == "aes128gcm"
    assert (second.headers["urgency"], second.headers["ttl"]) == ("high", "60")
    assert first.headers["topic"] != second.headers["topic"] and len(first.headers["topic"]) == 32


async def test_the_signature_names_the_push_service_with_its_port_and_whom_to_write_to(
    client: httpx.AsyncClient, pusher: Pusher, keys: VapidKeys, service: Receiver
) -> None:
    await send_push(client, pusher, Browser(f"{service.url}/push/1").endpoint, HELLO)
    token = service.posted[0].headers["authorization"].partition("t=")[2].partition(",")[0]
    claims = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
    assert claims["aud"] == service.url
    assert claims["sub"] == f"mailto:{keys.subject}"
    assert time.time() < claims["exp"] <= time.time() + 24 * 3600


async def test_two_messages_of_one_key_have_one_topic_so_that_a_phone_gets_one(
    client: httpx.AsyncClient, pusher: Pusher, service: Receiver
) -> None:
    endpoint = Browser(f"{service.url}/push/1").endpoint
    for _ in range(2):
        await send_push(client, pusher, endpoint, HELLO)
    assert service.posted[0].headers["topic"] == service.posted[1].headers["topic"]
    assert service.connections == 1, "a connection was not kept for the next message"


@pytest.mark.parametrize(
    ("status", "headers", "outcome"),
    [
        (410, {}, Gone("410")),
        (404, {}, Gone("404")),
        (413, {}, Failed(TOO_LARGE)),
        (429, {"Retry-After": "120"}, Later(120, "429")),
        (500, {}, Later(0, "500")),
        (403, {}, Failed("403")),
    ],
)
async def test_what_a_push_service_answers_is_told(
    client: httpx.AsyncClient,
    pusher: Pusher,
    service: Receiver,
    status: int,
    headers: dict[str, str],
    outcome: Outcome,
) -> None:
    service.answer = lambda _posted: (status, headers)
    assert await send_push(client, pusher, Browser(f"{service.url}/push/1").endpoint, HELLO) == outcome


async def test_a_redirect_is_not_followed_wherever_it_leads(
    client: httpx.AsyncClient, pusher: Pusher, service: Receiver
) -> None:
    service.answer = lambda _posted: (307, {"Location": f"{service.url}/elsewhere"})
    assert await send_push(client, pusher, Browser(f"{service.url}/push/1").endpoint, HELLO) == Failed("307")
    assert [posted.path for posted in service.posted] == ["/push/1"]


async def test_a_push_service_that_never_answers_or_is_not_there_is_for_later(
    client: httpx.AsyncClient, pusher: Pusher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.notifications.push.ANSWER_SECONDS", 0.2)
    with silent_server() as port:
        outcome = await send_push(client, pusher, Browser(f"http://127.0.0.1:{port}/push/1").endpoint, HELLO)
    assert outcome == Later(0, "unreachable")
    gone = Browser(f"http://127.0.0.1:{port}/push/1")
    assert await send_push(client, pusher, gone.endpoint, HELLO) == Later(0, "unreachable")


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "10.0.0.1", "localhost", "[::1]", "[::ffff:10.0.0.1]", "169.254.169.254"]
)
async def test_nothing_is_posted_to_a_private_address(pusher: Pusher, host: str) -> None:
    async with push_client("https://311.harbor.example") as careful:
        assert await send_push(careful, pusher, Browser(f"https://{host}/push").endpoint, HELLO) == Failed("address")


async def test_nothing_is_posted_without_tls(pusher: Pusher, service: Receiver) -> None:
    async with push_client("https://311.harbor.example") as careful:
        assert await send_push(careful, pusher, Browser(service.url).endpoint, HELLO) == Failed("address")
    assert service.posted == []


async def test_a_name_that_leads_into_our_own_network_is_not_posted_to(
    pusher: Pusher, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The name is looked up when it is connected to: what it led to when it was given does not count."""
    looked_up: list[str] = []

    def look_up(host: str, port: int, *_rest: Any, **_options: Any) -> Any:
        looked_up.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("10.0.0.1", port))]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    endpoint = Browser("https://push.example.org/1").endpoint
    assert read_endpoint(endpoint.url, endpoint.p256dh, endpoint.auth) == endpoint
    async with push_client("https://311.harbor.example") as careful:
        assert await send_push(careful, pusher, endpoint, HELLO) == Failed("address")
    assert looked_up == ["push.example.org"]


async def test_a_kept_connection_serves_no_other_name_of_the_same_address(
    pusher: Pusher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each name shows its own certificate, also where the connection of another one would be at hand."""
    real = socket.getaddrinfo
    monkeypatch.setattr(
        socket,
        "getaddrinfo",
        lambda host, *rest, **options: real("127.0.0.1" if str(host).endswith(".test") else host, *rest, **options),
    )
    serving, trusting = certificate(tmp_path, "push.test")
    with receiver(serving) as service:
        async with push_client("https://311.harbor.example", private=True, tls=trusting) as client:
            for name, outcome in (
                ("push.test", Sent()),
                ("other.test", Later(0, "unreachable")),
                ("push.test", Sent()),
            ):
                endpoint = Browser(f"https://{name}:{service.port}/push/1").endpoint
                assert await send_push(client, pusher, endpoint, HELLO) == outcome


@pytest.mark.parametrize(
    ("p256dh", "auth"),
    [("BA", "A" * 22), ("B" * 87, "A" * 22), ("", ""), ("ä" * 87, "A" * 22), (None, "A"), (None, "!" * 22)],
)
async def test_keys_that_nothing_can_be_encrypted_with_are_refused(p256dh: str | None, auth: str) -> None:
    url = "https://push.example.org/1"
    with pytest.raises(EndpointRefused, match="keys"):
        read_endpoint(url, p256dh or Browser(url).endpoint.p256dh, auth)


async def test_an_endpoint_of_useless_keys_that_is_kept_all_the_same_is_gone(
    client: httpx.AsyncClient, pusher: Pusher, service: Receiver
) -> None:
    assert await send_push(client, pusher, Endpoint(service.url, "BA", "AA"), HELLO) == Gone("keys")
    assert service.posted == []


@pytest.mark.parametrize(
    "url",
    [
        "http://push.example.org/1",
        "https://127.0.0.1/1",
        "https://10.0.0.1/1",
        "https://[::1]/1",
        "https://user@push.example.org/1",
        "https://push.example.org:port/1",
        "https:///1",
        "ftp://push.example.org/1",
        "push.example.org",
        "https://push.example.org/\r\nHost: x",
        "https://push.example.org/" + "1" * 2000,
        "",
    ],
)
def test_an_endpoint_that_can_be_none_is_refused_when_it_is_given(url: str) -> None:
    keys = Browser(url).endpoint
    with pytest.raises(EndpointRefused):
        read_endpoint(url, keys.p256dh, keys.auth)


@pytest.mark.parametrize("letter", ["a", "ñ", "🕳", '"', "a\n"])
def test_a_long_text_is_shortened_to_what_a_push_message_holds(letter: str) -> None:
    words = {"title": "Pothole: Fixed", "body": letter * 5000, "url": "/requests/1"}
    payload = payload_of(words)
    assert MOST_PAYLOAD - 12 <= len(payload) <= MOST_PAYLOAD
    read = json.loads(payload)
    assert read["url"] == "/requests/1" and read["body"].endswith("…")
    assert json.loads(payload_of({**words, "body": "Done."}))["body"] == "Done."


async def test_the_largest_message_is_one_that_push_services_take_and_a_larger_one_is_not_sent(
    client: httpx.AsyncClient, pusher: Pusher, service: Receiver
) -> None:
    browser = Browser(f"{service.url}/push/1")
    assert await send_push(client, pusher, browser.endpoint, PushMessage(b"x" * MOST_PAYLOAD, key="d1")) == Sent()
    assert len(service.posted[0].body) == 4096 and len(browser.read(service.posted[0].body)) == MOST_PAYLOAD
    larger = PushMessage(b"x" * (MOST_PAYLOAD + 1), key="d2")
    assert await send_push(client, pusher, browser.endpoint, larger) == Failed(TOO_LARGE)
