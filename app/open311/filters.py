"""What a reader of requests asks for: GeoReport's filters and ours, parsed and checked."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from app.errors import Problem
from app.service_requests.identifiers import read_service_request_id
from app.services.catalogue import Catalogue
from app.templating import mark

# GeoReport v2: "default query limit is a span of 90 days or first 1000 requests".
DEFAULT_SPAN = timedelta(days=90)
MAX_PAGE_SIZE = 1000
MAX_PAGE = 1_000_000
DEFAULT_RADIUS_M = 500.0
MAX_RADIUS_M = 50_000.0
MAX_Q = 100
SORTS = ("requested_datetime", "updated_datetime", "distance")

NOT_A_DATETIME = mark("Give a date and time with its zone, such as 2026-11-26T14:30:00Z.")
WRONG_ORDER = mark("The end lies before the start.")
NOT_A_STATUS = mark("status is open, closed, or both with a comma between.")
NOT_A_BOX = mark("bbox is west,south,east,north in decimal degrees, west less than east and south less than north.")
NOT_A_CIRCLE = mark("lat and long go together, in decimal degrees (WGS84); radius is in metres, up to %(most)d.")
NOT_A_SORT = mark("sort is one of %(known)s, with - before it for the last first; distance needs lat and long.")
NOT_A_NUMBER = mark("This is a whole number from 1 to %(most)d.")
TOO_MANY_IDS = mark("Ask for at most %(most)d requests at once.")
TOO_LONG = mark("q has at most %(most)d characters.")


@dataclass(frozen=True, slots=True)
class Filters:
    """None means: not asked. Times are in UTC, both ends included; degrees are WGS84, `radius_m` metres."""

    ids: tuple[str, ...] | None = None
    service_ids: frozenset[int] | None = None
    department_ids: frozenset[int] | None = None
    statuses: frozenset[str] | None = None
    start: datetime | None = None
    end: datetime | None = None
    updated_after: datetime | None = None
    updated_before: datetime | None = None
    # west, south, east, north
    box: tuple[float, float, float, float] | None = None
    # lat, long
    center: tuple[float, float] | None = None
    radius_m: float = DEFAULT_RADIUS_M
    q: str = ""
    sort: str = "requested_datetime"
    descending: bool = True
    page: int = 1
    page_size: int = MAX_PAGE_SIZE
    extensions: bool = False


def read_filters(
    query: Mapping[str, Sequence[str]], catalogue: Catalogue, timezone: str, now: datetime
) -> tuple[Filters, list[Problem]]:
    """Filters from a query string's values, with what is wrong in them. Unknown names are passed over.

    A service, group or agency that is not known matches nothing. Without any date the last 90 days are asked for;
    `service_request_id` overrides every other filter.
    """
    reader = Reader(query, timezone)
    ids = reader.ids()
    start, end = reader.instant("start_date"), reader.instant("end_date", last=True)
    after, before = reader.instant("updated_after"), reader.instant("updated_before", last=True)
    reader.check_order("end_date", start, end)
    reader.check_order("updated_before", after, before)
    if not any((start, end, after, before)) and ids is None:
        # The end is fixed as well, so that the pages of one walk stay the same pages.
        start, end = now - DEFAULT_SPAN, now
    center, radius_m = reader.circle()
    sort, descending = reader.sort(center is not None)
    filters = Filters(
        ids=ids,
        service_ids=reader.services(catalogue),
        department_ids=reader.departments(catalogue),
        statuses=reader.statuses(),
        start=start,
        end=end,
        updated_after=after,
        updated_before=before,
        box=reader.box(),
        center=center,
        radius_m=radius_m,
        q=reader.text("q"),
        sort=sort,
        descending=descending,
        page=reader.whole("page", 1, MAX_PAGE),
        page_size=reader.whole("page_size", MAX_PAGE_SIZE, MAX_PAGE_SIZE),
        extensions=is_true(reader.first("extensions")),
    )
    return filters, reader.problems


def is_true(text: str) -> bool:
    return text.lower() in ("true", "1", "yes")


class Reader:
    """Reads a query string's values one after another, and keeps what is wrong in `problems`."""

    def __init__(self, query: Mapping[str, Sequence[str]], timezone: str) -> None:
        self.query = query
        self.zone = ZoneInfo(timezone)
        self.problems: list[Problem] = []

    def refuse(self, field: str, message: str, **params: Any) -> None:
        self.problems.append(Problem(field, message, params))

    def first(self, name: str) -> str:
        values = self.query.get(name)
        return values[0].strip() if values else ""

    def listed(self, name: str) -> list[str]:
        """The values of a parameter that may stand several times, or hold several with commas between."""
        parts = ",".join(self.query.get(name, ())).split(",")
        return [part.strip() for part in parts if part.strip()]

    def ids(self) -> tuple[str, ...] | None:
        given = self.listed("service_request_id")
        if len(given) > MAX_PAGE_SIZE:
            self.refuse("service_request_id", TOO_MANY_IDS, most=MAX_PAGE_SIZE)
        return tuple(known for one in given if (known := read_service_request_id(one))) if given else None

    def services(self, catalogue: Catalogue) -> frozenset[int] | None:
        codes, groups = set(self.listed("service_code")), {name.casefold() for name in self.listed("group")}
        if not codes and not groups:
            return None
        named = {group.code for group in catalogue.groups if {group.code.casefold(), *names_of(group)} & groups}
        return frozenset(
            service.id
            for service in catalogue.by_id.values()
            if (not codes or service.service_code in codes) and (not groups or service.group in named)
        )

    def departments(self, catalogue: Catalogue) -> frozenset[int] | None:
        # A name may hold a comma itself, so the whole counts as well as its parts.
        wanted = {name.casefold() for name in self.listed("agency_responsible")}
        wanted |= {value.strip().casefold() for value in self.query.get("agency_responsible", ()) if value.strip()}
        if not wanted:
            return None
        rows = catalogue.departments.values()
        return frozenset(row.id for row in rows if {row.code.casefold(), *names_of(row)} & wanted)

    def statuses(self) -> frozenset[str] | None:
        given = frozenset(status.lower() for status in self.listed("status"))
        if given - {"open", "closed"}:
            self.refuse("status", NOT_A_STATUS)
        return given or None

    def instant(self, name: str, *, last: bool = False) -> datetime | None:
        """A moment in UTC; one without a zone is the city's. A day is its first second, or with `last` its last."""
        # A + that was not escaped arrives as a space.
        text = self.first(name).replace(" ", "+") if "T" in self.first(name).upper() else self.first(name)
        if not text:
            return None
        try:
            moment = datetime.fromisoformat(text.upper())
            if len(text) == len("2026-11-26"):
                moment = datetime.combine(date.fromisoformat(text), time.max if last else time.min)
            return (moment if moment.tzinfo else moment.replace(tzinfo=self.zone)).astimezone(UTC)
        except (ValueError, OverflowError):
            self.refuse(name, NOT_A_DATETIME)
            return None

    def check_order(self, field: str, start: datetime | None, end: datetime | None) -> None:
        if start and end and end < start:
            self.refuse(field, WRONG_ORDER)

    def box(self) -> tuple[float, float, float, float] | None:
        given = self.listed("bbox")
        if not given:
            return None
        sides = [degrees(side, 180) for side in given]
        if len(sides) == 4 and None not in sides:
            west, south, east, north = (float(side or 0) for side in sides)
            if west < east and -90 <= south < north <= 90:
                return west, south, east, north
        self.refuse("bbox", NOT_A_BOX)
        return None

    def circle(self) -> tuple[tuple[float, float] | None, float]:
        """((lat, long), radius in metres)."""
        lat, long, radius = (self.first(name) for name in ("lat", "long", "radius"))
        if not (lat or long or radius):
            return None, DEFAULT_RADIUS_M
        center = degrees(lat, 90), degrees(long, 180)
        metres = number(radius) if radius else DEFAULT_RADIUS_M
        if center[0] is None or center[1] is None or metres is None or not 0 < metres <= MAX_RADIUS_M:
            self.refuse("lat", NOT_A_CIRCLE, most=int(MAX_RADIUS_M))
            return None, DEFAULT_RADIUS_M
        return (center[0], center[1]), metres

    def sort(self, has_center: bool) -> tuple[str, bool]:
        """(field, whether the last comes first)."""
        given = self.first("sort")
        if not given:
            return SORTS[0], True
        field = given.removeprefix("-").removeprefix("+").strip()
        if field not in SORTS or (field == "distance" and not has_center):
            self.refuse("sort", NOT_A_SORT, known=", ".join(SORTS))
            return SORTS[0], True
        return field, given.startswith("-")

    def text(self, name: str) -> str:
        given = self.first(name).replace("\0", "")
        if len(given) > MAX_Q:
            self.refuse(name, TOO_LONG, most=MAX_Q)
        return given[:MAX_Q]

    def whole(self, name: str, default: int, most: int) -> int:
        given = self.first(name)
        if not given:
            return default
        if not (given.isascii() and given.isdigit() and len(given) < 10 and 1 <= int(given) <= most):
            self.refuse(name, NOT_A_NUMBER, most=most)
            return default
        return int(given)


def names_of(row: Any) -> set[str]:
    """A group's or department's names in every language, folded."""
    others = (words.get("name") for words in row.translations.values())
    return {name.casefold() for name in (row.name, *others) if name}


def number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def degrees(text: str, most: int) -> float | None:
    value = number(text)
    return value if value is not None and -most <= value <= most else None
