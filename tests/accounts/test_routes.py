"""Every route of the application, with every role and with nobody: who may is one table, and it holds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from litestar import Litestar
from litestar.routes import HTTPRoute
from sqlalchemy import select

from app.accounts.guards import PERMISSION, SIGNED_IN
from app.accounts.models import Role
from app.accounts.permissions import ALL, PERMISSIONS, ROLES
from app.db import Database
from tests.accounts.signed_in import Client, grant, person, sign_in_as
from tests.open311.city import make_city, report_of_ana

# Routes that everybody may use. A new one is written here, or says whose it is by `opt={"permission": …}`.
PUBLIC = Path(__file__).with_name("public_routes.txt").read_text(encoding="utf-8").splitlines()
PARAMETER = re.compile(r"\{\w+:(\w+)\}")
VALUES = {"str": "nothing", "int": "1", "path": "nothing", "uuid": "00000000-0000-7000-8000-000000000000"}


def routes(app: Litestar) -> Iterator[tuple[str, str, str | None]]:
    """(method, path, permission) of every route."""
    for route in app.routes:
        assert isinstance(route, HTTPRoute), f"{route.path} is no HTTP route: nothing guards it"
        for method, (handler, _) in route.route_handler_map.items():
            if method != "OPTIONS":
                yield method, route.path, handler.opt.get(PERMISSION)


def test_a_route_without_a_permission_is_on_the_list_of_public_ones(app: Litestar) -> None:
    assert sorted(f"{method} {path}" for method, path, code in routes(app) if code is None) == PUBLIC


def test_a_route_asks_for_a_permission_of_the_table(app: Litestar) -> None:
    assert {code for _, _, code in routes(app) if code} <= {*PERMISSIONS, SIGNED_IN}


def test_the_first_roles_give_permissions_of_the_table() -> None:
    assert {code for role in ROLES for code in role.permissions} <= {*PERMISSIONS, ALL}


async def test_who_is_nobody_is_asked_to_sign_in(client: Client, app: Litestar, database: Database) -> None:
    await make_city(database)
    for method, path in [(method, path) for method, path, code in routes(app) if code]:
        answer = await client.request(method, address(path), follow_redirects=False)
        led = answer.status_code == 303 and answer.headers["location"].startswith("/sign-in?next=")
        assert led or answer.status_code == 401, f"{method} {path}: {answer.status_code}"


async def test_each_role_goes_where_its_permissions_say_and_nowhere_else(
    client: Client, app: Litestar, database: Database
) -> None:
    await make_city(database)
    async with database.reading() as session:
        roles = {role.code: role.permissions for role in (await session.execute(select(Role))).scalars()}
    assert set(roles) == {role.code for role in ROLES}
    for role, permissions in {**roles, None: []}.items():
        account = await person(database, *([grant(role)] if role else []))
        await sign_in_as(client, database, account)
        for method, path, code in list(routes(app)):
            if code is None:
                continue
            status = (await client.request(method, address(path), follow_redirects=False)).status_code
            expected = code == SIGNED_IN or not {ALL, code}.isdisjoint(permissions)
            assert (status != 403) == expected, f"{role}: {method} {path} needs {code}, answered {status}"
            assert status != 401 and status < 500, f"{role}: {method} {path}: {status}"
            if method != "GET" and status != 403:
                # It may have ended the session.
                await sign_in_as(client, database, account)


async def test_a_number_that_no_row_can_have_is_not_there(client: Client, app: Litestar, database: Database) -> None:
    await make_city(database)
    number = (await report_of_ana(database)).service_request_id
    account = await person(database, grant("administrator"))
    await sign_in_as(client, database, account)
    for method, path, _ in [one for one in routes(app) if ":int}" in one[1]]:
        page = path.replace("{service_request_id:str}", number)
        for wrong in (2**31, 2**63, -(2**63) - 1):
            answer = await client.request(method, address(page, int=str(wrong)), follow_redirects=False)
            assert answer.status_code in (400, 404), f"{method} {page} {wrong}: {answer.status_code}"


def address(path: str, **values: str) -> str:
    return PARAMETER.sub(lambda found: {**VALUES, **values}[found[1]], path)
