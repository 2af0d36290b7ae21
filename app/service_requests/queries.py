"""Reads of requests, each with who may see them in the query: what one may not see does not exist."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased, contains_eager, joinedload, selectinload
from sqlalchemy.orm.interfaces import ORMOption

from app.jurisdictions.geodesy import box_around, distance_m
from app.service_requests.models import Contact, Follower, Photo, Reporter, ServiceRequest, Update
from app.service_requests.nearby import MOST_LOOKED_AT, Near
from app.service_requests.viewer import Viewer
from app.services.models import Service
from app.sql import InBox

MOST_UPDATES = 200
LATELY = timedelta(days=60)
WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Found:
    """A request that the viewer may see. `own`: they are its reporter."""

    request: ServiceRequest
    own: bool


def is_own(viewer: Viewer) -> ColumnElement[bool]:
    """Whether the viewer's device is that of the first reporter."""
    return exists().where(
        Reporter.request_id == ServiceRequest.id, Reporter.first, Reporter.device_hash == (viewer.device_hash or "")
    )


async def find_request(
    session: AsyncSession, service_request_id: str, viewer: Viewer, *options: ORMOption
) -> Found | None:
    """The request with its service, or None: unknown, or of a private service and not the viewer's own."""
    own = is_own(viewer)
    wanted = (
        select(ServiceRequest, own)
        .join(ServiceRequest.service)
        .where(ServiceRequest.service_request_id == service_request_id)
        .options(contains_eager(ServiceRequest.service), *options)
    )
    if not viewer.holds_key:
        wanted = wanted.where(or_(Service.private.is_(False), own))
    row = (await session.execute(wanted)).one_or_none()
    return Found(row[0], bool(row[1]) or viewer.holds_key) if row else None


async def find_request_page(session: AsyncSession, service_request_id: str, viewer: Viewer) -> Found | None:
    """Like `find_request`, with the department and the photos."""
    more = (joinedload(ServiceRequest.department), selectinload(ServiceRequest.photos))
    return await find_request(session, service_request_id, viewer, *more)


async def latest_updates(session: AsyncSession, request_id: int) -> list[Update]:
    """The newest entries of a timeline, newest first, at most 200."""
    wanted = select(Update).where(Update.request_id == request_id).order_by(Update.id.desc()).limit(MOST_UPDATES)
    return list((await session.execute(wanted)).scalars())


async def public_root(session: AsyncSession, request: ServiceRequest) -> ServiceRequest | None:
    """The public request that this one is a duplicate of."""
    if request.duplicate_of_id is None:
        return None
    wanted = public_requests().where(ServiceRequest.id == request.duplicate_of_id)
    return (await session.execute(wanted)).scalar_one_or_none()


async def count_duplicates(session: AsyncSession, request_id: int) -> int:
    counted = select(func.count()).where(ServiceRequest.duplicate_of_id == request_id)
    return (await session.execute(counted)).scalar_one()


async def own_contact(session: AsyncSession, request_id: int) -> Contact | None:
    """The first reporter's contact data: for their own page only."""
    first = and_(Reporter.id == Contact.reporter_id, Reporter.first)
    wanted = select(Contact).join(Reporter, first).where(Contact.request_id == request_id).limit(1)
    return (await session.execute(wanted)).scalar_one_or_none()


async def is_following(session: AsyncSession, request_id: int, viewer: Viewer) -> bool:
    wanted = select(Follower.id).where(Follower.request_id == request_id, Follower.device_hash == viewer.device_hash)
    return viewer.device_hash is not None and (await session.execute(wanted)).first() is not None


async def has_reported(session: AsyncSession, request_id: int, viewer: Viewer) -> bool:
    wanted = select(Reporter.id).where(Reporter.request_id == request_id, Reporter.device_hash == viewer.device_hash)
    return viewer.device_hash is not None and (await session.execute(wanted)).first() is not None


async def find_public_photo(session: AsyncSession, photo_id: int) -> Photo | None:
    """A photo that everybody may see."""
    wanted = (
        select(Photo)
        .join(ServiceRequest, ServiceRequest.id == Photo.request_id)
        .join(Service, Service.id == ServiceRequest.service_id)
        .where(Photo.id == photo_id, Photo.public, Service.private.is_(False))
    )
    return (await session.execute(wanted)).scalar_one_or_none()


async def find_photo_of(session: AsyncSession, request_id: int, photo_id: int) -> Photo | None:
    wanted = select(Photo).where(Photo.id == photo_id, Photo.request_id == request_id)
    return (await session.execute(wanted)).scalar_one_or_none()


def public_requests() -> Select[ServiceRequest]:
    """Requests of services that are not private, each with its service and photos."""
    return (
        select(ServiceRequest)
        .join(ServiceRequest.service)
        .where(Service.private.is_(False))
        .options(contains_eager(ServiceRequest.service), selectinload(ServiceRequest.photos))
    )


async def latest_requests(session: AsyncSession, *, limit: int) -> Sequence[ServiceRequest]:
    """The newest public requests of the whole city, duplicates left out."""
    wanted = public_requests().where(ServiceRequest.duplicate_of_id.is_(None), ServiceRequest.status != "withdrawn")
    wanted = wanted.order_by(ServiceRequest.requested_datetime.desc(), ServiceRequest.id.desc()).limit(limit)
    return (await session.execute(wanted)).scalars().all()


async def latest_nearby(session: AsyncSession, lat: float, long: float, *, radius_m: float, limit: int) -> list[Near]:
    """The newest public requests of the last 60 days within `radius_m` metres, newest first."""
    wanted = public_requests().where(
        InBox(ServiceRequest.location, box_around(lat, long, radius_m)),
        ServiceRequest.requested_datetime > datetime.now(UTC) - LATELY,
        ServiceRequest.duplicate_of_id.is_(None),
        ServiceRequest.status != "withdrawn",
    )
    wanted = wanted.order_by(ServiceRequest.requested_datetime.desc()).limit(MOST_LOOKED_AT)
    found = (await session.execute(wanted)).scalars()
    near = [Near(request, distance_m(lat, long, request.lat, request.long)) for request in found]
    return [item for item in near if item.distance_m <= radius_m][:limit]


async def latest_fixed(session: AsyncSession, *, limit: int) -> Sequence[ServiceRequest]:
    """What was fixed in the last seven days, the newest first."""
    wanted = public_requests().where(*fixed_this_week())
    wanted = wanted.order_by(ServiceRequest.updated_datetime.desc()).limit(limit)
    return (await session.execute(wanted)).scalars().all()


async def count_fixed(session: AsyncSession) -> int:
    """How many public requests were fixed in the last seven days."""
    counted = select(func.count()).select_from(ServiceRequest).join(ServiceRequest.service)
    counted = counted.where(Service.private.is_(False), *fixed_this_week())
    return (await session.execute(counted)).scalar_one()


def fixed_this_week() -> tuple[ColumnElement[bool], ...]:
    since = datetime.now(UTC) - WEEK
    # The index stands on `updated_datetime`: whatever was closed since then was also changed since then.
    return (
        ServiceRequest.updated_datetime > since,
        ServiceRequest.status == "fixed",
        ServiceRequest.closed_datetime > since,
    )


async def requests_of_device(session: AsyncSession, device_hash: str, *, limit: int) -> Sequence[ServiceRequest]:
    """What this device reported itself, private services too, the last changed first."""
    first = select(Reporter.request_id).where(Reporter.device_hash == device_hash, Reporter.first)
    return await of_device(session, ServiceRequest.id.in_(first), limit)


async def requests_followed(session: AsyncSession, device_hash: str, *, limit: int) -> Sequence[ServiceRequest]:
    """What this device follows and did not report itself, the last changed first."""
    follower, reporter = aliased(Follower), aliased(Reporter)
    followed = select(follower.request_id).where(follower.device_hash == device_hash)
    own = select(reporter.request_id).where(reporter.device_hash == device_hash, reporter.first)
    chosen = and_(ServiceRequest.id.in_(followed), ServiceRequest.id.not_in(own), Service.private.is_(False))
    return await of_device(session, chosen, limit)


async def of_device(session: AsyncSession, chosen: ColumnElement[bool], limit: int) -> Sequence[ServiceRequest]:
    wanted = select(ServiceRequest).join(ServiceRequest.service).where(chosen)
    wanted = wanted.options(contains_eager(ServiceRequest.service), selectinload(ServiceRequest.photos))
    wanted = wanted.order_by(ServiceRequest.updated_datetime.desc(), ServiceRequest.id.desc()).limit(limit)
    return (await session.execute(wanted)).scalars().all()
