"""Writes drafts of a catalogue, row by row where something differs, and raises the catalogue's version."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from app.imports.problems import ImportProblem
from app.imports.progress import Pace, Progress
from app.imports.services_calendar import store_calendar, store_promises
from app.imports.services_check import OTHER, Draft
from app.imports.services_outcome import Outcome, assign
from app.imports.services_promises import Promises, standing_promises
from app.imports.services_rules import store_rules
from app.jurisdictions.models import Department, Jurisdiction
from app.services.models import Service, ServiceAttribute, ServiceGroup
from app.services.question_history import keep_past, question_of


@dataclass(frozen=True, slots=True)
class Drafts:
    """What a file holds, by section; None where it has no such section."""

    departments: list[Draft] = field(default_factory=list)
    groups: list[Draft] = field(default_factory=list)
    services: list[Draft] | None = None
    responsibilities: list[Draft] | None = None
    promises: list[Draft] = field(default_factory=list)
    working_hours: list[Draft] = field(default_factory=list)
    own_days: list[Draft] = field(default_factory=list)
    holidays: list[Draft] = field(default_factory=list)

    def __len__(self) -> int:
        sections = (self.departments, self.groups, self.services, self.responsibilities)
        calendar = (self.promises, self.working_hours, self.own_days, self.holidays)
        return sum(len(section or []) for section in (*sections, *calendar))


async def store(session: AsyncSession, drafts: Drafts, *, replace: bool, progress: Progress) -> Outcome:
    """Writes the drafts, leaving out those that name what does not exist (`refused`). Nothing is committed."""
    outcome = Outcome(Pace(progress, "writing", len(drafts)))
    await store_departments(session, drafts.departments, outcome)
    await store_groups(session, drafts, outcome)
    await session.flush()
    if drafts.services is not None:
        await store_services(session, drafts.services, outcome, replace=replace)
        await session.flush()
    if drafts.responsibilities is not None:
        await store_rules(session, drafts.responsibilities, outcome, replace=replace)
    await store_promises(session, drafts.promises, outcome)
    calendar = {"hours": drafts.working_hours, "days": drafts.own_days, "kept": drafts.holidays}
    await store_calendar(session, outcome, **calendar)
    outcome.pace.tell()
    if outcome.taken or outcome.changed:
        await raise_version(session)
    return outcome


async def raise_version(session: AsyncSession) -> None:
    raised = Jurisdiction.catalogue_version + 1
    await session.execute(update(Jurisdiction).where(Jurisdiction.id == 1).values(catalogue_version=raised))


async def store_departments(session: AsyncSession, drafts: list[Draft], outcome: Outcome) -> None:
    rows = {row.code: row for row in await session.scalars(select(Department))}
    for draft in drafts:
        row = rows.get(draft.code)
        if row is None:
            session.add(Department(code=draft.code, **draft.fields))
        outcome.count(new=row is None, changed=row is not None and assign(row, draft.fields))


async def store_groups(session: AsyncSession, drafts: Drafts, outcome: Outcome) -> None:
    rows = {row.code: row for row in await session.scalars(select(ServiceGroup))}
    for draft in drafts.groups:
        row = rows.get(draft.code)
        if row is None:
            rows[draft.code] = ServiceGroup(code=draft.code, **draft.first, **draft.fields)
            session.add(rows[draft.code])
        outcome.count(new=row is None, changed=row is not None and assign(row, draft.fields))
    needs_other = any(OTHER in (d.fields.get("group"), d.first.get("group")) for d in drafts.services or [])
    if needs_other and OTHER not in rows:
        session.add(other_group())


def other_group() -> ServiceGroup:
    """For services without a group: behind all others."""
    return ServiceGroup(code=OTHER, name="Other", position=100_000, translations={"es": {"name": "Otros"}})


async def store_services(session: AsyncSession, drafts: list[Draft], outcome: Outcome, *, replace: bool) -> None:
    found = await session.scalars(select(Service).options(selectinload(Service.attributes)))
    rows = {row.service_code: row for row in found}
    groups = set(await session.scalars(select(ServiceGroup.code)))
    departments = set(await session.scalars(select(Department.code)))
    promises = await standing_promises(session)
    for draft in drafts:
        if problem := unknown_reference(draft, groups, departments):
            outcome.refused.append(problem)
            continue
        row = rows.get(draft.code)
        changed = store_service(session, row, draft, promises)
        outcome.count(new=row is None, changed=changed)
    await session.flush()
    promises.write(session)
    if replace:
        deactivate(rows, {draft.code for draft in drafts}, outcome)


def unknown_reference(draft: Draft, groups: set[str], departments: set[str]) -> ImportProblem | None:
    group = draft.fields.get("group", OTHER)
    if group != OTHER and group not in groups:
        return draft.problem(f"the service {draft.code!r} names the group {group!r}, which does not exist")
    for attribute in draft.fields.get("attributes", []):
        for value in attribute["values"]:
            code = value.get("stop", {}).get("department")
            if code and code not in departments:
                return draft.problem(f"the answer {value['key']!r} names the department {code!r}, which does not exist")
    return None


def store_service(session: AsyncSession, row: Service | None, draft: Draft, promises: Promises) -> bool:
    """Makes or mends one service with its questions and its promise. Says whether anything changed."""
    fields = {**draft.first, **draft.fields} if row is None else dict(draft.fields)
    questions = fields.pop("attributes", None)
    if row is None:
        row = Service(service_code=draft.code, attributes=[])
        session.add(row)
    elif "translations" in fields and draft.first:
        fields["translations"] = merged(row.translations, fields["translations"])
    changed = promises.take(row, fields)
    changed = assign(row, fields) or changed
    if questions is None:
        return changed
    kept = {attribute.code: attribute for attribute in row.attributes}
    wanted = []
    for question in questions:
        attribute = kept.get(question["code"]) or ServiceAttribute(code=question["code"])
        before = question_of(attribute) if question["code"] in kept else None
        if assign(attribute, question):
            changed = True
            remember(session, row, question["code"], before)
        wanted.append(attribute)
    if wanted != row.attributes:
        for gone in set(kept) - {attribute.code for attribute in wanted}:
            remember(session, row, gone, question_of(kept[gone]))
        row.attributes = wanted
        changed = True
    return changed


def remember(session: AsyncSession, row: Service, code: str, before: Mapping[str, Any] | None) -> None:
    """A service that is new has no past."""
    if row.id is not None:
        keep_past(session, row.id, code, before)


def merged(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """Translations where a table gives only some of them."""
    return {language: {**before.get(language, {}), **after.get(language, {})} for language in {**before, **after}}


def deactivate(rows: Mapping[str, Service], named: set[str], outcome: Outcome) -> None:
    gone = [row for code, row in rows.items() if code not in named and row.active]
    for row in gone:
        row.active = False
    outcome.changed += len(gone)
    if gone:
        outcome.notes.append(f"{len(gone)} services that the file does not name are inactive now.")
