"""Text messages: to a file that stands in, and by the HTTP interface that providers share."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import parse_qs

import httpx
import pytest

from app.notifications.outcome import Failed, Gone, Later, Outcome, Sent
from app.notifications.sms import MOST_CHARACTERS, open_sms, read_phone, shortened
from app.settings import SettingsError
from tests.notifications.peers import Receiver, receiver, silent_server


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient() as made:
        yield made


@pytest.fixture
def provider() -> Iterator[Receiver]:
    with receiver() as made:
        yield made


def address_of(provider: Receiver, sender: str = "+15005550006") -> str:
    return f"twilio+http://AC123:s%3Acret@127.0.0.1:{provider.port}/api?from={sender}"


async def test_a_provider_gets_number_sender_and_words(client: httpx.AsyncClient, provider: Receiver) -> None:
    text = "Pothole: Fixed.\nhttps://311.harbor.example/requests/1"
    assert await open_sms(address_of(provider), client).send("+16175550123", text, "d1") == Sent()
    assert await open_sms(address_of(provider, "MG9"), client).send("+16175550123", "Bache ñ", "d2") == Sent()
    first, second = provider.posted
    assert first.path == "/api/2010-04-01/Accounts/AC123/Messages.json"
    assert first.headers["authorization"] == "Basic " + base64.b64encode(b"AC123:s:cret").decode()
    assert parse_qs(first.body.decode()) == {"To": ["+16175550123"], "From": ["+15005550006"], "Body": [text]}
    assert parse_qs(second.body.decode())["MessagingServiceSid"] == ["MG9"]
    assert parse_qs(second.body.decode())["Body"] == ["Bache ñ"]


@pytest.mark.parametrize(
    ("status", "code", "outcome"),
    [
        (400, 21211, Gone("21211")),
        (400, 21610, Gone("21610")),
        (400, 21408, Failed("400 21408")),
        (404, 20404, Failed("404 20404")),
        (401, 20003, Later(0, "401", shut=True)),
        (429, 20429, Later(7, "429")),
        (500, None, Later(7, "500")),
        (302, None, Failed("302")),
    ],
)
async def test_what_a_provider_answers_is_told(
    client: httpx.AsyncClient, provider: Receiver, status: int, code: int | None, outcome: Outcome
) -> None:
    provider.answer = lambda _posted: (status, {"Retry-After": "7", "Location": f"{provider.url}/elsewhere"})
    provider.body = json.dumps({"code": code, "message": "no"}).encode() if code else b"<html>"
    assert await open_sms(address_of(provider), client).send("+16175550123", "Fixed.", "d1") == outcome
    assert len(provider.posted) == 1


async def test_a_provider_that_never_answers_shuts_the_door(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.notifications.sms.ANSWER_SECONDS", 0.2)
    with silent_server() as port:
        gateway = open_sms(f"twilio+http://AC1:secret@127.0.0.1:{port}?from=+1500", client)
        assert await gateway.send("+16175550123", "Fixed.", "d1") == Later(0, "unreachable", shut=True)


async def test_the_file_that_stands_in_keeps_each_message_once(client: httpx.AsyncClient, tmp_path: Path) -> None:
    path = tmp_path / "new folder" / "sms.jsonl"
    gateway = open_sms(f"file://{str(path).replace(' ', '%20')}", client)
    for key in ("d1", "d1", "d2"):
        assert await gateway.send("+16175550123", "Reparado: ñ", key) == Sent()
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert [(line["key"], line["to"], line["text"]) for line in lines] == [
        ("d1", "+16175550123", "Reparado: ñ"),
        ("d2", "+16175550123", "Reparado: ñ"),
    ]


@pytest.mark.parametrize(
    "url",
    ["twilio://api.twilio.com?from=+1500", "twilio://AC1:t@api.twilio.com", "https://a:b@c.d?from=1", "file://", "x"],
)
async def test_an_address_that_is_no_gateway_is_refused_by_name(client: httpx.AsyncClient, url: str) -> None:
    with pytest.raises(SettingsError, match="BLOCKWISE_SMS_URL"):
        open_sms(url, client)


@pytest.mark.parametrize(
    ("said", "number"),
    [("(617) 555-0123", "+16175550123"), ("+44 20 7946 0958", "+442079460958"), ("12 Elm", None), ("", None)],
)
def test_a_number_is_read_as_people_write_it(said: str, number: str | None) -> None:
    assert read_phone(said, "US") == number


def test_a_long_text_is_shortened_and_keeps_its_link() -> None:
    link = "https://311.harbor.example/requests/7KF2-M9QX-T3AB"
    text = shortened("x" * 1000 + "\n" + link)
    assert len(text) == MOST_CHARACTERS and text.endswith("…\n" + link)
    assert len(shortened("x" * 1000)) == MOST_CHARACTERS
    assert shortened("Fixed.\n" + link) == "Fixed.\n" + link
