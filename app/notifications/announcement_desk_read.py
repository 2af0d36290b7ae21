"""What the desk's forms bring: an announcement with its places found, or why one is withdrawn."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from litestar import Request
from litestar.datastructures import State
from sqlalchemy.ext.asyncio import AsyncSession

from app.errors import Problem, Refused
from app.jurisdictions.local_clock import local_day
from app.jurisdictions.models import Jurisdiction
from app.notifications.announcement_form import MISSING, OTHERS, read_announcement
from app.notifications.announcement_ground import place_on_ground
from app.notifications.announcement_models import AnnouncementPlace
from app.service_requests.forms import TOO_LONG

MOST_NOTE = 500


async def read(
    session: AsyncSession, city: Jurisdiction, pairs: list[tuple[str, str]]
) -> tuple[dict[str, Any], list[AnnouncementPlace]]:
    """The columns and places of a form. Raises Refused with all that is wrong."""
    zone = ZoneInfo(city.timezone)
    written, problems = read_announcement(pairs, zone)
    facts, places, unknown = await place_on_ground(session, city, written, local_day(datetime.now(UTC), zone))
    if problems + unknown:
        raise Refused(*problems, *unknown)
    return {**written.facts, **facts}, places


def read_note(form: Mapping[str, str]) -> dict[str, Any]:
    """Why it is withdrawn, in the city's language and, where given, in others. Raises Refused without it."""
    problems = [
        Problem(name, TOO_LONG, {"length": len(words), "most": MOST_NOTE})
        for name, words in form.items()
        if name.startswith("note") and len(words) > MOST_NOTE
    ]
    if not form.get("note"):
        problems.append(Problem("note", MISSING))
    if problems:
        raise Refused(*problems)
    others = {code: {"note": form[f"note_{code}"]} for code in OTHERS if form.get(f"note_{code}")}
    return {"note": form["note"], "translations": others}


async def pairs_of(request: Request[Any, Any, State]) -> list[tuple[str, str]]:
    return [(name, value) for name, value in (await request.form()).multi_items() if isinstance(value, str)]


def seen_datetime(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None
