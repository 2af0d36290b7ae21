"""What is done to one request from its page at the desk: kept whole with its audit entry, or not at all."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from litestar import Request, Response
from litestar.datastructures import State
from litestar.response import Redirect
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.guards import require
from app.accounts.models import Account
from app.errors import Refused, wants_json
from app.service_requests.forms import clean
from app.service_requests.models import ServiceRequest
from app.staff.request_page import find, request_page

PageRequest = Request[Any, Any, State]
Act = Callable[[dict[str, str], ServiceRequest], Awaitable[None]]


async def carry_out(
    request: PageRequest,
    session: AsyncSession,
    account: Account,
    service_request_id: str,
    act: Act,
    *,
    permission: str,
    done: str,
) -> Response[Any]:
    """Does `act` with the form that was sent: 303 back to the page, which says what is wrong where it is refused."""
    found = await find(session, account, service_request_id)
    require(account, permission, found)
    form = {name: clean(str(value)) for name, value in (await request.form()).multi_items()}
    try:
        # What had been written when it is refused must not be kept with the page that says so.
        async with session.begin_nested():
            await act(form, found)
    except Refused as refused:
        if wants_json(request):
            raise
        session.expunge_all()
        found = await find(session, account, service_request_id)
        return await request_page(session, account, found, form=form, refused=refused)
    return Redirect(f"/staff/requests/{found.service_request_id}?done={done}", status_code=303)
