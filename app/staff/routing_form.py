"""The form of a rule of routing: what people send, read and checked; and a rule as the form shows it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from litestar import Request
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.errors import Problem, Refused
from app.jurisdictions.models import Area
from app.service_requests.forms import clean
from app.service_requests.routing_changes import NAME_IT, Draft
from app.service_requests.routing_models import RoutingRule
from app.service_requests.routing_rules import SOURCES, TESTS, AnswerTest, Conditions, Hands, read_conditions
from app.services.queries import current_catalogue
from app.staff.routing_words import clock_said
from app.templating import mark

MANY = ("kinds", "weekdays", "sources")
ANSWER_ROWS = 3
CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)(?::[0-5]\d)?")
NO_AREA = mark("There is no area “%(area)s”. Write its layer and code, such as board/1.")
NO_CLOCK = mark("Write the hour like 22:30, or leave it empty.")
NO_VALUE = mark("Write which answer to look for.")
NO_KIND = mark("One of these kinds of problems is not in the list any more.")
SAME_HOURS = mark("From and until are the same hour. Leave both empty for the whole day.")

Form = dict[str, Any]


async def read_rule_form(request: Request[Any, Any, Any]) -> Form:
    """Texts by name; those of MANY as lists."""
    items = [(name, clean(str(value))) for name, value in (await request.form()).multi_items()]
    form: Form = dict(items)
    return form | {name: [value for given, value in items if given == name] for name in MANY}


async def draft_of(session: AsyncSession, form: Mapping[str, Any]) -> Draft:
    """Raises Refused (422) with every problem at once."""
    problems: list[Problem] = []
    conditions = Conditions(
        **await kinds_of(session, form, problems),
        areas=await areas_of(session, form.get("areas", ""), problems),
        answers=answers_of(form, problems),
        weekdays=tuple(sorted({int(day) for day in form["weekdays"] if day in list("0123456")})),
        starts=minutes_of(form, "starts", problems),
        ends=minutes_of(form, "ends", problems),
        sources=tuple(source for source in form["sources"] if source in SOURCES),
    )
    if not form.get("name"):
        problems.append(Problem("name", NAME_IT))
    if conditions.starts is not None and conditions.starts == conditions.ends:
        problems.append(Problem("ends", SAME_HOURS))
    if problems:
        raise Refused(*problems)
    place = form.get("place", "")
    return Draft(
        name=form.get("name", ""),
        place=int(place) if place.isascii() and place.isdigit() and len(place) < 6 else 1,
        conditions=conditions,
        hands=Hands(number(form, "department"), number(form, "team"), number(form, "assignee")),
        priority=form.get("priority") or None,
        active=form.get("active") == "yes",
    )


async def kinds_of(
    session: AsyncSession, form: Mapping[str, Any], problems: list[Problem]
) -> dict[str, tuple[str, ...]]:
    """Services and groups stand in one list, as "service:pothole" and "group:streets"."""
    catalogue = await current_catalogue(session)
    services = tuple(kind[8:] for kind in form["kinds"] if kind.startswith("service:"))
    groups = tuple(kind[6:] for kind in form["kinds"] if kind.startswith("group:"))
    known = {service.service_code for service in catalogue.by_id.values()}
    if not known.issuperset(services) or not all(catalogue.group(code) for code in groups):
        problems.append(Problem("kinds", NO_KIND))
    return {"services": services, "groups": groups}


async def areas_of(session: AsyncSession, text: str, problems: list[Problem]) -> tuple[str, ...]:
    said = tuple(dict.fromkeys(part for part in re.split(r"[\s,;]+", text) if part))
    if said:
        rows = await session.execute(select(Area.layer, Area.code).distinct())
        known = {f"{layer}/{code}" for layer, code in rows}
        problems += [Problem("areas", NO_AREA, {"area": area}) for area in said if area not in known][:1]
    return said


def answers_of(form: Mapping[str, Any], problems: list[Problem]) -> tuple[AnswerTest, ...]:
    found = []
    for row in range(1, ANSWER_ROWS + 1):
        code, test, value = (form.get(f"{name}_{row}", "") for name in ("code", "test", "value"))
        if code and not value:
            problems.append(Problem(f"value_{row}", NO_VALUE))
        if code and value and test in TESTS:
            found.append(AnswerTest(code, test, value))
    return tuple(found)


def minutes_of(form: Mapping[str, Any], name: str, problems: list[Problem]) -> int | None:
    said = form.get(name, "")
    found = CLOCK.fullmatch(said)
    if said and not found:
        problems.append(Problem(name, NO_CLOCK))
    return int(found[1]) * 60 + int(found[2]) if found else None


def number(form: Mapping[str, Any], name: str) -> int | None:
    text = form.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def form_of(row: RoutingRule, place: int) -> Form:
    """A rule as the form shows it."""
    asked = read_conditions(row.conditions)
    form: Form = {
        "name": row.name,
        "place": str(place),
        "active": "yes" if row.active else "",
        "kinds": [*(f"group:{code}" for code in asked.groups), *(f"service:{code}" for code in asked.services)],
        "areas": ", ".join(asked.areas),
        "weekdays": [str(day) for day in asked.weekdays],
        "starts": clock_said(asked.starts),
        "ends": clock_said(asked.ends),
        "sources": list(asked.sources),
        "priority": row.priority or "",
        "seen": str(row.id),
    }
    for row_number, test in enumerate(asked.answers, 1):
        form |= {f"code_{row_number}": test.code, f"test_{row_number}": test.test, f"value_{row_number}": test.value}
    for name, value in (("department", row.department_id), ("team", row.team_id), ("assignee", row.assignee_id)):
        form[name] = str(value or "")
    return form


EMPTY: Form = {"active": "yes", **{name: [] for name in MANY}}
