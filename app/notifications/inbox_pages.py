"""`/inbox`: what this device's person, and whoever is signed in, has been told; `/inbox/unread`: how much is new."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from litestar import Request, Response, get
from litestar.datastructures import State
from litestar.response import Template
from sqlalchemy import func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.devices import device_hash
from app.accounts.sessions import find_session
from app.db import Database
from app.notifications.contents import load_contents
from app.notifications.models import Delivery, Subscriber
from app.notifications.news import News
from app.settings import Settings
from app.sql import holds
from app.templating import current_locale

PageRequest = Request[Any, Any, State]
NO_STORE = {"Cache-Control": "private, no-store"}
PAGE_SIZE = 50
LARGEST = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Entry:
    news: News
    when: datetime
    unread: bool


async def subscribers_here(session: AsyncSession, request: PageRequest) -> list[Subscriber]:
    """The device's, and that of the account that is signed in on it."""
    signed_in = await find_session(session, request)
    account_id = signed_in.account_id if signed_in and signed_in.needs is None else None
    device = device_hash(request)
    if device is None and account_id is None:
        return []
    here = or_(
        Subscriber.device_hash == device if device else Subscriber.id < 0,
        Subscriber.account_id == account_id if account_id else Subscriber.id < 0,
    )
    return list((await session.execute(select(Subscriber).where(here))).scalars())


@get("/inbox")
async def show_inbox(request: PageRequest, session: AsyncSession, before: int = LARGEST) -> Template:
    """The newest first, 50 a page; what is on the first page counts as read from now on."""
    before = before if holds(Delivery.id, before) else LARGEST
    theirs = await subscribers_here(session, request)
    seen = {one.id: one.seen_id for one in theirs}
    found = await deliveries_of(session, list(seen), before)
    entries = await entries_of(session, request.app.state.settings, found[:PAGE_SIZE], seen)
    if before == LARGEST and found:
        await note_seen(request.app.state.database, list(seen), found[0].id)
    context = {
        "entries": entries,
        "known": bool(theirs),
        "older": found[PAGE_SIZE - 1].id if len(found) > PAGE_SIZE else None,
    }
    return Template("notifications/inbox.html", context=context, headers=NO_STORE)


@get("/inbox/unread")
async def show_unread(request: PageRequest, session: AsyncSession) -> Response[dict[str, int]]:
    """`unread`: how much this person has not seen yet."""
    theirs = await subscribers_here(session, request)
    count = select(func.count()).select_from(Delivery).where(Delivery.in_inbox)
    count = count.where(or_(*((Delivery.subscriber_id == one.id) & (Delivery.id > one.seen_id) for one in theirs)))
    unread = (await session.execute(count)).scalar_one() if theirs else 0
    return Response({"unread": unread}, headers=NO_STORE)


async def deliveries_of(session: AsyncSession, subscribers: list[int], before: int) -> list[Delivery]:
    if not subscribers:
        return []
    wanted = select(Delivery).where(Delivery.subscriber_id.in_(subscribers), Delivery.in_inbox, Delivery.id < before)
    return list((await session.execute(wanted.order_by(Delivery.id.desc()).limit(PAGE_SIZE + 1))).scalars())


async def entries_of(
    session: AsyncSession, settings: Settings, found: list[Delivery], seen: dict[int, int]
) -> list[Entry]:
    """In the language of the page, as it stands now: what was hidden since is not in it."""
    contents = await load_contents(session, settings, found)
    locale, entries = current_locale.get(), []
    for delivery in found:
        reader = contents.any_reader(delivery, locale)
        contents.speak(locale)
        if news := contents.news(delivery, reader):
            unread = delivery.id > seen.get(delivery.subscriber_id or 0, 0)
            entries.append(Entry(news, delivery.created_datetime, unread))
    return entries


async def note_seen(database: Database, subscribers: list[int], last: int) -> None:
    async with database.writing() as session:
        theirs = update(Subscriber).where(Subscriber.id.in_(subscribers), Subscriber.seen_id < last)
        await session.execute(theirs.values(seen_id=last), execution_options={"synchronize_session": False})


route_handlers = [show_inbox, show_unread]
