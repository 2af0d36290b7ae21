"""Writes who answers for a service or a group, in an area or the whole city."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.imports.problems import ImportProblem
from app.imports.services_check import Draft
from app.imports.services_outcome import Outcome, assign
from app.jurisdictions.models import Area, Department
from app.services.models import Responsibility, Service, ServiceGroup


async def store_rules(session: AsyncSession, drafts: list[Draft], outcome: Outcome, *, replace: bool) -> None:
    known = await known_codes(session)
    rows = {(row.service_id, row.group, row.area_id): row for row in await session.scalars(select(Responsibility))}
    named: set[tuple[int | None, str | None, int | None]] = set()
    for draft in drafts:
        area = draft.fields["area"]
        if problem := known.first_unknown(draft):
            outcome.refused.append(problem)
            continue
        if area and area not in known.areas:
            reason = f"there is no area {area!r}: import the areas, then run this again"
            outcome.missing.append(draft.problem(reason))
            continue
        wanted = {"department_id": known.departments[draft.fields["department"]]}
        area_ids: list[int | None] = [*known.areas[area]] if area else [None]
        for area_id in area_ids:
            key = (known.services.get(draft.fields["service"]), draft.fields["group"], area_id)
            named.add(key)
            row = rows.get(key)
            if row is None:
                rows[key] = Responsibility(service_id=key[0], group=key[1], area_id=key[2], **wanted)
                session.add(rows[key])
            outcome.count(new=row is None, changed=row is not None and assign(row, wanted))
    if replace:
        for key in rows.keys() - named:
            await session.delete(rows[key])
            outcome.changed += 1


@dataclass(frozen=True, slots=True)
class KnownCodes:
    """What a responsibility may name: ids by code, and for each area ("layer/code") its ids over the years."""

    departments: dict[str, int]
    services: dict[str | None, int]
    groups: frozenset[str]
    areas: dict[str, list[int]]

    def first_unknown(self, draft: Draft) -> ImportProblem | None:
        for kind, known in (("department", self.departments), ("service", self.services), ("group", self.groups)):
            code = draft.fields[kind]
            if code and code not in known:
                return draft.problem(f"the {kind} {code!r} does not exist")
        return None


async def known_codes(session: AsyncSession) -> KnownCodes:
    areas: dict[str, list[int]] = {}
    for layer, code, area_id in await session.execute(select(Area.layer, Area.code, Area.id)):
        areas.setdefault(f"{layer}/{code}", []).append(area_id)
    departments = await session.execute(select(Department.code, Department.id))
    services = await session.execute(select(Service.service_code, Service.id))
    return KnownCodes(
        departments={row.code: row.id for row in departments},
        services={row.service_code: row.id for row in services},
        groups=frozenset(await session.scalars(select(ServiceGroup.code))),
        areas=areas,
    )
