"""Anybody may say that something of a public report should not be public; the city then looks at it."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from litestar import Request, Response, post
from litestar.datastructures import State
from litestar.exceptions import TooManyRequestsException
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.devices import device_hash
from app.accounts.models import Account
from app.errors import Problem, Refused
from app.limits import Buckets, client_address
from app.service_requests.carry_out import carry_out, fields_of
from app.service_requests.flag_reasons import REASONS
from app.service_requests.forms import clean
from app.service_requests.models import Photo, ServiceRequest
from app.service_requests.moderation_models import Flag
from app.service_requests.people import lock
from app.service_requests.queries import Found
from app.settings import Settings
from app.templating import mark

PageRequest = Request[Any, Any, State]

ABOUT = ("report", "words", "photo")
MOST_WORDS = 500
# More do not tell the city more.
MOST_WAITING = 20
FLAGS_A_MINUTE = 5
flags = Buckets()

CHOOSE_ABOUT = mark("Say what should not be public.")
CHOOSE_REASON = mark("Say what is wrong with it.")
TOO_LONG = mark("Use at most %(most)d characters.")


@dataclass(frozen=True, slots=True)
class Complaint:
    """What a form said: `photo_id` only where `about` is "photo"."""

    about: str
    reason: str
    text: str
    photo_id: int | None = None


@post("/requests/{service_request_id:str}/flags", status_code=201, request_max_body_size=100_000)
async def post_flag(request: PageRequest, service_request_id: str) -> Response[Any]:
    """`about` (report, words, photo-1), `reason` (a code of REASONS) and `flag_text`: 303 back, 422, or 429."""
    if wait := flags.take(client_address(request), FLAGS_A_MINUTE):
        raise TooManyRequestsException(headers={"Retry-After": str(wait)})
    form = dict(await fields_of(request))
    reader = reader_hash(request)

    async def change(session: AsyncSession, found: Found) -> tuple[ServiceRequest, str]:
        await flag(session, found.request, read_complaint(form), reader)
        return found.request, "flagged"

    return await carry_out(request, service_request_id, change)


def reader_hash(request: PageRequest) -> str:
    """The device, or for one that we have not met its address, under the city's secret."""
    settings: Settings = request.app.state.settings
    who = device_hash(request) or client_address(request)
    return hmac.new(settings.secret_key.encode(), f"flag {who}".encode(), hashlib.sha256).hexdigest()


def read_complaint(form: Mapping[str, str]) -> Complaint:
    """Raises Refused (422) with every problem at once."""
    about, _, number = form.get("about", "").partition("-")
    reason, text = form.get("reason", ""), clean(form.get("flag_text", ""))
    photo_id = int(number) if number.isascii() and number.isdigit() and len(number) < 19 else None
    problems = []
    if about not in ABOUT or (about == "photo") != (photo_id is not None):
        problems.append(Problem("about", CHOOSE_ABOUT))
    if reason not in REASONS:
        problems.append(Problem("reason", CHOOSE_REASON))
    if len(text) > MOST_WORDS:
        problems.append(Problem("flag_text", TOO_LONG, {"most": MOST_WORDS}))
    if problems:
        raise Refused(*problems)
    return Complaint(about, reason, text, photo_id)


async def flag(session: AsyncSession, request: ServiceRequest, complaint: Complaint, reader: str) -> None:
    """Writes the flag and puts the request before the city; the same from the same reader again does nothing.

    Raises Refused (422) for a photo that is not a public one of this request.
    """
    request = (await lock(session, request.id))[request.id]
    if complaint.photo_id is not None:
        shown = select(Photo.id).where(
            Photo.id == complaint.photo_id, Photo.request_id == request.id, Photo.public.is_(True)
        )
        if (await session.execute(shown)).first() is None:
            raise Refused(Problem("about", CHOOSE_ABOUT))
    waiting = select(Flag).where(Flag.request_id == request.id, Flag.settled_datetime.is_(None))
    same = waiting.where(
        Flag.reader_hash == reader,
        Flag.about == complaint.about,
        Flag.photo_id.is_not_distinct_from(complaint.photo_id),
    )
    if (await session.execute(same.limit(1))).first() is not None:
        return
    now = datetime.now(UTC)
    request.flagged_datetime = request.flagged_datetime or now
    if (await session.execute(select(func.count()).select_from(waiting.subquery()))).scalar_one() < MOST_WAITING:
        row = Flag(request_id=request.id, about=complaint.about, photo_id=complaint.photo_id, reason=complaint.reason)
        row.text, row.reader_hash, row.flagged_datetime = complaint.text, reader, now
        session.add(row)
    await session.flush()


async def settle(session: AsyncSession, request: ServiceRequest, by: Account) -> int:
    """Somebody has looked: no flag waits any more, and the request leaves the moderation. Returns how many waited."""
    request = (await lock(session, request.id))[request.id]
    waiting = select(Flag).where(Flag.request_id == request.id, Flag.settled_datetime.is_(None))
    rows = list((await session.execute(waiting)).scalars())
    for row in rows:
        row.settled_datetime, row.settled_by = datetime.now(UTC), by.name
    request.flagged_datetime = None
    await session.flush()
    return len(rows)


route_handlers = [post_flag]
