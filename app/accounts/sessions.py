"""Sessions: begun with a sign-in, seen and ended by their owner. The cookie holds a token, the table its hash."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie, State
from sqlalchemy import CursorResult, delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import contains_eager

from app.accounts.device_names import device_of
from app.accounts.models import Account, AccountRole, SignIn
from app.db import Database
from app.limits import client_address
from app.settings import Settings

PageRequest = Request[Any, Any, State]
Connection = ASGIConnection[Any, Any, Any, Any]
SESSION_COOKIE = "session"
SESSION_LENGTH = timedelta(days=14)
# What is left to do after the password: give a code, or set up the second factor that the role asks for.
NEEDS_CODE, NEEDS_SETUP = "code", "setup"
STEP_LENGTH = timedelta(minutes=15)
# "Last used" is as old as this at most.
SEEN_EVERY = timedelta(minutes=5)


async def start_session(
    session: AsyncSession, account: Account, request: PageRequest | None = None, *, needs: str | None = None
) -> str:
    """Signs an account in; returns the token for the cookie. Sessions that have ended are swept out.

    With `needs` the session is good for nothing but for what is left to do, and for 15 minutes.
    """
    now = datetime.now(UTC)
    token = secrets.token_urlsafe(32)
    await session.execute(delete(SignIn).where(SignIn.expires_datetime < now))
    session.add(
        SignIn(
            token_hash=hash_token(token),
            account_id=account.id,
            created_datetime=now,
            expires_datetime=now + (STEP_LENGTH if needs else SESSION_LENGTH),
            needs=needs,
            **(used_by(request) if request else {}),
        )
    )
    return token


def used_by(connection: Connection) -> dict[str, Any]:
    """When, with what and from where a session is used."""
    device = device_of(connection.headers.get("user-agent", ""))
    return {"seen_datetime": datetime.now(UTC), "device": device, "address": client_address(connection)[:45]}


async def find_session(session: AsyncSession, connection: Connection) -> SignIn | None:
    """The session of this cookie with its account and grants, while it lasts and the account is active.

    Look at `needs`: not None means that nobody is signed in yet.
    """
    token = connection.cookies.get(SESSION_COOKIE)
    if not token:
        return None
    grants = contains_eager(SignIn.account).selectinload(Account.grants).joinedload(AccountRole.role)
    wanted = (
        select(SignIn)
        .join(SignIn.account)
        .where(SignIn.token_hash == hash_token(token), SignIn.expires_datetime > datetime.now(UTC), Account.active)
        .options(contains_eager(SignIn.account), grants)
    )
    return (await session.execute(wanted)).scalar_one_or_none()


async def note_use(connection: Connection, found: SignIn) -> None:
    """Keeps when and from where a session was used last, in a transaction of its own.

    Call it while no other one is open: it would wait for itself.
    """
    if found.seen_datetime and datetime.now(UTC) - found.seen_datetime < SEEN_EVERY:
        return
    database: Database = connection.app.state.database
    async with database.writing() as session:
        await session.execute(update(SignIn).where(SignIn.id == found.id).values(**used_by(connection)))


async def sessions_of(session: AsyncSession, account_id: int) -> Sequence[SignIn]:
    """All sessions of an account that have not ended, the last used first."""
    mine = select(SignIn).where(
        SignIn.account_id == account_id, SignIn.expires_datetime > datetime.now(UTC), SignIn.needs.is_(None)
    )
    found = (await session.execute(mine)).scalars()
    return sorted(found, key=lambda one: one.seen_datetime or one.created_datetime, reverse=True)


async def end_session(session: AsyncSession, token: str) -> None:
    await session.execute(delete(SignIn).where(SignIn.token_hash == hash_token(token)))


async def end_one(session: AsyncSession, account_id: int, sign_in_id: int) -> bool:
    """Ends one session of this account; False where it has none of this number."""
    mine = delete(SignIn).where(SignIn.id == sign_in_id, SignIn.account_id == account_id)
    done: CursorResult[Any] = await session.execute(mine)  # type: ignore[assignment]
    return bool(done.rowcount)


async def end_all(session: AsyncSession, account_id: int, *, but: int | None = None) -> None:
    """Ends all sessions of an account, but one where its number is given."""
    mine = delete(SignIn).where(SignIn.account_id == account_id)
    await session.execute(mine if but is None else mine.where(SignIn.id != but))


def session_cookie(request: PageRequest, token: str, *, lasts: timedelta = SESSION_LENGTH) -> Cookie:
    """The cookie of a session; an empty token takes it away."""
    settings: Settings = request.app.state.settings
    return Cookie(
        SESSION_COOKIE,
        value=token,
        max_age=int(lasts.total_seconds()) if token else 0,
        httponly=True,
        secure=settings.secure_cookies,
        samesite="lax",
        path="/",
    )


def hash_token(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
