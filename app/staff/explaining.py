"""The desk explains a missed promise of a report that stays open."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, post
from litestar.datastructures import State
from litestar.response import Redirect
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.audit import note
from app.accounts.guards import require
from app.accounts.models import Account
from app.errors import Problem, Refused, wants_json
from app.jurisdictions.queries import get_jurisdiction
from app.service_requests.forms import MAX_DESCRIPTION, clean
from app.service_requests.missed import explain, read_missed
from app.staff.controllers import TOO_LONG
from app.staff.request_page import find, request_page, seen_datetime

PageRequest = Request[Any, Any, State]


@post("/staff/requests/{service_request_id:str}/explanation", opt={"permission": "promises.explain"}, status_code=200)
async def post_explanation(
    request: PageRequest, session: AsyncSession, account: Account, service_request_id: str
) -> Response[Any]:
    """`missed_reason`, `missed_words` and `missed_until`: 303 back to the page, which says what is wrong."""
    found = await find(session, account, service_request_id)
    require(account, "promises.explain", found)
    form = {name: clean(str(value)) for name, value in (await request.form()).multi_items()}
    try:
        missed = read_missed(form, (await get_jurisdiction(session)).timezone)
        if len(missed.words) > MAX_DESCRIPTION:
            raise Refused(Problem("missed_words", TOO_LONG, {"most": MAX_DESCRIPTION}))
        await explain(session, found, missed, seen=seen_datetime(form.get("seen", "")), account_id=account.id)
    except Refused as refused:
        if wants_json(request):
            raise
        session.expunge_all()
        found = await find(session, account, service_request_id)
        return await request_page(session, account, found, form=form, refused=refused)
    await note(session, account, "request.explained", about=found.service_request_id, facts={"reason": missed.reason})
    return Redirect(f"/staff/requests/{found.service_request_id}?done=explained", status_code=303)


route_handlers = [post_explanation]
