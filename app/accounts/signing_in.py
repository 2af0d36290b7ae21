"""From a right password to a session: what is left to do, and where the person was going."""

from __future__ import annotations

from urllib.parse import urlencode

from litestar.datastructures import Cookie
from litestar.response import Redirect
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.models import Account, AccountRole, Role
from app.accounts.second_factor import find_second_factor
from app.accounts.sessions import (
    NEEDS_CODE,
    NEEDS_SETUP,
    SESSION_COOKIE,
    SESSION_LENGTH,
    STEP_LENGTH,
    PageRequest,
    end_session,
    session_cookie,
    start_session,
)
from app.templating import LOCALE_COOKIE, LOCALES

STEPS = {NEEDS_CODE: "/sign-in/code", NEEDS_SETUP: "/account/second-factor"}
LOCALE_SECONDS = 31_536_000


async def go_on(request: PageRequest, session: AsyncSession, account: Account, back: str) -> Redirect:
    """After a right password or link: a session, or the step that is left before there is one."""
    needs = await what_is_left(session, account)
    return await begin(request, session, account, back, needs)


async def what_is_left(session: AsyncSession, account: Account) -> str | None:
    if await find_second_factor(session, account.id):
        return NEEDS_CODE
    return NEEDS_SETUP if await role_needs_factor(session, account.id) else None


async def role_needs_factor(session: AsyncSession, account_id: int) -> bool:
    """Whether one of the account's roles asks for a second factor."""
    wanted = select(AccountRole.id).join(AccountRole.role).where(AccountRole.account_id == account_id, Role.needs_totp)
    return (await session.execute(wanted.limit(1))).first() is not None


async def begin(
    request: PageRequest, session: AsyncSession, account: Account, back: str, needs: str | None = None
) -> Redirect:
    """A session under a new token: whoever knew the browser's old one has nothing from it."""
    await end_session(session, request.cookies.get(SESSION_COOKIE, ""))
    token = await start_session(session, account, request, needs=needs)
    where = f"{STEPS[needs]}?{urlencode({'next': back})}" if needs else back
    cookie = session_cookie(request, token, lasts=STEP_LENGTH if needs else SESSION_LENGTH)
    return Redirect(where, status_code=303, cookies=[cookie, *language_cookies(account.locale)])


def language_cookies(locale: str | None) -> list[Cookie]:
    """The language that somebody keeps with their account, for this browser."""
    if locale not in LOCALES:
        return []
    return [Cookie(LOCALE_COOKIE, value=locale, max_age=LOCALE_SECONDS, samesite="lax", path="/")]


def inside(address: str) -> str:
    """An address of this site, or the desk."""
    is_ours = address.startswith("/") and not address.startswith(("//", "/\\")) and address.isprintable()
    return address if is_ours else "/staff"
