"""At the desk: reports of one problem become one, and each can be taken out again; and a report is referred."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from litestar import Request, Response, post
from litestar.datastructures import State
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.audit import note
from app.accounts.guards import require
from app.accounts.models import Account
from app.errors import Problem, Refused
from app.service_requests.change_status import change_status
from app.service_requests.identifiers import read_service_request_id
from app.service_requests.merge import split
from app.service_requests.models import ServiceRequest
from app.staff import queries
from app.staff.acting import carry_out
from app.staff.work_forms import seen_datetime
from app.templating import mark

PageRequest = Request[Any, Any, State]
MERGE = {"permission": "requests.merge"}
NO_SUCH_NUMBER = mark("No report has this number. Check it letter by letter.")
MERGING = {**MERGE, "done": "merge"}


@post("/staff/requests/{service_request_id:str}/merge", opt=MERGE, status_code=200)
async def post_merge(
    request: PageRequest, session: AsyncSession, account: Account, service_request_id: str
) -> Response[Any]:
    """Makes this report part of the one in `into`, or with `way` "here" that one part of this: 303, 409 or 422."""

    async def act(form: dict[str, str], found: ServiceRequest) -> None:
        number = read_service_request_id(form.get("into", ""))
        other = await queries.find_for_staff(session, account, number) if number else None
        if other is None:
            raise Refused(Problem("into", NO_SUCH_NUMBER))
        require(account, "requests.merge", other)
        here = form.get("way") == "here"
        child, root = (other, found) if here else (found, other)
        seen = other_seen(form, other) if here else seen_datetime(form)
        await change_status(session, child, "duplicate", duplicate_of=root, account_id=account.id, seen=seen)
        facts = {"into": root.service_request_id}
        await note(session, account, "request.merged", about=child.service_request_id, facts=facts)

    return await carry_out(
        request, session, account, service_request_id, act, permission="requests.merge", done="merge"
    )


@post("/staff/requests/{service_request_id:str}/split", opt=MERGE, status_code=200)
async def post_split(
    request: PageRequest, session: AsyncSession, account: Account, service_request_id: str
) -> Response[Any]:
    """Takes this report out of the one that it was made part of: 303, or the page with 409."""

    async def act(form: dict[str, str], found: ServiceRequest) -> None:
        await split(session, found, account_id=account.id, seen=seen_datetime(form))
        await note(session, account, "request.split", about=found.service_request_id)

    return await carry_out(
        request, session, account, service_request_id, act, permission="requests.merge", done="merge"
    )


def other_seen(form: dict[str, str], other: ServiceRequest) -> datetime | None:
    """What the person saw of the other report, where its line on the page said so."""
    return seen_datetime({"seen": form["other_seen"]}) if form.get("other_seen") else other.updated_datetime


route_handlers = [post_merge, post_split]
