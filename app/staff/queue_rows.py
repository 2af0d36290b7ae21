"""Pages of the queue: each begins after the last request of the one before, and costs the same however long it is."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute, joinedload, load_only, selectinload

from app.accounts.models import Account
from app.errors import UNREADABLE, Problem, Refused
from app.service_requests.models import Photo, ServiceRequest
from app.staff.queue_filter import QueueFilter
from app.staff.queue_views import conditions

PAGE_SIZE = 50
CURSOR = re.compile(r"(\d{0,17})-(\d{1,18})")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
Request = ServiceRequest
Keys = Sequence[Row[int, datetime | None]]


@dataclass(frozen=True, slots=True)
class Order:
    """A column to go by, then `id`, both in one direction. Those without it come last."""

    column: InstrumentedAttribute[Any]
    falls: bool = False
    has_none: bool = False

    def by(self) -> list[ColumnElement[Any]]:
        return [part.desc() if self.falls else part.asc() for part in (self.column, Request.id)]

    def after(self, moment: datetime, number: int) -> ColumnElement[bool]:
        column, ident = self.column, Request.id
        # The first condition is what an index can begin at.
        if self.falls:
            return and_(column <= moment, or_(column < moment, ident < number))
        return and_(column >= moment, or_(column > moment, ident > number))


ORDERS = {
    "due": Order(Request.expected_datetime, has_none=True),
    "oldest": Order(Request.requested_datetime),
    "newest": Order(Request.requested_datetime, falls=True),
    "changed": Order(Request.updated_datetime, falls=True),
}
LAST_CLOSED = Order(Request.closed_datetime, falls=True)


@dataclass(frozen=True, slots=True)
class QueuePage:
    """`after` is where the next page begins; "" for the last one."""

    requests: Sequence[ServiceRequest]
    after: str


def order_of(asked: QueueFilter) -> Order:
    return LAST_CLOSED if asked.view == "closed" and asked.sort == "due" else ORDERS[asked.sort]


async def queue_page(session: AsyncSession, account: Account, asked: QueueFilter, after: str = "") -> QueuePage:
    """A page of what the account may see under a filter. Raises Refused (400) for what was never an `after`."""
    order, where = order_of(asked), await conditions(session, account, asked)
    found = await page_keys(session, order, where, read_cursor(after))
    shown = found[:PAGE_SIZE]
    requests = await load(session, [row[0] for row in shown])
    return QueuePage(requests, cursor(shown[-1]) if len(found) > PAGE_SIZE else "")


async def page_keys(
    session: AsyncSession,
    order: Order,
    where: list[ColumnElement[bool]],
    after: tuple[datetime | None, int] | None = None,
    most: int = PAGE_SIZE + 1,
) -> list[Row[int, datetime | None]]:
    """(id, moment) of so many. First those that have the moment, then those that have none."""
    found: list[Row[int, datetime | None]] = []
    moment, number = after or (None, 0)
    if after is None or moment is not None:
        dated = [*where, *([order.column.is_not(None)] if order.has_none else [])]
        found += await keys(session, order, [*dated, *([order.after(moment, number)] if moment else [])], most)
    if order.has_none and len(found) < most:
        undated = [*where, order.column.is_(None), *([Request.id > number] if after and moment is None else [])]
        found += await keys(session, order, undated, most - len(found))
    return found


async def keys(session: AsyncSession, order: Order, where: list[ColumnElement[bool]], most: int) -> Keys:
    wanted = select(Request.id, order.column).where(*where).order_by(*order.by()).limit(most)
    return (await session.execute(wanted)).all()


async def load(session: AsyncSession, ids: Sequence[int]) -> list[ServiceRequest]:
    """The requests with what a line of the queue shows, in this order."""
    photos = selectinload(Request.photos).options(load_only(Photo.request_id, Photo.public, Photo.small_key))
    hands = (joinedload(Request.department), joinedload(Request.team), joinedload(Request.assignee))
    options = (joinedload(Request.service), *hands, photos)
    wanted = select(Request).where(Request.id.in_(ids)).options(*options)
    found = {request.id: request for request in (await session.execute(wanted)).unique().scalars()} if ids else {}
    return [found[number] for number in ids if number in found]


def cursor(last: Row[int, datetime | None]) -> str:
    number, moment = last
    return f"{'' if moment is None else (moment - EPOCH) // MICROSECOND}-{number}"


def read_cursor(said: str) -> tuple[datetime | None, int] | None:
    if not said:
        return None
    read = CURSOR.fullmatch(said)
    if read is None:
        raise Refused(Problem("after", UNREADABLE, {"name": "after"}), status=400)
    return EPOCH + int(read[1]) * MICROSECOND if read[1] else None, int(read[2])
