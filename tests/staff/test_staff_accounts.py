"""Who manages accounts invites people and gives and takes roles, never above themselves, and all of it is noted."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace

import pytest
from litestar import Litestar
from litestar.testing import AsyncTestClient
from sqlalchemy import select, update

from app.accounts.administering import close, find_account_by_id
from app.accounts.models import Account, AccountRole, AuditEntry, Role
from app.accounts.sign_in_models import AccountMail
from app.db import Database
from app.errors import Refused
from app.main import create_app
from app.settings import Settings
from tests.accounts.browser import OTHER_PASSWORD
from tests.accounts.signed_in import Client, grant, person, sign_in_as
from tests.open311.city import make_city

INVITED = {"email": "Sofia@Streets.example", "name": "Sofía", "role": "clerk"}


@pytest.fixture
async def city(database: Database) -> Database:
    await make_city(database)
    return database


@pytest.fixture
async def boss(client: Client, city: Database) -> int:
    """The administrator who is signed in."""
    boss = await person(city, grant("administrator"), name="Bo Administrator")
    await sign_in_as(client, city, boss)
    return boss


async def actions(database: Database) -> list[str]:
    async with database.reading() as session:
        return list((await session.execute(select(AuditEntry.action).order_by(AuditEntry.id))).scalars())


async def test_somebody_is_invited_by_a_link_where_no_letter_goes_out(
    client: Client, app: Litestar, city: Database, boss: int
) -> None:
    page = await client.post("/staff/accounts", data=INVITED)
    assert page.status_code == 200
    link = re.search(r"http://testserver\.local(/sign-in/invitation/[\w-]+)", page.text)
    assert link
    async with AsyncTestClient(app) as other:
        answer = await other.post(link[1], data={"name": "Sofía Díaz", "password": OTHER_PASSWORD})
        assert (answer.status_code, str(answer.url)) == (200, "http://testserver.local/staff")
    found = (await client.get("/staff/accounts", params={"q": "SOFIA@"})).text
    assert "Sofía Díaz" in found and "Clerk" in found and "Bo Administrator" not in found
    assert "Nobody of that name" in (await client.get("/staff/accounts", params={"q": "%"})).text
    assert await actions(city) == ["account.invited", "account.joined"]


async def test_an_invitation_that_cannot_be_says_why(client: Client, city: Database, boss: int) -> None:
    assert (await client.post("/staff/accounts", data=INVITED)).status_code == 200
    for change, status, why in (
        ({}, 409, "has an account already"),
        ({"email": "nowhere"}, 422, "no e-mail address"),
        ({"email": "a" * 260 + "@x.example"}, 422, "no e-mail address"),
        ({"email": "x@x.example", "name": " "}, 422, "Write a name"),
        ({"email": "x@x.example", "role": "emperor"}, 422, "Choose one of the roles"),
        ({"email": "x@x.example", "role": ""}, 422, "Choose one of the roles"),
    ):
        answer = await client.post("/staff/accounts", data={**INVITED, **change})
        assert answer.status_code == status
        assert why in answer.text


async def test_where_letters_go_out_nobody_sees_the_link(settings: Settings, city: Database) -> None:
    async with AsyncTestClient(create_app(replace(settings, smtp_url="smtp://127.0.0.1:9"))) as client:
        await sign_in_as(client, city, await person(city, grant("administrator")))
        page = await client.post("/staff/accounts", data=INVITED)
        assert "on its way" in page.text and "/sign-in/invitation/" not in page.text
        again = await client.post(f"{page.url.path}/invitation")
        assert "on its way" in again.text
    async with city.reading() as session:
        assert list((await session.execute(select(AccountMail.kind))).scalars()) == ["invitation"] * 2


async def test_roles_are_given_with_a_scope_and_taken(client: Client, city: Database, boss: int) -> None:
    home = f"/staff/accounts/{await person(city, name='Rosa')}"
    scope = {"role": "supervisor", "department": "1", "area": "board/7"}
    for change, field in (
        ({"role": "emperor"}, "role"),
        ({"department": "99"}, "department"),
        ({"service": "x"}, "service"),
        ({"area": "nowhere/1"}, "area"),
        ({"area": "board"}, "area"),
    ):
        answer = await client.post(f"{home}/roles", data={**scope, **change})
        assert answer.status_code == 422
        assert f'href="#f-{field}"' in answer.text
    for _ in range(2):
        assert (await client.post(f"{home}/roles", data=scope)).status_code == 200
    async with city.reading() as session:
        [given] = (await session.execute(select(AccountRole).where(AccountRole.role_code == "supervisor"))).scalars()
    assert (given.department_id, given.service_id, given.layer, given.area_code) == (1, None, "board", "7")
    assert "Streets" in (await client.get(home)).text
    assert (await client.post(f"/staff/accounts/{boss}/roles/{given.id}/take")).status_code == 404
    assert "no role" in (await client.post(f"{home}/roles/{given.id}/take")).text
    assert await actions(city) == ["account.role_given", "account.role_taken"]


async def test_a_closed_account_opens_nothing_at_once(client: Client, app: Litestar, city: Database, boss: int) -> None:
    rosa = await person(city, grant("clerk"))
    async with AsyncTestClient(app) as other:
        await sign_in_as(other, city, rosa)
        assert (await other.get("/staff")).status_code == 200
        await client.post(f"/staff/accounts/{rosa}/sign-out")
        assert (await other.get("/staff", follow_redirects=False)).status_code == 303
        await sign_in_as(other, city, rosa)
        assert (await client.post(f"/staff/accounts/{rosa}/close")).status_code == 200
        assert (await other.get("/staff", follow_redirects=False)).status_code == 303
    assert "closed" in (await client.get(f"/staff/accounts/{rosa}")).text
    await client.post(f"/staff/accounts/{rosa}/open")
    assert await actions(city) == ["account.sessions_ended", "account.closed", "account.opened"]
    for nowhere in (0, 999, 10**30):
        assert (await client.get(f"/staff/accounts/{nowhere}")).status_code == 404
    assert (await client.post(f"/staff/accounts/{rosa}/promote")).status_code == 404


async def test_nobody_raises_anybody_above_themselves(client: Client, city: Database) -> None:
    async with city.writing() as session:
        session.add(Role(code="office", name="Office", permissions=["accounts.manage", "desk.view"]))
    boss, other = await person(city, grant("administrator")), await person(city, grant("office"))
    mine = await person(city, grant("office"))
    await sign_in_as(client, city, mine)
    for role, status in (("administrator", 403), ("auditor", 403), ("clerk", 403), ("office", 200)):
        assert (await client.post(f"/staff/accounts/{mine}/roles", data={"role": role})).status_code == status
        answer = await client.post("/staff/accounts", data={**INVITED, "email": f"{role}@x.example", "role": role})
        assert answer.status_code == status
    for deed in ("close", "second-factor", "sign-out", "invitation"):
        assert (await client.post(f"/staff/accounts/{boss}/{deed}")).status_code == 403
    assert (await client.post(f"/staff/accounts/{other}/close")).status_code == 200


async def test_somebody_who_may_do_everything_always_stays(client: Client, city: Database, boss: int) -> None:
    second = await person(city, grant("administrator"))
    async with city.reading() as session:
        by_account = await session.execute(select(AccountRole.account_id, AccountRole.id))
        grants = dict(iter(by_account))
    assert (await client.post(f"/staff/accounts/{boss}/close")).status_code == 409, "one's own"
    assert (await client.post(f"/staff/accounts/{second}/roles/{grants[second]}/take")).status_code == 200
    last = await client.post(f"/staff/accounts/{boss}/roles/{grants[boss]}/take")
    assert last.status_code == 409 and "Somebody must stay" in last.text


async def test_two_administrators_cannot_close_each_other_at_the_same_moment(city: Database) -> None:
    one, other = [await person(city, grant("administrator")) for _ in range(2)]

    async def close_account(by: int, whose: int) -> bool:
        try:
            async with city.writing() as session:
                found = [await find_account_by_id(session, number) for number in (by, whose)]
                assert found[0] and found[1]
                await close(session, found[0], found[1])
        except Refused:
            return False
        return True

    assert sorted(await asyncio.gather(close_account(one, other), close_account(other, one))) == [False, True]
    async with city.writing() as session:
        assert len((await session.execute(select(Account).where(Account.active))).all()) == 1
        await session.execute(update(Account).values(active=True))
