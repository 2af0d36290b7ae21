"""What an agency is told of a request, and what the request's people are told of that."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from app.jurisdictions.models import Department
from app.service_requests.masking import masked
from app.service_requests.models import ServiceRequest
from app.services.words import said_in
from app.settings import Settings
from app.templating import current_locale, gettext, mark

PASSED_ON = mark("We passed this on to %(agency)s, who act here.")
PASSED_ON_AS = mark("We passed this on to %(agency)s, who act here. Their number for it is %(number)s.")
SAYS = mark("%(agency)s says: %(words)s")
IS_OPEN, IS_CLOSED = mark("It is open with them."), mark("It is closed with them.")
NO_WORDS = "No words were given."


def what_is_passed_on(settings: Settings, request: ServiceRequest, service_code: str) -> dict[str, str]:
    """GeoReport's fields. Words only where they are public, and nothing of who reported it."""
    return {
        "service_code": service_code,
        "lat": str(request.lat),
        "long": str(request.long),
        "address_string": request.address_string,
        "description": f"{words_of(request)}\n\n{request.service_request_id} {page_of(settings, request)}",
    }


def words_of(request: ServiceRequest) -> str:
    return masked(request.description) if request.description and request.description_public else NO_WORDS


def page_of(settings: Settings, request: ServiceRequest) -> str:
    return f"{settings.public_url}/requests/{request.service_request_id}"


async def told_words(session: AsyncSession, request: ServiceRequest, number: str) -> str:
    """In the language in which the report was made."""
    agency = await agency_name(session, request)
    if number:
        return gettext(PASSED_ON_AS, agency=agency, number=number[:60])
    return gettext(PASSED_ON, agency=agency)


async def their_words(session: AsyncSession, request: ServiceRequest, notes: str, *, is_open: bool) -> str:
    agency = await agency_name(session, request)
    words = notes or gettext(IS_OPEN if is_open else IS_CLOSED)
    return gettext(SAYS, agency=agency, words=words)


async def agency_name(session: AsyncSession, request: ServiceRequest) -> str:
    """Sets the language of the moment to the report's."""
    current_locale.set(request.locale)
    department = await session.get(Department, request.department_id or 0)
    return said_in(department, "name", request.locale) if department else ""
