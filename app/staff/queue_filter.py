"""What somebody wants to see of the queue: a view, conditions and an order, as they stand in the page's address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from urllib.parse import urlencode

from app.accounts.team_models import Team
from app.errors import UNREADABLE, Problem, Refused
from app.jurisdictions.models import Department
from app.service_requests.workflow import STATUSES
from app.staff.audit_pages import read_day, read_number
from app.templating import mark

VIEWS = {
    "open": mark("All open"),
    "mine": mark("Mine"),
    "team": mark("My team’s"),
    "unassigned": mark("Unassigned"),
    "at_risk": mark("At risk"),
    "late": mark("Late"),
    "reopened": mark("Reopened"),
    "waiting": mark("Waiting on the resident"),
    "triage": mark("Triage"),
    "moderation": mark("Moderation"),
    "closed": mark("Closed"),
}
SORTS = {
    "due": mark("Earliest promise first"),
    "oldest": mark("Oldest first"),
    "newest": mark("Newest first"),
    "changed": mark("Last changed first"),
}
SOURCES = {
    "web": mark("Website"),
    "phone": mark("Phone"),
    "open311": mark("Another app (Open311)"),
    "liaison": mark("Liaison"),
    "import": mark("Import"),
}
MOST_WORDS = 100
LONGEST = 200


@dataclass(frozen=True, slots=True)
class QueueFilter:
    """Each part that is "" or None does not narrow; `area` is "layer/code", days are the city's, both inclusive."""

    view: str = "open"
    q: str = ""
    group: str = ""
    service_code: str = ""
    department: int | None = None
    team: int | None = None
    status: str = ""
    area: str = ""
    source: str = ""
    from_day: date | None = None
    to_day: date | None = None
    sort: str = "due"

    def pairs(self) -> list[tuple[str, str]]:
        """(parameter, value) in their order; what is as it is from the beginning is left out."""
        said = [(NAMES.get(one.name, one.name), getattr(self, one.name), one.default) for one in fields(self)]
        return [(name, str(value)) for name, value, default in said if value != default]

    def query(self, **changed: str) -> str:
        """As the query of an address; `changed` puts or (with "") takes a parameter."""
        return urlencode({name: value for name, value in {**dict(self.pairs()), **changed}.items() if value})

    @property
    def narrows(self) -> bool:
        """Whether it asks for more than a view in an order."""
        return any(name not in ("view", "sort") for name, _ in self.pairs())


NAMES = {"from_day": "from", "to_day": "to"}


def read_filter(given: Mapping[str, str]) -> QueueFilter:
    """The filter of an address. Raises Refused (400) for a value that cannot be."""
    texts = {name: clean(value) for name, value in given.items()}
    return QueueFilter(
        view=one_of("view", texts, VIEWS) or "open",
        q=texts.get("q", "")[:MOST_WORDS],
        group=texts.get("group", ""),
        service_code=texts.get("service_code", ""),
        department=read_number("department", texts.get("department"), Department.id),
        team=read_number("team", texts.get("team"), Team.id),
        status=one_of("status", texts, STATUSES),
        area=texts.get("area", ""),
        source=one_of("source", texts, SOURCES),
        from_day=read_day("from", texts.get("from", "")),
        to_day=read_day("to", texts.get("to", "")),
        sort=one_of("sort", texts, SORTS) or "due",
    )


def clean(text: str) -> str:
    return text.replace("\0", "").strip()[:LONGEST]


def one_of(name: str, texts: Mapping[str, str], known: Mapping[str, object]) -> str:
    value = texts.get(name, "")
    if value and value not in known:
        raise Refused(Problem(name, UNREADABLE, {"name": name}), status=400)
    return value
