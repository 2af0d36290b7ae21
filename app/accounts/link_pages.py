"""Without a password: a letter is asked for, and its link, or an invitation's, leads to choosing a new one."""

from __future__ import annotations

import asyncio
from typing import Any

from litestar import Response, get, post
from litestar.response import Redirect, Template
from sqlalchemy import update

from app.accounts.actions import EMAIL, find_account
from app.accounts.audit import note
from app.accounts.confirming import TooOften, said_problems, wait_header
from app.accounts.inviting import NO_EMAIL, name_problem
from app.accounts.letters import PASSWORD_CHANGED, write_letter
from app.accounts.models import Account
from app.accounts.one_time_links import INVITATION, RECOVERY, account_of_link, use_link
from app.accounts.passwords import SHORTEST, hash_of_password, weakness
from app.accounts.sessions import PageRequest, end_all
from app.accounts.signing_in import go_on
from app.accounts.throttle import Purse, network_purses, take
from app.db import Database
from app.errors import Problem, Refused
from app.limits import client_address
from app.settings import Settings
from app.templating import mark

NO_STORE = {"Cache-Control": "private, no-store"}
FORM_BYTES = 100_000
MAX_EMAIL = 254
JOINED, RECOVERED = "account.joined", "account.password_recovered"
MANY_LETTERS = mark("Several letters were asked for already. %(wait)s")


@get("/sign-in/forgotten")
async def show_forgotten(request: PageRequest) -> Template:
    return forgotten_page(request)


@post("/sign-in/forgotten", status_code=200, request_max_body_size=FORM_BYTES)
async def post_forgotten(request: PageRequest) -> Template:
    """Writes a letter to the holder of an account; says the same where there is none. 422, 429."""
    database: Database = request.app.state.database
    email = str((await request.form()).get("email", "")).replace("\0", "").strip().lower()[:MAX_EMAIL]
    if not EMAIL.fullmatch(email):
        return forgotten_page(request, email=email, refused=Refused(Problem("email", NO_EMAIL)))
    purses = [Purse("letter", email), *network_purses("letter network", client_address(request))]
    async with database.writing() as session:
        wait = await take(session, *purses)
        account = None if wait else await find_account(session, email)
        if account:
            write_letter(session, account, RECOVERY)
    refused = TooOften("email", wait, MANY_LETTERS) if wait else None
    return forgotten_page(request, email=email, sent=not wait, refused=refused)


@get("/sign-in/new-password/{token:str}")
async def show_recovery(request: PageRequest, token: str) -> Template:
    return new_password_page(RECOVERY, await holder(request, RECOVERY, token))


@post("/sign-in/new-password/{token:str}", status_code=200, request_max_body_size=FORM_BYTES)
async def post_recovery(request: PageRequest, token: str) -> Response[Any]:
    """A new password for who has the letter: 303 to the sign-in; 404, 410, 422. All sessions end."""
    account = await holder(request, RECOVERY, token)
    return await take_password(request, RECOVERY, token, account)


@get("/sign-in/invitation/{token:str}")
async def show_invitation(request: PageRequest, token: str) -> Template:
    account = await holder(request, INVITATION, token)
    return new_password_page(INVITATION, account, name=account.name)


@post("/sign-in/invitation/{token:str}", status_code=200, request_max_body_size=FORM_BYTES)
async def post_invitation(request: PageRequest, token: str) -> Response[Any]:
    """Name and password of who was invited: 303 into the desk, signed in; 404, 410, 422."""
    account = await holder(request, INVITATION, token)
    return await take_password(request, INVITATION, token, account)


async def holder(request: PageRequest, kind: str, token: str) -> Account:
    database: Database = request.app.state.database
    async with database.reading() as session:
        return await account_of_link(session, kind, token)


async def take_password(request: PageRequest, kind: str, token: str, account: Account) -> Response[Any]:
    database: Database = request.app.state.database
    form = await request.form()
    password = str(form.get("password", ""))
    name = str(form.get("name", "")).replace("\0", "").strip() if kind == INVITATION else account.name
    problems = [
        name_problem(name),
        await asyncio.to_thread(weakness, password, account.email, name),
    ]
    if wrong := [problem for problem in problems if problem]:
        return new_password_page(kind, account, name=name, refused=Refused(*wrong))
    fresh = await asyncio.to_thread(hash_of_password, password)
    async with database.writing() as session:
        await use_link(session, account.id, token)
        await session.execute(update(Account).where(Account.id == account.id).values(password_hash=fresh, name=name))
        await note(session, account, JOINED if kind == INVITATION else RECOVERED, about=account.email)
        await end_all(session, account.id)
        if kind == INVITATION:
            return await go_on(request, session, account, "/staff")
        write_letter(session, account, PASSWORD_CHANGED)
    return Redirect("/sign-in?done=password", status_code=303)


def forgotten_page(
    request: PageRequest, *, email: str = "", sent: bool = False, refused: Refused | None = None
) -> Template:
    settings: Settings = request.app.state.settings
    context = {
        "email": email,
        "sent": sent,
        "sends_mail": bool(settings.smtp_url),
        "problems": said_problems(refused),
    }
    status = refused.status if refused else 200
    headers = NO_STORE | wait_header(refused)
    return Template("accounts/forgotten.html", context=context, status_code=status, headers=headers)


def new_password_page(kind: str, account: Account, *, name: str = "", refused: Refused | None = None) -> Template:
    problems = said_problems(refused)
    context = {"kind": kind, "account": account, "name": name, "least": SHORTEST, "problems": problems}
    status = refused.status if refused else 200
    return Template("accounts/new_password.html", context=context, status_code=status, headers=NO_STORE)


route_handlers = [show_forgotten, post_forgotten, show_recovery, post_recovery, show_invitation, post_invitation]
