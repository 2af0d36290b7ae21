"""A dry run: what changed rules would have done to the last reports, beside what those of today say."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.jurisdictions.models import Area
from app.jurisdictions.queries import get_jurisdiction
from app.service_requests.models import RequestArea, ServiceRequest
from app.service_requests.routing import load_rules
from app.service_requests.routing_rules import Decision, Facts, Rule, RuleSet, areas_said
from app.services.queries import current_catalogue
from app.services.responsibility import responsible_department

LAST = 1000


@dataclass(frozen=True, slots=True)
class Difference:
    """A report that would have gone elsewhere, or with another priority."""

    service_request_id: str
    service_id: int
    address_string: str
    requested_datetime: datetime
    before: Decision
    after: Decision


@dataclass(slots=True)
class Trial:
    """`hit`: how many the changed rule would have got."""

    looked_at: int = 0
    hit: int = 0
    differing: list[Difference] = field(default_factory=list)


async def rules_after(session: AsyncSession, change: Callable[[], Awaitable[str]]) -> tuple[list[Rule], str]:
    """The rules as `change` would leave them, and the code that it gives back. It is really done, and undone.

    Raises whatever it raises: a dry run refuses what keeping it would refuse.
    """
    savepoint = await session.begin_nested()
    try:
        code = await change()
        return await load_rules(session), code
    finally:
        await savepoint.rollback()


async def try_rules(
    session: AsyncSession, before: Sequence[Rule], after: Sequence[Rule], code: str, last: int = LAST
) -> Trial:
    """What two sets of rules say of the last reports, at the hour at which each was filed; `code` is the rule's."""
    city = await get_jurisdiction(session)
    catalogue = await current_catalogue(session, city)
    zone, trial = ZoneInfo(city.timezone), Trial()
    old, new = RuleSet(before), RuleSet(after)
    ours = {rule.id for rule in after if rule.code == code}
    columns = (
        *(ServiceRequest.id, ServiceRequest.service_request_id, ServiceRequest.service_id, ServiceRequest.answers),
        *(ServiceRequest.source, ServiceRequest.requested_datetime, ServiceRequest.address_string),
    )
    newest = select(*columns).order_by(ServiceRequest.requested_datetime.desc(), ServiceRequest.id.desc()).limit(last)
    rows = (await session.execute(newest)).all()
    areas = await areas_by_request(session, [row.id for row in rows])
    for row in rows:
        service, here = catalogue.by_id[row.service_id], areas[row.id]
        department = responsible_department(catalogue, service, [area_id for area_id, _, _ in here])
        places = areas_said((layer, area_code) for _, layer, area_code in here)
        filed = row.requested_datetime.astimezone(zone)
        facts = Facts(service.service_code, service.group, places, row.answers, row.source, filed)
        default_id = department.id if department else None
        was, would = old.decide(facts, default_id), new.decide(facts, default_id)
        trial.looked_at += 1
        trial.hit += would.rule_id in ours
        if (was.hands, was.priority) != (would.hands, would.priority):
            told = (row.service_request_id, row.service_id, row.address_string, row.requested_datetime)
            trial.differing.append(Difference(*told, was, would))
    return trial


async def areas_by_request(
    session: AsyncSession, request_ids: Sequence[int]
) -> defaultdict[int, list[tuple[int, str, str]]]:
    """(id, layer, code) of the areas that each request lies in."""
    found: defaultdict[int, list[tuple[int, str, str]]] = defaultdict(list)
    within = select(RequestArea.request_id, Area.id, Area.layer, Area.code).join(Area, Area.id == RequestArea.area_id)
    for request_id, area_id, layer, code in await session.execute(
        within.where(RequestArea.request_id.in_(request_ids))
    ):
        found[request_id].append((area_id, layer, code))
    return found
