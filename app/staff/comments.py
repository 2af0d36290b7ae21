"""The desk writes to everybody who reads a request's page."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, post
from litestar.datastructures import State
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.audit import note
from app.accounts.models import Account
from app.service_requests.comment import add_city_comment
from app.service_requests.models import ServiceRequest
from app.staff.acting import carry_out

PageRequest = Request[Any, Any, State]


@post("/staff/requests/{service_request_id:str}/comments", opt={"permission": "requests.comment"}, status_code=200)
async def post_comment(
    request: PageRequest, session: AsyncSession, account: Account, service_request_id: str
) -> Response[Any]:
    """`comment`: 303 back to the page, which says what is wrong with 422."""

    async def act(form: dict[str, str], found: ServiceRequest) -> None:
        await add_city_comment(session, found, form.get("comment", ""), account_id=account.id)
        await note(session, account, "request.commented", about=found.service_request_id)

    ways = {"permission": "requests.comment", "done": "comment"}
    return await carry_out(request, session, account, service_request_id, act, **ways)


route_handlers = [post_comment]
