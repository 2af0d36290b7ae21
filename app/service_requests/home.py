"""The front page, which leads to the report, and what is new nearby."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

from litestar import Request, get
from litestar.datastructures import State
from litestar.exceptions import ClientException
from litestar.response import Template
from sqlalchemy import Engine
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.devices import device_hash
from app.db import Database
from app.service_requests import queries
from app.service_requests.cards import card

MOST_OWN, MOST_NEW, MOST_FIXED = 3, 6, 3
NEARBY_M = 1000
MOST_NEARBY = 10
COUNT_KEPT_SECONDS = 300.0


@dataclass(slots=True)
class Counted:
    fixed: int
    until: float


_counted: WeakKeyDictionary[Engine, Counted] = WeakKeyDictionary()


@get("/")
async def show_home(request: Request[Any, Any, State], session: AsyncSession) -> Template:
    """The front page: a bounded number of rows, whatever the city's size."""
    device = device_hash(request)
    own = await queries.requests_of_device(session, device, limit=MOST_OWN) if device else []
    latest = await queries.latest_requests(session, limit=MOST_NEW)
    context = {
        "own": [card(report, own=True) for report in own],
        "latest": [card(report) for report in latest if report.id not in {mine.id for mine in own}],
        "fixed": [card(report) for report in await queries.latest_fixed(session, limit=MOST_FIXED)],
        "fixed_count": await fixed_lately(session, request.app.state.database),
    }
    return Template("home/home.html", context=context, headers={"Cache-Control": "private, no-cache"})


@get("/nearby")
async def show_nearby(session: AsyncSession, lat: float, long: float) -> Template:
    """A fragment: what was reported lately within a kilometre of a position, which is kept nowhere.

    Raises ClientException (400) for what is no position.
    """
    if not (-90 <= lat <= 90 and -180 <= long <= 180):
        raise ClientException
    near = await queries.latest_nearby(session, lat, long, radius_m=NEARBY_M, limit=MOST_NEARBY)
    cards = [card(item.request, distance_m=item.distance_m) for item in near]
    return Template("home/_nearby.html", context={"cards": cards}, headers={"Cache-Control": "no-store"})


async def fixed_lately(session: AsyncSession, database: Database) -> int:
    """How many were fixed in the last seven days; counted anew every five minutes."""
    engine = database.engine.sync_engine
    counted = _counted.get(engine)
    if counted is None or counted.until < time.monotonic():
        counted = _counted[engine] = Counted(await queries.count_fixed(session), time.monotonic() + COUNT_KEPT_SECONDS)
    return counted.fixed


route_handlers = [show_home, show_nearby]
