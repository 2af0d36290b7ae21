"""What the page of one request shows beside the request itself: notes, what is open around it, what was moderated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from app.accounts.guards import may
from app.accounts.models import Account
from app.jurisdictions.geodesy import box_around
from app.service_requests.flag_reasons import REASONS
from app.service_requests.models import ServiceRequest
from app.service_requests.moderation_models import Flag, Moderation
from app.service_requests.nearby import MOST_LOOKED_AT, is_open_within, nearest
from app.service_requests.note_models import Note
from app.service_requests.said import late_said, status_of
from app.services.catalogue import Catalogue
from app.services.words import said_in
from app.staff.answer_words import answers_for
from app.staff.scope import within_scope
from app.templating import current_locale, gettext, mark

NEAR_M = 50
# The pins of one address lie this far apart: at its door, its roof, its kerb.
SAME_ADDRESS_M = 150
MOST_AROUND = 12
MOST_NOTES = 200
MODERATED = {
    "words_hidden": mark("Words taken off the public page"),
    "words_masked": mark("Words masked"),
    "photo_hidden": mark("Photo hidden"),
    "photo_covered": mark("Parts of a photo covered"),
}


@dataclass(frozen=True, slots=True)
class Around:
    """An open request near by, whosever it is. `address` leads to the desk where it is theirs, else to its page."""

    service_name: str
    service_request_id: str
    address: str
    department: str
    status: str
    mark: str
    distance_m: int
    same_address: bool


async def casework_context(
    session: AsyncSession, account: Account, catalogue: Catalogue, request: ServiceRequest
) -> dict[str, Any]:
    moderations = await moderations_of(session, request)
    return {
        "notes": await notes_of(session, request),
        "around": await open_around(session, account, catalogue, request),
        "canned": await answers_for(session, account, request),
        "moderations": moderations,
        "moderated": MODERATED,
        "sees_originals": may(account, "originals.view", request),
        "flags": await waiting_flags(session, request),
        "flag_reasons": REASONS,
        "photo_numbers": {photo.id: number for number, photo in enumerate(request.photos, 1)},
    }


async def notes_of(session: AsyncSession, request: ServiceRequest) -> list[Note]:
    """The newest notes of a request, newest first, with whom they name and their files."""
    wanted = select(Note).where(Note.request_id == request.id).order_by(Note.id.desc()).limit(MOST_NOTES)
    wanted = wanted.options(selectinload(Note.mentions), selectinload(Note.files))
    return list((await session.execute(wanted)).scalars())


async def moderations_of(session: AsyncSession, request: ServiceRequest) -> list[Moderation]:
    wanted = select(Moderation).where(Moderation.request_id == request.id).order_by(Moderation.id.desc())
    return list((await session.execute(wanted.limit(MOST_NOTES))).scalars())


async def waiting_flags(session: AsyncSession, request: ServiceRequest) -> list[Flag]:
    wanted = select(Flag).where(Flag.request_id == request.id, Flag.settled_datetime.is_(None)).order_by(Flag.id)
    return list((await session.execute(wanted)).scalars())


async def open_around(
    session: AsyncSession, account: Account, catalogue: Catalogue, request: ServiceRequest
) -> list[Around]:
    """Open requests of all departments within 50 m, and within 150 m where they have the same address.

    Of a private service only what they may open at the desk. The newest 200 around are looked at, however many there
    are.
    """
    public = [service.id for service in catalogue.by_id.values() if not service.private]
    every = [service.id for service in catalogue.by_id.values()]
    box = box_around(request.lat, request.long, SAME_ADDRESS_M)
    theirs = within_scope(account, "desk.view")
    wanted = select(ServiceRequest).where(*is_open_within(box, every), ServiceRequest.id != request.id)
    wanted = wanted.order_by(ServiceRequest.requested_datetime.desc()).limit(MOST_LOOKED_AT)
    rows = list((await session.execute(wanted)).scalars())
    at_the_desk = select(ServiceRequest.id).where(ServiceRequest.id.in_([row.id for row in rows]), *theirs)
    mine = set((await session.execute(at_the_desk)).scalars()) if rows else set()
    rows = [row for row in rows if row.id in mine or row.service_id in public]
    found = []
    for one in nearest(rows, request.lat, request.long, SAME_ADDRESS_M):
        same = is_same_address(request, one.request)
        if same or one.distance_m <= NEAR_M:
            found.append(around(catalogue, one.request, one.distance_m, same, one.request.id in mine))
    return found[:MOST_AROUND]


def is_same_address(one: ServiceRequest, other: ServiceRequest) -> bool:
    if one.address_id and other.address_id:
        return one.address_id == other.address_id
    return bool(one.address_string) and one.address_string.casefold() == other.address_string.casefold()


def around(catalogue: Catalogue, request: ServiceRequest, distance_m: float, same: bool, mine: bool) -> Around:
    locale, status, late = current_locale.get(), status_of(request), late_said(request)
    department = catalogue.departments.get(request.department_id or 0)
    return Around(
        service_name=said_in(catalogue.by_id[request.service_id], "service_name", locale),
        service_request_id=request.service_request_id,
        address=f"{'/staff' if mine else ''}/requests/{request.service_request_id}",
        department=said_in(department, "name", locale) if department else "",
        status=late or gettext(status.label),
        mark="late" if late else status.open311,
        distance_m=round(distance_m),
        same_address=same,
    )
