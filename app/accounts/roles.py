"""The city's roles: made, changed and removed by an administrator."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Sequence

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.audit import note
from app.accounts.models import Account, AccountRole, Role
from app.accounts.permissions import ADMINISTRATOR, ALL, PERMISSIONS, ROLES
from app.accounts.reach import check_may_grant
from app.errors import Problem, Refused
from app.templating import mark

LONGEST_NAME, LONGEST_CODE = 100, 40
NO_NAME = mark("Give the role a name of at most %(most)d characters.")
NOT_LATIN = mark("Use a name with some letters from A to Z: the role’s code is made from them.")
TAKEN = mark("There is a role of this name already.")
NO_PERMISSION = mark("Choose what the role may do from the list.")
HAS_PEOPLE = mark("People have this role. Give them another one first.")
STAYS = mark("The administrator’s role stays: somebody must be able to do everything.")


async def write_first_roles(session: AsyncSession) -> None:
    """The roles that a city begins with, into an empty table."""
    for role in ROLES:
        session.add(Role(code=role.code, name=role.name, permissions=list(role.permissions)))
    await session.flush()


async def all_roles(session: AsyncSession) -> Sequence[Role]:
    return (await session.execute(select(Role).order_by(Role.code))).scalars().all()


async def holders_of(session: AsyncSession) -> dict[str, int]:
    """How many people have each role; a role that nobody has is not in it."""
    counted = select(AccountRole.role_code, func.count(AccountRole.account_id.distinct()))
    rows = await session.execute(counted.group_by(AccountRole.role_code))
    return {row[0]: row[1] for row in rows}


async def make_role(session: AsyncSession, by: Account, name: str, permissions: Collection[str]) -> Role:
    """A new role, under a code made from its name. Raises Refused (403, 422)."""
    role = Role(code=code_from(check_name(name)), name=name, permissions=check_permissions(permissions))
    check_may_grant(by, role.permissions)
    if await session.get(Role, role.code):
        raise Refused(Problem("name", TAKEN))
    session.add(role)
    await note(session, by, "role.made", about=role.code, facts={"permissions": ", ".join(role.permissions)})
    return role


async def change_role(
    session: AsyncSession, by: Account, role: Role, name: str, permissions: Collection[str], *, needs_totp: bool
) -> None:
    """Writes a role anew; counts from the next request of whoever has it. Raises Refused (403, 422).

    The administrator's permissions stay all, so that nobody locks everybody out.
    """
    now = [ALL] if role.code == ADMINISTRATOR else check_permissions(permissions)
    given = [code for code in now if code not in role.permissions]
    check_may_grant(by, given)
    facts = {
        "name": "" if name == role.name else f"{role.name} → {name}",
        "given": ", ".join(given),
        "taken": ", ".join(code for code in role.permissions if code not in now),
        "second_factor": "" if needs_totp == role.needs_totp else "needed" if needs_totp else "not needed",
    }
    role.name, role.permissions, role.needs_totp = check_name(name), now, needs_totp
    if changed := {key: words for key, words in facts.items() if words}:
        await note(session, by, "role.changed", about=role.code, facts=changed)


async def remove_role(session: AsyncSession, by: Account, role: Role) -> None:
    """Raises Refused (409) for a role that somebody has, and for the administrator's."""
    if role.code == ADMINISTRATOR:
        raise Refused(Problem("name", STAYS), status=409)
    if (await holders_of(session)).get(role.code):
        raise Refused(Problem("name", HAS_PEOPLE), status=409)
    await session.delete(role)
    await note(session, by, "role.removed", about=role.code, facts={"permissions": ", ".join(role.permissions)})


def check_name(name: str) -> str:
    if not 0 < len(name) <= LONGEST_NAME:
        raise Refused(Problem("name", NO_NAME, {"most": LONGEST_NAME}))
    return name


def check_permissions(permissions: Collection[str]) -> list[str]:
    """The codes in the order of the table. Raises Refused (422) for one that is not in it."""
    if not PERMISSIONS.keys() >= set(permissions):
        raise Refused(Problem("permissions", NO_PERMISSION))
    return [code for code in PERMISSIONS if code in permissions]


def code_from(name: str) -> str:
    """ "Señor inspector" → "senor_inspector". Raises Refused (422) for a name without Latin letters."""
    plain = unicodedata.normalize("NFKD", name.lower()).encode("ascii", "ignore").decode()
    code = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:LONGEST_CODE]
    if not code:
        raise Refused(Problem("name", NOT_LATIN))
    return code
