"""Links that open an account once: for who was invited, and for who has forgotten the password."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import CursorResult, delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.models import Account
from app.accounts.sessions import hash_token
from app.accounts.sign_in_models import OneTimeLink
from app.errors import Problem, Refused
from app.templating import mark

INVITATION, RECOVERY = "invitation", "recovery"
LASTS = {INVITATION: timedelta(days=7), RECOVERY: timedelta(hours=1)}
PATHS = {INVITATION: "/sign-in/invitation", RECOVERY: "/sign-in/new-password"}
# How long a link that is over is remembered, so that its page can say what has become of it.
REMEMBERED = timedelta(days=30)

NO_SUCH_LINK = mark("This link is not whole. Open it from the letter again, or copy all of it.")
USED_LINK = mark("This link has been used already. Sign in, or ask for a new link.")
EXPIRED = mark("This link is too old. Ask for a new one.")
CLOSED = mark("This account is closed. Ask an administrator of your city.")


async def make_link(session: AsyncSession, account_id: int, kind: str) -> str:
    """A new link for an account: its address below the city's own. It is not kept and cannot be made out again."""
    now = datetime.now(UTC)
    token = secrets.token_urlsafe(32)
    await session.execute(delete(OneTimeLink).where(OneTimeLink.expires_datetime < now - REMEMBERED))
    session.add(
        OneTimeLink(token_hash=hash_token(token), kind=kind, account_id=account_id, expires_datetime=now + LASTS[kind])
    )
    await session.flush()
    return f"{PATHS[kind]}/{token}"


async def account_of_link(session: AsyncSession, kind: str, token: str) -> Account:
    """Whose link this is. Raises Refused: 404 for one that we never made, 410 for a used or an old one."""
    link = await session.get(OneTimeLink, hash_token(token))
    if link is None or link.kind != kind:
        raise Refused(Problem("link", NO_SUCH_LINK), status=404)
    account = (await session.execute(select(Account).where(Account.id == link.account_id))).scalar_one()
    over = {
        USED_LINK: link.used_datetime is not None,
        EXPIRED: link.expires_datetime <= datetime.now(UTC),
        CLOSED: not account.active,
    }
    for reason, is_so in over.items():
        if is_so:
            raise Refused(Problem("link", reason), status=410)
    return account


async def use_link(session: AsyncSession, account_id: int, token: str) -> None:
    """Uses a link up, and with it all others of this account. Raises Refused (410) where somebody was quicker."""
    fresh = OneTimeLink.used_datetime.is_(None)
    now = datetime.now(UTC)
    mine = update(OneTimeLink).where(OneTimeLink.token_hash == hash_token(token), fresh)
    done: CursorResult[Any] = await session.execute(mine.values(used_datetime=now))  # type: ignore[assignment]
    if not done.rowcount:
        raise Refused(Problem("link", USED_LINK), status=410)
    others = update(OneTimeLink).where(OneTimeLink.account_id == account_id, fresh)
    await session.execute(others.values(used_datetime=now))
