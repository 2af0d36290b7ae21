"""Rows of a table become past requests, as a mapping says."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from pyproj import Transformer

from app.imports.mapping import ANY_STATUS, Mapping
from app.imports.mojibake import mended
from app.imports.moments import Clock
from app.imports.problems import ImportProblem, ImportRefused
from app.imports.request_checks import LONGEST_TEXT
from app.imports.request_row import LeftOut, RequestRow, plain
from app.service_requests.workflow import CLOSED

WKT_POINT = re.compile(r"\s*POINT\s*\(\s*(\S+)\s+(\S+)\s*\)\s*", re.IGNORECASE)
PAIR = re.compile(r"\s*\(?\s*([^,\s()]+)\s*,\s*([^,\s()]+)\s*\)?\s*")
GROUPED = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d*)?")
# A batch of rows is held in memory; what is longer is told as cut.
MOST_READ = LONGEST_TEXT + 1
# So many zeros in front a ZIP may lose; what is shorter was none.
MOST_LOST = 2
TEXTS = (
    "service", "service_code", "group", "department", "department_name", "status_notes", "zipcode", "description",
)  # fmt: skip


class Unfit(Exception):
    """A cell that cannot be read: (reason of `request_reasons.LEFT_OUT`, what was there)."""


@dataclass(slots=True)
class Cells:
    """One row by the mapping's fields; texts are trimmed, words that mean nothing are empty."""

    values: Sequence[str]
    places: dict[str, int]
    nothing: frozenset[str]
    mended: list[str]

    def text(self, field: str) -> str:
        place = self.places.get(field)
        if place is None:
            return ""
        said = self.values[place].strip()[:MOST_READ]
        if not said or said.casefold() in self.nothing:
            return ""
        right = mended(said)
        if right != said:
            self.mended.append("mojibake")
        return right


class RowReader:
    """Reads the rows of one table. Raises ImportRefused where the mapping names a column that the table lacks."""

    def __init__(self, mapping: Mapping, names: Sequence[str], zone: ZoneInfo, file: str) -> None:
        self.mapping = mapping
        self.places = column_places(mapping, names, file)
        self._clock = Clock(mapping.dates, zone)
        self._grid = Transformer.from_crs(mapping.crs, "EPSG:4326", always_xy=True) if mapping.crs else None

    def key(self, values: Sequence[str]) -> str:
        said = values[self.places["key"]].strip()
        return f"{self.mapping.source}:{said}" if said else ""

    def row(self, line: int, values: Sequence[str]) -> RequestRow | LeftOut:
        cells = Cells(values, self.places, self.mapping.nothing, [])
        key = self.key(values)
        try:
            return self._row(line, key, cells)
        except Unfit as unfit:
            return LeftOut(line, key, *unfit.args)

    def _row(self, line: int, key: str, cells: Cells) -> RequestRow:
        if not key:
            raise Unfit("no_key")
        texts = {field: cells.text(field) for field in TEXTS}
        texts["zipcode"] = self._zipcode(cells, texts["zipcode"])
        if not texts["service"]:
            raise Unfit("no_service")
        status = self._status(cells.text("status"), texts["status_notes"])
        lat, long = self._place(cells)
        duplicate_of = cells.text("duplicate_of")
        return RequestRow(
            import_key=key,
            status=status,
            requested_datetime=self._moment(cells, "requested"),
            closed_datetime=self._moment(cells, "closed"),
            updated_datetime=self._moment(cells, "updated"),
            expected_datetime=self._moment(cells, "expected"),
            lat=lat,
            long=long,
            address_string=address(cells),
            duplicate_of_key=f"{self.mapping.source}:{duplicate_of}" if duplicate_of else None,
            line=line,
            mended=tuple(cells.mended),
            **texts,
        )

    def _zipcode(self, cells: Cells, said: str) -> str:
        """With the zeros in front that a number has lost ("2116"), where the mapping says how many digits there are."""
        digits = self.mapping.zipcode_digits
        if not (digits - MOST_LOST <= len(said) < digits and said.isascii() and said.isdecimal()):
            return said
        cells.mended.append("short_zipcode")
        return said.zfill(digits)

    def _status(self, said: str, notes: str) -> str:
        if not said:
            raise Unfit("no_status")
        statuses = self.mapping.statuses
        status = statuses.get(plain(said)) or statuses.get(ANY_STATUS)
        if status is None:
            raise Unfit("unknown_status", said)
        if self.mapping.notes_statuses and notes:
            lower = notes.casefold()
            for words, meant in self.mapping.notes_statuses:
                if words in lower and (status in CLOSED or meant == "duplicate"):
                    return meant
        return status

    def _moment(self, cells: Cells, field: str) -> datetime | None:
        said = cells.text(field)
        if not said:
            return None
        try:
            moment, doubt = self._clock.utc(said)
        except (ValueError, OverflowError) as error:
            raise Unfit("bad_date", f"{field}: {said[:60]!r}") from error
        if doubt and field in ("requested", "closed"):
            cells.mended.append(doubt)
        return moment

    def _place(self, cells: Cells) -> tuple[float | None, float | None]:
        """Degrees from lat and long, else from the location, else computed from the survey grid."""
        lat, long = cells.text("lat"), cells.text("long")
        if lat and long:
            return number(lat), number(long)
        location = cells.text("location")
        if found := WKT_POINT.fullmatch(location):
            return number(found[2]), number(found[1])
        if found := PAIR.fullmatch(location):
            return number(found[1]), number(found[2])
        x, y = cells.text("x"), cells.text("y")
        if not (x and y and self._grid):
            return None, None
        cells.mended.append("state_plane")
        long_, lat_ = self._grid.transform(number(x), number(y))
        return lat_, long_


def column_places(mapping: Mapping, names: Sequence[str], file: str) -> dict[str, int]:
    """field → place of its column, from 0. The case of the names does not matter."""
    here = {plain(name): place for place, name in reversed(list(enumerate(names)))}
    places: dict[str, int] = {}
    missing: list[str] = []
    for field, column in mapping.columns.items():
        found = [here[plain(name)] for name in column.names if plain(name) in here]
        if found:
            places[field] = found[0]
        elif not column.optional:
            missing.append(f"{' or '.join(column.names)} ({field})")
    if missing:
        shown = ", ".join(name[:40] for name in names[:60]) or "none"
        reason = f"the columns {'; '.join(missing)} are missing; the file has {shown}"
        raise ImportRefused([ImportProblem(file, 1, None, reason)])
    return places


def number(said: str) -> float:
    """A number, also with commas between thousands ("1,017,901"), or with a comma for the point ("40,7")."""
    try:
        if "," in said:
            said = said.replace(",", "") if GROUPED.fullmatch(said) else said.replace(",", ".")
        return float(said)
    except ValueError as error:
        raise Unfit("bad_place", said[:60]) from error


def address(cells: Cells) -> str:
    said = " ".join(cells.text("address").split())
    if said:
        return said
    streets = [cells.text("street_1"), cells.text("street_2")]
    return " & ".join(streets) if all(streets) else ""
