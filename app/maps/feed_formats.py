"""A feed's rows as CSV (RFC 4180) and as GeoJSON (RFC 7946), piece by piece."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from typing import Any

import msgspec

from app.maps.feed_rows import FIELDS

# What a spreadsheet would take for a formula; an apostrophe before it makes it a text.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


class CsvFeed:
    """A table with a head. Texts that a spreadsheet would run are made harmless."""

    media_type = "text/csv; charset=utf-8; header=present"

    def begin(self) -> str:
        return table([FIELDS])

    def rows(self, rows: Iterable[dict[str, Any]]) -> str:
        return table([cell(row[name]) for name in FIELDS] for row in rows)

    def end(self) -> str:
        return ""


class GeoJsonFeed:
    """A FeatureCollection: one point for each request, with all but its position as properties."""

    media_type = "application/geo+json"

    def __init__(self) -> None:
        self.separator = ""

    def begin(self) -> str:
        return '{"type":"FeatureCollection","features":['

    def rows(self, rows: Iterable[dict[str, Any]]) -> str:
        written = ",\n".join(msgspec.json.encode(feature(row)).decode() for row in rows)
        if not written:
            return ""
        separator, self.separator = self.separator, ","
        return f"{separator}\n{written}"

    def end(self) -> str:
        return "\n]}\n"


def table(rows: Iterable[Iterable[str]]) -> str:
    made = io.StringIO()
    csv.writer(made, lineterminator="\r\n").writerows(rows)
    return made.getvalue()


def cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value)
    return f"'{text}" if isinstance(value, str) and text.startswith(FORMULA) else text


def feature(row: dict[str, Any]) -> dict[str, Any]:
    geometry = {"type": "Point", "coordinates": [row["long"], row["lat"]]}
    properties = {name: row[name] for name in FIELDS if name not in ("lat", "long")}
    return {"type": "Feature", "id": row["service_request_id"], "geometry": geometry, "properties": properties}
