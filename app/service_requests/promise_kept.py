"""How often a promise was kept: counted from what really happened."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import case, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.service_requests.models import ServiceRequest
from app.service_requests.workflow import ANSWERED, OPEN

PERIOD = timedelta(days=365)
# With fewer, a share says nothing.
TOO_FEW = 20


@dataclass(frozen=True, slots=True)
class Kept:
    """`in_time` of `of` requests whose promise was kept or missed in the last year."""

    in_time: int
    of: int

    @property
    def in_ten(self) -> int:
        """Of ten, rounded down: a promise is never flattered."""
        return self.in_time * 10 // self.of


async def promise_kept(session: AsyncSession, service_id: int) -> Kept | None:
    """The record of a service's promise over the last year; None where fewer than 20 are known.

    A request that is still open and late counts as missed: leaving it open must not improve the share.
    """
    now = datetime.now(UTC)
    answered = ServiceRequest.status.in_(ANSWERED)
    late_and_open = ServiceRequest.status.in_(OPEN) & (ServiceRequest.expected_datetime < now)
    in_time = answered & (ServiceRequest.closed_datetime <= ServiceRequest.expected_datetime)
    counted = select(func.coalesce(func.sum(case((in_time, 1), else_=0)), 0), func.count()).where(
        ServiceRequest.service_id == service_id,
        ServiceRequest.requested_datetime > now - PERIOD,
        ServiceRequest.expected_datetime.is_not(None),
        answered | late_and_open,
    )
    kept, of = (await session.execute(counted)).one()
    return Kept(int(kept), int(of)) if of >= TOO_FEW else None
