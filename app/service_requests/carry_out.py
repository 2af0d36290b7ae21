"""A change that somebody makes to a request: once, in its own transaction, answered when it is committed."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from litestar import Request, Response
from litestar.datastructures import Cookie, State
from litestar.exceptions import NotFoundException, PermissionDeniedException
from litestar.response import Redirect
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import Database
from app.errors import Problem, Refused, wants_json
from app.service_requests.forms import read_uuid
from app.service_requests.models import ServiceRequest
from app.service_requests.outbox_documents import ActionReceipt
from app.service_requests.queries import Found, find_request
from app.service_requests.receipts import answered_before, keep_receipt
from app.service_requests.request_page import page
from app.service_requests.viewer import viewer_of

PageRequest = Request[Any, Any, State]
# What a change does in its transaction; it returns the request that was changed and the notice to show (a key of
# `request_context.NOTICES`).
Change = Callable[[AsyncSession, Found], Awaitable[tuple[ServiceRequest, str]]]


async def carry_out(
    request: PageRequest,
    service_request_id: str,
    change: Change,
    *,
    reporter_only: bool = False,
    template: str = "service_requests/request.html",
    cookie: Cookie | None = None,
) -> Response[Any]:
    """Runs a change in its own transaction and answers once it is committed; refused, the page says why.

    With a `client_request_id` among the fields it is done once, and the same item again is answered as before.
    Raises NotFoundException, and PermissionDeniedException where only the reporter may.
    """
    database: Database = request.app.state.database
    viewer = viewer_of(request, service_request_id)
    kind = request.url.path.rpartition("/")[2]
    try:
        item = read_item(await fields_of(request))
        async with database.writing() as session:
            state = await answered_before(session, item, kind, service_request_id) if item else None
            if state is None:
                found = await find_request(session, service_request_id, viewer)
                if found is None or reporter_only:
                    found = may_act(found)
                state = state_of(*await change(session, found), item)
                if item:
                    await keep_receipt(session, item, kind, found.request.id, state)
    except Refused as refused:
        if wants_json(request):
            raise
        async with database.reading() as session:
            told = refused.problems
            return await page(
                request, session, service_request_id, template=template, status=refused.status, problems=told
            )
    cookies = [cookie] if cookie else []
    if wants_json(request):
        return Response(state, cookies=cookies, headers={"Cache-Control": "no-store"})
    return Redirect(state["url"], status_code=303, cookies=cookies)


def may_act(found: Found | None) -> Found:
    """Raises NotFoundException for what the viewer may not see, PermissionDeniedException for what is not theirs."""
    if found is None:
        raise NotFoundException
    if not found.own:
        raise PermissionDeniedException
    return found


def read_item(fields: list[tuple[str, str]]) -> uuid.UUID | None:
    """The number that a phone gave this change. Raises Refused (422) for one that is no UUID."""
    problems: list[Problem] = []
    item = read_uuid(dict(fields).get("client_request_id", "").strip(), problems)
    if problems:
        raise Refused(*problems)
    return item


def state_of(request: ServiceRequest, done: str, item: uuid.UUID | None) -> dict[str, Any]:
    """What a program is told: the request as it is after the change, and the item that it may forget now."""
    receipt = ActionReceipt(
        service_request_id=request.service_request_id,
        done=done,
        status=request.status,
        reporter_count=request.reporter_count,
        follower_count=request.follower_count,
        updated_datetime=request.updated_datetime,
        url=f"/requests/{request.service_request_id}?done={done}",
        client_request_id=item or msgspec.UNSET,
    )
    told: dict[str, Any] = msgspec.to_builtins(receipt)
    return told


async def fields_of(request: PageRequest) -> list[tuple[str, str]]:
    """The form's texts in their order; files are left out."""
    return [(name, value) for name, value in (await request.form()).multi_items() if isinstance(value, str)]
