"""The catalogue as a process keeps it in memory: read often, changed seldom, shared by everybody."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from app.jurisdictions.models import Department
from app.services.calendars import Calendar
from app.services.models import Service, ServiceGroup
from app.services.promise_models import PromiseRule, Suspension
from app.services.question_models import PastQuestion


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of who acts: for a service or a whole group, in one area or (area_id None) the whole city."""

    service_id: int | None
    group: str | None
    area_id: int | None
    department_id: int


@dataclass(frozen=True, eq=False)
class Catalogue:
    """The groups and active services in the order in which people see them, and who answers for them.

    The rows stand outside any session: link them by id (`service_id=service.id`), never as objects.
    """

    version: tuple[int, int]
    groups: tuple[ServiceGroup, ...]
    services: tuple[Service, ...]
    # Inactive ones too: past requests still name them.
    by_id: Mapping[int, Service]
    by_code: Mapping[str, Service]
    departments: Mapping[int, Department]
    rules: Mapping[tuple[int | None, str | None, int | None], int]
    # Areas of outside agencies: area id → the department that answers for all that happens there, if one does.
    agency_areas: Mapping[int, int | None]
    # Every version, by what it is for: (service id, None), (None, group) or (None, None).
    promises: Mapping[tuple[int | None, str | None], tuple[PromiseRule, ...]]
    calendar: Calendar
    # Those that have not ended for the requests that they hold.
    suspensions: tuple[Suspension, ...]
    # How the questions of a service stood before, the last changed first.
    past_questions: Mapping[int, tuple[PastQuestion, ...]]

    def promise(self, rule_id: int | None) -> PromiseRule | None:
        """The version of a promise that a request was given."""
        return next((rule for rules in self.promises.values() for rule in rules if rule.id == rule_id), None)

    def service(self, service_code: str) -> Service | None:
        """The active service of that code."""
        return self.by_code.get(service_code)

    def in_group(self, group: str) -> list[Service]:
        return [service for service in self.services if service.group == group]

    def group(self, code: str) -> ServiceGroup | None:
        return next((group for group in self.groups if group.code == code), None)

    def department(self, code: str) -> Department | None:
        return next((row for row in self.departments.values() if row.code == code), None)


def make_catalogue(
    version: tuple[int, int],
    groups: list[ServiceGroup],
    services: list[Service],
    departments: list[Department],
    rules: list[Rule],
    agency_areas: Mapping[int, int | None],
    promises: Iterable[PromiseRule] = (),
    calendar: Calendar | None = None,
    suspensions: Iterable[Suspension] = (),
    past_questions: Iterable[PastQuestion] = (),
) -> Catalogue:
    """A catalogue of rows in any order; groups without an active service are left out."""
    groups = sorted(groups, key=lambda group: (group.position, group.name))
    place = {group.code: number for number, group in enumerate(groups)}
    services = sorted(services, key=lambda row: (place[row.group], row.position, row.service_name))
    active = tuple(service for service in services if service.active)
    used = {service.group for service in active}
    return Catalogue(
        version=version,
        groups=tuple(group for group in groups if group.code in used),
        services=active,
        by_id=MappingProxyType({service.id: service for service in services}),
        by_code=MappingProxyType({service.service_code: service for service in active}),
        departments=MappingProxyType({department.id: department for department in departments}),
        rules=MappingProxyType({(r.service_id, r.group, r.area_id): r.department_id for r in rules}),
        agency_areas=MappingProxyType(dict(agency_areas)),
        promises=MappingProxyType(by_scope(promises)),
        calendar=calendar or Calendar(),
        suspensions=tuple(row for row in suspensions if row.ended_datetime is None),
        past_questions=MappingProxyType(by_service(past_questions)),
    )


def by_service(past_questions: Iterable[PastQuestion]) -> dict[int, tuple[PastQuestion, ...]]:
    found: dict[int, tuple[PastQuestion, ...]] = {}
    for row in sorted(past_questions, key=lambda row: row.id, reverse=True):
        found[row.service_id] = (*found.get(row.service_id, ()), row)
    return found


def by_scope(rules: Iterable[PromiseRule]) -> dict[tuple[int | None, str | None], tuple[PromiseRule, ...]]:
    found: dict[tuple[int | None, str | None], tuple[PromiseRule, ...]] = {}
    for rule in rules:
        scope = (rule.service_id, rule.group)
        found[scope] = (*found.get(scope, ()), rule)
    return found
