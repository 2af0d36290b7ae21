"""What a map, a list or a feed shows of all requests: one filter, read from the address and written back to it."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import ColumnElement, literal_column, not_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.errors import Problem, Refused
from app.jurisdictions.models import Area
from app.jurisdictions.queries import city_versions
from app.maps.filter_months import whole_months
from app.maps.filter_reader import UNKNOWN_AREA, Query, Reader
from app.maps.filter_rows import by_area, by_place, by_standing, by_time, in_area, in_circle
from app.service_requests.count_models import LAST_MONTH_LEVEL, LAST_SOURCE_LEVEL, STANDINGS
from app.service_requests.models import ServiceRequest
from app.services.catalogue import Catalogue
from app.services.queries import current_catalogue
from app.sql import among
from app.templating import current_timezone

# Duplicates are hidden unless asked for.
SHOWN = ("open", "late", "closed")


@dataclass(frozen=True, slots=True)
class Near:
    """A circle: its centre in decimal degrees and its radius in metres."""

    lat: float
    long: float
    radius_m: float

    def __str__(self) -> str:
        return f"{self.lat:.10g},{self.long:.10g},{self.radius_m:.10g}"


@dataclass(frozen=True, slots=True)
class MapFilter:
    """None and () mean: not asked. Days are the city's own (`timezone`), both ends included.

    `service_ids` are those that codes and groups name together, never a private one; `group_keys` are the groups' own
    (see `count_sql.GROUP_KEYS`), all of them where none is asked, None where single services are. `hidden` are the
    private services' ids, which nothing here ever shows.
    """

    service_codes: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    standings: tuple[str, ...] = SHOWN
    filed_from: date | None = None
    filed_to: date | None = None
    closed_from: date | None = None
    closed_to: date | None = None
    sources: tuple[str, ...] = ()
    area: tuple[str, str] | None = None
    near: Near | None = None
    service_ids: tuple[int, ...] | None = field(default=None, compare=False)
    group_keys: tuple[int, ...] | None = field(default=None, compare=False)
    hidden: tuple[int, ...] = field(default=(), compare=False)
    timezone: str = field(default="UTC", compare=False)

    def to_query(self) -> str:
        """The filter as a query string without "?": the same filter is the same string; "" for the whole city."""
        return urlencode(self.pairs(), safe=",:")

    def pairs(self) -> list[tuple[str, str]]:
        """(parameter, value) in the one order that they always have; what is not asked is left out."""
        standings = () if self.standings == SHOWN else self.standings
        asked: list[tuple[str, Any]] = [
            ("service_code", ",".join(self.service_codes)),
            ("group", ",".join(self.groups)),
            ("status", ",".join(standings)),
            ("filed_from", self.filed_from),
            ("filed_to", self.filed_to),
            ("closed_from", self.closed_from),
            ("closed_to", self.closed_to),
            ("source", ",".join(self.sources)),
            ("area", ":".join(self.area or ())),
            ("near", self.near),
        ]
        return [(name, str(value)) for name, value in asked if value]

    def where(self, *, standings: bool = True, box: bool = True) -> list[ColumnElement[bool]]:
        """What a row of `service_requests` must be to fit. `standings=False` leaves open, late … to the caller.

        `box=False` is for rows that are found by their cells, and not by the index of places or of areas.
        """
        conditions = by_standing(self.standings) if standings and set(self.standings) != set(STANDINGS) else []
        # No index of services: that would be a search for each service wherever there is one by cells.
        service = ServiceRequest.service_id if box else ServiceRequest.service_id.op("+")(literal_column("0"))
        if self.service_ids is not None:
            conditions.append(among(service, self.service_ids))
        elif self.hidden:
            # Says what is left out, so that the index of another order still serves.
            conditions.append(not_(among(service, self.hidden)))
        if self.sources:
            conditions.append(ServiceRequest.source.in_(self.sources))
        conditions += by_time(ServiceRequest.requested_datetime, self.filed_from, self.filed_to, self.timezone)
        conditions += by_time(ServiceRequest.closed_datetime, self.closed_from, self.closed_to, self.timezone)
        if self.area:
            conditions.append(by_area(*self.area) if box else in_area(*self.area))
        if self.near:
            find = by_place if box else in_circle
            conditions.append(find(self.near.lat, self.near.long, self.near.radius_m))
        return conditions

    def whole(self) -> WholeFilter:
        return WholeFilter(self, (self.service_ids, self.group_keys, self.hidden, self.timezone))

    @property
    def days_of_closing(self) -> float:
        """How many days of closing are asked for; infinity where they have no first or no last."""
        return (self.closed_to - self.closed_from).days + 1 if self.closed_from and self.closed_to else math.inf

    @property
    def is_countable(self) -> bool:
        """Whether it asks only for what is counted: services, standings, days of filing; of a source no services."""
        elsewhere = self.closed_from or self.closed_to or self.area or self.near
        return not elsewhere and not (self.sources and self.service_codes)

    def has_months(self, level: int) -> bool:
        """Whether the rollups of a cell level know how many were filed in a month."""
        return self.is_countable and level <= LAST_MONTH_LEVEL and not (self.sources and self.groups)

    def is_counted(self, level: int) -> bool:
        """Whether the rollups of a cell level can answer this filter exactly; otherwise rows are read."""
        if not (self.filed_from or self.filed_to):
            return self.is_countable and (not self.sources or level <= LAST_SOURCE_LEVEL)
        _, days = whole_months(self.filed_from, self.filed_to)
        return self.has_months(level) and not days


@dataclass(frozen=True, slots=True)
class WholeFilter:
    """A filter with what it means in the city of the moment: another catalogue, another key."""

    filter: MapFilter
    means: tuple[Any, ...]


def parse(query: Query, catalogue: Catalogue, timezone: str | None = None) -> MapFilter:
    """The filter of a query string's values. Raises Refused (400) with a problem for each parameter that is wrong.

    `timezone` is the city's; without it that of the moment. Whether an area exists is asked by `read_filter`.
    """
    reader = Reader(query)
    filed_from, filed_to = reader.days("filed_from", "filed_to")
    closed_from, closed_to = reader.days("closed_from", "closed_to")
    codes, groups = reader.services(catalogue), reader.groups(catalogue)
    near = reader.near()
    standings = reader.standings(STANDINGS)
    found = MapFilter(
        service_codes=codes,
        groups=groups,
        standings=standings or SHOWN,
        filed_from=filed_from,
        filed_to=filed_to,
        closed_from=closed_from,
        closed_to=closed_to,
        sources=reader.sources(),
        area=reader.area(),
        near=Near(*near) if near else None,
        service_ids=ids_of(catalogue, codes, groups),
        group_keys=None if codes else keys_of(catalogue, groups),
        hidden=tuple(sorted(service.id for service in catalogue.by_id.values() if service.private)),
        timezone=timezone or current_timezone.get(),
    )
    if reader.problems:
        raise Refused(*reader.problems, status=400)
    return found


async def read_filter(session: AsyncSession, query: Query) -> MapFilter:
    """Like `parse`, with the city's own catalogue and clock; an area that the city does not have is refused too."""
    city = await city_versions(session)
    found = parse(query, await current_catalogue(session, city), city.timezone)
    if found.area:
        layer, code = found.area
        known = select(Area.id).where(Area.layer == layer, Area.code == code).limit(1)
        if (await session.execute(known)).first() is None:
            raise Refused(Problem("area", UNKNOWN_AREA, {"area": ":".join(found.area)}), status=400)
    return found


def ids_of(catalogue: Catalogue, codes: tuple[str, ...], groups: tuple[str, ...]) -> tuple[int, ...] | None:
    """The public services that are named by code or by group; None when neither is asked."""
    if not codes and not groups:
        return None
    named = (
        service
        for service in catalogue.by_id.values()
        if not service.private and (service.service_code in codes or service.group in groups)
    )
    return tuple(sorted(service.id for service in named))


def keys_of(catalogue: Catalogue, groups: tuple[str, ...]) -> tuple[int, ...]:
    """The keys under which these groups are counted, or all groups where none is named."""
    lowest: dict[str, int] = {}
    for number in sorted(catalogue.by_id):
        lowest.setdefault(catalogue.by_id[number].group, number)
    return tuple(-number for group, number in lowest.items() if not groups or group in groups)
