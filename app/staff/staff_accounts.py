"""`/staff/accounts`: who may sign in, and as what; people are invited, their roles given and taken."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from litestar import Request, Response, get, post
from litestar.datastructures import State
from litestar.exceptions import NotFoundException
from litestar.response import Redirect, Template
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts import administering
from app.accounts.administering import Scope, find_account_by_id
from app.accounts.inviting import invite, invite_again
from app.accounts.models import Account
from app.accounts.one_time_links import INVITATION, make_link
from app.errors import Problem, Refused
from app.jurisdictions.models import Area
from app.services.answers import NOT_IN_LIST
from app.services.queries import current_catalogue
from app.settings import Settings
from app.sql import holds
from app.staff.staff_account_page import list_page, one_page
from app.templating import mark

PageRequest = Request[Any, Any, State]
Deed = Callable[[AsyncSession, Account, Account], Awaitable[None]]
MANAGE = {"permission": "accounts.manage"}
LAST_PAGE = 10_000
NO_AREA = mark("There is no such area. Write its layer and code, such as board/1.")
DEEDS: dict[str, Deed] = {
    "close": administering.close,
    "open": administering.open_again,
    "sign-out": administering.end_sessions,
    "second-factor": administering.take_second_factor,
}


@get("/staff/accounts", opt=MANAGE)
async def show_accounts(session: AsyncSession, account: Account, request: PageRequest, page: int = 1) -> Template:
    words = clean(request.query_params.get("q", ""))
    return await list_page(session, request, words, min(max(page, 1), LAST_PAGE))


@post("/staff/accounts", opt=MANAGE, status_code=200)
async def post_invitation(request: PageRequest, session: AsyncSession, account: Account) -> Response[Any]:
    """Invites somebody: 303 to their page, or the form again with 403, 409 or 422."""
    form = await read_form(request)
    try:
        made = await invite(session, account, form.get("email", ""), form.get("name", ""), form.get("role", ""))
    except Refused as refused:
        return await list_page(session, request, "", 1, form=form, refused=refused)
    return await invited(request, session, account, made.id)


@get("/staff/accounts/{account_id:int}", opt=MANAGE)
async def show_account(
    request: PageRequest, session: AsyncSession, account: Account, account_id: int, done: str = ""
) -> Template:
    return await one_page(session, account, await find(session, account_id), done=done)


@post("/staff/accounts/{account_id:int}/invitation", opt=MANAGE, status_code=200)
async def post_invitation_again(
    request: PageRequest, session: AsyncSession, account: Account, account_id: int
) -> Response[Any]:
    """Another letter for who has not come yet: 303, or the page with 403 or 409."""
    found = await find(session, account_id)
    try:
        await invite_again(session, account, found)
    except Refused as refused:
        return await one_page(session, account, found, refused=refused)
    return await invited(request, session, account, found.id)


@post("/staff/accounts/{account_id:int}/roles", opt=MANAGE, status_code=200)
async def post_role(request: PageRequest, session: AsyncSession, account: Account, account_id: int) -> Response[Any]:
    """Gives a role: 303, or the page with 403 or 422."""
    found, form = await find(session, account_id), await read_form(request)
    try:
        scope = await read_scope(session, form)
        await administering.give_role(session, account, found, form.get("role", ""), scope)
    except Refused as refused:
        return await one_page(session, account, found, form=form, refused=refused)
    return changed(account_id)


@post("/staff/accounts/{account_id:int}/roles/{grant_id:int}/take", opt=MANAGE, status_code=200)
async def post_role_taken(
    request: PageRequest, session: AsyncSession, account: Account, account_id: int, grant_id: int
) -> Response[Any]:
    """Takes a role away: 303, or the page with 403 or 409; 404 for a role that they do not have."""
    found = await find(session, account_id)
    grant = next((one for one in found.grants if one.id == grant_id), None)
    if grant is None:
        raise NotFoundException
    try:
        await administering.take_role(session, account, found, grant)
    except Refused as refused:
        return await one_page(session, account, found, refused=refused)
    return changed(account_id)


@post("/staff/accounts/{account_id:int}/{deed:str}", opt=MANAGE, status_code=200)
async def post_deed(
    request: PageRequest, session: AsyncSession, account: Account, account_id: int, deed: str
) -> Response[Any]:
    """Closes an account, opens it again, ends its sessions, takes its second factor: 303, or 403 or 409."""
    found = await find(session, account_id)
    if deed not in DEEDS:
        raise NotFoundException
    try:
        await DEEDS[deed](session, account, found)
    except Refused as refused:
        return await one_page(session, account, found, refused=refused)
    return changed(account_id)


async def find(session: AsyncSession, account_id: int) -> Account:
    found = await find_account_by_id(session, account_id) if holds(Account.id, account_id) else None
    if found is None:
        raise NotFoundException
    return found


async def read_form(request: PageRequest) -> dict[str, str]:
    return {name: clean(str(value)) for name, value in (await request.form()).multi_items()}


def clean(text: str) -> str:
    return text.replace("\0", "").strip()


async def read_scope(session: AsyncSession, form: dict[str, str]) -> Scope:
    """Raises Refused (422) for what there is none of."""
    catalogue = await current_catalogue(session)
    ids = {str(key): key for key in catalogue.departments}, {str(key): key for key in catalogue.by_id}
    chosen = form.get("department", ""), form.get("service", "")
    for field, known, value in zip(("department", "service"), ids, chosen, strict=True):
        if value and value not in known:
            raise Refused(Problem(field, NOT_IN_LIST))
    layer, _, code = form.get("area", "").partition("/")
    if layer or code:
        known_area = select(Area.id).where(Area.layer == layer, Area.code == code)
        if not (await session.execute(known_area.limit(1))).first():
            raise Refused(Problem("area", NO_AREA))
    return Scope(ids[0].get(chosen[0]), ids[1].get(chosen[1]), layer or None, code or None)


def changed(account_id: int) -> Redirect:
    return Redirect(f"/staff/accounts/{account_id}?done=changed", status_code=303)


async def invited(request: PageRequest, session: AsyncSession, by: Account, account_id: int) -> Response[Any]:
    """To the page of who was invited; where no letter goes out, with the link to hand over."""
    settings: Settings = request.app.state.settings
    if settings.smtp_url:
        return Redirect(f"/staff/accounts/{account_id}?done=invited", status_code=303)
    link = settings.public_url + await make_link(session, account_id, INVITATION)
    return await one_page(session, by, await find(session, account_id), link=link)


route_handlers = [
    show_accounts,
    post_invitation,
    show_account,
    post_invitation_again,
    post_role,
    post_role_taken,
    post_deed,
]
