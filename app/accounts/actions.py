"""Accounts are made, and people sign in and out."""

from __future__ import annotations

import hashlib
import re
import secrets
from datetime import UTC, datetime, timedelta
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.models import Account, AccountRole, Role, SignIn
from app.accounts.permissions import ADMINISTRATOR
from app.jurisdictions.models import Department

SESSION_LENGTH = timedelta(days=14)
SHORTEST_PASSWORD = 12
EMAIL = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")
# argon2id with the library's defaults, which follow RFC 9106's low-memory recommendation.
hasher = PasswordHasher()


class AccountRefused(ValueError):
    """An account that cannot be made; the text says why and what would be right."""


async def create_account(
    session: AsyncSession, *, email: str, name: str, role: str | None, password: str, department: str | None = None
) -> Account:
    """Makes an account with a role, or with none. Raises AccountRefused.

    `department` is a code: there they work, and there alone they have the role. An administrator's is everywhere.
    """
    email = email.strip().lower()
    if not EMAIL.fullmatch(email):
        raise AccountRefused(f"{email!r} is not an e-mail address")
    await check_role(session, role)
    if len(password) < SHORTEST_PASSWORD or password.lower() in (email, name.lower()):
        raise AccountRefused(f"the password needs at least {SHORTEST_PASSWORD} characters, and must not be the name")
    if (await session.execute(select(Account.id).where(Account.email == email))).first():
        raise AccountRefused(f"{email} has an account already")
    department_id = await department_id_of(session, department)
    account = Account(
        email=email,
        name=name,
        department_id=department_id,
        password_hash=hasher.hash(password),
        created_datetime=datetime.now(UTC),
    )
    session.add(account)
    await session.flush()
    if role:
        scope = None if role == ADMINISTRATOR else department_id
        session.add(AccountRole(account_id=account.id, role_code=role, department_id=scope))
        await session.flush()
    return account


async def check_role(session: AsyncSession, role: str | None) -> None:
    known = (await session.execute(select(Role.code).order_by(Role.code))).scalars().all()
    if role is not None and role not in known:
        raise AccountRefused(f"{role!r} is no role: use one of {', '.join(known)}")


async def department_id_of(session: AsyncSession, code: str | None) -> int | None:
    if code is None:
        return None
    found = (await session.execute(select(Department.id).where(Department.code == code))).scalar()
    if found is None:
        raise AccountRefused(f"there is no department {code!r}")
    return found


async def find_account(session: AsyncSession, email: str) -> Account | None:
    """The active account with this e-mail address."""
    wanted = select(Account).where(Account.email == email.strip().lower(), Account.active)
    return (await session.execute(wanted)).scalar_one_or_none()


def password_fits(account: Account | None, password: str) -> bool:
    """Whether the password is the account's; takes as long when there is no such account."""
    try:
        return hasher.verify(account.password_hash if account else nobodys_hash(), password) and account is not None
    except VerifyMismatchError:
        return False


@cache
def nobodys_hash() -> str:
    """Checked when there is no such account, so that the answer takes as long."""
    return hasher.hash(secrets.token_urlsafe(16))


async def start_session(session: AsyncSession, account: Account) -> str:
    """Signs an account in; returns the token for the cookie. Sessions that have ended are swept out."""
    now = datetime.now(UTC)
    token = secrets.token_urlsafe(32)
    await session.execute(delete(SignIn).where(SignIn.expires_datetime < now))
    session.add(
        SignIn(
            token_hash=hash_token(token),
            account_id=account.id,
            created_datetime=now,
            expires_datetime=now + SESSION_LENGTH,
        )
    )
    return token


async def end_session(session: AsyncSession, token: str) -> None:
    await session.execute(delete(SignIn).where(SignIn.token_hash == hash_token(token)))


def hash_token(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
