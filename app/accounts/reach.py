"""How far an administrator reaches: nobody raises anybody above themselves, and somebody stays who may do all."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from app.accounts.guards import grants_of
from app.accounts.models import Account, AccountRole, Role
from app.accounts.permissions import ADMINISTRATOR, ALL, PERMISSIONS
from app.errors import Problem, Refused
from app.templating import gettext, mark

ROLE_ABOVE = mark("This role may do things that you may not. Ask somebody who may.")
PERSON_ABOVE = mark("This person may do things that you may not. Ask somebody who may.")
PERMISSION_ABOVE = mark("You may not give what you may not do yourself: %(missing)s. Ask somebody who may.")
LAST_ONE = mark("Somebody must stay who may do everything. Give that role to another person first.")


def check_may_give(by: Account, role: Role) -> None:
    """Raises Refused (403) for a role that gives more than somebody has themselves."""
    if not may_give(by, role):
        raise Refused(Problem("role", ROLE_ABOVE), status=403)


def check_may_manage(by: Account, account: Account) -> None:
    """Raises Refused (403) for the account of somebody who may do more."""
    if not all(may_give(by, grant.role) for grant in account.grants):
        raise Refused(Problem("account", PERSON_ABOVE), status=403)


def check_may_grant(by: Account, codes: Collection[str]) -> None:
    """Raises Refused (403) where somebody puts into a role, which may be their own, what they may not do."""
    if missing := missing_of(by, codes):
        labels = ", ".join(gettext(PERMISSIONS[code].label) for code in missing)
        raise Refused(Problem("permissions", PERMISSION_ABOVE, {"missing": labels}), status=403)


def may_give(by: Account, role: Role) -> bool:
    """Whether somebody has all of a role's permissions themselves, everywhere."""
    if ALL in role.permissions:
        return may_all(by)
    return not missing_of(by, role.permissions)


def missing_of(by: Account, codes: Collection[str]) -> list[str]:
    """Those of these permissions that somebody does not have themselves, everywhere."""
    if may_all(by):
        return []
    known = [code for code in codes if code in PERMISSIONS]
    return [code for code in known if not any(is_whole(grant) for grant in grants_of(by, code))]


def may_all(by: Account) -> bool:
    return any(is_whole(grant) and ALL in grant.role.permissions for grant in by.grants)


def is_whole(grant: AccountRole) -> bool:
    return not grant.is_narrow


async def check_not_last(session: AsyncSession, account: Account, grant: AccountRole | None = None) -> None:
    """Raises Refused (409) where nobody who may do everything would stay without this account, or this grant of it."""
    gone = [grant] if grant else account.grants
    if not any(one.role_code == ADMINISTRATOR and is_whole(one) for one in gone):
        return
    # Two who take it from each other wait for one another here.
    await session.execute(select(Role.code).where(Role.code == ADMINISTRATOR).with_for_update())
    left = select(AccountRole).join(Account, Account.id == AccountRole.account_id)
    left = left.where(Account.active, AccountRole.role_code == ADMINISTRATOR)
    left = left.where(AccountRole.id.not_in([one.id for one in gone])).options(joinedload(AccountRole.role))
    if not any(is_whole(one) for one in (await session.execute(left)).scalars()):
        raise Refused(Problem("account", LAST_ONE), status=409)
