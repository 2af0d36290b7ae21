"""The same item again is answered as before: one id, one thing done, whichever door it comes through."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import BigInteger, func, literal, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.errors import Problem, Refused
from app.service_requests.models import ServiceRequest
from app.service_requests.outbox_models import Receipt
from app.templating import mark

REPORT, DELETED = "report", "deleted"

IS_DELETED = mark(
    "This was deleted on the phone, so the city does not take it any more. If you still need it, start a new one."
)
IS_ANOTHER = mark("Something else was sent under this number already. Send this one again as a new one.")


async def hold(session: AsyncSession, client_request_id: uuid.UUID) -> None:
    """Makes every other transaction about this id wait until this one ends.

    On SQLite a transaction that may write is the only one anyhow. To be taken before any row is locked.
    """
    if session.get_bind().dialect.name == "postgresql":
        high, low = client_request_id.int >> 64, client_request_id.int & 0xFFFFFFFFFFFFFFFF
        await session.execute(select(func.pg_advisory_xact_lock(literal((high ^ low) - 2**63, BigInteger))))


async def claim(session: AsyncSession, client_request_id: uuid.UUID, kind: str) -> Receipt | None:
    """Holds the id for an item of this kind; returns the receipt that an action of this kind left before.

    Raises Refused: 410 when the item was deleted, 409 when the id stands for something else.
    """
    await hold(session, client_request_id)
    receipt = await find_receipt(session, client_request_id)
    if receipt is None:
        if kind != REPORT and await reported(session, client_request_id):
            raise another()
        return None
    if receipt.kind == DELETED:
        raise Refused(Problem("client_request_id", IS_DELETED), status=410)
    if receipt.kind != kind:
        raise another()
    return receipt


def another() -> Refused:
    return Refused(Problem("client_request_id", IS_ANOTHER), status=409)


async def find_receipt(session: AsyncSession, client_request_id: uuid.UUID) -> Receipt | None:
    return await session.get(Receipt, client_request_id, populate_existing=True)


async def reported(session: AsyncSession, client_request_id: uuid.UUID) -> ServiceRequest | None:
    """The request that was reported under this id."""
    wanted = select(ServiceRequest).where(ServiceRequest.client_request_id == client_request_id)
    return (await session.execute(wanted)).scalar_one_or_none()


async def answered_before(
    session: AsyncSession, client_request_id: uuid.UUID, kind: str, service_request_id: str
) -> dict[str, Any] | None:
    """What this action on this request was answered before, if it was. Raises Refused like `claim`."""
    receipt = await claim(session, client_request_id, kind)
    if receipt is None:
        return None
    wanted = select(ServiceRequest.id).where(ServiceRequest.service_request_id == service_request_id)
    if (await session.execute(wanted)).scalar_one_or_none() != receipt.request_id:
        raise another()
    return receipt.answer


async def keep_receipt(
    session: AsyncSession, client_request_id: uuid.UUID, kind: str, request_id: int | None, answer: dict[str, Any]
) -> None:
    """Keeps what an item was answered, in place of what was kept before. `answer` is what JSON can hold."""
    now = datetime.now(UTC)
    kept = Receipt(client_request_id=client_request_id, kind=kind, request_id=request_id, received_datetime=now)
    kept.answer = answer
    await session.merge(kept)
    await session.flush()
