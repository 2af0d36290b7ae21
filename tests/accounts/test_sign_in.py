"""Signing in: what is answered to wrong passwords, too many of them, and what a session shows to its owner."""

from __future__ import annotations

import httpx
import pytest
from argon2 import PasswordHasher
from litestar import Litestar
from litestar.testing import AsyncTestClient
from sqlalchemy import select, update

from app.accounts.models import Account, SignIn
from app.accounts.passwords import is_outdated
from app.accounts.sessions import hash_token
from app.db import Database
from tests.accounts.browser import CLERK, OTHER_PASSWORD, PASSWORD, Client, make_person, sign_in
from tests.open311.city import make_city

PHONE = "Mozilla/5.0 (Android 16; Mobile; rv:145.0) Gecko/145.0 Firefox/145.0"


@pytest.fixture
async def city(database: Database) -> Database:
    await make_city(database)
    await make_person(database)
    return database


async def all_sessions(database: Database) -> list[SignIn]:
    async with database.reading() as session:
        return list((await session.execute(select(SignIn).order_by(SignIn.id))).scalars())


async def test_who_guesses_is_told_how_long_to_wait_and_nobody_else_waits(client: Client, city: Database) -> None:
    await make_person(city, "other@streets.example")
    for _ in range(10):
        assert (await sign_in(client, password="wrong")).status_code == 422
    closed = await sign_in(client)
    assert closed.status_code == 429
    assert 880 < int(closed.headers["retry-after"]) <= 900
    assert "Try again in 15 minutes." in closed.text
    assert (await sign_in(client, "other@streets.example")).status_code == 303


async def test_a_network_that_tries_many_addresses_is_closed_too(
    app: Litestar, city: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.accounts.controllers.password_fits", lambda *_: False)
    monkeypatch.setattr("app.edge.WRITES_A_MINUTE", 1000)
    transport = httpx.ASGITransport(app=app, client=("203.0.113.9", 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver.local") as guesser:
        for number in range(100):
            form = {"email": f"nobody{number}@streets.example", "password": "wrong"}
            assert (await guesser.post("/sign-in", data=form)).status_code == 422
        assert (await guesser.post("/sign-in", data={"email": CLERK, "password": PASSWORD})).status_code == 429
    await app.state.database.close()


async def test_signing_in_again_ends_the_session_before_and_takes_the_browser_where_it_was_going(
    client: Client, city: Database
) -> None:
    first = await sign_in(client, back="/account/password?x=1")
    assert (first.status_code, first.headers["location"]) == (303, "/account/password?x=1")
    cookie = first.headers["set-cookie"]
    assert "HttpOnly" in cookie and "SameSite=lax" in cookie and "Path=/" in cookie
    await sign_in(client)
    [kept] = await all_sessions(city)
    assert kept.token_hash == hash_token(client.cookies["session"])
    for elsewhere in ("https://evil.example/", "//evil.example", "/\\evil.example", "/\t/evil.example", "evil"):
        assert (await sign_in(client, back=elsewhere)).headers["location"] == "/staff"


async def test_a_password_that_was_hashed_more_cheaply_is_hashed_anew(client: Client, city: Database) -> None:
    cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    async with city.writing() as session:
        await session.execute(update(Account).values(password_hash=cheap))
    assert (await sign_in(client)).status_code == 303
    async with city.reading() as session:
        kept = (await session.execute(select(Account.password_hash))).scalar_one()
    assert kept != cheap and not is_outdated(kept)
    assert (await sign_in(client)).status_code == 303


async def test_sessions_are_seen_with_their_device_and_ended_one_by_one(
    client: Client, app: Litestar, city: Database
) -> None:
    await sign_in(client)
    async with AsyncTestClient(app) as phone:
        phone.headers["user-agent"] = PHONE
        await sign_in(phone)
        page = (await client.get("/account")).text
        assert "Firefox on Android" in page and "this one" in page
        [mine, theirs] = await all_sessions(city)
        ended = await client.post(f"/account/sessions/{theirs.id}/end", follow_redirects=False)
        assert (ended.status_code, ended.headers["location"]) == (303, "/account?done=session")
        assert (await phone.get("/account", follow_redirects=False)).status_code == 303
        await sign_in(phone)
        await client.post("/account/sessions/end")
        assert (await phone.get("/account", follow_redirects=False)).headers["location"].startswith("/sign-in")
    assert [one.id for one in await all_sessions(city)] == [mine.id]
    out = await client.post(f"/account/sessions/{mine.id}/end", follow_redirects=False)
    assert (out.status_code, out.headers["location"]) == (303, "/")
    assert await all_sessions(city) == []


async def test_somebody_elses_session_cannot_be_ended_nor_be_seen(
    client: Client, app: Litestar, city: Database
) -> None:
    await make_person(city, "other@streets.example")
    async with AsyncTestClient(app) as other:
        other.headers["user-agent"] = PHONE
        await sign_in(other, "other@streets.example")
        [theirs] = await all_sessions(city)
        await sign_in(client)
        for number in (theirs.id, 0, 10**30):
            assert (await client.post(f"/account/sessions/{number}/end")).status_code == 404
        await client.post("/account/sessions/end")
        assert "Firefox on Android" not in (await client.get("/account")).text
        assert (await other.get("/account", follow_redirects=False)).status_code == 200


async def test_the_pages_of_an_account_are_for_its_holder_and_are_kept_by_no_browser(
    client: Client, city: Database
) -> None:
    pages = ("/account", "/account/password", "/account/second-factor")
    for page in pages:
        assert (await client.get(page, follow_redirects=False)).status_code == 303
        assert (await client.post(page)).status_code == 401
    await sign_in(client)
    for page in pages:
        answer = await client.get(page)
        assert answer.status_code == 200
        assert "no-store" in answer.headers["cache-control"]


async def test_name_and_language_are_kept_and_go_with_the_person_to_the_next_browser(
    client: Client, app: Litestar, city: Database
) -> None:
    await sign_in(client)
    for form, field in (
        ({"name": " ", "locale": "es"}, "name"),
        ({"name": "x" * 201, "locale": "es"}, "name"),
        ({"name": "Sam", "locale": "tlh"}, "locale"),
        ({}, "name"),
    ):
        answer = await client.post("/account", data=form)
        assert answer.status_code == 422
        assert f'href="#f-{field}"' in answer.text
    await client.post("/account", data={"name": "Samira\0 Ñandú", "locale": "es"})
    page = await client.get("/account")
    assert 'lang="es"' in page.text and "Samira Ñandú" in page.text
    async with AsyncTestClient(app) as elsewhere:
        await sign_in(elsewhere)
        assert 'lang="es"' in (await elsewhere.get("/account")).text


async def test_a_new_password_needs_the_present_one_and_ends_all_other_sessions(
    client: Client, app: Litestar, city: Database
) -> None:
    await sign_in(client)
    async with AsyncTestClient(app) as phone:
        await sign_in(phone)
        for form, why in (
            ({"current": "wrong", "password": OTHER_PASSWORD}, "This is not your password"),
            ({"current": PASSWORD, "password": "streets12345"}, "your own name"),
            ({"current": PASSWORD, "password": "short"}, "at least 12 characters"),
        ):
            answer = await client.post("/account/password", data=form)
            assert answer.status_code == 422
            assert why in answer.text
        changed = await client.post(
            "/account/password", data={"current": PASSWORD, "password": OTHER_PASSWORD}, follow_redirects=False
        )
        assert (changed.status_code, changed.headers["location"]) == (303, "/account?done=password")
        assert (await phone.get("/account", follow_redirects=False)).status_code == 303
    assert (await client.get("/account", follow_redirects=False)).status_code == 200
    assert (await sign_in(client)).status_code == 422
    assert (await sign_in(client, password=OTHER_PASSWORD)).status_code == 303


async def test_who_holds_somebodys_session_cannot_guess_the_password_with_it(client: Client, city: Database) -> None:
    await sign_in(client)
    guess = {"current": "wrong", "password": OTHER_PASSWORD}
    for _ in range(10):
        assert (await client.post("/account/password", data=guess)).status_code == 422
    closed = await client.post("/account/password", data={**guess, "current": PASSWORD})
    assert closed.status_code == 429
    assert int(closed.headers["retry-after"]) > 0
