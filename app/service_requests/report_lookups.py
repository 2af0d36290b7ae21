"""What the report page asks for while it is filled in: the catalogue for the phone, what is around, who acts there."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from functools import lru_cache
from typing import Annotated, Any

import msgspec
from litestar import MediaType, Request, Response, get
from litestar.datastructures import State
from litestar.exceptions import NotFoundException
from litestar.params import QueryParameter
from litestar.response import Template
from sqlalchemy.ext.asyncio import AsyncSession

from app.jurisdictions.queries import areas_index, get_jurisdiction
from app.media.storage import read_public
from app.service_requests.nearby import maybe_the_same
from app.service_requests.report_draft import new_stamp
from app.service_requests.report_page import most_reported, nearby_context
from app.service_requests.report_photos import carried_photos
from app.services.answers import Answers
from app.services.catalogue import Catalogue
from app.services.models import Service
from app.services.queries import current_catalogue
from app.services.words import keywords_in, said_in, value_said_in
from app.templating import LOCALES, current_locale, template_engine

Lat = Annotated[float, QueryParameter(ge=-90, le=90)]
Long = Annotated[float, QueryParameter(name="long", ge=-180, le=180)]
LookupRequest = Request[Any, Any, State]


@get("/report/catalogue")
async def show_catalogue(request: LookupRequest, session: AsyncSession) -> Response[bytes | None]:
    """The whole catalogue in one language for search on the phone; by `ETag` the phone keeps its copy."""
    catalogue = await current_catalogue(session)
    body, tag = catalogue_json(catalogue, current_locale.get())
    headers = {"ETag": tag, "Cache-Control": "private, no-cache", "Vary": "Accept-Language, Cookie"}
    if request.headers.get("if-none-match") == tag:
        return Response(None, status_code=304, headers=headers)
    return Response(body, headers=headers, media_type=MediaType.JSON)


@lru_cache(maxsize=8)
def catalogue_json(catalogue: Catalogue, locale: str) -> tuple[bytes, str]:
    """(JSON, entity tag). A service: code, name, group, words in every language, and its rules and questions."""
    groups = [{"code": group.code, "name": said_in(group, "name", locale)} for group in catalogue.groups]
    services = [service_for_phone(service, locale) for service in catalogue.services]
    body = msgspec.json.encode({"groups": groups, "services": services})
    return body, f'"{hashlib.sha256(body).hexdigest()[:20]}"'


def service_for_phone(service: Service, locale: str) -> dict[str, Any]:
    """One service; what is empty is left out, since the phone loads thousands."""
    facts = {
        "code": service.service_code,
        "name": said_in(service, "service_name", locale),
        "group": service.group,
        "words": [*dict.fromkeys(word for language in LOCALES for word in names_in(service, language))],
        "description": said_in(service, "description", locale),
        "notice": said_in(service, "service_notice", locale),
        "contact": service.contact_rule,
        "nearby_radius_m": service.nearby_radius_m,
        "text": "private" if service.private else service.text_rule,
        "questions": questions_html(service, locale) if service.attributes else "",
    }
    return {name: value for name, value in facts.items() if value}


def names_in(service: Service, language: str) -> list[str]:
    return [said_in(service, "service_name", language), *keywords_in(service, language)]


def questions_html(service: Service, locale: str) -> str:
    """The questions of a service as the page without JavaScript shows them."""
    before = current_locale.set(locale)
    try:
        template = template_engine.engine.get_template("report/_questions.html")
        return template.render(
            service=service,
            given={},
            answers=Answers(),
            problems={},
            value_said=lambda value, field: value_said_in(value, field, locale),
        )
    finally:
        current_locale.reset(before)


@get("/report/around")
async def show_around(session: AsyncSession, lat: Lat, long_: Long) -> list[str]:
    """The codes of the services most reported around a point, the commonest first."""
    catalogue = await current_catalogue(session)
    return [service.service_code for service in await most_reported(session, catalogue, lat, long_)]


@get("/report/nearby")
async def show_nearby(session: AsyncSession, lat: Lat, long_: Long, service_code: str) -> Response[Any] | Template:
    """Open requests that may be the same problem, as cards; 204 where there are none."""
    catalogue = await current_catalogue(session)
    service = catalogue.service(service_code)
    near = await maybe_the_same(session, catalogue, service, lat, long_) if service else []
    if not near:
        return Response(None, status_code=204)
    return Template("report/_nearby.html", context=nearby_context(catalogue, near))


@get("/report/place-check")
async def check_place(session: AsyncSession, lat: Lat, long_: Long) -> Response[Any] | Template:
    """204 for a place in the city; else a fragment that says who acts there."""
    city = await get_jurisdiction(session)
    index = await areas_index(session, city)
    if index.contains_city(lat, long_):
        return Response(None, status_code=204)
    agency = index.outside_agency(lat, long_, datetime.now(UTC).date())
    return Template("report/_outside.html", context={"agency": agency})


@get("/report/photos/{token:str}")
async def show_carried_photo(request: LookupRequest, token: str) -> Response[bytes]:
    """A photo of a report that is not sent yet, at 320 px. 404 for a token that is not ours or too old."""
    photos, _ = carried_photos(request.app.state.settings.secret_key, [token])
    if not photos:
        raise NotFoundException
    data = await read_public(request.app.state.media, photos[0].stored.keys.small)
    return Response(data, media_type="image/webp", headers={"Cache-Control": "private, max-age=86400"})


@get("/report/stamp")
async def show_stamp(request: LookupRequest) -> Response[dict[str, str]]:
    """A fresh stamp for a page that was open for longer than a stamp holds."""
    stamp = new_stamp(request.app.state.settings.secret_key)
    return Response({"stamp": stamp}, headers={"Cache-Control": "no-store"})


route_handlers = [show_catalogue, show_around, show_nearby, check_place, show_carried_photo, show_stamp]
