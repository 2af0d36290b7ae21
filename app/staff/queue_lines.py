"""A request as a line of the queue: what a clerk needs to choose it, in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.models import Account
from app.service_requests.cards import Card, card
from app.service_requests.models import ServiceRequest
from app.service_requests.said import promise_said
from app.services.words import said_in
from app.staff.presence import who_is_there
from app.templating import current_locale, gettext, mark

AT_RISK, WAITING, SUSPENDED = mark("At risk"), mark("Waits for the resident"), mark("Clock stands: an event")


@dataclass(frozen=True, slots=True)
class Line:
    """`chosen` is the value of its box: the number, and the version that somebody chose; `there` who has it open."""

    card: Card
    chosen: str
    address_string: str
    department: str
    team: str
    assignee: str
    promise: str
    marks: tuple[str, ...]
    there: tuple[str, ...]


async def lines(session: AsyncSession, account: Account, requests: Sequence[ServiceRequest]) -> list[Line]:
    """Lines in the order of the requests, which `queue_rows.load` has read."""
    there = await who_is_there(session, [one.id for one in requests], but=account.id)
    now = datetime.now(UTC)
    return [
        Line(
            card=card(one),
            chosen=chosen_value(one),
            address_string=one.address_string,
            department=said_in(one.department, "name", current_locale.get()) if one.department else "",
            team=one.team.name if one.team else "",
            assignee=one.assignee.name if one.assignee else "",
            promise=promise_said(one.expected_datetime) if one.expected_datetime else "",
            marks=tuple(gettext(words) for words in marks_of(one, now)),
            there=tuple(there.get(one.id, ())),
        )
        for one in requests
    ]


def chosen_value(request: ServiceRequest) -> str:
    return f"{request.service_request_id}@{request.updated_datetime.isoformat()}"


def marks_of(request: ServiceRequest, now: datetime) -> list[str]:
    """What the clock of its promise says beside its status."""
    if request.closed_datetime is not None:
        return []
    if request.paused_datetime is not None:
        return [SUSPENDED if request.suspension_id else WAITING]
    at_risk = request.at_risk_datetime
    return [AT_RISK] if at_risk is not None and at_risk <= now and not request.late else []
