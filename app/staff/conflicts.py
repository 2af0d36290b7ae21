"""What happened to a request after somebody opened it: shown to them before they change it, never overwritten."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.audit import ACTIONS
from app.accounts.models import AuditEntry
from app.service_requests.models import ServiceRequest, Update
from app.service_requests.timeline import BY, title_of
from app.service_requests.workflow import STATUSES
from app.templating import gettext

MOST = 20


@dataclass(frozen=True, slots=True)
class Change:
    """`what` was done, in words; `who` did it, and what they wrote of it."""

    when: datetime
    who: str
    what: str
    text: str = ""


async def changes_since(session: AsyncSession, request: ServiceRequest, seen: datetime) -> list[Change]:
    """All that staff did to a request since a moment, and all that residents wrote, the newest first."""
    noted = select(AuditEntry).where(AuditEntry.about == request.service_request_id, AuditEntry.at > seen)
    entries = (await session.execute(noted.order_by(AuditEntry.id.desc()).limit(MOST))).scalars().all()
    found = [
        Change(entry.at, entry.account_name, said(entry), text_of(request, entry))
        for entry in entries
        if entry.action in ACTIONS and not entry.action.endswith(".seen")
    ]
    # What a work order or another system did is noted about the order.
    told = {str(entry.facts.get("to")) for entry in entries}
    since = [one for one in request.updates if one.updated_datetime > seen]
    others = [one for one in since if one.author != "city" or (one.status and one.status not in told)]
    found += [Change(one.updated_datetime, gettext(BY[one.author]), title_of(one), one.text) for one in others]
    return sorted(found, key=lambda change: change.when, reverse=True)[:MOST]


def said(entry: AuditEntry) -> str:
    """The action, with the status that it led to."""
    status = STATUSES.get(str(entry.facts.get("to", "")))
    return gettext(ACTIONS[entry.action]) + (f": {gettext(status.label)}" if status else "")


def text_of(request: ServiceRequest, entry: AuditEntry) -> str:
    """What was written with a change of status."""
    by: list[Update] = [
        one
        for one in request.updates
        if one.account_id == entry.account_id and one.status and one.status == entry.facts.get("to")
    ]
    return by[-1].text if by else ""
