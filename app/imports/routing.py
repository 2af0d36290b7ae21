"""`blockwise import routing FILE`: teams, how outside agencies are told, and the rules, from YAML; docs/routing.md."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.models import Account
from app.accounts.team_models import Team, TeamMember
from app.accounts.teams import keep_team
from app.agencies.models import EMAIL, OPEN311, AgencyDoor
from app.db import Database
from app.errors import Refused
from app.imports.placed import read_yaml
from app.imports.problems import ImportProblem, ImportRefused, ImportSummary
from app.imports.routing_check import AgencyDraft, Drafts, RuleDraft, TeamDraft, read_drafts
from app.jurisdictions.models import Area, Department
from app.jurisdictions.versions import routing_changed
from app.service_requests.routing_changes import Draft, current_rows, keep_rule, remove_rule
from app.service_requests.routing_rules import Hands
from app.services.models import Service, ServiceGroup


async def import_routing(database: Database, path: Path, *, replace: bool = False) -> ImportSummary:
    """Takes a file in, in one transaction; running it again changes what is different, by code.

    Its rules come first, in the file's order; with `replace` rules that it does not name are removed. Raises
    ImportRefused, with nothing kept, when a record is bad or names what is not there.
    """
    drafts = read_drafts(read_yaml(path.read_text(encoding="utf-8-sig"), path.name), path.name)
    async with database.writing() as session:
        known = await known_codes(session)
        counts = [await keep_teams(session, drafts.teams, known)]
        known.teams = {row.code: row.id for row in (await session.execute(select(Team.code, Team.id))).all()}
        counts += [await keep_doors(session, drafts.agencies, known), await keep_rules(session, drafts, known)]
        if replace:
            counts.append((0, await remove_others(session, drafts), 0))
        if known.problems:
            raise ImportRefused(known.problems)
    taken, changed, unchanged = (sum(numbers) for numbers in zip(*counts, strict=True))
    return ImportSummary(taken, changed, unchanged, 0)


class Known:
    """What a file may name, by its code; and what was wrong with those that it did."""

    def __init__(self) -> None:
        self.departments: dict[str, int] = {}
        self.teams: dict[str, int] = {}
        self.people: dict[str, int] = {}
        self.services: set[str] = set()
        self.groups: set[str] = set()
        self.areas: set[str] = set()
        self.problems: list[ImportProblem] = []

    def id_of(self, kind: str, code: str, draft: TeamDraft | AgencyDraft | RuleDraft) -> int | None:
        found: dict[str, int] = getattr(self, kind)
        if code and code not in found:
            self.problems.append(draft.problem(f"there is nothing called {code!r} among the {kind}"))
        return found.get(code)

    def check(self, kind: str, codes: tuple[str, ...], draft: RuleDraft) -> None:
        for code in codes:
            if code not in getattr(self, kind):
                self.problems.append(draft.problem(f"there is nothing called {code!r} among the {kind}"))


async def known_codes(session: AsyncSession) -> Known:
    known = Known()
    known.departments = {row.code: row.id for row in await session.execute(select(Department.code, Department.id))}
    known.teams = {row.code: row.id for row in await session.execute(select(Team.code, Team.id))}
    people = await session.execute(select(Account.email, Account.id).where(Account.active))
    known.people = {row.email: row.id for row in people}
    known.services = set(await session.scalars(select(Service.service_code)))
    known.groups = set(await session.scalars(select(ServiceGroup.code)))
    areas = await session.execute(select(Area.layer, Area.code).distinct())
    known.areas = {f"{layer}/{code}" for layer, code in areas}
    return known


async def keep_teams(session: AsyncSession, drafts: list[TeamDraft], known: Known) -> tuple[int, int, int]:
    taken = changed = unchanged = 0
    for draft in drafts:
        department_id = known.id_of("departments", draft.department, draft)
        members = {known.id_of("people", email, draft) for email in draft.members} - {None}
        team = (await session.execute(select(Team).where(Team.code == draft.code))).scalar_one_or_none()
        before = await member_ids(session, team.id) if team else set()
        is_same = team is not None and (team.name, team.department_id) == (draft.name, department_id)
        if is_same and members <= before:
            unchanged += 1
            continue
        taken, changed = (taken, changed + 1) if team else (taken + 1, changed)
        kept = await keep_team(session, None, team, code=draft.code, name=draft.name, department_id=department_id)
        await session.flush()
        session.add_all(TeamMember(team_id=kept.id, account_id=one) for one in members - before if one)
        await session.flush()
    return taken, changed, unchanged


async def member_ids(session: AsyncSession, team_id: int) -> set[int]:
    return set(await session.scalars(select(TeamMember.account_id).where(TeamMember.team_id == team_id)))


async def keep_doors(session: AsyncSession, drafts: list[AgencyDraft], known: Known) -> tuple[int, int, int]:
    """API keys are no matter of a file: they are written at the desk, and stay."""
    taken = changed = unchanged = 0
    for draft in drafts:
        department_id = known.id_of("departments", draft.department, draft)
        if department_id is None:
            continue
        wanted = {
            "kind": OPEN311 if draft.endpoint else EMAIL,
            "email": draft.email,
            "endpoint": draft.endpoint,
            "jurisdiction_id": draft.jurisdiction_id,
            "default_code": draft.default_code,
            "service_codes": draft.service_codes,
            "takes_client_id": draft.takes_client_id,
            "active": True,
        }
        door = await session.get(AgencyDoor, department_id)
        if door is None:
            session.add(AgencyDoor(department_id=department_id, **wanted))
            taken += 1
            continue
        is_same = all(getattr(door, name) == value for name, value in wanted.items())
        for name, value in wanted.items():
            setattr(door, name, value)
        taken, changed, unchanged = taken, changed + (not is_same), unchanged + is_same
    await session.flush()
    return taken, changed, unchanged


async def keep_rules(session: AsyncSession, drafts: Drafts, known: Known) -> tuple[int, int, int]:
    taken = changed = unchanged = 0
    for place, draft in enumerate(drafts.rules, 1):
        conditions = draft.conditions
        for kind, codes in (
            ("services", conditions.services),
            ("groups", conditions.groups),
            ("areas", conditions.areas),
        ):
            known.check(kind, codes, draft)
        hands = Hands(
            known.id_of("departments", draft.department, draft),
            known.id_of("teams", draft.team, draft),
            known.id_of("people", draft.person, draft),
        )
        rows = {row.code: row.id for row in await current_rows(session)}
        rule = Draft(draft.name, place, conditions, hands, draft.priority or None, draft.active)
        try:
            code = draft.code if draft.code in rows else None
            kept = await keep_rule(session, None, rule, code=code, new_code=draft.code)
        except Refused as refused:
            if not known.problems:
                known.problems += [draft.problem(problem.said()) for problem in refused.problems]
            continue
        is_same = rows.get(draft.code) == kept.id
        taken, changed, unchanged = taken + (code is None), changed + (bool(code) and not is_same), unchanged + is_same
    await routing_changed(session)
    return taken, changed, unchanged


async def remove_others(session: AsyncSession, drafts: Drafts) -> int:
    named = {draft.code for draft in drafts.rules}
    others = [row.code for row in await current_rows(session) if row.code not in named]
    for code in others:
        await remove_rule(session, None, code)
    return len(others)
