"""Each request goes to the right hands by itself: by the city's rules in their order, then by the catalogue.

What neither knows goes to triage, which is watched (triage.py). Docs: docs/routing.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from weakref import WeakKeyDictionary
from zoneinfo import ZoneInfo

from sqlalchemy import Engine, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.models import Account
from app.accounts.team_models import Team
from app.jurisdictions.models import Area, Jurisdiction
from app.jurisdictions.queries import engine_of, get_jurisdiction
from app.service_requests.assign import hand_over, hands_of
from app.service_requests.models import RequestArea, ServiceRequest
from app.service_requests.routing_models import REROUTED, RETURNED, HandOver, RoutingRule
from app.service_requests.routing_rules import (
    Decision,
    Facts,
    Hands,
    Rule,
    RuleSet,
    Tried,
    areas_said,
    read_conditions,
)
from app.services.models import Service
from app.services.queries import current_catalogue
from app.services.responsibility import responsible_department


@dataclass(slots=True)
class Kept:
    version: int
    rules: RuleSet


_kept: WeakKeyDictionary[Engine, Kept] = WeakKeyDictionary()


async def current_rules(session: AsyncSession, city: Jurisdiction) -> RuleSet:
    """The rules as they are now, kept by each process: no SQL unless the city's `routing_version` has risen.

    Call it before a transaction changes rules, not after: what is kept must have been committed.
    """
    engine = engine_of(session)
    kept = _kept.get(engine)
    if kept is None or kept.version != city.routing_version:
        kept = _kept[engine] = Kept(city.routing_version, RuleSet(await load_rules(session)))
    return kept.rules


async def load_rules(session: AsyncSession) -> list[Rule]:
    """Those that are tried, in their order. One whose hands are all gone is left out: it would lead nowhere."""
    wanted = (
        select(RoutingRule, Team, Account.id, Account.department_id)
        .outerjoin(Team, (Team.id == RoutingRule.team_id) & Team.active)
        .outerjoin(Account, (Account.id == RoutingRule.assignee_id) & Account.active)
        .where(RoutingRule.valid_to.is_(None), RoutingRule.active)
        .order_by(RoutingRule.position, RoutingRule.id)
    )
    found = (await session.execute(wanted)).all()
    rules = [rule_of(row, team, assignee_id, works_for) for row, team, assignee_id, works_for in found]
    return [rule for rule in rules if rule.hands or rule.priority]


def rule_of(row: RoutingRule, team: Team | None, assignee_id: int | None, works_for: int | None) -> Rule:
    """`team` and `assignee_id` are those that are there; a team or a person brings the own department."""
    department_id = row.department_id or (team.department_id if team else works_for)
    hands = Hands(department_id, team.id if team else None, assignee_id)
    return Rule(row.id, row.code, row.name, read_conditions(row.conditions), hands, row.priority)


async def decide_for(
    session: AsyncSession,
    city: Jurisdiction,
    service: Service,
    areas: Sequence[tuple[int, str, str]],
    *,
    answers: dict[str, object],
    source: str,
    filed: datetime,
    tried: Tried | None = None,
) -> Decision:
    """Who gets a request of this service; `areas` are (id, layer, code) of those that it lies in, `filed` in UTC."""
    catalogue = await current_catalogue(session, city)
    rules = await current_rules(session, city)
    department = responsible_department(catalogue, service, [area_id for area_id, _, _ in areas])
    facts = Facts(
        service_code=service.service_code,
        group=service.group,
        areas=areas_said((layer, code) for _, layer, code in areas),
        answers=answers,
        source=source,
        filed=filed.astimezone(ZoneInfo(city.timezone)),
    )
    return rules.decide(facts, department.id if department else None, tried or Tried())


async def route(
    session: AsyncSession, request: ServiceRequest, service: Service | None = None, *, reason: str = ""
) -> Decision:
    """Routes a request anew, after it changed or came back: never to where it came back from. Writes its hands.

    `service` is what it is now, where it is about to change. Whoever has it keeps it where the rules say what they
    said before. The caller holds the request's lock. Its priority is given with its first promise, and stays.
    """
    city = await get_jurisdiction(session)
    catalogue = await current_catalogue(session, city)
    service = service or catalogue.by_id[request.service_id]
    decision = await decide_for(
        session,
        city,
        service,
        await areas_of(session, request.id),
        answers=request.answers,
        source=request.source,
        filed=request.requested_datetime,
        tried=await tried_by(session, request.id),
    )
    if await is_as_before(session, request, decision):
        return decision
    if decision.hands != hands_of(request) or (not decision.hands and request.triage_datetime is None):
        await hand_over(session, request, decision.hands, REROUTED, reason=reason)
    request.routing_rule_id = decision.rule_id
    await session.flush()
    return decision


async def is_as_before(session: AsyncSession, request: ServiceRequest, decision: Decision) -> bool:
    """Whether the rules give what they gave, or a person has chosen within the department that they give."""
    if not decision.hands or decision.hands.department_id != request.department_id:
        return False
    if request.routing_rule_id is None:
        return decision.rule_id is None or request.team_id is not None or request.assignee_id is not None
    pair = select(RoutingRule.code).where(RoutingRule.id.in_((decision.rule_id, request.routing_rule_id)))
    return decision.rule_id is not None and len(set((await session.execute(pair)).scalars())) == 1


async def areas_of(session: AsyncSession, request_id: int) -> list[tuple[int, str, str]]:
    within = select(Area.id, Area.layer, Area.code).join(RequestArea, RequestArea.area_id == Area.id)
    rows = await session.execute(within.where(RequestArea.request_id == request_id))
    return [(row.id, row.layer, row.code) for row in rows]


async def tried_by(session: AsyncSession, request_id: int) -> Tried:
    """Whose hands gave a request back, and which rules had sent it there."""
    back = (
        select(HandOver, RoutingRule.code)
        .outerjoin(RoutingRule, RoutingRule.id == HandOver.rule_id)
        .where(HandOver.request_id == request_id, HandOver.kind == RETURNED)
    )
    entries = (await session.execute(back)).all()
    hands = (Hands(one.from_department_id, one.from_team_id, one.from_assignee_id) for one, _ in entries)
    return Tried(frozenset(code for _, code in entries if code), frozenset(hands))
