"""GeoJSON (RFC 7946, and the `crs` member of GeoJSON 2008), read feature by feature.

Also a sequence of features, one after another, as OpenAddresses writes it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pyproj import CRS
from pyproj.exceptions import CRSError

from app.imports.features import Feature
from app.imports.json_stream import JsonStream


def read_features(stream: JsonStream, rest: dict[str, Any]) -> Iterator[Feature]:
    """The features of a collection, or of a sequence of features. Other members of the file go into `rest`.

    Raises ImportRefused for what is not JSON.
    """
    number = 0
    while stream.peek():
        line, column = stream.position()
        members: dict[str, Any] = {}
        for key in stream.members():
            if key == "features" and stream.peek() == "[":
                rest.update(members)
                for line_of, column_of in stream.elements():
                    number += 1
                    yield as_feature(stream.value(), number, line_of, column_of)
            else:
                members[key] = stream.value()
        if members.get("type") == "Feature":
            number += 1
            yield as_feature(members, number, line, column)
        else:
            rest.update(members)


def as_feature(value: Any, number: int, line: int, column: int) -> Feature:
    if not isinstance(value, dict):
        value = {}
    properties = value.get("properties")
    return Feature(number, line, column, properties if isinstance(properties, dict) else {}, value.get("geometry"))


def declared_crs(member: Any, stream: JsonStream) -> CRS | None:
    """The projection of a `crs` member, or None for WGS84 and none. Raises ImportRefused for an unknown one."""
    if member is None:
        return None
    name = member.get("properties", {}).get("name") if isinstance(member, dict) else None
    if not isinstance(name, str):
        raise stream.refusal("the member crs names no projection: give it as EPSG:…, or remove it for WGS84")
    try:
        return CRS.from_user_input(name)
    except CRSError as error:
        raise stream.refusal(f"the member crs names {name!r}, which is not a known projection") from error
