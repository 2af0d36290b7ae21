"""Showing again who one is: the password, or a code of the second factor; each wrong one is counted."""

from __future__ import annotations

import asyncio

from app.accounts.models import Account
from app.accounts.passwords import password_fits
from app.accounts.second_factor import Verdict, judge
from app.accounts.sessions import PageRequest
from app.accounts.throttle import Purse, forget, network_purses, take
from app.db import Database
from app.errors import Problem, Refused
from app.limits import client_address
from app.settings import Settings
from app.templating import gettext, mark, ngettext

WRONG_PASSWORD = mark("This is not your password. Check it and try again.")
WRONG_CODE = mark("This code is not right. Take the one that your app shows now.")
USED_CODE = mark("This code has been used already. Wait for the next one, or take another one of your list.")
TOO_OFTEN = mark("Too many wrong tries. %(wait)s")


class TooOften(Refused):
    """429: somebody has tried too often. `wait` in seconds."""

    def __init__(self, field: str, wait: int, message: str = TOO_OFTEN) -> None:
        super().__init__(Problem(field, message, {"wait": wait_said(wait)}), status=429)
        self.wait = wait


def wait_said(seconds: int) -> str:
    minutes = -(-seconds // 60)
    return ngettext("Try again in %(num)d minute.", "Try again in %(num)d minutes.", minutes)


def wait_header(refused: Refused | None) -> dict[str, str]:
    """Retry-After, for who has tried too often."""
    return {"Retry-After": str(refused.wait)} if isinstance(refused, TooOften) else {}


def password_purses(request: PageRequest, email: str) -> list[Purse]:
    """What a try of a password is counted for: the e-mail address first, then the network that it comes from."""
    return [Purse("password", email), *network_purses("network", client_address(request))]


async def confirm_password(request: PageRequest, account: Account, password: str, *, field: str = "current") -> None:
    """Raises Refused (422) for a wrong password and TooOften (429). Opens transactions of its own."""
    database: Database = request.app.state.database
    purse = Purse("password", account.email)
    async with database.writing() as session:
        wait = await take(session, purse)
    if wait:
        raise TooOften(field, wait)
    if not await asyncio.to_thread(password_fits, account.password_hash, password):
        raise Refused(Problem(field, WRONG_PASSWORD))
    async with database.writing() as session:
        await forget(session, purse)


async def confirm_code(request: PageRequest, account_id: int, typed: str, *, field: str = "code") -> None:
    """Uses up a code. Raises Refused (422) for a wrong or used one and TooOften (429)."""
    database: Database = request.app.state.database
    settings: Settings = request.app.state.settings
    purse = Purse("code", str(account_id))
    async with database.writing() as session:
        wait = await take(session, purse)
        verdict = Verdict.WRONG if wait else await judge(session, settings, account_id, typed)
        if verdict is Verdict.RIGHT:
            await forget(session, purse)
    if wait:
        raise TooOften(field, wait)
    if verdict is not Verdict.RIGHT:
        raise Refused(Problem(field, USED_CODE if verdict is Verdict.USED else WRONG_CODE))


def said_problems(refused: Refused | None) -> dict[str, str]:
    """Field → sentence, as the pages' forms show it."""
    return (
        {problem.field: gettext(problem.message, **problem.params) for problem in refused.problems} if refused else {}
    )
