"""The reporter corrects their report: its place, its kind, its words, how to reach them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.errors import Problem, Refused
from app.jurisdictions.models import Area
from app.service_requests.check import UNKNOWN_KIND, contact_problems
from app.service_requests.clock import given_promise, resume, stand_anew
from app.service_requests.comment import shown_at_once
from app.service_requests.correct_place import corrected_place, move
from app.service_requests.forms import read_submission
from app.service_requests.locate import with_place_words, words_apart
from app.service_requests.models import Contact, Reporter, RequestArea, ServiceRequest, Update
from app.service_requests.people import lock, touch
from app.service_requests.routing import route
from app.service_requests.submission import ContactDetails, Submission
from app.service_requests.submit import contact_row
from app.service_requests.workflow import STATUSES
from app.services.answers import parse_answers
from app.services.models import Service
from app.services.queries import current_catalogue
from app.templating import mark

# What a timeline row of kind "correction" says, joined by ", ": each is translated when it is shown.
PLACE, KIND = mark("the place"), mark("the kind of problem")
WORDS, CONTACT = mark("the description"), mark("the contact details")
CORRECTABLE = (PLACE, KIND, WORDS, CONTACT)

CLOSED_NOW = mark("This report is closed, so it cannot be corrected. You can still add a comment.")


@dataclass(frozen=True, slots=True)
class Correction:
    """What the form said, as a submission, of which only `fields` count. `move`: the pin goes to the address."""

    sent: Submission
    fields: frozenset[str]
    move: bool

    def has(self, *names: str) -> bool:
        return not self.fields.isdisjoint(names)


def read_correction(fields: Iterable[tuple[str, str]], locale: str) -> tuple[Correction, list[Problem]]:
    """Reads `lat` and `long`, `address_string`, `move`, `service_code`, `description`, and the contact fields."""
    fields = list(fields)
    given: Mapping[str, str] = dict(fields)
    sent, problems = read_submission(fields, source="web", locale=locale)
    return Correction(sent, frozenset(given), bool(given.get("move"))), problems


async def correct(
    session: AsyncSession, request: ServiceRequest, correction: Correction, problems: list[Problem]
) -> list[str]:
    """Writes what is different, with one timeline row that names it. Returns what changed: some of CORRECTABLE.

    Raises Refused: 409 for a closed request, 422 with every problem at once.
    """
    request = (await lock(session, request.id))[request.id]
    if not STATUSES[request.status].is_open:
        raise Refused(Problem("status", CLOSED_NOW), status=409)
    service = await corrected_service(session, request, correction, problems)
    address = correction.sent.address_string if correction.has("address_string") else request.address_string
    place = await corrected_place(
        session, request, correction.sent, problems, address=address, to_address=correction.move
    )
    contact = correction.sent.contact if correction.has("name", "email", "phone") else None
    if service.contact_rule == "never":
        contact = ContactDetails()
    if contact is not None or service.id != request.service_id:
        problems += contact_problems(service, contact or await contact_of(session, request))
    if problems:
        raise Refused(*problems)
    place, words = await words_apart(session, service, place)
    changed = [PLACE] if await move(session, request, place) else []
    changed += [KIND] if await change_kind(session, request, service, moved=bool(changed)) else []
    changed += [WORDS] if rewrite(request, correction, service) else []
    request.description = with_place_words(request.description, words)
    changed += [CONTACT] if contact is not None and await replace_contact(session, request, contact) else []
    if changed:
        update = Update(request_id=request.id, updated_datetime=touch(request), kind="correction", author="reporter")
        update.text = ", ".join(changed)
        session.add(update)
        await session.flush()
        if KIND in changed:
            await stand_anew(session, request)
        if request.paused_datetime is not None:
            await resume(session, request)
    return changed


async def corrected_service(
    session: AsyncSession, request: ServiceRequest, correction: Correction, problems: list[Problem]
) -> Service:
    catalogue = await current_catalogue(session)
    now = catalogue.by_id[request.service_id]
    if not correction.has("service_code") or correction.sent.service_code == now.service_code:
        return now
    service = catalogue.service(correction.sent.service_code)
    if service is None:
        problems.append(Problem("service_code", UNKNOWN_KIND))
    return service or now


async def change_kind(session: AsyncSession, request: ServiceRequest, service: Service, *, moved: bool) -> bool:
    """Writes the kind, and who answers for it there. A new kind brings its own promise, counted from the filing."""
    changed = service.id != request.service_id
    if not changed and not moved:
        return False
    catalogue = await current_catalogue(session)
    within = select(Area.id, Area.layer, Area.code).join(RequestArea, RequestArea.area_id == Area.id)
    areas = (await session.execute(within.where(RequestArea.request_id == request.id))).all()
    if changed:
        request.answers = fitting_answers(service, request)
    await route(session, request, service)
    if changed:
        request.service_id = service.id
        promise = given_promise(
            catalogue,
            service,
            [(area.layer, area.code) for area in areas],
            request.requested_datetime,
            at=datetime.now(UTC),
            priority=request.priority,
        )
        for name, value in promise.columns().items():
            setattr(request, name, value)
        if request.paused_datetime is not None:
            request.clock_datetime = None
        request.description_public = shown_at_once(service)
    return changed


def fitting_answers(service: Service, request: ServiceRequest) -> dict[str, object]:
    """Those of the answers given so far that the new kind asks for too."""
    raw = {
        code: [str(item) for item in (value if isinstance(value, list) else [value])]
        for code, value in request.answers.items()
    }
    return parse_answers(service, raw, request.locale).values


def rewrite(request: ServiceRequest, correction: Correction, service: Service) -> bool:
    """New words stand under the service's rule again, also where staff had shown or hidden the old ones."""
    if not correction.has("description") or correction.sent.description == request.description:
        return False
    request.description = correction.sent.description
    request.description_public = shown_at_once(service)
    return True


async def contact_of(session: AsyncSession, request: ServiceRequest) -> ContactDetails:
    wanted = select(Contact).join(Reporter, Reporter.id == Contact.reporter_id)
    row = (await session.execute(wanted.where(Contact.request_id == request.id, Reporter.first))).scalars().first()
    return ContactDetails(row.name, row.email or "", row.phone or "", row.notify) if row else ContactDetails()


async def replace_contact(session: AsyncSession, request: ServiceRequest, contact: ContactDetails) -> bool:
    """Writes the reporter's contact data anew; empty fields delete it. Returns whether it is different."""
    if contact == await contact_of(session, request):
        return False
    first = select(Reporter).where(Reporter.request_id == request.id, Reporter.first)
    reporter = (await session.execute(first)).scalar_one_or_none()
    if reporter is None:
        return False
    await session.execute(delete(Contact).where(Contact.reporter_id == reporter.id))
    if contact:
        session.add(contact_row(request.id, reporter.id, contact))
    return True
