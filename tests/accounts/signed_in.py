"""People with roles and scopes, signed in without a password."""

from __future__ import annotations

import itertools
import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

from litestar import Litestar
from litestar.testing import AsyncTestClient

from app.accounts.models import Account, AccountRole, SignIn
from app.accounts.sessions import SESSION_COOKIE, hash_token
from app.db import Database

Client = AsyncTestClient[Litestar]
numbers = itertools.count(1)


def grant(role: str, **scope: Any) -> dict[str, Any]:
    """A role, for the whole city or for `department_id`, `service_id`, `layer` with `area_code`."""
    return {"role_code": role, **scope}


async def person(database: Database, *grants: dict[str, Any], name: str = "Sam") -> int:
    """The id of a new account with these roles."""
    now = datetime.now(UTC)
    async with database.writing() as session:
        account = Account(
            email=f"person{next(numbers)}@city.example", name=name, password_hash="none", created_datetime=now
        )
        session.add(account)
        await session.flush()
        session.add_all([AccountRole(account_id=account.id, **given) for given in grants])
        return account.id


async def sign_in_as(client: Client, database: Database, account_id: int) -> None:
    """A new session for this account, in this browser."""
    token, now = secrets.token_urlsafe(32), datetime.now(UTC)
    ends = now + timedelta(hours=1)
    async with database.writing() as session:
        session.add(
            SignIn(
                token_hash=hash_token(token),
                account_id=account_id,
                created_datetime=now,
                seen_datetime=now,
                expires_datetime=ends,
            )
        )
    client.cookies.set(SESSION_COOKIE, token)
