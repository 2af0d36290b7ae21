"""Reads of the desk: everything that a department has, private services too."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload, selectinload

from app.accounts.models import Account
from app.jurisdictions.models import Area
from app.service_requests.models import Contact, ServiceRequest
from app.staff.scope import within_scope


async def ids_at_the_desk(session: AsyncSession, account: Account, ids: Sequence[int]) -> set[int]:
    """Those of these requests that a member of staff may open at the desk."""
    wanted = select(ServiceRequest.id).where(ServiceRequest.id.in_(ids), *within_scope(account, "desk.view"))
    return set((await session.execute(wanted)).scalars())


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
