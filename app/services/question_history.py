"""Questions change, and answers keep theirs: what was asked when, and by which question an answer is read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.services.answers import Answers, read_answers
from app.services.catalogue import Catalogue
from app.services.models import Service, ServiceAttribute
from app.services.question_models import PastQuestion

COLUMNS = (
    *("code", "datatype", "required", "variable", "order", "description"),
    *("datatype_description", "values", "show_if", "translations"),
)
# A report may wait in a phone without a network for this long, with the questions that it was asked.
STILL_TAKEN = timedelta(days=30)


def question_of(attribute: ServiceAttribute) -> dict[str, Any]:
    """The columns of a question, as they are kept."""
    return {name: getattr(attribute, name) for name in COLUMNS}


def keep_past(
    session: AsyncSession, service_id: int, code: str, question: Mapping[str, Any] | None, now: datetime | None = None
) -> None:
    """Remembers how a question stood until now; None: there was none of this code."""
    row = PastQuestion(service_id=service_id, code=code, question=dict(question or {}))
    row.asked_until = now or datetime.now(UTC)
    session.add(row)


def asked_at(catalogue: Catalogue, service: Service, moment: datetime) -> list[ServiceAttribute]:
    """The questions of a service as they were asked at a moment, in their order."""
    asked = {attribute.code: attribute for attribute in service.attributes}
    # The oldest last: of those that ended after the moment it is the one that counted then.
    for past in catalogue.past_questions.get(service.id, ()):
        if past.asked_until > moment:
            asked.pop(past.code, None)
            if past.question:
                asked[past.code] = ServiceAttribute(**past.question)
    return sorted(asked.values(), key=lambda attribute: attribute.order)


def read_late(catalogue: Catalogue, service: Service, raw: Mapping[str, list[str]], locale: str) -> Answers:
    """Answers out of a phone, which may have put the questions of some days ago.

    They are read by the questions of today; where they do not fit these, or some were to a question that is not asked
    any more, by the newest questions of the last 30 days that they fit.
    """
    today = read_answers(service.attributes, raw, locale)
    if today.stop is not None or (not today.problems and covers(service.attributes, raw)):
        return today
    since = datetime.now(UTC) - STILL_TAKEN
    changes = {past.asked_until for past in catalogue.past_questions.get(service.id, ()) if past.asked_until > since}
    for change in sorted(changes, reverse=True):
        asked = asked_at(catalogue, service, change - timedelta(microseconds=1))
        answers = read_answers(asked, raw, locale)
        if not answers.problems and answers.stop is None and covers(asked, raw):
            return answers
    return today


def covers(asked: Iterable[ServiceAttribute], raw: Mapping[str, list[str]]) -> bool:
    """Whether each answer is to one of these questions."""
    return {code for code, values in raw.items() if any(values)} <= {attribute.code for attribute in asked}


def question_for(catalogue: Catalogue, service: Service, code: str, value: Any, moment: datetime) -> ServiceAttribute:
    """The question that an answer was given to: the one of its moment, or another that knows what was answered."""
    asked = [one for one in asked_at(catalogue, service, moment) if one.code == code]
    past = [row for row in catalogue.past_questions.get(service.id, ()) if row.code == code and row.question]
    asked += [ServiceAttribute(**row.question) for row in past]
    asked += [one for one in service.attributes if one.code == code]
    fallback = asked[0] if asked else ServiceAttribute(code=code, description=code, values=[], translations={}, order=0)
    return next((one for one in asked if knows(one, value)), fallback)


def knows(attribute: ServiceAttribute, value: Any) -> bool:
    keys = {one["key"] for one in attribute.values}
    given: Iterable[Any] = value if isinstance(value, list) else [value]
    return not attribute.values or all(one in keys for one in given)
