"""`/announcements`: what the city tells everybody, each notice on a page of its own, and the banner of all pages."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from litestar import Request, Response, get
from litestar.datastructures import State
from litestar.exceptions import NotFoundException
from litestar.response import Template
from sqlalchemy.ext.asyncio import AsyncSession

from app.jurisdictions.models import Jurisdiction
from app.jurisdictions.queries import areas_index, get_jurisdiction
from app.notifications.announcement_context import department_of, said_department, sender_of, where_of
from app.notifications.announcement_feeds import CAP_TYPE
from app.notifications.announcement_ground import said_where
from app.notifications.announcement_models import Announcement
from app.notifications.announcement_queries import find_public, in_force_or_planned, lately_over
from app.notifications.announcement_words import CATEGORIES, PLACE_KINDS, SEVERITIES, URGENT
from app.notifications.cap import cap_alert

PageRequest = Request[Any, Any, State]
NAME = re.compile(r"([1-9]\d{0,9})(\.cap)?")
NO_CACHE = {"Cache-Control": "no-cache"}


@get("/announcements")
async def show_announcements(session: AsyncSession) -> Template:
    """What holds now, what is planned, and what ended in the last 30 days."""
    city, now = await get_jurisdiction(session), datetime.now(UTC)
    index = await areas_index(session, city)
    found = await in_force_or_planned(session, now)
    context = {
        "lists": {
            "now": [one for one in found if one.starts_datetime <= now],
            "planned": [one for one in found if one.starts_datetime > now],
            "over": await lately_over(session, now),
        },
        "where": lambda one: said_where(one, city, index),
        **WORDS,
    }
    return Template("announcements/list.html", context=context, headers=NO_CACHE)


@get("/announcements/banner")
async def show_banner() -> Template:
    """The banner alone, for pages that a phone has kept: a page knows by it whether what it shows is the newest."""
    return Template("announcements/_banner.html", headers={"Cache-Control": "no-store"})


@get("/announcements/{name:str}")
async def show_announcement(request: PageRequest, session: AsyncSession, name: str) -> Response[Any] | Template:
    """One announcement: as a page ("12"), or as a CAP 1.2 message ("12.cap"). 404 for a draft."""
    asked = NAME.fullmatch(name)
    found = await find_public(session, int(asked[1])) if asked else None
    if not asked or found is None:
        raise NotFoundException
    city = await get_jurisdiction(session)
    if asked[2]:
        return await cap_message(request, session, city, found)
    context = await page_context(session, city, found)
    return Template("announcements/announcement.html", context=context, headers=NO_CACHE)


async def cap_message(
    request: PageRequest, session: AsyncSession, city: Jurisdiction, found: Announcement
) -> Response[bytes]:
    sender = await sender_of(session, city, request.app.state.settings, found)
    where = await where_of(session, city, found, await areas_index(session, city))
    body = cap_alert(found, sender, where)
    return Response(body, media_type=f"{CAP_TYPE}; charset=utf-8", headers={"Cache-Control": "public, max-age=30"})


async def page_context(session: AsyncSession, city: Jurisdiction, one: Announcement) -> dict[str, Any]:
    """What the page of an announcement shows, and its preview at the desk."""
    now = datetime.now(UTC)
    return {
        "one": one,
        "is_over": one.ends_datetime <= now,
        "is_planned": one.starts_datetime > now,
        "department": said_department(await department_of(session, one), city),
        "where": said_where(one, city, await areas_index(session, city)),
        "kinds": PLACE_KINDS,
        **WORDS,
    }


WORDS = {"severities": SEVERITIES, "categories": CATEGORIES, "urgent": URGENT}
route_handlers = [show_announcements, show_banner, show_announcement]
