"""What the report page shows: one template for every step, filled from the draft."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.jurisdictions.geodesy import box_around
from app.jurisdictions.place_search import FoundPlace, search_places
from app.service_requests.check import MAX_PHOTOS
from app.service_requests.forms import MAX_DESCRIPTION
from app.service_requests.masking import masked_address
from app.service_requests.models import ServiceRequest
from app.service_requests.nearby import Near
from app.service_requests.photo_urls import photo_url
from app.service_requests.report_draft import HONEYPOT, STEPS, Draft, PlaceChoice, new_stamp
from app.service_requests.report_steps import Ground, asked, known_nearby, read_answers, words_problems
from app.services.answers import Answers
from app.services.catalogue import Catalogue
from app.services.models import Service
from app.services.search import search_services
from app.services.words import said_in, value_said_in
from app.sql import InBox
from app.templating import current_locale

AROUND_M = 1000
AROUND_PERIOD = timedelta(days=90)
MOST_AROUND = 6
# A bound on what the busiest square kilometre costs.
MOST_COUNTED = 2000


async def page_context(ground: Ground, draft: Draft, secret_key: str) -> dict[str, Any]:
    """Everything that `report/report.html` needs for the draft's step."""
    service = ground.service(draft)
    answers = read_answers(draft, service) if service else Answers()
    if service:
        draft.put(asked=asked(service, answers))
    return {
        "draft": draft,
        "step": draft.step,
        "steps": STEPS,
        "problems": problem_words(draft),
        "service": service,
        "answers": answers,
        "given": given_answers(draft),
        "value_said": lambda value, field: value_said_in(value, field, current_locale.get()),
        "groups": ground.catalogue.groups,
        "in_group": ground.catalogue.in_group(draft.get("group")) if draft.step == "kind" else [],
        "found_services": found_services(ground, draft),
        "around": await services_around(ground, draft) if draft.step == "kind" else [],
        "places": await found_places(ground, draft) if draft.step == "place" else [],
        **nearby_context(ground.catalogue, await known_nearby(ground, draft) if draft.step == "known" else []),
        "contact_problem": bool(words_problems(ground, draft)),
        "stamp": new_stamp(secret_key),
        "honeypot": HONEYPOT,
        "most": {"photos": MAX_PHOTOS, "description": MAX_DESCRIPTION},
    }


def nearby_context(catalogue: Catalogue, near: list[Near]) -> dict[str, Any]:
    """What `report/_nearby.html` needs."""
    return {
        "near": near,
        "now": datetime.now(UTC),
        "photo_url": photo_url,
        "masked_address": masked_address,
        "said_service": lambda number: said_in(catalogue.by_id[number], "service_name", current_locale.get()),
    }


def problem_words(draft: Draft) -> dict[str, str]:
    """Field → sentence; several for one field are said after each other."""
    words: dict[str, str] = {}
    for problem in draft.problems:
        said = problem.said()
        words[problem.field] = f"{words[problem.field]} {said}" if problem.field in words else said
    return words


def given_answers(draft: Draft) -> dict[str, list[str]]:
    return dict(draft.submission()[0].answers)


def found_services(ground: Ground, draft: Draft) -> list[Service]:
    if draft.step != "kind":
        return []
    draft.put(kind_found=draft.get("kind_q"))
    return search_services(ground.catalogue, draft.get("kind_q"), current_locale.get(), limit=12)


async def found_places(ground: Ground, draft: Draft) -> list[tuple[str, FoundPlace]]:
    """Search results, each with the value of its radio button."""
    draft.put(place_found=draft.get("place_q"))
    near = (ground.city.lat, ground.city.long)
    found = await search_places(ground.session, draft.get("place_q"), near=near, locale=current_locale.get())
    return [(choice(place), place) for place in found]


def choice(place: FoundPlace) -> str:
    return msgspec.json.encode(PlaceChoice(place.lat, place.long, place.label, place.place_id, place.zipcode)).decode()


async def services_around(ground: Ground, draft: Draft) -> list[Service]:
    submission = draft.submission()[0]
    if submission.lat is None or submission.long is None:
        return []
    return await most_reported(ground.session, ground.catalogue, submission.lat, submission.long)


async def most_reported(session: AsyncSession, catalogue: Catalogue, lat: float, long: float) -> list[Service]:
    """The public services most reported within a kilometre in the last 90 days, the commonest first."""
    recent = (
        select(ServiceRequest.service_id)
        .where(
            InBox(ServiceRequest.location, box_around(lat, long, AROUND_M)),
            ServiceRequest.requested_datetime > datetime.now(UTC) - AROUND_PERIOD,
        )
        .limit(MOST_COUNTED)
        .subquery()
    )
    counted = (
        select(recent.c.service_id).group_by(recent.c.service_id).order_by(func.count().desc(), recent.c.service_id)
    )
    ids = (await session.execute(counted)).scalars().all()
    services = [catalogue.by_id[number] for number in ids if number in catalogue.by_id]
    return [service for service in services if service.active and not service.private][:MOST_AROUND]
