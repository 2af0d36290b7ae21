"""Reads a map filter's parameters one by one, and keeps what is wrong in them, in words."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from app.errors import Problem
from app.services.catalogue import Catalogue
from app.templating import mark

Query = Mapping[str, Sequence[str]]

# A city's whole catalogue, several times over.
MOST_NAMED = 2000
LEAST_M, MOST_M = 1, 50_000
# Before and after this no city keeps a report, and a day's bounds are no times any more.
YEARS = range(1800, 3000)
SOURCE = re.compile(r"[a-z0-9_-]{1,20}")

UNKNOWN_SERVICE = mark(
    "There is no service “%(code)s”, or its reports are not public. /open311/v2/services.json lists the codes."
)
UNKNOWN_GROUP = mark(
    "There is no group of services “%(code)s”, or its reports are not public. See /open311/v2/services.json."
)
UNKNOWN_AREA = mark("The city has no area “%(area)s”. Write layer:code, such as board:3.")
NOT_A_STANDING = mark("status is one or more of %(known)s, with commas between.")
NOT_A_DAY = mark("Give a day as YYYY-MM-DD, such as 2026-11-26.")
WRONG_ORDER = mark("The last day lies before the first one.")
NOT_A_SOURCE = mark("A source is a short word, such as web or open311.")
NOT_AN_AREA = mark("Write an area as layer:code, such as board:3.")
NOT_A_CIRCLE = mark("near is latitude,longitude,metres in decimal degrees, with %(least)d to %(most)d metres.")
TOO_MANY = mark("Name at most %(most)d at once.")


def first(query: Query, name: str) -> str:
    """The first value of a parameter; "" without one."""
    values = query.get(name)
    return values[0].strip() if values else ""


class Reader:
    """The values of a query string; a parameter may stand several times, or hold several values with commas."""

    def __init__(self, query: Query) -> None:
        self.query = query
        self.problems: list[Problem] = []

    def refuse(self, name: str, message: str, **params: Any) -> None:
        self.problems.append(Problem(name, message, params))

    def first(self, name: str) -> str:
        return first(self.query, name)

    def listed(self, name: str) -> tuple[str, ...]:
        """The values, sorted, each once."""
        parts = {part.strip() for part in ",".join(self.query.get(name, ())).split(",")} - {""}
        if len(parts) > MOST_NAMED:
            self.refuse(name, TOO_MANY, most=MOST_NAMED)
            return ()
        return tuple(sorted(parts))

    def services(self, catalogue: Catalogue) -> tuple[str, ...]:
        codes = self.listed("service_code")
        public = {service.service_code for service in catalogue.by_id.values() if not service.private}
        return self.known("service_code", codes, public, UNKNOWN_SERVICE)

    def groups(self, catalogue: Catalogue) -> tuple[str, ...]:
        # A group whose services are all retired is still named by past requests.
        public = {service.group for service in catalogue.by_id.values() if not service.private}
        return self.known("group", self.listed("group"), public, UNKNOWN_GROUP)

    def known(self, name: str, codes: tuple[str, ...], known: set[str], message: str) -> tuple[str, ...]:
        unknown = next((code for code in codes if code not in known), None)
        if unknown is not None:
            self.refuse(name, message, code=unknown[:80])
        return codes

    def standings(self, known: tuple[str, ...]) -> tuple[str, ...]:
        given = self.listed("status")
        if set(given) - set(known):
            self.refuse("status", NOT_A_STANDING, known=", ".join(known))
        return tuple(name for name in known if name in given)

    def days(self, first: str, last: str) -> tuple[date | None, date | None]:
        start, end = self.day(first), self.day(last)
        if start and end and end < start:
            self.refuse(last, WRONG_ORDER)
        return start, end

    def day(self, name: str) -> date | None:
        text = self.first(name)
        if not text:
            return None
        try:
            day = date.fromisoformat(text)
        except ValueError:
            day = date.min
        if day.year in YEARS and len(text) == len("2026-11-26"):
            return day
        self.refuse(name, NOT_A_DAY)
        return None

    def sources(self) -> tuple[str, ...]:
        given = self.listed("source")
        if not all(SOURCE.fullmatch(source) for source in given):
            self.refuse("source", NOT_A_SOURCE)
        return given

    def area(self) -> tuple[str, str] | None:
        text = self.first("area")
        layer, _, code = text.partition(":")
        if text and not (layer and code and len(text) <= 121 and text.isprintable()):
            self.refuse("area", NOT_AN_AREA)
            return None
        return (layer, code) if text else None

    def near(self) -> tuple[float, float, float] | None:
        text = self.first("near")
        if not text:
            return None
        try:
            lat, long, metres = (float(part) for part in text.split(","))
        except ValueError:
            lat = long = metres = math.nan
        if -85 <= lat <= 85 and -180 <= long <= 180 and LEAST_M <= metres <= MOST_M:
            # To the decimetre, and so that it reads back as itself.
            return round(lat, 6), round(long, 6), round(metres, 1)
        self.refuse("near", NOT_A_CIRCLE, least=LEAST_M, most=MOST_M)
        return None
