"""The desk writes to everybody who reads a request's page."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, post
from litestar.datastructures import State
from litestar.response import Redirect
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.audit import note
from app.accounts.guards import require
from app.accounts.models import Account
from app.errors import Refused, wants_json
from app.service_requests.comment import add_city_comment
from app.service_requests.forms import clean
from app.staff.request_page import find, request_page

PageRequest = Request[Any, Any, State]


@post("/staff/requests/{service_request_id:str}/comments", opt={"permission": "requests.comment"}, status_code=200)
async def post_comment(
    request: PageRequest, session: AsyncSession, account: Account, service_request_id: str
) -> Response[Any]:
    """`comment`: 303 back to the page, which says what is wrong with 422."""
    found = await find(session, account, service_request_id)
    require(account, "requests.comment", found)
    form = {name: clean(str(value)) for name, value in (await request.form()).multi_items()}
    try:
        await add_city_comment(session, found, form.get("comment", ""), account_id=account.id)
    except Refused as refused:
        if wants_json(request):
            raise
        session.expunge_all()
        found = await find(session, account, service_request_id)
        return await request_page(session, account, found, form=form, refused=refused)
    await note(session, account, "request.commented", about=found.service_request_id)
    return Redirect(f"/staff/requests/{found.service_request_id}?done=comment", status_code=303)


route_handlers = [post_comment]
