"""What a catalogue says of working time and of promises for more than one service or less than the whole city."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

import holidays
from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.imports.placed import Placed
from app.imports.problems import ImportProblem
from app.imports.services_check import MOST_DAYS, MOST_HOURS, Draft
from app.imports.services_form import Form
from app.imports.services_outcome import Outcome, assign
from app.jurisdictions.models import Jurisdiction
from app.services.models import Service, ServiceGroup
from app.services.promise_models import OwnDay, PromiseRule, WorkingHours
from app.services.promises import CALENDAR, CLOCKS

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
CLOCK_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d|24:00")
DAY = re.compile(r"\d{4}-\d\d-\d\d")
PROMISE_KEYS = ("service", "group", "area", "priority", "hours", "days", "clock", "at_risk_percent")
SCOPE = ("service_id", "group", "layer", "area_code", "priority")


def hours_draft(file: str, placed: Placed, _place: int, problems: list[ImportProblem]) -> Draft:
    form = Form(file, placed, ("weekday", "opens", "closes"), problems)
    written = form.choice("weekday", WEEKDAYS)
    weekday = WEEKDAYS.index(written) if written in WEEKDAYS else 0
    opens, closes = (minutes(form.text(key, 5, required=True, fits=CLOCK_TIME)) for key in ("opens", "closes"))
    if opens >= closes and not problems:
        form.refuse(form.given("closes"), "must be later than opens")
    return Draft("", {"weekday": weekday, "opens": opens, "closes": closes}, file, placed)


def minutes(written: str) -> int:
    return int(written[:2]) * 60 + int(written[3:]) if CLOCK_TIME.fullmatch(written) else 0


def day_draft(file: str, placed: Placed, _place: int, problems: list[ImportProblem]) -> Draft:
    form = Form(file, placed, ("day", "name", "works"), problems)
    written = form.text("day", 10, required=True, fits=DAY)
    fields: dict[str, Any] = {"name": form.text("name", 100), "works": form.flag("works", False)}
    try:
        fields["day"] = date.fromisoformat(written)
    except ValueError:
        if written:
            form.refuse(form.given("day"), f"there is no day {written!r}")
    return Draft(written, fields, file, placed)


def holidays_draft(file: str, placed: Placed, _place: int, problems: list[ImportProblem]) -> Draft:
    form = Form(file, placed, ("country", "subdivision"), problems)
    country, subdivision = form.text("country", 2, required=True), form.text("subdivision", 10) or None
    known = holidays.list_supported_countries(include_aliases=False)
    if country and country not in known:
        form.refuse(form.given("country"), f"the holidays of {country!r} are not known; write, for one, US")
    elif subdivision and subdivision not in known[country]:
        form.refuse(form.given("subdivision"), f"{subdivision!r} is no part of {country}: {', '.join(known[country])}")
    return Draft(country, {"country": country, "subdivision": subdivision}, file, placed)


def promise_draft(file: str, placed: Placed, _place: int, problems: list[ImportProblem]) -> Draft:
    """`area` is "layer/code"; neither service nor group: for all. Neither hours nor days: nothing is promised there."""
    form = Form(file, placed, PROMISE_KEYS, problems)
    layer, _, code = form.text("area", 121).partition("/")
    fields = {
        "service": form.text("service", 80) or None,
        "group": form.text("group", 40) or None,
        "layer": layer or None,
        "area_code": code or None,
        "priority": form.text("priority", 20) or None,
        "hours": form.integer("hours", 1, MOST_HOURS),
        "days": form.integer("days", 1, MOST_DAYS),
        "clock": form.choice("clock", CLOCKS, CALENDAR),
        "at_risk_percent": form.integer("at_risk_percent", 1, 100, 75),
    }
    if fields["service"] and fields["group"]:
        form.refuse(None, "name either a service or a group")
    if fields["hours"] and fields["days"]:
        form.refuse(form.given("days"), "promise either hours or days, not both")
    if bool(layer) != bool(code):
        form.refuse(form.given("area"), "write the area as layer/code, for instance board/3")
    if fields["service"] and not layer and not fields["priority"]:
        form.refuse(None, "the promise of a service in the whole city stands with the service: promise_hours")
    return Draft("", fields, file, placed)


async def store_calendar(
    session: AsyncSession, outcome: Outcome, *, hours: Sequence[Draft], days: Sequence[Draft], kept: Sequence[Draft]
) -> None:
    """Working hours are replaced by those of the file; own days are added or mended; `kept` are public holidays."""
    if hours:
        before = {(row.weekday, row.opens, row.closes) for row in await session.scalars(select(WorkingHours))}
        wanted = {(one.fields["weekday"], one.fields["opens"], one.fields["closes"]) for one in hours}
        if wanted != before:
            await session.execute(delete(WorkingHours))
            session.add_all(WorkingHours(weekday=day, opens=opens, closes=closes) for day, opens, closes in wanted)
        for one in wanted:
            outcome.count(new=one not in before, changed=wanted != before)
    for draft in days:
        row = await session.get(OwnDay, draft.fields["day"])
        if row is None:
            session.add(OwnDay(**draft.fields))
        outcome.count(new=row is None, changed=row is not None and assign(row, draft.fields))
    for draft in kept[-1:]:
        city = (await session.execute(select(Jurisdiction.country, Jurisdiction.subdivision))).one_or_none()
        changed = city is None or tuple(city) != tuple(draft.fields.values())
        await session.execute(update(Jurisdiction).values(**draft.fields))
        outcome.count(new=False, changed=changed)


async def store_promises(session: AsyncSession, drafts: Sequence[Draft], outcome: Outcome) -> None:
    """Each that differs from the version that stands closes it and opens another."""
    services = {row.service_code: row.id for row in await session.execute(select(Service.service_code, Service.id))}
    groups = set(await session.scalars(select(ServiceGroup.code)))
    stands = await session.scalars(select(PromiseRule).where(PromiseRule.valid_to.is_(None)).order_by(PromiseRule.id))
    rules = {tuple(getattr(rule, name) for name in SCOPE): rule for rule in stands}
    now = datetime.now(UTC)
    for draft in drafts:
        values = dict(draft.fields)
        service = values.pop("service")
        if (service and service not in services) or (values["group"] and values["group"] not in groups):
            outcome.refused.append(draft.problem(f"{service or values['group']!r} does not exist"))
            continue
        values["service_id"] = services.get(service)
        rule = rules.get(tuple(values[name] for name in SCOPE))
        same = rule is not None and all(getattr(rule, name) == value for name, value in values.items())
        if not same:
            if rule is not None:
                rule.valid_to = now
            session.add(PromiseRule(valid_from=now, **values))
        outcome.count(new=rule is None, changed=rule is not None and not same)
