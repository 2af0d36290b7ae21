"""Whose work the open reports of the demo city are: by its rules, some with a person, some back in triage."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.models import Account
from app.accounts.team_models import Team, TeamMember
from app.demo.rhythm import TIMEZONE
from app.service_requests.models import ServiceRequest
from app.service_requests.routing import load_rules
from app.service_requests.routing_models import RETURNED, HandOver
from app.service_requests.routing_rules import Facts, RuleSet, areas_said
from app.service_requests.routing_trial import areas_by_request
from app.service_requests.workflow import OPEN
from app.services.queries import current_catalogue

# Of the open reports of a team, every so many has a person; of all others, every so many came back.
WITH_A_PERSON, CAME_BACK = 3, 40


async def hand_out(session: AsyncSession) -> None:
    """Gives what is open to whom the rules name, as if they had been there when it was filed."""
    rules, catalogue = RuleSet(await load_rules(session)), await current_catalogue(session)
    members = await members_of_teams(session)
    wanted = select(ServiceRequest).where(ServiceRequest.status.in_(OPEN)).order_by(ServiceRequest.id)
    requests = (await session.execute(wanted)).scalars().all()
    areas = await areas_by_request(session, [request.id for request in requests])
    counts: dict[int | None, int] = {}
    for request in requests:
        service = catalogue.by_id[request.service_id]
        places = areas_said((layer, code) for _, layer, code in areas[request.id])
        filed = request.requested_datetime.astimezone(ZoneInfo(TIMEZONE))
        facts = Facts(service.service_code, service.group, places, request.answers, request.source, filed)
        decision = rules.decide(facts, request.department_id)
        request.priority = decision.priority
        if decision.hands.department_id != request.department_id:
            continue
        request.team_id, request.routing_rule_id = decision.hands.team_id, decision.rule_id
        number = counts[request.team_id] = counts.get(request.team_id, 0) + 1
        people = members.get(request.team_id or 0, [])
        if people and number % WITH_A_PERSON == 0:
            request.assignee_id = people[number // WITH_A_PERSON % len(people)]
        elif request.team_id is None and number % CAME_BACK == 0:
            session.add(came_back(request))
    await session.flush()


async def members_of_teams(session: AsyncSession) -> dict[int, list[int]]:
    rows = await session.execute(
        select(TeamMember.team_id, Account.id)
        .join(Account, Account.id == TeamMember.account_id)
        .join(Team, Team.id == TeamMember.team_id)
        .order_by(TeamMember.team_id, Account.id)
    )
    found: dict[int, list[int]] = {}
    for team_id, account_id in rows:
        found.setdefault(team_id, []).append(account_id)
    return found


def came_back(request: ServiceRequest) -> HandOver:
    """Its department said that it is not theirs."""
    when = request.updated_datetime
    entry = HandOver(request_id=request.id, handed_datetime=when, kind=RETURNED, reason_code="area")
    entry.from_department_id = request.department_id
    request.department_id, request.triage_datetime, request.returned_count = None, when, 1
    return entry
