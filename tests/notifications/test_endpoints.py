"""A browser tells where it can be reached: kept for the right person, moved, forgotten; or refused with words."""

from __future__ import annotations

import hashlib
import secrets
import socket
from datetime import UTC, datetime
from typing import Any

import pytest
from litestar import Litestar
from sqlalchemy import select

from app.db import Database
from app.jobs import Worker
from app.main import job_handlers
from app.notifications.models import Delivery, PushEndpoint, Subscriber
from app.notifications.vapid import make_vapid_key, vapid_keys
from app.settings import Settings
from tests.accounts.signed_in import Client, person, sign_in_as
from tests.notifications.browser import Browser

PUSH = "/notifications/push"
# An address that needs no resolving.
SERVICE = "https://93.184.215.14/send/"
JSON = {"accept": "application/json"}


def subscription(endpoint: str = "", **more: Any) -> dict[str, Any]:
    """What a browser's `PushSubscription` says of itself."""
    made = Browser(endpoint or SERVICE + secrets.token_urlsafe(16)).endpoint
    keys = {"p256dh": made.p256dh, "auth": made.auth}
    return {"endpoint": made.url, "expirationTime": None, "keys": keys, **more}


async def told(client: Client, given: Any) -> Any:
    return await client.post(PUSH, json=given, headers=JSON)


async def owners(database: Database) -> dict[str, tuple[str | None, int | None]]:
    """Endpoint → (device, account)."""
    wanted = select(PushEndpoint.endpoint, Subscriber.device_hash, Subscriber.account_id).join(Subscriber)
    async with database.reading() as session:
        return {row[0]: (row[1], row[2]) for row in await session.execute(wanted)}


def device_of(client: Client) -> str:
    return hashlib.sha256(client.cookies["device"].encode()).hexdigest()


def fingerprint(given: dict[str, Any]) -> str:
    return hashlib.sha256(given["endpoint"].encode()).hexdigest()


async def test_a_browser_is_kept_once_for_its_device(client: Client, city: Database, settings: Settings) -> None:
    given = subscription()
    for _ in range(2):
        answer = await told(client, given)
        assert (answer.status_code, answer.json()) == (200, {"unread": 0})
    assert await owners(city) == {given["endpoint"]: (device_of(client), None)}


async def test_a_browser_that_another_device_has_now_is_its_own_no_more(client: Client, city: Database) -> None:
    given = subscription()
    await told(client, given)
    first = device_of(client)
    client.cookies.clear()
    await told(client, given)
    assert device_of(client) != first
    assert await owners(city) == {given["endpoint"]: (device_of(client), None)}


async def test_a_renewed_address_takes_the_place_of_the_old_one(client: Client, city: Database) -> None:
    before, after = subscription(), subscription()
    await told(client, before)
    await told(client, {**after, "replaces": before["endpoint"]})
    assert list(await owners(city)) == [after["endpoint"]]


async def test_of_a_persons_many_browsers_the_newest_ten_stay(client: Client, city: Database) -> None:
    many = [subscription() for _ in range(12)]
    for given in many:
        await told(client, given)
    assert set(await owners(city)) == {given["endpoint"] for given in many[2:]}


async def test_an_address_is_forgotten_and_twice_is_the_same(client: Client, city: Database) -> None:
    given = subscription()
    await told(client, given)
    for _ in range(2):
        answer = await client.request("DELETE", PUSH, json={"endpoint": given["endpoint"]}, headers=JSON)
        assert answer.status_code == 204
    assert await owners(city) == {}


async def test_staff_is_told_where_they_signed_in(client: Client, city: Database) -> None:
    given = subscription(account=True)
    assert (await told(client, given)).status_code == 401
    account = await person(city)
    await sign_in_as(client, city, account)
    assert (await told(client, given)).status_code == 200
    assert await owners(city) == {given["endpoint"]: (None, account)}
    state = await client.get("/notifications/state", params={"endpoint": fingerprint(given)})
    assert state.json()["known"] is True


async def test_the_state_names_what_is_unread_and_whether_the_address_is_known(
    client: Client, city: Database, settings: Settings
) -> None:
    given = subscription()
    asked = {"endpoint": fingerprint(given)}
    assert (await client.get("/notifications/state", params=asked)).json() == {"known": False, "unread": 0, "key": None}
    await told(client, given)
    async with city.writing() as session:
        subscriber = (await session.execute(select(Subscriber))).scalar_one()
        rows = [
            Delivery(
                key=str(at),
                subscriber_id=subscriber.id,
                channel="push",
                in_inbox=at > 1,
                created_datetime=datetime.now(UTC),
            )
            for at in range(5)
        ]
        session.add_all(rows)
        await session.flush()
        subscriber.seen_id = rows[2].id
    make_vapid_key(settings)
    keys = vapid_keys(settings)
    assert keys
    expected = {"known": True, "unread": 2, "key": keys.public_key}
    assert (await client.get("/notifications/state", params=asked)).json() == expected
    assert (await told(client, given)).json() == {"unread": 2}
    # Of somebody else's nothing is told.
    client.cookies.clear()
    assert (await client.get("/notifications/state", params=asked)).json() == {**expected, "known": False, "unread": 0}


async def test_the_citys_key_is_to_be_had_once_there_is_one(client: Client, city: Database, settings: Settings) -> None:
    assert (await client.get("/notifications/key", headers=JSON)).status_code == 404
    make_vapid_key(settings)
    keys = vapid_keys(settings)
    assert keys
    assert (await client.get("/notifications/key")).json() == {"key": keys.public_key}


@pytest.mark.parametrize(
    ("endpoint", "words"),
    [
        ("http://93.184.215.14/send/1", "https"),
        ("https://127.0.0.1/send/1", "public internet"),
        ("https://10.0.0.1/send/1", "public internet"),
        ("https://[::ffff:169.254.169.254]/send/1", "public internet"),
        ("https://localhost/send/1", "public internet"),
        ("https://user:word@93.184.215.14/send/1", "no web address"),
        (f"https://93.184.215.14/{'x' * 2000}", "no web address"),
        ("javascript:alert(1)", "no web address"),
    ],
)
async def test_an_address_that_no_message_may_go_to_is_refused_with_the_reason(
    client: Client, city: Database, endpoint: str, words: str
) -> None:
    answer = await told(client, subscription(endpoint))
    assert answer.status_code == 422
    assert words in answer.json()["problems"][0]["message"]
    assert await owners(city) == {}


async def test_a_name_that_leads_inside_is_refused_and_one_that_leads_nowhere_now_is_not(
    client: Client, city: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = {"inside.example": "10.1.2.3", "outside.example": "93.184.215.14"}

    def resolve(host: str, port: int, *_: Any, **__: Any) -> list[Any]:
        if host not in known:
            raise socket.gaierror(socket.EAI_AGAIN, "the resolver is away")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (known[host], port))]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    said = {}
    for host in ("inside.example", "outside.example", "away.example"):
        said[host] = (await told(client, subscription(f"https://{host}/send/1"))).status_code
    assert said == {"inside.example": 422, "outside.example": 200, "away.example": 200}


@pytest.mark.parametrize(
    "body",
    [
        b"", b"[]", b"not json", b"\xff\xfe", b'{"endpoint": 5}', b'{"endpoint": "https://93.184.215.14/1"}',
        b'{"endpoint": "https://93.184.215.14/1", "keys": {"p256dh": "AA", "auth": "AA"}}',
    ],
)  # fmt: skip
async def test_what_is_no_subscription_is_refused_with_a_sentence(client: Client, city: Database, body: bytes) -> None:
    answer = await client.post(PUSH, content=body, headers={**JSON, "content-type": "application/json"})
    assert answer.status_code == 422
    assert answer.json()["problems"][0]["field"] == "endpoint"
    assert (await client.post(PUSH, content=b"x" * 20_000, headers=JSON)).status_code == 413


async def test_a_forgotten_device_is_reached_no_more(client: Client, app: Litestar, city: Database) -> None:
    await told(client, subscription())
    await client.post("/my/forgetting", follow_redirects=False)
    assert await Worker(city, job_handlers).run_one()
    assert await owners(city) == {}
    async with city.reading() as session:
        assert (await session.execute(select(Subscriber))).first() is None
