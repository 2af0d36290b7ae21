"""A feed's rows as CSV (RFC 4180) and as GeoJSON (RFC 7946), piece by piece."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from app.maps.feed_rows import FIELDS
from app.service_requests.table_text import cell, table


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


def feature(row: dict[str, Any]) -> dict[str, Any]:
    geometry = {"type": "Point", "coordinates": [row["long"], row["lat"]]}
    properties = {name: row[name] for name in FIELDS if name not in ("lat", "long")}
    return {"type": "Feature", "id": row["service_request_id"], "geometry": geometry, "properties": properties}
