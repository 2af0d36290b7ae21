"""What the page of a request says of merges and of work: for the partials `_merge.html` and `_work.html`."""

from __future__ import annotations

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.guards import may
from app.accounts.models import Account
from app.service_requests.cards import card
from app.service_requests.merge import merged_into
from app.service_requests.merge_suggestions import suggestions
from app.service_requests.models import ServiceRequest
from app.service_requests.workflow import REASONS, STATUSES
from app.staff import queries
from app.staff.work_queries import orders_of_request
from app.templating import gettext
from app.work.states import STATES


async def work_shown(session: AsyncSession, account: Account, request: ServiceRequest) -> dict[str, Any]:
    """`suggested`, `parts`, `root`, `orders`, `states` and `reasons`: what is not theirs to see is left out."""
    merges = may(account, "requests.merge", request)
    found = await suggestions(session, request) if merges else []
    theirs = await queries.ids_at_the_desk(session, account, [one.request.id for one in found])
    root = await session.get(ServiceRequest, request.duplicate_of_id) if request.duplicate_of_id else None
    status = STATUSES[request.status]
    return {
        "suggested": [(one, card(one.request, distance_m=one.distance_m)) for one in found if one.request.id in theirs],
        "parts": await merged_into(session, request.id) if merges else [],
        "root": root.service_request_id if root else "",
        "orders": await orders_of_request(session, request.id),
        "states": STATES,
        "reasons": [(code, gettext(REASONS[code])) for after in status.next for code in STATUSES[after].reasons],
    }
