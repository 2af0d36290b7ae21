"""`/staff/roles`: what each role may do, as an administrator sets it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from litestar import Request, Response, get, post
from litestar.datastructures import State
from litestar.exceptions import NotFoundException
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.models import Account, Role
from app.accounts.permissions import ADMINISTRATOR, TABLE
from app.accounts.roles import all_roles, change_role, holders_of, make_role, remove_role
from app.errors import Refused, wants_json
from app.service_requests.forms import clean
from app.staff.request_page import NO_STORE

PageRequest = Request[Any, Any, State]
MANAGE = {"permission": "roles.manage"}


@get("/staff/roles", opt=MANAGE)
async def show_roles(session: AsyncSession, account: Account, done: str = "") -> Template:
    context = {
        "account": account,
        "roles": await all_roles(session),
        "holders": await holders_of(session),
        "table": TABLE,
        "done": done,
    }
    return Template("staff/roles.html", context=context, headers=NO_STORE)


@get("/staff/new-role", opt=MANAGE)
async def show_new_role() -> Template:
    return role_page(None)


@post("/staff/roles", opt=MANAGE, status_code=200)
async def post_role(request: PageRequest, session: AsyncSession, account: Account) -> Response[Any]:
    """A new role: 303 to the list, or the form again with 422."""
    name, permissions, _ = await read_form(request)
    try:
        await make_role(session, account, name, permissions)
    except Refused as refused:
        if wants_json(request):
            raise
        return role_page(None, name, permissions, refused=refused)
    return Redirect("/staff/roles?done=made", status_code=303)


@get("/staff/roles/{code:str}", opt=MANAGE)
async def show_role(session: AsyncSession, code: str) -> Template:
    role = await find_role(session, code)
    return role_page(role, role.name, role.permissions)


@post("/staff/roles/{code:str}", opt=MANAGE, status_code=200)
async def post_role_changes(request: PageRequest, session: AsyncSession, account: Account, code: str) -> Response[Any]:
    """The role anew: 303 to the list, or the form again with 422."""
    role = await find_role(session, code)
    name, permissions, needs_totp = await read_form(request)
    try:
        await change_role(session, account, role, name, permissions, needs_totp=needs_totp)
    except Refused as refused:
        if wants_json(request):
            raise
        return role_page(role, name, permissions, refused=refused)
    return Redirect("/staff/roles?done=changed", status_code=303)


@post("/staff/roles/{code:str}/remove", opt=MANAGE, status_code=200)
async def post_role_removal(request: PageRequest, session: AsyncSession, account: Account, code: str) -> Response[Any]:
    """Removes a role that nobody has: 303 to the list, or its page with 409."""
    role = await find_role(session, code)
    try:
        await remove_role(session, account, role)
    except Refused as refused:
        if wants_json(request):
            raise
        return role_page(role, role.name, role.permissions, refused=refused)
    return Redirect("/staff/roles?done=removed", status_code=303)


async def find_role(session: AsyncSession, code: str) -> Role:
    role = None if "\0" in code else await session.get(Role, code)
    if role is None:
        raise NotFoundException
    return role


async def read_form(request: PageRequest) -> tuple[str, list[str], bool]:
    """Name, permissions, and whether the second factor is needed."""
    form = await request.form()
    permissions = [str(value) for name, value in form.multi_items() if name == "permissions"]
    return clean(str(form.get("name", ""))), permissions, form.get("needs_totp") == "yes"


def role_page(
    role: Role | None, name: str = "", permissions: Collection[str] = (), *, refused: Refused | None = None
) -> Template:
    context = {
        "role": role,
        "name": name,
        "chosen": list(permissions),
        "table": TABLE,
        "is_administrator": role is not None and role.code == ADMINISTRATOR,
        "problems": {problem.field: problem.said() for problem in refused.problems} if refused else {},
    }
    status = refused.status if refused else 200
    return Template("staff/role.html", context=context, status_code=status, headers=NO_STORE)


route_handlers = [show_roles, show_new_role, post_role, show_role, post_role_changes, post_role_removal]
