"""Signing in and out."""

from __future__ import annotations

import asyncio
from typing import Any

from litestar import Request, Response, get, post
from litestar.datastructures import Cookie, State
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.actions import SESSION_LENGTH, end_session, find_account, password_fits, start_session
from app.accounts.guards import SESSION_COOKIE
from app.accounts.throttle import Throttle
from app.db import Database
from app.settings import Settings
from app.templating import gettext, mark

PageRequest = Request[Any, Any, State]
WRONG = mark("This e-mail address and password do not belong together. Check both and try again.")
TOO_OFTEN = mark("Too many wrong passwords. Wait a quarter of an hour, then try again.")
FORM_BYTES = 100_000
MAX_EMAIL = 254
throttle = Throttle()


@get("/sign-in")
async def show_sign_in(request: PageRequest) -> Template:
    return sign_in_page(request.query_params.get("next", ""))


@post("/sign-in", status_code=200, request_max_body_size=FORM_BYTES)
async def sign_in(request: PageRequest) -> Response[Any]:
    """303 to where the person was going; 422 for a wrong password, 429 after ten of them."""
    database: Database = request.app.state.database
    form = await request.form()
    # No longer than an account's own, since the throttle remembers it; PostgreSQL takes no NUL.
    email = str(form.get("email", "")).replace("\0", "").strip().lower()[:MAX_EMAIL]
    back = str(form.get("next", ""))
    if throttle.is_closed(email):
        return sign_in_page(back, email=email, problem=gettext(TOO_OFTEN), status=429)
    async with database.reading() as session:
        account = await find_account(session, email)
    password = str(form.get("password", ""))
    # Hashing takes tens of milliseconds on purpose: not on the event loop, and with no writer waiting for it.
    if not await asyncio.to_thread(password_fits, account, password) or account is None:
        throttle.failed(email)
        return sign_in_page(back, email=email, problem=gettext(WRONG), status=422)
    throttle.succeeded(email)
    async with database.writing() as session:
        token = await start_session(session, account)
    return Redirect(inside(back), status_code=303, cookies=[session_cookie(request, token)])


@post("/sign-out", status_code=303)
async def sign_out(request: PageRequest, session: AsyncSession) -> Redirect:
    await end_session(session, request.cookies.get(SESSION_COOKIE, ""))
    cookie = session_cookie(request, "")
    cookie.max_age = 0
    return Redirect("/", status_code=303, cookies=[cookie])


def sign_in_page(back: str, *, email: str = "", problem: str = "", status: int = 200) -> Template:
    context = {"next": inside(back), "email": email, "problems": {"email": problem} if problem else {}}
    return Template("accounts/sign_in.html", context=context, status_code=status)


def inside(address: str) -> str:
    """An address of this site, or the desk."""
    return address if address.startswith("/") and not address.startswith(("//", "/\\")) else "/staff"


def session_cookie(request: PageRequest, token: str) -> Cookie:
    settings: Settings = request.app.state.settings
    return Cookie(
        SESSION_COOKIE,
        value=token,
        max_age=int(SESSION_LENGTH.total_seconds()),
        httponly=True,
        secure=settings.secure_cookies,
        samesite="lax",
        path="/",
    )


route_handlers = [show_sign_in, sign_in, sign_out]
