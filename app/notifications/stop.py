"""Hearing no more by e-mail: with the mail program's own button (one click, RFC 8058), or on a page."""

from __future__ import annotations

from typing import Any

from litestar import Request, get, post
from litestar.datastructures import State
from litestar.exceptions import NotFoundException
from litestar.response import Template
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.notifications.models import Subscriber
from app.notifications.signed import read_signed, signed
from app.service_requests.models import Contact, ServiceRequest
from app.settings import Settings

PURPOSE = "stop"
FORM_BYTES = 10_000


def stop_path(secret_key: str, contact: Contact) -> str:
    """The path that stops e-mails to this contact, for whoever has the e-mail."""
    return f"/notifications/stop/{signed(secret_key, PURPOSE, f'c{contact.id}')}"


def subscriber_stop_path(secret_key: str, subscriber_id: int) -> str:
    """The path that stops all e-mails to a subscriber."""
    return f"/notifications/stop/{signed(secret_key, PURPOSE, f's{subscriber_id}')}"


@get("/notifications/stop/{token:str}")
async def show_stop(request: Request[Any, Any, State], session: AsyncSession, token: str) -> Template:
    """Changes nothing: programs that look at e-mails open every link."""
    return await page(session, await found(session, request, token))


@post("/notifications/stop/{token:str}", status_code=200, request_max_body_size=FORM_BYTES)
async def stop(request: Request[Any, Any, State], session: AsyncSession, token: str) -> Template:
    """Sent by the page's button, or by a mail program that has neither cookies nor patience for a redirect."""
    theirs = await found(session, request, token)
    if isinstance(theirs, Contact):
        theirs.notify = "none"
    else:
        theirs.by_email, theirs.email_state = False, "stopped"
    return await page(session, theirs)


async def found(session: AsyncSession, request: Request[Any, Any, State], token: str) -> Contact | Subscriber:
    """Whom a link names. Raises NotFoundException for one that we did not give."""
    settings: Settings = request.app.state.settings
    name = read_signed(settings.secret_key, PURPOSE, token) or ""
    theirs: Contact | Subscriber | None = None
    if name.startswith("c"):
        theirs = await session.get(Contact, int(name[1:]))
    elif name.startswith("s"):
        theirs = await session.get(Subscriber, int(name[1:]))
    if theirs is None:
        raise NotFoundException()
    return theirs


async def page(session: AsyncSession, theirs: Contact | Subscriber) -> Template:
    context: dict[str, Any] = {"service_request_id": ""}
    if isinstance(theirs, Contact):
        number = select(ServiceRequest.service_request_id).where(ServiceRequest.id == theirs.request_id)
        context = {"service_request_id": (await session.execute(number)).scalar_one()}
    context["stopped"] = theirs.notify == "none" if isinstance(theirs, Contact) else not theirs.by_email
    return Template("notifications/stop.html", context=context, headers={"Cache-Control": "private, no-store"})


route_handlers = [show_stop, stop]
