"""Teams are made and changed, with an entry of the audit trail; whoever routes by them hears of it."""

from __future__ import annotations

import re

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.actions import find_account
from app.accounts.audit import note
from app.accounts.models import Account
from app.accounts.team_models import Team, TeamMember
from app.errors import Problem, Refused
from app.jurisdictions.versions import routing_changed
from app.templating import mark

CODE = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
LONGEST_NAME = 200
BAD_CODE = mark("Use small letters, digits and hyphens, such as night-crew.")
TAKEN = mark("Another team has this code. Choose a different one.")
NAME_IT = mark("Give the team a name.")
NOBODY = mark("Nobody who signs in has this e-mail address.")


async def keep_team(
    session: AsyncSession,
    account: Account | None,
    team: Team | None,
    *,
    code: str,
    name: str,
    department_id: int | None,
    active: bool = True,
) -> Team:
    """Makes a team, or changes one, whose code stays. Raises Refused (409 for a code that is taken, 422)."""
    problems = [] if 0 < len(name) <= LONGEST_NAME else [Problem("name", NAME_IT)]
    if team is None and not CODE.fullmatch(code):
        problems.append(Problem("code", BAD_CODE))
    if problems:
        raise Refused(*problems)
    if team is None and (await session.execute(select(Team.id).where(Team.code == code))).first():
        raise Refused(Problem("code", TAKEN), status=409)
    made = team is None
    team = team or Team(code=code)
    team.name, team.department_id, team.active = name, department_id, active
    session.add(team)
    facts = {"name": name, "department_id": department_id, "active": active}
    await routing_changed(session)
    await note(session, account, "team.made" if made else "team.changed", about=team.code, facts=facts)
    return team


async def add_member(session: AsyncSession, account: Account | None, team: Team, email: str) -> None:
    """Raises Refused (422) for an address that nobody has. Who is in the team already stays in it."""
    found = await find_account(session, email)
    if found is None:
        raise Refused(Problem("email", NOBODY))
    if await session.get(TeamMember, (team.id, found.id)) is None:
        session.add(TeamMember(team_id=team.id, account_id=found.id))
        await note(session, account, "team.changed", about=team.code, facts={"added": found.email})


async def remove_member(session: AsyncSession, account: Account | None, team: Team, member: Account) -> None:
    await session.execute(delete(TeamMember).where(TeamMember.team_id == team.id, TeamMember.account_id == member.id))
    await note(session, account, "team.changed", about=team.code, facts={"removed": member.email})


async def members_of(session: AsyncSession, team_id: int) -> list[Account]:
    wanted = select(Account).join(TeamMember, TeamMember.account_id == Account.id).where(TeamMember.team_id == team_id)
    return list((await session.execute(wanted.order_by(Account.name, Account.id))).scalars())


async def member_counts(session: AsyncSession) -> dict[int, int]:
    rows = await session.execute(select(TeamMember.team_id, func.count().label("people")).group_by(TeamMember.team_id))
    return {row.team_id: row.people for row in rows}
