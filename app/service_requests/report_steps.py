"""From step to step without JavaScript: what each step asks for, and where the next button leads."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from app.errors import Problem
from app.jurisdictions.models import Jurisdiction
from app.jurisdictions.queries import areas_index
from app.service_requests.check import NO_KIND, UNKNOWN_KIND, contact_problems, place_problems
from app.service_requests.locate import locate
from app.service_requests.nearby import Near, maybe_the_same
from app.service_requests.report_draft import STEPS, Draft
from app.services.answers import Answers, is_asked, parse_answers
from app.services.catalogue import Catalogue
from app.services.models import Service
from app.services.queries import current_catalogue
from app.templating import current_locale

PLACE_FIELDS = ("location", "address_string", "zipcode", "address_id")


@dataclass(frozen=True, slots=True)
class Ground:
    """What the steps stand on: the database, the city and its catalogue."""

    session: AsyncSession
    city: Jurisdiction
    catalogue: Catalogue

    def service(self, draft: Draft) -> Service | None:
        return self.catalogue.service(draft.get("service_code"))


async def ground_of(session: AsyncSession, city: Jurisdiction) -> Ground:
    return Ground(session, city, await current_catalogue(session))


async def move(ground: Ground, draft: Draft, wanted: str) -> None:
    """Sets the draft's step: back without a question, forward as far as the steps between let it.

    `wanted` is a step, or "enter" for the Enter key. Puts the problems of the step that holds it up into the draft.
    """
    at = draft.step
    if at == "place":
        draft.take_place()
    if wanted not in STEPS:
        wanted = at if is_searching(draft) else STEPS[min(STEPS.index(at) + 1, len(STEPS) - 1)]
    if draft.problems and wanted != at:
        return
    for step in STEPS[STEPS.index(at) : STEPS.index(wanted)]:
        draft.step = step
        if step == "place" and await place_is_missing(ground, draft):
            return
        if step == "kind" and kind_is_missing(ground, draft):
            return
    draft.step = wanted
    if wanted == "known" and not await known_nearby(ground, draft):
        draft.step = "words" if STEPS.index(at) < STEPS.index("known") else "kind"


def is_searching(draft: Draft) -> bool:
    """Whether the Enter key was meant for the search field: its words are new."""
    asked_for, found = {"place": ("place_q", "place_found"), "kind": ("kind_q", "kind_found")}.get(draft.step, ("", ""))
    return bool(asked_for) and draft.get(asked_for) not in ("", draft.get(found))


async def place_is_missing(ground: Ground, draft: Draft) -> bool:
    """Whether the place step is not done yet: something is wrong, or search results wait to be chosen from."""
    if draft.get("place_q") not in ("", draft.get("place_found")):
        return True
    submission, problems = draft.submission()
    problems = [problem for problem in problems if problem.field in PLACE_FIELDS]
    if not problems:
        submission = await locate(ground.session, submission)
        index = await areas_index(ground.session, ground.city)
        problems = place_problems(submission, ground.city, index)
        if submission.lat is not None:
            draft.put(lat=submission.lat, long=submission.long, place_source=submission.place_source)
            draft.put(address_string=submission.address_string)
    draft.problems += problems
    return bool(problems)


def kind_is_missing(ground: Ground, draft: Draft) -> bool:
    """Whether the kind step is not done yet: no kind, questions not put yet, or an answer is wrong or ends it."""
    service = ground.service(draft)
    if service is None:
        draft.problems.append(Problem("service_code", UNKNOWN_KIND if draft.get("service_code") else NO_KIND))
        return True
    answers = read_answers(draft, service)
    now_asked = asked(service, answers)
    if now_asked != draft.get("asked") and now_asked != f"{service.service_code}:":
        return True
    draft.problems += answers.problems
    return bool(answers.problems) or answers.stop is not None


def read_answers(draft: Draft, service: Service) -> Answers:
    return parse_answers(service, draft.submission()[0].answers, current_locale.get())


def asked(service: Service, answers: Answers) -> str:
    """Which questions are put, as a word: when it changes, the person has not seen them all yet."""
    codes = [row.code for row in service.attributes if row.variable and is_asked(row, answers.values)]
    return f"{service.service_code}:{','.join(codes)}"


async def known_nearby(ground: Ground, draft: Draft) -> list[Near]:
    service, submission = ground.service(draft), draft.submission()[0]
    if service is None or submission.lat is None or submission.long is None:
        return []
    return await maybe_the_same(ground.session, ground.catalogue, service, submission.lat, submission.long)


def step_of(problem: Problem) -> str:
    """The step that shows a problem's field."""
    if problem.field in PLACE_FIELDS:
        return "place"
    if problem.field == "service_code" or problem.field.startswith("attribute["):
        return "kind"
    return "photo" if problem.field.startswith("media") else "words"


def words_problems(ground: Ground, draft: Draft) -> list[Problem]:
    service = ground.service(draft)
    return contact_problems(service, draft.submission()[0].contact) if service else []
