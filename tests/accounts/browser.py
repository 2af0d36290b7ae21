"""People who sign in to a small city, as a browser without JavaScript does."""

from __future__ import annotations

import re
from base64 import b32decode

import httpx
from litestar import Litestar
from litestar.testing import AsyncTestClient

from app.accounts import totp
from app.accounts.actions import create_account
from app.accounts.models import Account
from app.db import Database

Client = AsyncTestClient[Litestar]
PASSWORD = "a long walk on the pier"
OTHER_PASSWORD = "seven herons under a bridge"
CLERK = "clerk@streets.example"


async def make_person(database: Database, email: str = CLERK, role: str = "clerk", name: str = "Sam") -> Account:
    async with database.writing() as session:
        return await create_account(session, email=email, name=name, role=role, password=PASSWORD)


async def sign_in(
    client: Client, email: str = CLERK, password: str = PASSWORD, back: str = "/account"
) -> httpx.Response:
    form = {"email": email, "password": password, "next": back}
    return await client.post("/sign-in", data=form, follow_redirects=False)


class Phone:
    """An authenticator app: knows a secret, and gives the code of any half minute."""

    def __init__(self, page: str) -> None:
        """From the page that sets it up."""
        self.sealed = hidden(page, "secret")
        key = re.search(r'<code class="number">([A-Z2-7 ]+)</code>', page)
        assert key
        self.secret = b32decode(key[1].replace(" ", ""))

    def code(self, seconds: float) -> str:
        return totp.code_at(self.secret, totp.step_at(seconds))


class Clock:
    """Stands in for the module `time` where codes are judged."""

    def __init__(self, seconds: float = 1_800_000_000.0) -> None:
        self.seconds = seconds

    def time(self) -> float:
        return self.seconds


def hidden(page: str, name: str) -> str:
    """The value of a hidden field."""
    found = re.search(rf'<input type="hidden" name="{name}" value="([^"]*)"', page)
    assert found, name
    return found[1]
