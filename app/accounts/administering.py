"""What an administrator does with the accounts of others. Everything is noted in the audit trail."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute, selectinload

from app.accounts.audit import note
from app.accounts.models import Account, AccountRole, Role, SignIn
from app.accounts.reach import check_may_give, check_may_manage, check_not_last
from app.accounts.second_factor import turn_off
from app.accounts.sessions import end_all
from app.errors import Problem, Refused
from app.templating import mark

PAGE_SIZE = 50
NO_ROLE = mark("Choose one of the roles.")
OWN = mark("This is your own account. Ask another administrator.")


@dataclass(frozen=True, slots=True)
class Scope:
    """What a role is narrowed to; nothing: everywhere."""

    department_id: int | None = None
    service_id: int | None = None
    layer: str | None = None
    area_code: str | None = None

    def told(self) -> dict[str, Any]:
        """What is set, as the audit trail has it."""
        return {name: value for name, value in asdict(self).items() if value is not None}


async def find_accounts(session: AsyncSession, words: str, page: int) -> Sequence[Account]:
    """A page of accounts by name, those with these words in name or address. One more says that there are others."""
    wanted = select(Account).options(selectinload(Account.grants).joinedload(AccountRole.role))
    if words:
        wanted = wanted.where(or_(part_of(Account.name, words), part_of(Account.email, words)))
    wanted = wanted.order_by(func.lower(Account.name), Account.id)
    return (await session.execute(wanted.offset((page - 1) * PAGE_SIZE).limit(PAGE_SIZE + 1))).scalars().all()


def part_of(column: InstrumentedAttribute[str], words: str) -> ColumnElement[bool]:
    # SQLite makes only Latin letters without accents small.
    small = func.lower(column).contains(words.lower(), autoescape=True)
    return or_(column.contains(words, autoescape=True), small)


async def find_account_by_id(session: AsyncSession, account_id: int) -> Account | None:
    """With what they may do."""
    grants = selectinload(Account.grants).joinedload(AccountRole.role)
    return (await session.execute(select(Account).where(Account.id == account_id).options(grants))).scalar_one_or_none()


async def last_used(session: AsyncSession, account_ids: Sequence[int]) -> Mapping[int, datetime]:
    """Account → when a session of theirs that still lasts was used last."""
    seen = select(SignIn.account_id, func.max(SignIn.seen_datetime)).where(SignIn.account_id.in_(account_ids))
    found = await session.execute(seen.where(SignIn.seen_datetime.is_not(None)).group_by(SignIn.account_id))
    return {account_id: seen_datetime for account_id, seen_datetime in found if seen_datetime}


async def give_role(session: AsyncSession, by: Account, account: Account, role_code: str, scope: Scope) -> None:
    """Counts from the next request of its holder. Raises Refused (403, 422)."""
    role = await session.get(Role, role_code) if role_code else None
    if role is None:
        raise Refused(Problem("role", NO_ROLE))
    check_may_give(by, role)
    check_may_manage(by, account)
    if any((grant.role_code, scope_of(grant)) == (role.code, scope) for grant in account.grants):
        return
    session.add(AccountRole(account_id=account.id, role_code=role.code, **asdict(scope)))
    await note(session, by, "account.role_given", about=account.email, facts={"role": role.code, **scope.told()})


async def take_role(session: AsyncSession, by: Account, account: Account, grant: AccountRole) -> None:
    """Raises Refused (403, and 409 for the last who may do everything)."""
    check_may_manage(by, account)
    await check_not_last(session, account, grant)
    await session.delete(grant)
    facts = {"role": grant.role_code, **scope_of(grant).told()}
    await note(session, by, "account.role_taken", about=account.email, facts=facts)


async def close(session: AsyncSession, by: Account, account: Account) -> None:
    """Nobody signs in with it any more, and who is signed in is so no more. Raises Refused (403, 409)."""
    check_may_manage(by, account)
    if account.id == by.id:
        raise Refused(Problem("account", OWN), status=409)
    await check_not_last(session, account)
    account.active = False
    await end_all(session, account.id)
    await note(session, by, "account.closed", about=account.email)


async def open_again(session: AsyncSession, by: Account, account: Account) -> None:
    check_may_manage(by, account)
    account.active = True
    await note(session, by, "account.opened", about=account.email)


async def end_sessions(session: AsyncSession, by: Account, account: Account) -> None:
    check_may_manage(by, account)
    await end_all(session, account.id)
    await note(session, by, "account.sessions_ended", about=account.email)


async def take_second_factor(session: AsyncSession, by: Account, account: Account) -> None:
    """For who has lost phone and codes; the password still guards the account. Raises Refused (403, 409)."""
    check_may_manage(by, account)
    if account.id == by.id:
        raise Refused(Problem("account", OWN), status=409)
    await turn_off(session, account.id)
    await end_all(session, account.id)
    await note(session, by, "account.second_factor_taken", about=account.email)


def scope_of(grant: AccountRole) -> Scope:
    return Scope(grant.department_id, grant.service_id, grant.layer, grant.area_code)
