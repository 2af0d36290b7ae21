"""Signing in and out."""

from __future__ import annotations

import asyncio
from typing import Any

from litestar import Response, get, post
from litestar.response import Redirect, Template
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.actions import find_account
from app.accounts.confirming import (
    TOO_OFTEN,
    confirm_code,
    password_purses,
    said_problems,
    wait_header,
    wait_said,
)
from app.accounts.models import Account, SignIn
from app.accounts.passwords import hash_of_password, is_outdated, password_fits
from app.accounts.sessions import (
    NEEDS_CODE,
    SESSION_COOKIE,
    PageRequest,
    end_session,
    find_session,
    session_cookie,
)
from app.accounts.signing_in import begin, go_on, inside
from app.accounts.throttle import forget, give_back, take
from app.db import Database
from app.errors import Refused
from app.templating import gettext, mark

WRONG = mark("This e-mail address and password do not belong together. Check both and try again.")
TOO_LATE = mark("More than 15 minutes have passed. Sign in again.")
FORM_BYTES = 100_000
MAX_EMAIL = 254
NO_STORE = {"Cache-Control": "private, no-store"}


@get("/sign-in")
async def show_sign_in(request: PageRequest, done: str = "") -> Template:
    return sign_in_page(request.query_params.get("next", ""), done=done)


@post("/sign-in", status_code=200, request_max_body_size=FORM_BYTES)
async def sign_in(request: PageRequest) -> Response[Any]:
    """303 to where the person was going, or to the second factor; 422 for a wrong password, 429 after ten of them."""
    database: Database = request.app.state.database
    form = await request.form()
    # PostgreSQL takes no NUL.
    email = str(form.get("email", "")).replace("\0", "").strip().lower()[:MAX_EMAIL]
    back, password = inside(str(form.get("next", ""))), str(form.get("password", ""))
    mine, *networks = password_purses(request, email)
    async with database.writing() as session:
        wait = await take(session, mine, *networks)
    if wait:
        problem = gettext(TOO_OFTEN, wait=wait_said(wait))
        return sign_in_page(back, email=email, problem=problem, status=429, headers={"Retry-After": str(wait)})
    async with database.reading() as session:
        account = await find_account(session, email)
    # Hashing takes tens of milliseconds on purpose: not on the event loop, and with no writer waiting for it.
    fits = await asyncio.to_thread(password_fits, account.password_hash if account else None, password)
    if not fits or account is None:
        return sign_in_page(back, email=email, problem=gettext(WRONG), status=422)
    fresh = await asyncio.to_thread(hash_of_password, password) if is_outdated(account.password_hash) else None
    async with database.writing() as session:
        await forget(session, mine)
        await give_back(session, *networks)
        if fresh:
            await session.execute(update(Account).where(Account.id == account.id).values(password_hash=fresh))
        return await go_on(request, session, account, back)


@get("/sign-in/code")
async def show_code(request: PageRequest, session: AsyncSession, paper: str = "") -> Response[Any]:
    back = inside(request.query_params.get("next", ""))
    found = await find_session(session, request)
    if not is_at_code(found):
        return Redirect("/sign-in", status_code=303)
    return code_page(back, paper=bool(paper))


@post("/sign-in/code", status_code=200, request_max_body_size=FORM_BYTES)
async def post_code(request: PageRequest) -> Response[Any]:
    """303 to where the person was going; 401 when the password is too long ago, 422 for a wrong or used code, 429."""
    database: Database = request.app.state.database
    form = await request.form()
    back, paper = inside(str(form.get("next", ""))), bool(form.get("paper"))
    async with database.reading() as session:
        found = await find_session(session, request)
    if found is None or not is_at_code(found):
        return sign_in_page(back, problem=gettext(TOO_LATE), status=401)
    try:
        await confirm_code(request, found.account_id, str(form.get("code", "")))
    except Refused as refused:
        return code_page(back, paper=paper, refused=refused)
    async with database.writing() as session:
        return await begin(request, session, found.account, back)


def is_at_code(found: SignIn | None) -> bool:
    """Whether the password was right, and the code is still to come."""
    return found is not None and found.needs == NEEDS_CODE


@post("/sign-out", status_code=303)
async def sign_out(request: PageRequest, session: AsyncSession) -> Redirect:
    await end_session(session, request.cookies.get(SESSION_COOKIE, ""))
    return Redirect("/", status_code=303, cookies=[session_cookie(request, "")])


def sign_in_page(
    back: str,
    *,
    email: str = "",
    problem: str = "",
    status: int = 200,
    headers: dict[str, str] | None = None,
    done: str = "",
) -> Template:
    problems = {"email": problem} if problem else {}
    context = {"next": inside(back), "email": email, "problems": problems, "done": done}
    return Template("accounts/sign_in.html", context=context, status_code=status, headers=headers or {})


def code_page(back: str, *, paper: bool, refused: Refused | None = None) -> Template:
    context = {"next": back, "paper": paper, "problems": said_problems(refused)}
    headers = NO_STORE | wait_header(refused)
    status = refused.status if refused else 200
    return Template("accounts/code.html", context=context, status_code=status, headers=headers)


route_handlers = [show_sign_in, sign_in, show_code, post_code, sign_out]
