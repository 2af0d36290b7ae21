"""`/staff/events`: what changes in somebody's list while they look at it, as server-sent events.

Read from the database, so that it does not matter which process made the change: each process asks at most every two
seconds whether anything moved, and only then each connection what of it is in its own list. A connection holds the
few hundred changes that may still come in late, and ends when the right to see the desk does.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from litestar import Request, get
from litestar.datastructures import State
from litestar.exceptions import PermissionDeniedException
from litestar.response import Stream
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.guards import SignInNeeded, permitted
from app.accounts.models import Account
from app.db import Database
from app.service_requests.models import ServiceRequest
from app.staff.presence import there_in
from app.staff.queue_filter import QueueFilter, read_filter
from app.staff.queue_lines import lines
from app.staff.queue_models import Presence
from app.staff.queue_pages import given
from app.staff.queue_rows import load
from app.staff.queue_views import conditions
from app.staff.scope import within_scope
from app.templating import template_engine

PageRequest = Request[Any, Any, State]
EVERY_S = 2.0
# How soon a connection notices that its right is gone, and says that it is still there.
HEARTBEAT_S = 10.0
# Then the browser comes again, perhaps to another process.
LONGEST_S = 300.0
# A transaction may end this long after the moment that it wrote.
LATE_COMERS = timedelta(seconds=15)
MOST = 50
MOST_REMEMBERED = 2000
HEADERS = {"Cache-Control": "private, no-store", "X-Accel-Buffering": "no"}


# Takes no session: it would be kept for as long as somebody looks at the queue.
@get("/staff/events", opt={"permission": "desk.view", "no_compression": True})
async def show_events(request: PageRequest) -> Stream:
    """Events of the list that the address asks for: `line`, `there`, `many`, and `ended` when the right is gone."""
    asked = read_filter(given(request))
    return Stream(events(request, asked), media_type="text/event-stream; charset=utf-8", headers=HEADERS)


async def events(request: PageRequest, asked: QueueFilter) -> AsyncGenerator[str]:
    database: Database = request.app.state.database
    watch, pulse = Watch(asked), Pulse.of(request.app.state)
    started = said = time.monotonic()
    seen: object = None
    yield "retry: 3000\n\n"
    while time.monotonic() - started < LONGEST_S:
        moved = await pulse.beat(database)
        told: list[str] = []
        if moved != seen or time.monotonic() - said >= HEARTBEAT_S:
            try:
                async with database.reading() as session:
                    account = (await permitted(request, session, "desk.view")).account
                    told = [event(*one) async for one in watch.look(session, account)]
            except (SignInNeeded, PermissionDeniedException):
                yield event("ended", None)
                return
            seen, said = moved, time.monotonic()
            yield "".join(told) or ": still here\n\n"
        await asyncio.sleep(EVERY_S)


def event(name: str, facts: object) -> str:
    return f"event: {name}\ndata: {msgspec.json.encode(facts).decode()}\n\n"


class Pulse:
    """When anything moved last, asked of the database once for all connections of this process."""

    def __init__(self) -> None:
        self._lock, self._asked, self._moved = asyncio.Lock(), 0.0, ()

    @classmethod
    def of(cls, state: State) -> Pulse:
        found: Pulse = state.setdefault("queue_pulse", cls())
        return found

    async def beat(self, database: Database) -> object:
        async with self._lock:
            if time.monotonic() - self._asked >= EVERY_S * 0.9:
                newest = select(func.max(ServiceRequest.updated_datetime)).scalar_subquery()
                there = select(func.max(Presence.seen_datetime), func.count()).select_from(Presence).subquery()
                async with database.reading() as session:
                    row = (await session.execute(select(newest, *there.c))).one()
                self._moved, self._asked = tuple(row), time.monotonic()
            return self._moved


class Watch:
    """What one connection has told of a list already."""

    def __init__(self, asked: QueueFilter) -> None:
        self.asked = asked
        # The page that asks for the events was made a moment before.
        self.begun = self.since = datetime.now(UTC) - timedelta(seconds=EVERY_S)
        self._told: dict[tuple[int, datetime], None] = {}
        self._there: dict[str, str] = {}

    async def look(self, session: AsyncSession, account: Account) -> AsyncGenerator[tuple[str, object]]:
        """(event, facts) of what has changed since the last look."""
        changed = await self._changed(session)
        if len(changed) > MOST:
            yield "many", None
        else:
            async for one in self._lines(session, account, changed):
                yield "line", one
        there = await there_in(session, await conditions(session, account, self.asked), but=account.id)
        said = {number: rendered("staff/_there.html", there=names) for number, names in there.items()}
        if said != self._there:
            yield "there", {**dict.fromkeys(self._there, ""), **said}
            self._there = said

    async def _changed(self, session: AsyncSession) -> list[int]:
        """The ids of what changed and was not told yet, a bounded number of them."""
        request = ServiceRequest
        wanted = select(request.id, request.updated_datetime).where(request.updated_datetime > self.since - LATE_COMERS)
        wanted = wanted.order_by(request.updated_datetime.desc(), request.id).limit(MOST_REMEMBERED)
        found = [(number, moment) for number, moment in await session.execute(wanted)]
        new = [number for number, moment in found if (number, moment) not in self._told and moment > self.begun]
        self._told = dict.fromkeys(found)
        self.since = max([self.since, *(moment for _, moment in found)])
        return new

    async def _lines(
        self, session: AsyncSession, account: Account, changed: list[int]
    ) -> AsyncGenerator[dict[str, str]]:
        """Each that is theirs: its number, and its line; "" for one that is not in the list (any more)."""
        if not changed:
            return
        scope = [ServiceRequest.id.in_(changed), *within_scope(account, "desk.view")]
        theirs = (
            await session.execute(select(ServiceRequest.id, ServiceRequest.service_request_id).where(*scope))
        ).all()
        where = [ServiceRequest.id.in_(changed), *await conditions(session, account, self.asked)]
        listed = await load(session, list((await session.execute(select(ServiceRequest.id).where(*where))).scalars()))
        shown = {line.card.service_request_id: line for line in await lines(session, account, listed)}
        for row in theirs:
            line = shown.get(row.service_request_id)
            html = rendered("staff/_queue_line.html", line=line) if line else ""
            yield {"number": row.service_request_id, "html": html}


def rendered(name: str, **context: object) -> str:
    return template_engine.engine.get_template(name).render(**context)


route_handlers = [show_events]
