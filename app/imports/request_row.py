"""One past request as a file or another system tells it, before it is known here; and why one is left out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from app.imports.progress import Progress, no_progress

LONGEST_KEY = 120


@dataclass(slots=True)
class RequestRow:
    """A past request. Times are UTC and know it; `status` is a code of `workflow.py`; degrees are WGS84.

    `import_key` is the source's own key behind the source's name: "nyc:12345". `service` is the kind of problem as
    the source writes it, `service_code` its code where the source has codes. `department` is a code or a name,
    `department_name` a longer name of it. `mended` are what was amiss and could be mended in reading: keys of
    `request_reasons.MENDED`. `line` is where it stands in its file, from 1.
    """

    import_key: str
    service: str
    status: str
    requested_datetime: datetime | None
    lat: float | None
    long: float | None
    service_code: str | None = None
    group: str | None = None
    department: str | None = None
    department_name: str | None = None
    status_notes: str | None = None
    updated_datetime: datetime | None = None
    closed_datetime: datetime | None = None
    expected_datetime: datetime | None = None
    address_string: str = ""
    zipcode: str | None = None
    description: str = ""
    duplicate_of_key: str | None = None
    line: int | None = None
    mended: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A row that is not taken: where it stands, its key, the reason (a key of `request_reasons.LEFT_OUT`), and
    what exactly was there."""

    line: int | None
    key: str
    reason: str
    detail: str = ""


def plain(words: str) -> str:
    """A source's words as they are compared: in small letters, with single blanks."""
    return " ".join(words.casefold().split())


def nobody_told(_left_out: LeftOut) -> None:
    """For a caller that keeps no list of what was left out."""


@dataclass(frozen=True, slots=True)
class TakeOptions:
    """How rows are taken.

    `create_services`: services, groups and departments that are not in the catalogue are made. `services`: the
    source's words for a service → our service_code. `not_places`: (lat, long) at which the source puts what it
    has no place for. `left_out` hears of each row that is not taken. `total`: the number of rows where it is known.
    """

    create_services: bool = False
    services: Mapping[str, str] = field(default_factory=dict)
    not_places: frozenset[tuple[float, float]] = frozenset()
    left_out: Callable[[LeftOut], None] = nobody_told
    progress: Progress = no_progress
    total: int | None = None
