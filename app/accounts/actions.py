"""Accounts are made and found."""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.models import Account, AccountRole, Role
from app.accounts.passwords import hash_of_password, weakness
from app.accounts.permissions import ADMINISTRATOR
from app.jurisdictions.models import Department

EMAIL = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")


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
    if weak := await asyncio.to_thread(weakness, password, email, name):
        raise AccountRefused(f"the password is too weak. {weak.said()}")
    if (await session.execute(select(Account.id).where(Account.email == email))).first():
        raise AccountRefused(f"{email} has an account already")
    department_id = await department_id_of(session, department)
    account = Account(
        email=email,
        name=name,
        department_id=department_id,
        password_hash=await asyncio.to_thread(hash_of_password, password),
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
