"""What happened where a subscription holds, in a day or a week: read when its digest goes out, and not kept before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, false, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from app.jurisdictions.models import Area
from app.notifications.models import Subscription
from app.notifications.places import CITY, holds, keys_of
from app.service_requests.cells import CELL_ZOOM
from app.service_requests.models import LATE, RequestArea, ServiceRequest
from app.services.catalogue import Catalogue

# More are not counted one by one: "500 or more".
MOST = 500
CHANGED_BY = {
    "new": ServiceRequest.requested_datetime,
    "changed": ServiceRequest.updated_datetime,
    "closed": ServiceRequest.closed_datetime,
    "late": ServiceRequest.expected_datetime,
}
ROW = ("id", "service_request_id", "service_id", "cell", "address_string", "status")


@dataclass(frozen=True, slots=True)
class Sum:
    """`found`: for each change that was asked for, the requests, the latest first, at most `MOST`."""

    subscription: Subscription
    since: datetime
    until: datetime
    found: dict[str, list[Row[*tuple[Any, ...]]]]

    @property
    def is_empty(self) -> bool:
        return not any(self.found.values())


async def sum_of(
    session: AsyncSession, catalogue: Catalogue, subscription: Subscription, since: datetime, until: datetime
) -> Sum:
    found = {}
    for change, column in CHANGED_BY.items():
        if getattr(subscription, f"on_{change}"):
            inside = and_(column >= since, column < until, *conditions(catalogue, subscription))
            late = and_(LATE) if change == "late" else true()
            columns = [getattr(ServiceRequest, name) for name in ROW]
            rows = select(*columns).where(inside, late).order_by(column.desc(), ServiceRequest.id.desc()).limit(MOST)
            found[change] = exactly(subscription, (await session.execute(rows)).all())
    return Sum(subscription, since, until, found)


def conditions(catalogue: Catalogue, subscription: Subscription) -> list[ColumnElement[bool]]:
    """Public requests of its kinds, about where it holds."""
    public = [service.id for service in catalogue.by_id.values() if not service.private]
    wanted = public if subscription.service_id is None else {subscription.service_id} & set(public)
    request = ServiceRequest
    return [request.service_id.in_(wanted), request.duplicate_of_id.is_(None), about(subscription)]


def about(subscription: Subscription) -> ColumnElement[bool]:
    if subscription.what == "service":
        return true()
    if subscription.what == "area":
        layer, code = subscription.arguments["layer"], subscription.arguments["code"]
        areas = select(Area.id).where(Area.layer == layer, Area.code == code)
        inside = select(RequestArea.request_id).where(RequestArea.area_id.in_(areas))
        return inside.where(RequestArea.request_id == ServiceRequest.id).exists()
    keys = keys_of(subscription.what, subscription.arguments)
    return true() if CITY in keys else or_(false(), *(in_cell(key) for key in keys))


def in_cell(key: int) -> ColumnElement[bool]:
    """Whether a request stands in the cell of a key of `places.py`."""
    level = (key.bit_length() - 1) // 2
    code, shift = key - (1 << 2 * level), 2 * (CELL_ZOOM - level)
    return and_(ServiceRequest.cell >= code << shift, ServiceRequest.cell < (code + 1) << shift)


def exactly(subscription: Subscription, rows: Sequence[Row[*tuple[Any, ...]]]) -> list[Row[*tuple[Any, ...]]]:
    if subscription.what not in ("circle", "route"):
        return list(rows)
    return [row for row in rows if holds(subscription.what, subscription.arguments, row.cell, ())]
