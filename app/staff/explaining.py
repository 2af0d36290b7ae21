"""The desk explains a missed promise of a report that stays open."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, post
from litestar.datastructures import State
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.audit import note
from app.accounts.models import Account
from app.errors import Problem, Refused
from app.jurisdictions.queries import get_jurisdiction
from app.service_requests.forms import MAX_DESCRIPTION
from app.service_requests.missed import explain, read_missed
from app.service_requests.models import ServiceRequest
from app.staff.acting import carry_out
from app.staff.controllers import TOO_LONG
from app.staff.request_page import seen_datetime

PageRequest = Request[Any, Any, State]


@post("/staff/requests/{service_request_id:str}/explanation", opt={"permission": "promises.explain"}, status_code=200)
async def post_explanation(
    request: PageRequest, session: AsyncSession, account: Account, service_request_id: str
) -> Response[Any]:
    """`missed_reason`, `missed_words` and `missed_until`: 303 back to the page, which says what is wrong."""

    async def act(form: dict[str, str], found: ServiceRequest) -> None:
        missed = read_missed(form, (await get_jurisdiction(session)).timezone)
        if len(missed.words) > MAX_DESCRIPTION:
            raise Refused(Problem("missed_words", TOO_LONG, {"most": MAX_DESCRIPTION}))
        await explain(session, found, missed, seen=seen_datetime(form.get("seen", "")), account_id=account.id)
        facts = {"reason": missed.reason}
        await note(session, account, "request.explained", about=found.service_request_id, facts=facts)

    ways = {"permission": "promises.explain", "done": "explained"}
    return await carry_out(request, session, account, service_request_id, act, **ways)


route_handlers = [post_explanation]
