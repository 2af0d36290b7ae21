"""`/staff/deliveries`: what was sent to whom, what waits and what failed; addresses only for who may, and noted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from litestar import Request, get, post
from litestar.datastructures import State
from litestar.exceptions import NotFoundException, PermissionDeniedException
from litestar.response import Template
from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from app.accounts.audit import note
from app.accounts.guards import grants_of, may
from app.accounts.models import Account
from app.errors import Problem, Refused
from app.jurisdictions.models import Area
from app.notifications.contents import Contents, load_contents
from app.notifications.models import Delivery
from app.service_requests.identifiers import read_service_request_id
from app.service_requests.models import ServiceRequest, Update
from app.sql import find_row, holds
from app.templating import current_locale, gettext, mark

PageRequest = Request[Any, Any, State]
DELIVERIES = {"permission": "deliveries.view"}
NO_STORE = {"Cache-Control": "private, no-store"}
PAGE_SIZE = 50
LARGEST = 2**63 - 1
CHANNELS = {
    "push": mark("Push"),
    "email": mark("E-mail"),
    "sms": mark("Text message"),
    "inbox": mark("Inbox"),
}
STATES = {"sent": mark("Sent"), "waiting": mark("Waiting"), "failed": mark("Not sent")}
CONDITIONS: dict[str, ColumnElement[bool]] = {
    "sent": Delivery.sent_datetime.is_not(None),
    "waiting": and_(Delivery.sent_datetime.is_(None), Delivery.due_datetime.is_not(None)),
    "failed": and_(Delivery.sent_datetime.is_(None), Delivery.due_datetime.is_(None)),
}
NO_NUMBER = mark("This is no report’s number. Check each sign.")


@get("/staff/deliveries", opt=DELIVERIES)
async def show_deliveries(
    request: PageRequest,
    session: AsyncSession,
    account: Account,
    channel: str = "",
    outcome: str = "",
    about: str = "",
    before: int = LARGEST,
) -> Template:
    """The newest first, by `channel`, `outcome` (of STATES) and report (`about`). 400 for a number that is none."""
    given = {"channel": channel, "outcome": outcome, "about": about.strip()}
    before = before if holds(Delivery.id, before) else LARGEST
    wanted = select(Delivery).where(Delivery.id < before, *(await conditions(session, given)))
    found = list((await session.execute(wanted.order_by(Delivery.id.desc()).limit(PAGE_SIZE + 1))).scalars())
    shown = found[:PAGE_SIZE]
    contents = await load_contents(session, request.app.state.settings, shown)
    open_ids = await addresses_to_see(session, account, contents, shown)
    asked = {name: value for name, value in given.items() if value}
    context = {
        "rows": [row_of(contents, one, may_see=one.id in open_ids) for one in shown],
        "given": given,
        "channels": CHANNELS,
        "states": STATES,
        "is_first": before == LARGEST,
        "query": urlencode(asked),
        "older": urlencode({**asked, "before": shown[-1].id}) if len(found) > PAGE_SIZE else "",
    }
    return Template("notifications/deliveries.html", context=context, headers=NO_STORE)


async def conditions(session: AsyncSession, given: dict[str, str]) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if given["channel"] in CHANNELS:
        found.append(Delivery.channel == given["channel"])
    if given["outcome"] in STATES:
        found.append(CONDITIONS[given["outcome"]])
    if given["about"]:
        number = read_service_request_id(given["about"])
        if number is None:
            raise Refused(Problem("about", NO_NUMBER), status=400)
        entries = select(Update.id).join(ServiceRequest, ServiceRequest.id == Update.request_id)
        found.append(Delivery.update_id.in_(entries.where(ServiceRequest.service_request_id == number)))
    return found


def row_of(contents: Contents, delivery: Delivery, *, may_see: bool = False) -> dict[str, Any]:
    state = "sent" if delivery.sent_datetime else "waiting" if delivery.due_datetime else "failed"
    locale = current_locale.get()
    news = contents.news(delivery, contents.any_reader(delivery, locale))
    contents.speak(locale)
    return {
        "delivery": delivery,
        "may_see": may_see,
        "state": state,
        "state_said": gettext(STATES[state]),
        "channel": gettext(CHANNELS[delivery.channel]),
        "address": masked_contact(contents.address(delivery)),
        "number": news.number if news else "",
        "what": news.subject if news else gettext("Nothing any more"),
    }


def masked_contact(address: str) -> str:
    """ "a•••@e•••.org", "•••0123"; nothing for somebody without an address."""
    local, at, domain = address.rpartition("@")
    if at:
        host, dot, end = domain.rpartition(".")
        return f"{local[:1]}•••@{host[:1]}•••{dot}{end}"
    return f"•••{address[-4:]}" if len(address) > 6 else "•••" if address else ""


async def addresses_to_see(
    session: AsyncSession, account: Account, contents: Contents, deliveries: Sequence[Delivery]
) -> set[int]:
    """Of which deliveries, by id, the account may see the address: by its right to the contact data of the report.

    What is about no report is for who sees the contact data of the whole city.
    """
    if any(not grant.is_narrow for grant in grants_of(account, "contacts.view")):
        return {one.id for one in deliveries}
    about = {one.id: request_id_of(contents, one) for one in deliveries}
    areas = selectinload(ServiceRequest.areas).load_only(Area.layer, Area.code)
    wanted = select(ServiceRequest).where(ServiceRequest.id.in_({one for one in about.values() if one})).options(areas)
    theirs = {one.id for one in (await session.execute(wanted)).scalars() if may(account, "contacts.view", one)}
    return {delivery_id for delivery_id, request_id in about.items() if request_id in theirs}


def request_id_of(contents: Contents, delivery: Delivery) -> int | None:
    """The report that the address was given with, or else the one that it is told of."""
    contact, _ = contents.contacts.get(delivery.contact_id or 0, (None, False))
    about = contact or contents.updates.get(delivery.update_id or 0) or contents.notices.get(delivery.notice_id or 0)
    return about.request_id if about else None


@post("/staff/deliveries/{delivery_id:int}/address", opt=DELIVERIES, status_code=200)
async def show_address(request: PageRequest, session: AsyncSession, account: Account, delivery_id: int) -> Template:
    """Whom it went to, in full; that somebody looked is noted."""
    delivery = await find_row(session, Delivery, delivery_id)
    if delivery is None:
        raise NotFoundException()
    contents = await load_contents(session, request.app.state.settings, [delivery])
    if not await addresses_to_see(session, account, contents, [delivery]):
        raise PermissionDeniedException
    await note(session, account, "contacts.seen", about=f"delivery {delivery.id}")
    row = row_of(contents, delivery)
    context = {"row": row, "address": contents.address(delivery)}
    return Template("notifications/delivery_address.html", context=context, headers=NO_STORE)


route_handlers = [show_deliveries, show_address]
