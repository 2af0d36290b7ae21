"""Which service and department of the city a past request names: found, or made."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from app.imports.problems import ImportProblem, ImportRefused
from app.imports.request_row import RequestRow, plain
from app.imports.services_check import AFTER_THE_OTHERS, OTHER
from app.imports.services_csv import slug
from app.imports.services_form import CODE
from app.imports.services_store import other_group, raise_version
from app.jurisdictions.models import Department
from app.services.catalogue import Catalogue
from app.services.models import Service, ServiceGroup

# More kinds than any city has: another column was taken for the service.
MOST_MADE = 2_000


class Names:
    """Finds services and departments by what a source calls them; remembers what it found.

    `services`: the source's words → service_code, before all else.
    """

    def __init__(self, catalogue: Catalogue, groups: Iterable[ServiceGroup], services: Mapping[str, str]) -> None:
        self.catalogue = catalogue
        # An inactive service is still what past requests are about, but an active one of the same name comes first.
        rows = sorted(catalogue.by_id.values(), key=lambda row: (not row.active, row.id))
        self._codes = {row.service_code: row for row in reversed(rows)}
        self._names = {plain(row.service_name): row for row in reversed(rows)}
        self._groups = {plain(group.name): group.code for group in groups} | {
            group.code: group.code for group in groups
        }
        self._departments = {plain(row.name): row for row in catalogue.departments.values()}
        self._departments |= {plain(row.code): row for row in catalogue.departments.values()}
        self._said = {plain(words): code for words, code in services.items()}
        self._found: dict[tuple[str, str | None], Service] = {}
        self._acting: dict[tuple[str | None, str | None], Department | None] = {}

    def service(self, row: RequestRow) -> Service | None:
        known = self._found.get((row.service, row.service_code))
        if known is None and (known := self._search(row)):
            self._found[row.service, row.service_code] = known
        return known

    def _search(self, row: RequestRow) -> Service | None:
        words, code = plain(row.service), self.service_code(row)
        if words in self._said:
            return self._codes.get(code)
        if row.service_code and row.service_code in self._codes:
            return self._codes[row.service_code]
        return self._names.get(words) or self._codes.get(row.service) or self._codes.get(code)

    def service_code(self, row: RequestRow) -> str:
        """The code of its service where that has to be made."""
        code = self._said.get(plain(row.service)) or row.service_code or ""
        return code[:80] if CODE.fullmatch(code) else slug(row.service)

    def department(self, row: RequestRow) -> Department | None:
        said = row.department, row.department_name
        if said not in self._acting:
            self._acting[said] = self._department(said)
        return self._acting[said]

    def _department(self, said: tuple[str | None, str | None]) -> Department | None:
        for words in said:
            if words and (found := self._departments.get(plain(words)) or self._departments.get(slug(words)[:40])):
                return found
        return None

    def group(self, words: str) -> str | None:
        return self._groups.get(plain(words)) or self._groups.get(group_code(words))


def group_code(words: str) -> str:
    return slug(words)[:40] or OTHER


def readable(words: str) -> str:
    """ "PLUMBING" → "Plumbing": what a source writes in capitals is not shouted at people."""
    words = " ".join(words.split())
    return words.capitalize() if words.isupper() and len(words) > 4 else words


@dataclass(frozen=True, slots=True)
class Made:
    """How many rows of the catalogue were made."""

    services: int = 0
    departments: int = 0


async def make_missing(session: AsyncSession, names: Names, rows: Iterable[RequestRow]) -> Made:
    """Makes the services, groups and departments that the rows name and nobody knows, and raises the catalogue's
    version. Whoever calls it reads the catalogue again after the commit."""
    services = {names.service_code(row): row for row in rows if row.service and names.service(row) is None}
    wanted = (row for row in rows if row.department and names.department(row) is None)
    departments = {slug(row.department or "")[:40]: row for row in wanted}
    departments.pop("", None)
    services.pop("", None)
    if not services and not departments:
        return Made()
    if len(names.catalogue.by_id) + len(services) > MOST_MADE:
        reason = f"the services would be more than {MOST_MADE:,}: is the service in another column?"
        raise ImportRefused([ImportProblem("services", None, None, reason)])
    for code, row in departments.items():
        session.add(Department(code=code, name=readable(row.department_name or row.department or "")[:200]))
    groups: dict[str, str] = {}
    for row in services.values():
        group = row.group or "Other"
        if names.group(group) is None:
            groups.setdefault(group_code(group), readable(group)[:100])
    session.add_all(
        other_group() if code == OTHER else ServiceGroup(code=code, name=name, position=AFTER_THE_OTHERS)
        for code, name in groups.items()
    )
    await session.flush()
    for code, row in services.items():
        group = row.group or "Other"
        in_group = names.group(group) or group_code(group)
        session.add(Service(service_code=code, service_name=readable(row.service)[:200], group=in_group))
    await raise_version(session)
    return Made(len(services), len(departments))
