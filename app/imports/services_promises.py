"""The promises of a catalogue's services as versions: another promise closes the one that stands and opens a new one.

A file speaks of a service in the whole city at any priority; rules for areas and priorities are not its matter.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.services.models import Service
from app.services.promise_models import PromiseRule
from app.services.promises import Terms

NAMES = {"promise_hours": "hours", "promise_days": "days", "promise_clock": "clock"}


@dataclass(slots=True)
class Promises:
    """The versions that stand, by the id of their service, and those that are to follow."""

    standing: dict[int, PromiseRule]
    coming: list[tuple[Service, Terms]] = field(default_factory=list)

    def take(self, service: Service, fields: dict[str, Any]) -> bool:
        """Takes the promise out of a service's columns. Says whether it is another than the one that stands."""
        said = {name: fields.pop(key) for key, name in NAMES.items() if key in fields}
        rule = self.standing.get(service.id)
        before = rule.terms if rule else Terms()
        after = merged(before, said)
        if after == before:
            return False
        self.coming.append((service, after))
        return True

    def write(self, session: AsyncSession) -> None:
        """The services have their ids by now. A service that promises nothing any more has no version that stands."""
        now = datetime.now(UTC)
        for service, terms in self.coming:
            rule = self.standing.pop(service.id, None)
            if rule is not None:
                rule.valid_to = now
            if terms.hours is not None or terms.days is not None:
                values = {"hours": terms.hours, "days": terms.days, "clock": terms.clock}
                kept = {"at_risk_percent": terms.at_risk_percent}
                session.add(PromiseRule(service_id=service.id, valid_from=now, **values, **kept))
        self.coming.clear()


def merged(before: Terms, said: Mapping[str, Any]) -> Terms:
    """What a file does not speak of stays; hours take the place of days, and days that of hours."""
    hours, days = said.get("hours", before.hours), said.get("days", before.days)
    if said.get("hours") is not None:
        days = None
    elif said.get("days") is not None:
        hours = None
    if hours is None and days is None:
        return Terms(at_risk_percent=before.at_risk_percent)
    return Terms(hours, days, said.get("clock") or before.clock, before.at_risk_percent)


async def standing_promises(session: AsyncSession) -> Promises:
    stands = (PromiseRule.valid_to.is_(None), PromiseRule.layer.is_(None), PromiseRule.priority.is_(None))
    wanted = select(PromiseRule).where(PromiseRule.service_id.is_not(None), *stands).order_by(PromiseRule.id)
    return Promises({rule.service_id: rule for rule in await session.scalars(wanted) if rule.service_id})
