"""The reporter takes the report back, or says that it is not fixed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.errors import Problem, Refused
from app.service_requests.change_status import change_status
from app.service_requests.comment import shown_at_once
from app.service_requests.forms import MAX_DESCRIPTION, TOO_LONG, clean
from app.service_requests.models import Contact, Reporter, ServiceRequest, Update
from app.service_requests.people import lock, touch
from app.service_requests.workflow import STATUSES
from app.templating import mark

REOPEN_WITHIN = timedelta(days=30)

ALREADY_CLOSED = mark("This report is closed already, so it cannot be taken back.")
NOT_FIXED_FIRST = mark("Only a report that is closed as fixed can be opened again. Report the problem anew.")
TOO_LATE = mark("This was closed more than 30 days ago. Report the problem anew, so that it gets a new promise.")


async def withdraw(session: AsyncSession, request: ServiceRequest) -> None:
    """Closes a report as withdrawn and deletes the reporter's contact data; done already, it does nothing.

    Where others have joined, only this reporter leaves: their words are hidden and the request stays open.
    Raises Refused (409) for a request that the city has closed.
    """
    request = (await lock(session, request.id))[request.id]
    if request.status == "withdrawn":
        return
    if not STATUSES[request.status].is_open:
        raise Refused(Problem("status", ALREADY_CLOSED), status=409)
    first = select(Reporter.id).where(Reporter.request_id == request.id, Reporter.first)
    await session.execute(delete(Contact).where(Contact.reporter_id.in_(first)))
    if request.reporter_count == 1:
        await change_status(session, request, "withdrawn", author="reporter")
        return
    await session.execute(delete(Reporter).where(Reporter.request_id == request.id, Reporter.first))
    request.reporter_count -= 1
    request.description_public = False
    words = update(Update).where(Update.request_id == request.id, Update.author == "reporter")
    await session.execute(words.values(text_public=False))
    if request.status == "reopened":
        # These are the reporter's words too: why it was not fixed.
        request.status_notes = None
    now = touch(request)
    session.add(Update(request_id=request.id, updated_datetime=now, kind="withdrawal", author="reporter"))
    await session.flush()


def may_reopen(request: ServiceRequest) -> bool:
    """Whether its reporter may say that it is not fixed."""
    return (
        request.status == "fixed"
        and request.closed_datetime is not None
        and datetime.now(UTC) - request.closed_datetime <= REOPEN_WITHIN
    )


async def reopen(
    session: AsyncSession, request: ServiceRequest, text: str, *, author: str = "reporter"
) -> Update | None:
    """Opens a fixed request again, with the words of who says so if there are any; done already, it does nothing.

    Returns the timeline row that it wrote. `author`: "reporter", or "resident" for one who joined. Raises Refused: 409
    when it is not closed as fixed or was closed more than 30 days ago, 422 for the words.
    """
    words, public = clean(text), shown_at_once(request.service)
    if len(words) > MAX_DESCRIPTION:
        raise Refused(Problem("text", TOO_LONG, {"length": len(words), "most": MAX_DESCRIPTION}))
    request = (await lock(session, request.id))[request.id]
    if request.status == "reopened":
        return None
    if not may_reopen(request):
        raise Refused(Problem("status", TOO_LATE if request.status == "fixed" else NOT_FIXED_FIRST), status=409)
    return await change_status(session, request, "reopened", text=words, text_public=public, author=author)
