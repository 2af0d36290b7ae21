"""How often each rule of routing was right: what it gave in a time, and how much of that came back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.service_requests.models import ServiceRequest
from app.service_requests.routing_models import RETURNED, HandOver, RoutingRule


@dataclass(slots=True)
class Figures:
    routed: int = 0
    returned: int = 0


async def figures_of_rules(session: AsyncSession, since: datetime) -> dict[str, Figures]:
    """By the code of the rule, all of its versions together: what was filed, and what was given back, since then."""
    found: dict[str, Figures] = {}
    there = (
        select(RoutingRule.code, func.count(ServiceRequest.id))
        .join(RoutingRule, RoutingRule.id == ServiceRequest.routing_rule_id)
        .where(ServiceRequest.requested_datetime >= since)
        .group_by(RoutingRule.code)
    )
    left = (
        select(RoutingRule.code, HandOver.kind, func.count(HandOver.id))
        .join(RoutingRule, RoutingRule.id == HandOver.rule_id)
        .where(HandOver.handed_datetime >= since)
        .group_by(RoutingRule.code, HandOver.kind)
    )
    for code, count in await session.execute(there):
        found.setdefault(code, Figures()).routed += count
    for code, kind, count in await session.execute(left):
        figures = found.setdefault(code, Figures())
        figures.routed += count
        figures.returned += count if kind == RETURNED else 0
    return found
