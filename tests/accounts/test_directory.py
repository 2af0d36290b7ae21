"""Signing in through the city's own directory: a real OpenID provider, and all that a wrong one could try."""

from __future__ import annotations

import hmac
import time
from base64 import urlsafe_b64encode
from collections import ChainMap
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import msgspec
import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey
from litestar import Litestar
from sqlalchemy import select, update

from app.accounts.directory import Asked, Directory, ask
from app.accounts.directory_answers import DirectoryError, Person
from app.accounts.models import Account, AccountRole, AuditEntry, Role
from app.accounts.sessions import SESSION_COOKIE
from app.accounts.sign_in_models import DirectoryIdentity
from app.db import Database
from app.settings import Settings, SettingsError, load_settings
from tests.accounts.browser import Client, make_person
from tests.accounts.provider import CLIENT, SECRET, directory_process, sign_in_there
from tests.conftest import settings_for

ANA = {"email": "Ana@streets.example", "email_verified": True, "name": "Ana Soto", "locale": "es-MX"}
PEOPLE = {"ana-1": ANA, "bob-2": {"email": "bob@streets.example", "email_verified": False, "name": "Bob"}}
Token = Callable[[str], str]
KEY, OTHER_KEY = (RSAKey.generate_key(2048, {"kid": name}) for name in ("ours", "theirs"))
ISSUER = "https://login.city.example"
METADATA = {
    "issuer": ISSUER,
    "authorization_endpoint": f"{ISSUER}/authorize?tenant=city",
    "token_endpoint": f"{ISSUER}/token",
    "jwks_uri": f"{ISSUER}/keys",
    "userinfo_endpoint": f"{ISSUER}/me",
}


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    with directory_process(PEOPLE) as address:
        yield address


@pytest.fixture
def settings(database_url: str, tmp_path: Path, issuer: str) -> Settings:
    own = {"oidc_issuer": issuer, "oidc_client_id": CLIENT, "oidc_client_secret": SECRET}
    return replace(settings_for(database_url, tmp_path), **own)


async def through_the_directory(client: Client, who: str, back: str = "/account") -> httpx.Response:
    there = await client.get("/sign-in/directory", params={"next": back}, follow_redirects=False)
    assert there.status_code == 303, there.text
    return await client.get(await sign_in_there(there.headers["location"], who), follow_redirects=False)


async def test_who_was_invited_signs_in_and_is_known_by_the_directorys_own_name_from_then_on(
    client: Client, database: Database, issuer: str
) -> None:
    await make_person(database, "ana@streets.example", name="Ana")
    page = await client.get("/sign-in")
    assert 'href="/sign-in/directory?next=/staff"' in page.text
    answer = await through_the_directory(client, "ana-1")
    assert (answer.status_code, answer.headers["location"]) == (303, "/account")
    assert "Ana" in (await client.get("/account")).text
    async with database.writing() as session:
        await session.execute(update(Account).values(email="other@streets.example"))
    client.cookies.clear()
    await through_the_directory(client, "ana-1")
    assert "other@streets.example" in (await client.get("/account")).text
    async with database.reading() as session:
        [identity] = (await session.execute(select(DirectoryIdentity))).scalars()
        joined = select(AuditEntry.about).where(AuditEntry.action == "account.directory_joined")
        assert (await session.execute(joined)).scalars().all() == ["ana@streets.example"]
    assert (identity.issuer, identity.subject) == (issuer, "ana-1")


async def test_nobody_comes_in_by_an_unverified_address_or_without_an_invitation(
    client: Client, database: Database
) -> None:
    await make_person(database, "bob@streets.example", role="administrator")
    for who, words in (("bob-2", "no verified e-mail address"), ("ana-1", "nobody has invited you here")):
        answer = await through_the_directory(client, who)
        assert answer.status_code == 403
        assert words in answer.text
        assert SESSION_COOKIE not in client.cookies
    async with database.reading() as session:
        assert (await session.execute(select(DirectoryIdentity))).first() is None


async def test_with_a_rule_whoever_is_in_the_directory_is_given_an_account(
    client: Client, app: Litestar, database: Database
) -> None:
    app.state.settings = replace(app.state.settings, oidc_role="executive")
    assert (await through_the_directory(client, "ana-1", "/staff")).headers["location"] == "/staff"
    async with database.reading() as session:
        made = (await session.execute(select(Account))).scalar_one()
        roles = (await session.execute(select(AccountRole.role_code))).scalars().all()
    assert (made.email, made.name, made.locale, roles) == ("ana@streets.example", "Ana Soto", "es", ["executive"])
    app.state.settings = replace(app.state.settings, oidc_role=None)
    async with database.writing() as session:
        await session.execute(update(Account).values(active=False))
    client.cookies.clear()
    answer = await through_the_directory(client, "ana-1")
    assert (answer.status_code, "is closed" in answer.text) == (403, True)


async def test_a_way_back_that_was_not_begun_here_leads_nowhere(client: Client, database: Database) -> None:
    await make_person(database, "ana@streets.example")
    there = await client.get("/sign-in/directory", follow_redirects=False)
    back = await sign_in_there(there.headers["location"], "ana-1")
    kept = dict(client.cookies)
    client.cookies.clear()
    assert "another window" in (await client.get(back, follow_redirects=False)).text
    client.cookies.set("directory", "not ours", path="/sign-in/directory")
    assert (await client.get(back, follow_redirects=False)).status_code == 400
    client.cookies.clear()
    client.cookies.update(kept)
    assert (await client.get(f"{back}x", follow_redirects=False)).status_code != 303
    forged = back.replace("state=", "state=%C3%BC")
    assert (await client.get(forged, follow_redirects=False)).status_code == 400


async def test_the_same_way_back_works_once(client: Client, database: Database) -> None:
    await make_person(database, "ana@streets.example")
    there = await client.get("/sign-in/directory", follow_redirects=False)
    kept = client.cookies.get("directory")
    back = await sign_in_there(there.headers["location"], "ana-1")
    assert (await client.get(back, follow_redirects=False)).status_code == 303
    assert (await client.get(back, follow_redirects=False)).status_code == 400
    client.cookies.set("directory", kept or "", path="/sign-in/directory")
    assert (await client.get(back, follow_redirects=False)).status_code == 502


class Vouching:
    """A directory that says of everybody who comes that they are one person."""

    def __init__(self, **facts: Any) -> None:
        known = {"subject": "ana-1", "email": "ana@streets.example", "name": "Ana", "locale": "", "two_factors": False}
        self.vouched = Person(**{**known, **facts})

    async def address(self, asked: Asked, locale: str) -> str:
        return f"https://login.city.example/?state={asked.state}"

    async def person(self, asked: Asked, code: str, iss: str | None) -> Person:
        return self.vouched


async def come(client: Client, app: Litestar, query: str = "code=1", **facts: Any) -> httpx.Response:
    app.state.directory = Vouching(**facts)
    there = await client.get("/sign-in/directory?next=//elsewhere.example", follow_redirects=False)
    [state] = parse_qs(urlsplit(there.headers["location"]).query)["state"]
    return await client.get(f"/sign-in/directory/back?state={state}&{query}", follow_redirects=False)


async def test_a_second_factor_is_asked_for_unless_the_directory_has_seen_one(
    client: Client, app: Litestar, database: Database
) -> None:
    await make_person(database, "ana@streets.example")
    async with database.writing() as session:
        await session.execute(update(Role).where(Role.code == "clerk").values(needs_totp=True))
    assert (await come(client, app)).headers["location"].startswith("/account/second-factor")
    assert (await client.get("/account", follow_redirects=False)).status_code != 200
    assert (await come(client, app, two_factors=True)).headers["location"] == "/staff"
    assert (await client.get("/account", follow_redirects=False)).status_code == 200


async def test_an_account_belongs_to_one_person_of_the_directory(
    client: Client, app: Litestar, database: Database
) -> None:
    await make_person(database, "ana@streets.example")
    assert (await come(client, app)).status_code == 303
    client.cookies.clear()
    answer = await come(client, app, subject="ana-the-second")
    assert (answer.status_code, "belongs to somebody else" in answer.text) == (409, True)
    for query, status, words in (
        ("error=access_denied", 403, "You did not sign in at the directory"),
        ("error=server_error", 502, "gave no good answer"),
        ("nothing=1", 502, "gave no good answer"),
    ):
        answer = await come(client, app, query)
        assert (answer.status_code, words in answer.text) == (status, True)
        assert 'name="password"' in answer.text


def token(
    key: Any = KEY, alg: str = "RS256", header: dict[str, Any] | None = None, **claims: Any
) -> Callable[..., str]:
    def made(nonce: str) -> str:
        now = int(time.time())
        said = {"iss": ISSUER, "aud": CLIENT, "sub": "1", "nonce": nonce, "iat": now, "exp": now + 60, **ANA, **claims}
        kept = {name: value for name, value in said.items() if value is not None}
        return jwt.encode({"alg": "RS256", "kid": "ours", **(header or {})}, kept, key)

    return made


GOOD = token()


def unsigned(nonce: str) -> str:
    return ".".join([encoded(b'{"alg":"none"}'), GOOD(nonce).split(".")[1], ""])


def signed_with_what_everybody_knows(nonce: str) -> str:
    text = ".".join([encoded(b'{"alg":"HS256","kid":"ours"}'), GOOD(nonce).split(".")[1]])
    return f"{text}.{encoded(hmac.digest(KEY.as_pem(private=False), text.encode(), 'sha256'))}"


def encoded(part: bytes) -> str:
    return urlsafe_b64encode(part).rstrip(b"=").decode()


HOSTILE: dict[str, dict[str, Any]] = {
    "another issuer": {"reason": "'iss'", "token": token(iss="https://elsewhere.example")},
    "for another application": {"reason": "'aud'", "token": token(aud="another")},
    "for several, and not made for us": {
        "reason": "another application",
        "token": token(aud=[CLIENT, "another"], azp="another"),
    },
    "of another sign-in": {"reason": "'nonce'", "token": token(nonce="another")},
    "without a nonce": {"reason": "'nonce'", "token": token(nonce=None)},
    "over": {"reason": "expired", "token": token(exp=int(time.time()) - 61)},
    "of tomorrow": {"reason": "in the future", "token": token(iat=int(time.time()) + 86_400)},
    "of nobody": {"reason": "'sub'", "token": token(sub=None)},
    "signed with a key of others": {"reason": "bad_signature", "token": token(OTHER_KEY)},
    "signed with a key that is not published": {
        "reason": "No key",
        "token": token(OTHER_KEY, header={"kid": "theirs"}),
    },
    "signed with what everybody knows": {"reason": "'HS256' is not allowed", "token": signed_with_what_everybody_knows},
    "not signed": {"reason": "'none' is not allowed", "token": unsigned},
    "no token": {"reason": "decode_error", "token": lambda nonce: "<html>"},
    "the token is a number": {"reason": "decode_error", "answers": {"/token": (200, {"id_token": 7})}},
    "a list": {"reason": "no JSON object", "answers": {"/token": (200, [])}},
    "HTML": {"reason": "no JSON object", "answers": {"/token": (200, "<html>")}},
    "refuses the code": {"reason": "400: invalid_grant", "answers": {"/token": (400, {"error": "invalid_grant"})}},
    "fails": {"reason": "answers 500", "answers": {"/token": (500, "")}},
    "sends us on": {"reason": "answers 307", "answers": {"/token": (307, "")}},
    "calls itself otherwise": {
        "reason": "calls itself x",
        "answers": {"/.well-known/openid-configuration": (200, {**METADATA, "issuer": "x"})},
    },
    "without https": {
        "reason": "not https",
        "answers": {"/.well-known/openid-configuration": (200, {**METADATA, "token_endpoint": "http://x/token"})},
    },
    "says nothing of itself": {"reason": "answers 404", "answers": {"/.well-known/openid-configuration": (404, "")}},
    "no keys": {"reason": "No keys", "answers": {"/keys": (200, {"keys": []})}},
    "keys that are none": {"reason": "keys cannot be read", "answers": {"/keys": (200, {"keys": [7, {"kty": "RSA"}]})}},
    "speaks of somebody else": {
        "reason": "somebody else",
        "token": token(email=None),
        "answers": {"/me": (200, {"sub": "2", **ANA})},
    },
}


def in_parts(status: int, content: Any) -> httpx.Response:
    """An answer as it comes over a line, and not read yet; a redirect leads elsewhere."""

    async def parts() -> AsyncIterator[bytes]:
        yield content.encode() if isinstance(content, str) else msgspec.json.encode(content)

    return httpx.Response(status, headers={"location": "https://elsewhere.example/"}, content=parts())


def directory(answers: dict[str, tuple[int, Any]] | None = None, token: Token = GOOD) -> Directory:
    """A directory that is asked over a line which we hold, with a nonce that is its code."""
    usual: dict[str, tuple[int, Any]] = {
        "/.well-known/openid-configuration": (200, METADATA),
        "/keys": (200, {"keys": [KEY.as_dict(private=False), {"kty": "of a later age", "kid": "new"}]}),
        "/me": (200, {"sub": "1", **ANA}),
    }
    said = ChainMap({} if answers is None else answers, usual)

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/token" and "/token" not in said:
            [nonce] = parse_qs(request.content.decode())["code"]
            return in_parts(200, {"id_token": token(nonce), "access_token": "a"})
        return in_parts(*said[request.url.path])

    settings = load_settings(
        {"BLOCKWISE_OIDC_ISSUER": ISSUER, "BLOCKWISE_OIDC_CLIENT_ID": CLIENT, "BLOCKWISE_SECRET_KEY": "for tests only"}
    )
    return Directory(settings, httpx.AsyncClient(transport=httpx.MockTransport(answer)))


@pytest.mark.parametrize("wrong", HOSTILE.values(), ids=HOSTILE)
async def test_a_token_that_is_not_for_this_sign_in_vouches_for_nobody(wrong: dict[str, Any]) -> None:
    asked = ask("/staff")
    with pytest.raises(DirectoryError, match=wrong["reason"]):
        await directory(wrong.get("answers"), wrong.get("token", GOOD)).person(asked, asked.nonce, None)


async def test_what_a_good_directory_says_is_kept_as_it_is() -> None:
    asked = ask("/staff")
    [there] = {parse_qs(urlsplit(await directory().address(asked, "es")).query)["tenant"][0]}
    assert there == "city"
    person = await directory(token=token(amr=["pwd", "otp"])).person(asked, asked.nonce, ISSUER)
    assert person == Person("1", "ana@streets.example", "Ana Soto", "es-MX", two_factors=True)
    person = await directory(token=token(email=None, name=None)).person(asked, asked.nonce, None)
    assert (person.email, person.two_factors) == ("ana@streets.example", False)
    with pytest.raises(DirectoryError, match="not of"):
        await directory().person(asked, asked.nonce, "https://elsewhere.example")


async def test_a_new_key_of_the_directory_is_fetched_but_not_with_each_made_up_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answers: dict[str, tuple[int, Any]] = {"/keys": (200, {"keys": [OTHER_KEY.as_dict(private=False)]})}
    keeping, asked = directory(answers), ask("/staff")
    for _ in range(2):
        with pytest.raises(DirectoryError, match="No key"):
            await keeping.person(asked, asked.nonce, None)
        answers["/keys"] = (200, {"keys": [KEY.as_dict(private=False)]})
    monkeypatch.setattr("app.accounts.directory.KEYS_AGAIN", 0)
    assert (await keeping.person(asked, asked.nonce, None)).subject == "1"


@pytest.mark.parametrize(
    "wrong",
    [
        {"ISSUER": "http://login.city.example", "CLIENT_ID": "c"},
        {"ISSUER": "https://login.city.example?x", "CLIENT_ID": "c"},
        {"ISSUER": "login.city.example", "CLIENT_ID": "c"},
        {"ISSUER": "http://127.0.0.1.elsewhere.example", "CLIENT_ID": "c"},
        {"ISSUER": "https://login.city.example"},
        {"ROLE": "administrator"},
    ],
)
def test_settings_that_would_let_others_in_are_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match="BLOCKWISE_OIDC_"):
        load_settings({f"BLOCKWISE_OIDC_{name}": value for name, value in wrong.items()})


async def test_a_city_without_a_directory_has_no_such_door(client: Client, app: Litestar) -> None:
    app.state.settings = replace(app.state.settings, oidc_issuer=None)
    assert "directory" not in (await client.get("/sign-in")).text
    assert (await client.get("/sign-in/directory")).status_code == 404
    assert (await client.get("/sign-in/directory/back?code=1&state=2")).status_code == 404
