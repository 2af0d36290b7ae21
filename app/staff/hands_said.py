"""Hands in words: which department, team and person, and how a request came to them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.models import Account
from app.accounts.team_models import Team
from app.jurisdictions.models import Department
from app.service_requests.assign import hands_of
from app.service_requests.models import ServiceRequest
from app.service_requests.routing_models import HandOver
from app.service_requests.routing_rules import PRIORITIES, Hands
from app.service_requests.send_back import REASONS
from app.services.queries import current_catalogue
from app.services.words import said_in
from app.templating import current_locale, gettext, mark

IN_TRIAGE = mark("In triage")
CLOSED_TEAM = mark("%(name)s (closed)")


@dataclass(frozen=True, slots=True)
class Names:
    """Everybody who may have work. `people` are those who sign in today."""

    departments: Mapping[int, Department]
    teams: Mapping[int, Team]
    people: Mapping[int, Account]

    def said(self, hands: Hands) -> str:
        """ "Public Works · Night crew · Cleo Clerk", or that it is in triage."""
        if not hands:
            return gettext(IN_TRIAGE)
        parts = (self.department(hands.department_id), self.team(hands.team_id), self.person(hands.assignee_id))
        return " · ".join(part for part in parts if part)

    def department(self, department_id: int | None) -> str:
        row = self.departments.get(department_id or 0)
        return said_in(row, "name", current_locale.get()) if row else ""

    def team(self, team_id: int | None) -> str:
        row = self.teams.get(team_id or 0)
        if row is None:
            return ""
        return row.name if row.active else gettext(CLOSED_TEAM, name=row.name)

    def person(self, account_id: int | None) -> str:
        row = self.people.get(account_id or 0)
        return row.name if row else ""

    def open_teams(self) -> list[Team]:
        return [team for team in self.teams.values() if team.active]


async def load_names(session: AsyncSession) -> Names:
    teams = (await session.execute(select(Team).order_by(Team.name, Team.id))).scalars()
    people = (await session.execute(select(Account).where(Account.active).order_by(Account.name, Account.id))).scalars()
    return Names(
        (await current_catalogue(session)).departments,
        {team.id: team for team in teams},
        {person.id: person for person in people},
    )


def priority_said(priority: str | None) -> str:
    return gettext(PRIORITIES[priority]) if priority in PRIORITIES else ""


@dataclass(frozen=True, slots=True)
class HandsShown:
    """Whose work it is, and how it came there; for the partial `staff/_hands.html`."""

    names: Names
    now: Hands
    said: str
    history: list[dict[str, Any]]
    reasons: dict[str, str]
    returned_count: int


async def hands_shown(session: AsyncSession, request: ServiceRequest) -> HandsShown:
    names, now = await load_names(session), hands_of(request)
    wanted = select(HandOver).where(HandOver.request_id == request.id).order_by(HandOver.id.desc())
    history = [
        {
            "when": one.handed_datetime,
            "kind": one.kind,
            "before": names.said(Hands(one.from_department_id, one.from_team_id, one.from_assignee_id)),
            "after": names.said(Hands(one.to_department_id, one.to_team_id, one.to_assignee_id)),
            "by": names.person(one.account_id),
            "why": [REASONS.get(one.reason_code, ""), one.reason],
        }
        for one in (await session.execute(wanted)).scalars()
    ]
    return HandsShown(names, now, names.said(now), history, REASONS, request.returned_count)
