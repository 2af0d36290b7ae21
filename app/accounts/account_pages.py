"""/account: a person's own name, language, password and sessions."""

from __future__ import annotations

import asyncio
from typing import Any

from litestar import Response, get, post
from litestar.di import Provide
from litestar.exceptions import NotFoundException
from litestar.response import Redirect, Template
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.audit import note
from app.accounts.confirming import confirm_password, said_problems, wait_header
from app.accounts.device_names import device_said
from app.accounts.guards import PERMISSION, SIGNED_IN, provide_sign_in, require_sign_in
from app.accounts.inviting import name_problem
from app.accounts.letters import PASSWORD_CHANGED, write_letter
from app.accounts.models import Account, SignIn
from app.accounts.passwords import SHORTEST, hash_of_password, weakness
from app.accounts.second_factor import codes_left, find_second_factor
from app.accounts.sessions import PageRequest, end_all, end_one, session_cookie, sessions_of
from app.accounts.signing_in import language_cookies
from app.db import Database
from app.errors import Problem, Refused
from app.sql import holds
from app.templating import LOCALES, current_locale, mark

signed_in: dict[str, Any] = {
    "dependencies": {"sign_in": Provide(provide_sign_in)},
    "opt": {PERMISSION: SIGNED_IN},
}
NO_STORE = {"Cache-Control": "private, no-store"}
FORM_BYTES = 100_000
CHOOSE_LANGUAGE = mark("Choose one of the languages.")


@get("/account", **signed_in)
async def show_account(session: AsyncSession, sign_in: SignIn, done: str = "") -> Template:
    return await account_page(session, sign_in, done=done)


@post("/account", **signed_in, status_code=200, request_max_body_size=FORM_BYTES)
async def post_account(request: PageRequest, session: AsyncSession, sign_in: SignIn) -> Response[Any]:
    """Keeps name and language: 303, or 422 with what is wrong."""
    form = {name: str(value).replace("\0", "").strip() for name, value in (await request.form()).multi_items()}
    name, locale = form.get("name", ""), form.get("locale", "")
    problems = [
        name_problem(name),
        Problem("locale", CHOOSE_LANGUAGE) if locale not in LOCALES else None,
    ]
    if wrong := [problem for problem in problems if problem]:
        return await account_page(session, sign_in, form=form, refused=Refused(*wrong))
    account = sign_in.account
    if name != account.name:
        await note(session, account, "account.renamed", about=account.email, facts={"from": account.name, "to": name})
    account.name, account.locale = name, locale
    return Redirect("/account?done=account", status_code=303, cookies=language_cookies(locale))


@post("/account/sessions/{sign_in_id:int}/end", **signed_in, status_code=303)
async def post_end_session(request: PageRequest, session: AsyncSession, sign_in: SignIn, sign_in_id: int) -> Redirect:
    """Ends one of one's own sessions; 404 for anybody else's. Ending the present one signs out."""
    if not holds(SignIn.id, sign_in_id) or not await end_one(session, sign_in.account_id, sign_in_id):
        raise NotFoundException
    if sign_in_id == sign_in.id:
        return Redirect("/", status_code=303, cookies=[session_cookie(request, "")])
    return Redirect("/account?done=session", status_code=303)


@post("/account/sessions/end", **signed_in, status_code=303)
async def post_end_sessions(session: AsyncSession, sign_in: SignIn) -> Redirect:
    """Ends all of one's own sessions but the present one."""
    await end_all(session, sign_in.account_id, but=sign_in.id)
    return Redirect("/account?done=sessions", status_code=303)


@get("/account/password", **signed_in)
async def show_password(sign_in: SignIn) -> Template:
    return password_page(sign_in.account)


@post("/account/password", opt={PERMISSION: SIGNED_IN}, status_code=200, request_max_body_size=FORM_BYTES)
async def post_password(request: PageRequest) -> Response[Any]:
    """A new password: 303; 422 for a wrong present or a weak new one, 429. All other sessions end."""
    database: Database = request.app.state.database
    form = await request.form()
    # Hashing takes its time: no transaction is open meanwhile.
    async with database.reading() as session:
        sign_in = await require_sign_in(session, request)
    account, password = sign_in.account, str(form.get("password", ""))
    try:
        await confirm_password(request, account, str(form.get("current", "")))
        if weak := await asyncio.to_thread(weakness, password, account.email, account.name):
            raise Refused(weak)
    except Refused as refused:
        return password_page(account, refused=refused)
    fresh = await asyncio.to_thread(hash_of_password, password)
    async with database.writing() as session:
        await session.execute(update(Account).where(Account.id == account.id).values(password_hash=fresh))
        await note(session, account, "account.password_changed", about=account.email)
        await end_all(session, account.id, but=sign_in.id)
        write_letter(session, account, PASSWORD_CHANGED)
    return Redirect("/account?done=password", status_code=303)


async def account_page(
    session: AsyncSession,
    sign_in: SignIn,
    *,
    done: str = "",
    form: dict[str, str] | None = None,
    refused: Refused | None = None,
) -> Template:
    account = sign_in.account
    values = form or {"name": account.name, "locale": account.locale or current_locale.get()}
    context = {
        "account": account,
        "form": {"name": "", "locale": "", **values},
        "sessions": await sessions_of(session, account.id),
        "current": sign_in.id,
        "device_said": device_said,
        "has_password": bool(account.password_hash),
        "second_factor": await find_second_factor(session, account.id),
        "codes_left": await codes_left(session, account.id),
        "problems": said_problems(refused),
        "done": done,
    }
    status = refused.status if refused else 200
    return Template("accounts/account.html", context=context, status_code=status, headers=NO_STORE)


def password_page(account: Account, *, refused: Refused | None = None) -> Template:
    context = {"account": account, "least": SHORTEST, "problems": said_problems(refused)}
    status = refused.status if refused else 200
    headers = NO_STORE | wait_header(refused)
    return Template("accounts/password.html", context=context, status_code=status, headers=headers)


route_handlers = [show_account, post_account, post_end_session, post_end_sessions, show_password, post_password]
