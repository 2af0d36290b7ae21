"""What may be wrong with a report, all of it told at once, and what the city knows about one that is right."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from app.errors import Problem, Refused
from app.jurisdictions.area_index import AreaIndex, AreaRef
from app.jurisdictions.local_clock import local_day
from app.jurisdictions.models import Jurisdiction
from app.jurisdictions.queries import areas_index, get_jurisdiction
from app.service_requests.clock import Given, given_promise
from app.service_requests.locate import locate, with_place_words, words_apart
from app.service_requests.routing import decide_for
from app.service_requests.routing_rules import Decision
from app.service_requests.submission import ContactDetails, Submission
from app.services.answers import Answers, parse_answers
from app.services.catalogue import Catalogue
from app.services.models import Service
from app.services.queries import current_catalogue
from app.services.question_history import read_late
from app.services.words import said_in
from app.templating import mark

MAX_PHOTOS = 5
EMAIL = re.compile(r"[^\s@<>\"',;]+@[^\s@<>\"',;]+\.[^\s@<>\"',;.]{2,}")
PHONE = re.compile(r"\+?[\d\s().\-/x]{5,40}")

NO_PLACE = mark("Say where it is: set the pin on the map, or type the address.")
NO_KIND = mark("Choose what kind of problem it is.")
UNKNOWN_KIND = mark("This kind of problem is not in the list any more. Choose another one.")
OUTSIDE_OF = mark("This place is outside of %(city)s. %(agency)s acts there: call %(phone)s.")
OUTSIDE = mark("This place is outside of %(city)s. If you think that is wrong, call %(phone)s.")
TOO_MANY_PHOTOS = mark("Send at most %(most)d photos.")
BAD_EMAIL = mark("This is not an e-mail address. Write it like name@example.org, or leave it empty.")
BAD_PHONE = mark("This is not a phone number. Use digits, or leave it empty.")
CONTACT_NEEDED = mark(
    "For this kind of problem the city must be able to reach you. Give an e-mail address or a phone number."
)


@dataclass(frozen=True, slots=True)
class Checked:
    """A submission that may be written, with what the city knows about it."""

    submission: Submission
    service: Service
    jurisdiction: Jurisdiction
    answers: Answers
    areas: list[AreaRef]
    routing: Decision
    contact: ContactDetails
    promise: Given


async def check(session: AsyncSession, submission: Submission, problems: list[Problem]) -> Checked:
    """Everything that may be wrong with a submission, told at once. Raises Refused (422)."""
    jurisdiction = await get_jurisdiction(session)
    catalogue = await current_catalogue(session, jurisdiction)
    index = await areas_index(session, jurisdiction)
    if not any(problem.field == "location" for problem in problems):
        submission = await locate(session, submission)
        problems += place_problems(submission, jurisdiction, index)
    service = catalogue.service(submission.service_code)
    if service is None:
        problems.append(Problem("service_code", UNKNOWN_KIND if submission.service_code else NO_KIND))
        raise Refused(*problems)
    answers = read_given(catalogue, service, submission)
    problems += [*answers.problems, *stop_problems(answers), *contact_problems(service, submission.contact)]
    if len(submission.photos) > MAX_PHOTOS:
        problems.append(Problem("media", TOO_MANY_PHOTOS, {"most": MAX_PHOTOS}))
    if problems or submission.lat is None or submission.long is None:
        raise Refused(*problems)
    now = datetime.now(UTC)
    areas = index.find(submission.lat, submission.long, local_day(now, ZoneInfo(jurisdiction.timezone)))
    submission, words = await words_apart(session, service, submission)
    submission = replace(submission, description=with_place_words(submission.description, words))
    contact = ContactDetails() if service.contact_rule == "never" else submission.contact
    places = [(area.id, area.layer, area.code) for area in areas]
    routing = await decide_for(
        session, jurisdiction, service, places, answers=answers.values, source=submission.source, filed=now
    )
    layers = [(area.layer, area.code) for area in areas]
    promise = given_promise(catalogue, service, layers, now, priority=routing.priority)
    return Checked(submission, service, jurisdiction, answers, areas, routing, contact, promise)


def read_given(catalogue: Catalogue, service: Service, submission: Submission) -> Answers:
    """What was answered; out of a phone it may be to questions that are not asked any more."""
    if submission.client_request_id is None:
        return parse_answers(service, submission.answers, submission.locale)
    return read_late(catalogue, service, submission.answers, submission.locale)


def place_problems(submission: Submission, jurisdiction: Jurisdiction, index: AreaIndex) -> list[Problem]:
    """No place at all, or one outside of the city: then with whom to call, where that is known."""
    if submission.lat is None or submission.long is None:
        return [Problem("location", NO_PLACE)]
    if index.contains_city(submission.lat, submission.long):
        return []
    agency = index.outside_agency(submission.lat, submission.long, datetime.now(UTC).date())
    if agency is not None and agency.phone:
        name = said_in(agency, "name", submission.locale)
        return [Problem("location", OUTSIDE_OF, {"city": jurisdiction.name, "agency": name, "phone": agency.phone})]
    return [Problem("location", OUTSIDE, {"city": jurisdiction.name, "phone": jurisdiction.phone or "311"})]


def stop_problems(answers: Answers) -> list[Problem]:
    """An answer that ends the report is a refusal in the catalogue's own words."""
    if answers.stop is None:
        return []
    words = "%(message)s" if not answers.stop.phone else "%(message)s (%(phone)s)"
    params = {"message": answers.stop.message, "phone": answers.stop.phone}
    return [Problem(f"attribute[{answers.stop.code}]", words, params)]


def contact_problems(service: Service, contact: ContactDetails) -> list[Problem]:
    if service.contact_rule == "never":
        return []
    problems = []
    if contact.email and not EMAIL.fullmatch(contact.email):
        problems.append(Problem("email", BAD_EMAIL))
    if contact.phone and not PHONE.fullmatch(contact.phone):
        problems.append(Problem("phone", BAD_PHONE))
    if service.contact_rule == "required" and not (contact.email or contact.phone):
        problems.append(Problem("email", CONTACT_NEEDED))
    return problems
