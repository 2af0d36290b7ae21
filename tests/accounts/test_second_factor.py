"""The second factor: set up with an app, asked for at each sign-in, each code once; recovery codes on paper."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select, update

from app.accounts.models import Account, AuditEntry, Role
from app.accounts.sign_in_models import RecoveryCode, SecondFactor
from app.db import Database
from tests.accounts.browser import CLERK, OTHER_PASSWORD, PASSWORD, Client, Clock, Phone, hidden, make_person, sign_in
from tests.open311.city import make_city

SET_UP = "/account/second-factor"
CODE = r"<code class=.number.>([0-9a-z]{5}-[0-9a-z]{5})</code>"


@pytest.fixture
async def city(database: Database) -> Database:
    await make_city(database)
    await make_person(database)
    return database


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("app.accounts.second_factor.time", clock)
    return clock


async def set_up(client: Client, clock: Clock) -> tuple[Phone, list[str]]:
    """Signed in with a second factor on: the phone, and the codes on paper."""
    await sign_in(client)
    phone = Phone((await client.get(SET_UP)).text)
    form = {"secret": phone.sealed, "code": phone.code(clock.seconds), "current": PASSWORD}
    answer = await client.post(SET_UP, data=form)
    assert answer.status_code == 200
    codes = re.findall(CODE, answer.text)
    assert len(set(codes)) == 10
    return phone, codes


async def give(client: Client, code: str) -> tuple[int, str]:
    answer = await client.post("/sign-in/code", data={"code": code, "next": "/account"}, follow_redirects=False)
    return answer.status_code, answer.text


async def test_with_a_second_factor_the_password_alone_opens_nothing(
    client: Client, city: Database, clock: Clock
) -> None:
    phone, _ = await set_up(client, clock)
    assert "10 recovery codes are left" in (await client.get("/account")).text
    await client.post("/sign-out")
    answer = await sign_in(client)
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in/code?next=%2Faccount")
    for page in ("/account", SET_UP, "/staff"):
        assert (await client.get(page, follow_redirects=False)).status_code == 303
    assert (await client.post("/account/sessions/end")).status_code == 401
    clock.seconds += 30
    assert (await give(client, "000000"))[0] == 422
    before = client.cookies["session"]
    answer = await client.post("/sign-in/code", data={"code": f" {phone.code(clock.seconds)} ", "next": "/account"})
    assert answer.status_code == 200 and str(answer.url).endswith("/account")
    assert client.cookies["session"] != before


async def test_a_code_counts_once(client: Client, city: Database, clock: Clock) -> None:
    phone, codes = await set_up(client, clock)
    await sign_in(client)
    status, page = await give(client, phone.code(clock.seconds))
    assert status == 422 and "used already" in page, "the one that set it up"
    clock.seconds += 30
    code = phone.code(clock.seconds)
    assert (await give(client, code))[0] == 303
    await sign_in(client)
    status, page = await give(client, code)
    assert status == 422 and "used already" in page
    assert (await give(client, codes[0].upper().replace("-", " ")))[0] == 303
    await sign_in(client)
    status, page = await give(client, codes[0])
    assert status == 422 and "used already" in page
    assert (await give(client, codes[1]))[0] == 303
    assert "8 recovery codes are left" in (await client.get("/account")).text


async def test_codes_cannot_be_guessed(client: Client, city: Database, clock: Clock) -> None:
    phone, _ = await set_up(client, clock)
    clock.seconds += 30
    await sign_in(client)
    wrong = str((int(phone.code(clock.seconds)) + 1) % 1_000_000).zfill(6)
    for typed in [wrong, "", "x", "12345", "1234567", "aaaaa-bbbbb", "٣٣٣٣٣٣", "%00", "9" * 5000, "'"]:
        assert (await give(client, typed))[0] == 422
    answer = await client.post("/sign-in/code", data={"code": phone.code(clock.seconds)})
    assert answer.status_code == 429
    assert 880 < int(answer.headers["retry-after"]) <= 900


async def test_a_code_without_a_password_before_it_is_a_401(client: Client, city: Database, clock: Clock) -> None:
    phone, _ = await set_up(client, clock)
    clock.seconds += 30
    assert (await give(client, phone.code(clock.seconds)))[0] == 401, "who is signed in has no step left"
    await client.post("/sign-out")
    assert (await give(client, phone.code(clock.seconds)))[0] == 401
    assert (await client.get("/sign-in/code", follow_redirects=False)).headers["location"] == "/sign-in"


async def test_it_is_set_up_with_the_right_code_and_password_only(client: Client, city: Database, clock: Clock) -> None:
    await make_person(city, "other@streets.example")
    await sign_in(client, "other@streets.example")
    foreign = Phone((await client.get(SET_UP)).text)
    await sign_in(client)
    phone = Phone((await client.get(SET_UP)).text)
    good = {"secret": phone.sealed, "code": phone.code(clock.seconds), "current": PASSWORD}
    for change in (
        {"code": "123"},
        {"current": "wrong"},
        {"secret": foreign.sealed, "code": foreign.code(clock.seconds)},
        {"secret": "nonsense"},
        {"secret": ""},
    ):
        assert (await client.post(SET_UP, data={**good, **change})).status_code == 422
    async with city.reading() as session:
        assert (await session.execute(select(SecondFactor))).first() is None
    again = await client.post(SET_UP, data={**good, "code": "123"})
    assert Phone(again.text).secret == phone.secret, "the app that has scanned it need not scan again"
    assert (await client.post(SET_UP, data=good)).status_code == 200
    assert (await client.post(SET_UP, data=good)).status_code == 409


async def test_nothing_that_opens_an_account_can_be_read_in_the_database(
    client: Client, city: Database, clock: Clock
) -> None:
    phone, codes = await set_up(client, clock)
    async with city.reading() as session:
        factor = (await session.execute(select(SecondFactor))).scalar_one()
        hashes = set((await session.execute(select(RecoveryCode.code_hash))).scalars())
    assert phone.secret.hex() not in factor.secret and len(factor.secret) > 60
    assert len(hashes) == 10 and not any(code.replace("-", "") in "".join(hashes) for code in codes)
    async with city.writing() as session:
        await session.execute(update(SecondFactor).values(secret=factor.secret[:-8] + "AAAAAAA="))
    await sign_in(client)
    assert (await give(client, phone.code(clock.seconds)))[0] == 422, "a secret that cannot be read fits nothing"


async def test_codes_are_renewed_and_the_factor_taken_away_by_who_has_password_and_code(
    client: Client, city: Database, clock: Clock
) -> None:
    _, codes = await set_up(client, clock)
    assert (await client.post(f"{SET_UP}/codes", data={"current": "wrong"})).status_code == 422
    renewed = re.findall(CODE, (await client.post(f"{SET_UP}/codes", data={"current": PASSWORD})).text)
    assert len(renewed) == 10 and not set(renewed) & set(codes)
    off = f"{SET_UP}/off"
    assert (await client.post(off, data={"off_current": PASSWORD, "off_code": codes[0]})).status_code == 422
    assert (await client.post(off, data={"off_current": "wrong", "off_code": renewed[0]})).status_code == 422
    gone = await client.post(off, data={"off_current": PASSWORD, "off_code": renewed[0]}, follow_redirects=False)
    assert (gone.status_code, gone.headers["location"]) == (303, "/account?done=second-factor-off")
    assert (await client.post(f"{SET_UP}/codes", data={"current": PASSWORD})).status_code == 409
    assert (await sign_in(client)).headers["location"] == "/account"
    async with city.reading() as session:
        assert (await session.execute(select(RecoveryCode))).first() is None
        assert (await session.execute(select(Account.email))).scalar() == CLERK


async def test_a_role_that_asks_for_it_lets_nobody_in_without(client: Client, city: Database, clock: Clock) -> None:
    async with city.writing() as session:
        await session.execute(update(Role).where(Role.code == "clerk").values(needs_totp=True))
    answer = await sign_in(client, back="/staff")
    assert (answer.status_code, answer.headers["location"]) == (303, "/account/second-factor?next=%2Fstaff")
    for page in ("/staff", "/account"):
        assert (await client.get(page, follow_redirects=False)).headers["location"].startswith("/sign-in")
    page = (await client.get(answer.headers["location"])).text
    phone = Phone(page)
    form = {"secret": phone.sealed, "code": phone.code(clock.seconds), "next": hidden(page, "next")}
    assert (await client.post(SET_UP, data={**form, "code": "1"})).status_code == 422
    done = await client.post(SET_UP, data=form)
    assert done.status_code == 200 and 'href="/staff"' in done.text
    assert (await client.get("/staff")).status_code == 200
    clock.seconds += 30
    away = {"off_current": PASSWORD, "off_code": phone.code(clock.seconds)}
    answer = await client.post(f"{SET_UP}/off", data=away, follow_redirects=False)
    assert answer.headers["location"].startswith("/account/second-factor?next=")
    assert (await client.get("/staff", follow_redirects=False)).status_code == 303


async def test_what_is_done_to_an_account_stands_in_the_audit_trail(
    client: Client, city: Database, clock: Clock
) -> None:
    await set_up(client, clock)
    await client.post("/account/password", data={"current": PASSWORD, "password": OTHER_PASSWORD})
    async with city.reading() as session:
        noted = (await session.execute(select(AuditEntry.action, AuditEntry.about).order_by(AuditEntry.id))).all()
    assert [tuple(one) for one in noted] == [("account.second_factor_on", CLERK), ("account.password_changed", CLERK)]
