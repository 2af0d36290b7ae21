"""`/promises`: what the city promises, how often it is kept, and what follows where it is not."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from litestar import Request, Response, get
from litestar.datastructures import State
from litestar.response import Template
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.errors import error_response
from app.jurisdictions.queries import get_jurisdiction
from app.performance import promise_words, standards
from app.performance.models import CountedMonth, Review
from app.service_requests.missed_models import MissedReason
from app.service_requests.redress_models import RedressRule
from app.services.catalogue import Catalogue
from app.services.queries import current_catalogue
from app.services.words import of_locale, said_in
from app.templating import current_locale, gettext

AnyRequest = Request[Any, Any, State]
KEPT = {"Cache-Control": "public, max-age=60", "Vary": "Accept-Language, Cookie, Accept-Encoding"}
REVIEWS = 30


@get("/promises")
async def show_promises(
    request: AnyRequest, session: AsyncSession, department: str = "", area: str = "", layer: str = ""
) -> Response[Any]:
    """All of it, or of a `department` (code) or an `area` ("layer/code"); `layer`: which areas stand side by side."""
    city, catalogue, now = await get_jurisdiction(session), await current_catalogue(session), datetime.now(UTC)
    zone = ZoneInfo(city.timezone)
    on = now.astimezone(zone).date()
    scope = await standards.find_scope(session, catalogue, department, area, on)
    if scope is None:
        return error_response(request, 404)
    divisions = await standards.find_layers(session)
    chosen = next((one for one in divisions if one.code == layer), divisions[0] if divisions else None)
    context = {
        "scope": scope,
        "kept": await standards.kept_in(session, catalogue, scope, zone, now),
        "target": city.promise_target,
        "departments": await standards.by_department(session, catalogue),
        "divisions": divisions,
        "division": chosen,
        "areas": await standards.by_area(session, chosen.code, on) if chosen else [],
        "counted": (await session.execute(select(func.max(CountedMonth.counted_datetime)))).scalar_one(),
        "events": [event for event in catalogue.suspensions if event.holds(now)],
        "rules": await rules_now(session),
        "reviews": await latest_reviews(session),
        "reasons": await reasons_said(session),
        "services": catalogue.by_id,
        "department_of": catalogue.departments,
        "group_said": lambda code: group_said(catalogue, code),
        "said_for": lambda row: said_for(catalogue, row),
        "said_name": lambda row, field: said_in(row, field, current_locale.get()),
        "words": promise_words,
        "link": lambda **asked: "/promises?" + urlencode(asked),
    }
    return Template("promises/promises.html", context=context, headers=KEPT)


async def rules_now(session: AsyncSession) -> list[RedressRule]:
    wanted = select(RedressRule).where(RedressRule.valid_to.is_(None)).order_by(RedressRule.id)
    return list((await session.execute(wanted)).scalars())


async def latest_reviews(session: AsyncSession) -> list[Review]:
    wanted = select(Review).order_by(Review.month.desc(), Review.id).limit(REVIEWS)
    return list((await session.execute(wanted)).scalars())


async def reasons_said(session: AsyncSession) -> dict[str, str]:
    """The words of every reason for which a promise can have been missed, those of earlier times too."""
    locale = current_locale.get()
    rows = (await session.execute(select(MissedReason))).scalars()
    return {row.code: of_locale(row.translations, locale).get("label") or gettext(row.label) for row in rows}


def group_said(catalogue: Catalogue, code: str) -> str:
    group = catalogue.group(code)
    return said_in(group, "name", current_locale.get()) if group else code


def said_for(catalogue: Catalogue, row: Any) -> str:
    """For what a rule or an event holds: a service, a group or all."""
    if row.service_id is not None:
        return said_in(catalogue.by_id[row.service_id], "service_name", current_locale.get())
    return group_said(catalogue, row.group) if row.group else gettext("Every kind of problem")


route_handlers = [show_promises]
