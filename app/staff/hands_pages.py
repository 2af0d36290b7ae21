"""Whose work one request is: given on, or back in one click where it was routed wrongly."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, post
from litestar.datastructures import State
from litestar.exceptions import PermissionDeniedException
from litestar.response import Redirect
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.audit import note
from app.accounts.guards import may, require
from app.accounts.models import Account
from app.errors import Problem, Refused, wants_json
from app.service_requests.assign import assign, checked_hands
from app.service_requests.forms import MAX_DESCRIPTION, clean
from app.service_requests.models import ServiceRequest
from app.service_requests.routing_models import HandOver
from app.service_requests.routing_rules import Hands
from app.service_requests.send_back import send_back
from app.staff import queries
from app.staff.controllers import TOO_LONG
from app.staff.request_page import find, request_page, seen_datetime
from app.staff.routing_form import number

PageRequest = Request[Any, Any, State]


@post("/staff/requests/{service_request_id:str}/hands", opt={"permission": "requests.assign"}, status_code=200)
async def post_hands(
    request: PageRequest, session: AsyncSession, account: Account, service_request_id: str
) -> Response[Any]:
    """Gives it to a department, team or person: 303 back to the page, or the page with 409 or 422."""
    found, form = await find(session, account, service_request_id), await read_form(request)
    require(account, "requests.assign", found)
    to = Hands(number(form, "department"), number(form, "team"), number(form, "assignee"))
    try:
        check_words(form)
        # A team may bring its department.
        to = await checked_hands(session, to)
        if to.department_id != found.department_id and not may(account, "requests.route", found):
            raise PermissionDeniedException
        entry = await assign(
            session,
            found,
            department_id=to.department_id,
            team_id=to.team_id,
            assignee_id=to.assignee_id,
            account_id=account.id,
            reason=form.get("reason", ""),
            seen=seen_datetime(form.get("seen", "")),
        )
    except Refused as refused:
        return await refused_page(request, session, account, service_request_id, form, refused)
    if entry:
        await note(session, account, "request.assigned", about=found.service_request_id, facts=facts_of(entry))
    return await back_to(session, account, found)


@post("/staff/requests/{service_request_id:str}/return", opt={"permission": "requests.change_status"}, status_code=200)
async def post_return(
    request: PageRequest, session: AsyncSession, account: Account, service_request_id: str
) -> Response[Any]:
    """Wrongly routed: 303 back to the page, or to the desk where it is not theirs any more; else 409 or 422."""
    found, form = await find(session, account, service_request_id), await read_form(request)
    require(account, "requests.change_status", found)
    try:
        check_words(form)
        entry = await send_back(
            session,
            found,
            form.get("reason_code", ""),
            reason=form.get("reason", ""),
            account_id=account.id,
            seen=seen_datetime(form.get("seen", "")),
        )
    except Refused as refused:
        return await refused_page(request, session, account, service_request_id, form, refused)
    await note(session, account, "request.returned", about=found.service_request_id, facts=facts_of(entry))
    return await back_to(session, account, found)


async def read_form(request: PageRequest) -> dict[str, str]:
    return {name: clean(str(value)) for name, value in (await request.form()).multi_items()}


def check_words(form: dict[str, str]) -> None:
    if len(form.get("reason", "")) > MAX_DESCRIPTION:
        raise Refused(Problem("reason", TOO_LONG, {"most": MAX_DESCRIPTION}))


async def refused_page(
    request: PageRequest,
    session: AsyncSession,
    account: Account,
    service_request_id: str,
    form: dict[str, str],
    refused: Refused,
) -> Response[Any]:
    if wants_json(request):
        raise refused
    # What the change had read for its own use is not what the page shows.
    session.expunge_all()
    found = await find(session, account, service_request_id)
    return await request_page(session, account, found, form=form, refused=refused)


async def back_to(session: AsyncSession, account: Account, found: ServiceRequest) -> Redirect:
    """Given away, it may be somebody else's now."""
    theirs = await queries.ids_at_the_desk(session, account, [found.id])
    page = f"/staff/requests/{found.service_request_id}" if theirs else "/staff"
    return Redirect(f"{page}?done=hands", status_code=303)


def facts_of(entry: HandOver) -> dict[str, Any]:
    ends = {
        way: {name: getattr(entry, f"{way}_{name}") for name in ("department_id", "team_id", "assignee_id")}
        for way in ("from", "to")
    }
    return {**ends, "reason": entry.reason_code or entry.reason}


route_handlers = [post_hands, post_return]
