"""What staff writes about promises, read and checked: events that suspend them, and what is owed for a missed one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.errors import Problem, Refused
from app.jurisdictions.models import Area
from app.jurisdictions.queries import get_jurisdiction
from app.service_requests.redress_models import KINDS, RedressRule
from app.services.answers import NOT_IN_LIST
from app.services.promise_models import Suspension
from app.services.queries import current_catalogue
from app.templating import DEFAULT_LOCALE, LOCALES, mark

OTHERS = tuple(code for code in LOCALES if code != DEFAULT_LOCALE)
MOST_WORDS = 500
YEARS = range(2000, 2101)
NO_AREA = mark("There is no such area. Write its layer and code, such as board/1.")
SAY_REASON = mark("Write why. Everybody whose report it concerns reads it.")
SAY_WHAT = mark("Write what the city owes. Everybody reads it.")
TOO_LONG = mark("Use at most %(most)d characters.")
NO_TIME = mark("Give a day and a time, or leave it empty.")
BACKWARDS = mark("The end must come after the start.")
OVER = mark("The end must be still to come.")


@dataclass(frozen=True, slots=True)
class For:
    """For a service, a group or all (both None)."""

    service_id: int | None = None
    group: str | None = None


async def read_suspension(session: AsyncSession, form: Mapping[str, str], now: datetime) -> Suspension:
    """An event as it is declared: `for`, `area`, `starts`, `ends`, `reason`. Raises Refused (422), all at once."""
    problems: list[Problem] = []
    zone = ZoneInfo((await get_jurisdiction(session)).timezone)
    whom = await read_for(session, form, problems)
    layer, _, code = form.get("area", "").partition("/")
    if layer or code:
        known = select(Area.id).where(Area.layer == layer, Area.code == code).limit(1)
        if not (await session.execute(known)).first():
            problems.append(Problem("area", NO_AREA))
    starts = read_moment(form, "starts", zone, problems) or now
    ends = read_moment(form, "ends", zone, problems)
    if ends and ends <= starts:
        problems.append(Problem("ends", BACKWARDS))
    elif ends and ends <= now:
        problems.append(Problem("ends", OVER))
    reason, translations = read_words(form, "reason", SAY_REASON, problems)
    if problems:
        raise Refused(*problems)
    event = Suspension(service_id=whom.service_id, group=whom.group, layer=layer or None, area_code=code or None)
    event.start_datetime, event.end_datetime = starts, ends
    event.reason, event.translations = reason, translations
    return event


async def read_redress(session: AsyncSession, form: Mapping[str, str], now: datetime) -> RedressRule:
    """What is owed from now on: `redress_for`, `kind`, `words`. Raises Refused (422), all at once."""
    problems: list[Problem] = []
    whom = await read_for(session, form, problems, "redress_for")
    if form.get("kind") not in KINDS:
        problems.append(Problem("kind", NOT_IN_LIST))
    words, translations = read_words(form, "words", SAY_WHAT, problems)
    if problems:
        raise Refused(*problems)
    rule = RedressRule(service_id=whom.service_id, group=whom.group, kind=form["kind"], valid_from=now)
    rule.words, rule.translations = words, translations
    return rule


async def read_for(session: AsyncSession, form: Mapping[str, str], problems: list[Problem], name: str = "for") -> For:
    """A choice of "" (all), "group:CODE" or "service:CODE"."""
    catalogue = await current_catalogue(session)
    what, _, code = form.get(name, "").partition(":")
    if what == "service" and (service := catalogue.service(code)):
        return For(service_id=service.id)
    if what == "group" and catalogue.group(code):
        return For(group=code)
    if what:
        problems.append(Problem(name, NOT_IN_LIST))
    return For()


def read_moment(form: Mapping[str, str], name: str, zone: ZoneInfo, problems: list[Problem]) -> datetime | None:
    """The instant of a time on the city's clock, None where it is left empty. Of an hour that comes twice the first."""
    if not form.get(name):
        return None
    try:
        local = datetime.fromisoformat(form[name])
    except ValueError:
        local = None
    if local is None or local.tzinfo is not None or local.year not in YEARS:
        problems.append(Problem(name, NO_TIME))
        return None
    return local.replace(tzinfo=zone).astimezone(UTC)


def read_words(form: Mapping[str, str], name: str, missing: str, problems: list[Problem]) -> tuple[str, dict[str, Any]]:
    """A text in the city's own language, and {locale: {name: text}} of the others that are given."""
    given = {code: form.get(name if code == DEFAULT_LOCALE else f"{name}_{code}", "") for code in LOCALES}
    for code, text in given.items():
        if len(text) > MOST_WORDS:
            field = name if code == DEFAULT_LOCALE else f"{name}_{code}"
            problems.append(Problem(field, TOO_LONG, {"most": MOST_WORDS}))
    if not given[DEFAULT_LOCALE]:
        problems.append(Problem(name, missing))
    return given[DEFAULT_LOCALE], {code: {name: given[code]} for code in OTHERS if given[code]}
