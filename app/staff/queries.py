"""Reads of the desk: everything that a department has, private services too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, func, nulls_last, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload, selectinload

from app.accounts.models import Account
from app.jurisdictions.models import Area
from app.service_requests.models import Contact, ServiceRequest
from app.service_requests.workflow import CLOSED, OPEN
from app.staff.scope import within_scope

PAGE_SIZE = 50


@dataclass(frozen=True, slots=True)
class Filter:
    """What the queue shows: `show` is open, late, new or closed; `page` counts from 1."""

    show: str = "open"
    page: int = 1


SHOWS = ("open", "late", "new", "closed")


def conditions(account: Account, show: str) -> list[ColumnElement[bool]]:
    """What of their scope a member of staff wants to see."""
    chosen = within_scope(account, "desk.view")
    if show == "closed":
        return [*chosen, ServiceRequest.status.in_(CLOSED)]
    chosen.append(ServiceRequest.status.in_(("received",) if show == "new" else OPEN))
    if show == "late":
        # One whose clock stands is as late as it was when it was stopped.
        now = func.coalesce(ServiceRequest.paused_datetime, datetime.now(UTC))
        chosen.append(ServiceRequest.expected_datetime < now)
    return chosen


async def ids_at_the_desk(session: AsyncSession, account: Account, ids: Sequence[int]) -> set[int]:
    """Those of these requests that a member of staff may open at the desk."""
    wanted = select(ServiceRequest.id).where(ServiceRequest.id.in_(ids), *within_scope(account, "desk.view"))
    return set((await session.execute(wanted)).scalars())


async def queue(session: AsyncSession, account: Account, wanted: Filter) -> Sequence[ServiceRequest]:
    """A page of the queue, the earliest promise first; closed ones the last closed first. One more than a page
    says that there is another."""
    order: list[ColumnElement[Any]]
    if wanted.show == "closed":
        order = [ServiceRequest.updated_datetime.desc(), ServiceRequest.id.desc()]
    else:
        order = [nulls_last(ServiceRequest.expected_datetime.asc()), ServiceRequest.id.asc()]
    found = await session.execute(
        select(ServiceRequest)
        .where(*conditions(account, wanted.show))
        .order_by(*order)
        .offset((wanted.page - 1) * PAGE_SIZE)
        .limit(PAGE_SIZE + 1)
        .options(joinedload(ServiceRequest.service), selectinload(ServiceRequest.photos))
    )
    return found.scalars().all()


async def counts(session: AsyncSession, account: Account) -> dict[str, int]:
    """How many there are to do: open, late and new."""
    return {
        show: (
            await session.execute(select(func.count(ServiceRequest.id)).where(*conditions(account, show)))
        ).scalar_one()
        for show in ("open", "late", "new")
    }


async def find_for_staff(session: AsyncSession, account: Account, service_request_id: str) -> ServiceRequest | None:
    """The request with all that its page shows; None for one that is out of their scope."""
    mine = within_scope(account, "desk.view")
    wanted = (
        select(ServiceRequest)
        .where(ServiceRequest.service_request_id == service_request_id, *mine)
        .options(
            joinedload(ServiceRequest.service),
            joinedload(ServiceRequest.department),
            selectinload(ServiceRequest.photos),
            selectinload(ServiceRequest.updates),
            # Without its polygon, which may be megabytes.
            selectinload(ServiceRequest.areas).load_only(Area.layer, Area.code, Area.name),
        )
    )
    return (await session.execute(wanted)).unique().scalar_one_or_none()


async def find_by_number(session: AsyncSession, service_request_id: str) -> ServiceRequest | None:
    wanted = select(ServiceRequest).where(ServiceRequest.service_request_id == service_request_id)
    return (await session.execute(wanted)).scalar_one_or_none()


async def contacts_of(session: AsyncSession, request_id: int) -> Sequence[Contact]:
    wanted = select(Contact).where(Contact.request_id == request_id).order_by(Contact.id)
    return (await session.execute(wanted)).scalars().all()


async def has_contacts(session: AsyncSession, request_id: int) -> bool:
    return (
        await session.execute(select(Contact.id).where(Contact.request_id == request_id).limit(1))
    ).first() is not None
