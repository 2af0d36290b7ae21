"""The desk asks the reporter something: until they answer the clock of the promise stands."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, post
from litestar.datastructures import State
from litestar.response import Redirect
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.audit import note
from app.accounts.guards import require
from app.accounts.models import Account
from app.errors import Problem, Refused
from app.service_requests.clock import pause, resume
from app.service_requests.forms import MAX_DESCRIPTION
from app.service_requests.models import ServiceRequest
from app.staff.acting import carry_out
from app.staff.controllers import TOO_LONG
from app.staff.request_page import find

PageRequest = Request[Any, Any, State]
ASKS = {"permission": "requests.comment"}


@post("/staff/requests/{service_request_id:str}/question", opt=ASKS, status_code=200)
async def post_question(
    request: PageRequest, session: AsyncSession, account: Account, service_request_id: str
) -> Response[Any]:
    """Asks `question` and stops the clock: 303 back to the page, which says what is wrong with 409 or 422."""

    async def act(form: dict[str, str], found: ServiceRequest) -> None:
        words = form.get("question", "")
        if len(words) > MAX_DESCRIPTION:
            raise Refused(Problem("question", TOO_LONG, {"most": MAX_DESCRIPTION}))
        await pause(session, found, text=words, account_id=account.id)
        await note(session, account, "request.asked", about=found.service_request_id)

    ways = {"permission": "requests.comment", "done": "question"}
    return await carry_out(request, session, account, service_request_id, act, **ways)


@post("/staff/requests/{service_request_id:str}/clock", opt=ASKS, status_code=200)
async def post_clock(
    request: PageRequest, session: AsyncSession, account: Account, service_request_id: str
) -> Redirect:
    """Starts the clock again without an answer; one that runs goes on."""
    found = await find(session, account, service_request_id)
    require(account, "requests.comment", found)
    if await resume(session, found, account_id=account.id):
        await note(session, account, "request.resumed", about=found.service_request_id)
    return Redirect(f"/staff/requests/{found.service_request_id}?done=clock", status_code=303)


route_handlers = [post_question, post_clock]
