"""The words of an answer of the desk: its placeholders, filled in for one report in its reporter's language."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.models import Account
from app.errors import Problem
from app.service_requests.models import ServiceRequest
from app.service_requests.said import promise_said, status_of
from app.services.words import said_in
from app.staff.answer_models import CannedAnswer
from app.templating import LOCALES, choose_locale, current_locale, gettext, mark, say_day

PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
PLACEHOLDERS = {
    "request": mark("the number of the report"),
    "service": mark("the kind of problem"),
    "address": mark("where it is"),
    "status": mark("how it stands"),
    "promise": mark("until when it is promised"),
    "department": mark("who acts on it"),
    "date": mark("today"),
    "name": mark("your own name"),
}
MOST_OFFERED = 60

UNKNOWN = mark("There is no placeholder {%(name)s}. Write one of: %(known)s.")


@dataclass(frozen=True, slots=True)
class Offered:
    """An answer as it can be put in. `missing`: it is in English, since nobody wrote it in the reporter's language."""

    title: str
    text: str
    language: str
    missing: bool


def placeholder_problems(field: str, text: str) -> list[Problem]:
    known = ", ".join(f"{{{name}}}" for name in PLACEHOLDERS)
    wrong = [name for name in PLACEHOLDER.findall(text) if name not in PLACEHOLDERS]
    return [Problem(field, UNKNOWN, {"name": wrong[0][:40], "known": known})] if wrong else []


async def answers_for(session: AsyncSession, account: Account, request: ServiceRequest) -> list[Offered]:
    """The answers that fit a report's department and service, filled in, by title."""
    wanted = select(CannedAnswer).where(
        or_(CannedAnswer.department_id.is_(None), CannedAnswer.department_id == request.department_id),
        or_(CannedAnswer.service_id.is_(None), CannedAnswer.service_id == request.service_id),
    )
    rows = (await session.execute(wanted.order_by(CannedAnswer.title, CannedAnswer.id).limit(MOST_OFFERED))).scalars()
    return offered(rows.all(), account, request)


def offered(rows: Sequence[CannedAnswer], account: Account, request: ServiceRequest) -> list[Offered]:
    locale = choose_locale(None, request.locale)
    with speaking(locale):
        facts = facts_of(account, request)
    found = []
    for row in rows:
        said = str(row.translations.get(locale, {}).get("text") or "")
        text = PLACEHOLDER.sub(lambda match: facts.get(match[1], match[0]), said or row.text)
        found.append(Offered(row.title, text, LOCALES[locale], missing=locale != "en" and not said))
    return found


def facts_of(account: Account, request: ServiceRequest) -> dict[str, str]:
    """What stands in place of each placeholder, in the language of the moment. Never contact data: it may be public."""
    locale, department = current_locale.get(), request.department
    return {
        "request": request.service_request_id,
        "service": said_in(request.service, "service_name", locale),
        "address": request.address_string,
        "status": gettext(status_of(request).label),
        "promise": promise_said(request.expected_datetime) if request.expected_datetime else "",
        "department": said_in(department, "name", locale) if department else "",
        "date": say_day(datetime.now(UTC)),
        "name": account.name,
    }


@contextmanager
def speaking(locale: str) -> Iterator[None]:
    before = current_locale.set(locale)
    try:
        yield
    finally:
        current_locale.reset(before)
