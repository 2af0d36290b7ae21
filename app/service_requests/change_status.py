"""A request changes its status: checked against the workflow, written with its timeline row, in one transaction."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.errors import Problem, Refused
from app.service_requests.clock import stand_still
from app.service_requests.merge import concerned, merge, remembered, root_id, take_out
from app.service_requests.missed import Missed, explain_closing
from app.service_requests.models import ServiceRequest, Update
from app.service_requests.people import lock
from app.service_requests.standing import CHANGED as CHANGED
from app.service_requests.standing import set_status
from app.service_requests.workflow import NEEDS_REASON, STATUSES, may_change
from app.templating import gettext, mark

NOT_FROM_HERE = mark("A report that is “%(before)s” cannot become “%(after)s”.")
NAME_THE_OTHER = mark("Say of which report this one is a duplicate.")
OF_ITSELF = mark("A report cannot be a duplicate of itself.")
WHICH_DAY = mark("Say for which day the work is planned.")
SAY_WHY = mark("Choose the reason, or write it: the reporter reads it.")


async def change_status(
    session: AsyncSession,
    request: ServiceRequest,
    to: str,
    *,
    text: str = "",
    text_public: bool = True,
    reason: str | None = None,
    planned_date: date | None = None,
    author: str = "city",
    account_id: int | None = None,
    department_id: int | None = None,
    duplicate_of: ServiceRequest | None = None,
    seen: datetime | None = None,
    missed: Missed | None = None,
) -> Update:
    """Writes the new status and returns its timeline row, not yet announced to anybody.

    `seen` is the `updated_datetime` that the person decided on; without it, that of `request` as it was loaded.
    `department_id` hands the request over. "duplicate" needs `duplicate_of`: its people are then counted with
    that request, or with the one that this is itself a duplicate of. "scheduled" needs `planned_date`, a day of the
    city's calendar, unless one is planned already. `reason` is one of the status's own; "no_action" needs it, or
    words. `text` is shown only if `text_public`.
    `missed` says why a promise was missed: the city cannot close without it (`missed.py`).

    Raises Refused: 409 when the request has changed since `seen`, 422 for a change that the workflow forbids.
    """
    seen = seen or request.updated_datetime
    target_id = await root_id(session, duplicate_of) if duplicate_of else None
    known = {*await concerned(session, request), *([target_id] if target_id else ())}
    locked = await lock(session, *known)
    request = locked[request.id]
    if target_id and locked[target_id].duplicate_of_id:
        raise Refused(Problem("duplicate_of", CHANGED), status=409)
    check_change(request, to, seen, target_id)
    check_words(request, to, text, reason, planned_date)
    before, kept = request.status, remembered(request)
    now = await set_status(session, request, to)
    if author == "city":
        await explain_closing(session, request, to, missed, account_id)
    request.status_notes = text if text and text_public else None
    request.planned_date = planned_date or request.planned_date
    if department_id not in (None, request.department_id):
        # What team and person it had are not the new department's.
        request.department_id, request.team_id, request.assignee_id = department_id, None, None
        request.triage_datetime = request.routing_rule_id = None
    if before == "duplicate" and request.duplicate_of_id:
        await take_out(session, request, locked, account_id=account_id)
    if to == "duplicate" and target_id:
        await merge(session, request, locked[target_id], kept, account_id=account_id)
    update = Update(request_id=request.id, updated_datetime=now, kind="status", status=to, text=text)
    update.text_public, update.author, update.account_id = text_public, author, account_id
    update.reason, update.planned_date = reason, request.planned_date if to == "scheduled" else None
    session.add(update)
    await session.flush()
    if not STATUSES[before].is_open and STATUSES[to].is_open:
        await stand_still(session, request, now)
        await session.flush()
    return update


def check_change(request: ServiceRequest, to: str, seen: datetime, target_id: int | None) -> None:
    if request.updated_datetime != seen:
        raise Refused(Problem("status", CHANGED), status=409)
    if to not in STATUSES or not may_change(request.status, to):
        label = gettext(STATUSES[to].label) if to in STATUSES else to
        told = {"before": gettext(STATUSES[request.status].label), "after": label}
        raise Refused(Problem("status", NOT_FROM_HERE, told))
    if to == "duplicate" and target_id is None:
        raise Refused(Problem("duplicate_of", NAME_THE_OTHER))
    if target_id == request.id:
        raise Refused(Problem("duplicate_of", OF_ITSELF))


def check_words(request: ServiceRequest, to: str, text: str, reason: str | None, planned_date: date | None) -> None:
    """What a status needs besides itself. Raises Refused (422)."""
    if (reason and reason not in STATUSES[to].reasons) or (to in NEEDS_REASON and not reason and not text):
        raise Refused(Problem("reason", SAY_WHY))
    if to == "scheduled" and not (planned_date or request.planned_date):
        raise Refused(Problem("planned_date", WHICH_DAY))
