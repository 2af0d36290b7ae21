"""Places from the points of a GeoJSON file, or of a sequence of features as OpenAddresses writes it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import shapely
from pyproj import CRS, Transformer
from shapely.errors import ShapelyError
from shapely.geometry import shape

from app.imports.features import Feature
from app.imports.geojson import declared_crs, read_features
from app.imports.json_stream import JsonStream
from app.imports.place_rows import BadPlace, PlaceOrProblem, PlaceRow, known_fields, place_from, tidy
from app.imports.problems import ImportProblem

DEGREES = CRS.from_epsg(4326)


def geojson_places(path: Path, encoding: str) -> Iterator[PlaceOrProblem]:
    """Each feature's place or problem. A line or an area counts as a point inside it. Raises ImportRefused."""
    with path.open(encoding=encoding, newline="") as file:
        stream, rest = JsonStream(file, path.name), dict[str, Any]()
        transformer, seen = None, False
        for feature in read_features(stream, rest):
            if not seen:
                transformer, seen = to_degrees(declared_crs(rest.get("crs"), stream)), True
                early = rest.get("crs")
            yield place_of(path.name, feature, transformer)
        if seen and rest.get("crs") != early:
            raise stream.refusal("the member crs must stand before the features")
        if not seen and rest.get("type") != "FeatureCollection":
            raise stream.refusal("this is no GeoJSON with features")


def to_degrees(crs: CRS | None) -> Transformer | None:
    if crs is None or crs.equals(DEGREES, ignore_axis_order=True):
        return None
    return Transformer.from_crs(crs, DEGREES, always_xy=True)


def place_of(file: str, feature: Feature, transformer: Transformer | None) -> PlaceRow | ImportProblem:
    try:
        long, lat = position(feature.geometry)
        if transformer is not None:
            long, lat = transformer.transform(long, lat)
        names = known_fields(feature.properties)
        fields = {field: tidy(feature.properties[name]) for field, name in names.items()}
        return place_from(fields, lat, long)
    except BadPlace as error:
        return ImportProblem(file, feature.line, feature.column, str(error))


def position(geometry: Any) -> tuple[float, float]:
    """(x, y) of a point, or of a point inside whatever else it is. Raises BadPlace."""
    try:
        if geometry["type"] == "Point":
            x, y = geometry["coordinates"][:2]
            return float(x), float(y)
        inside = shapely.point_on_surface(shape(geometry))
        return inside.x, inside.y
    except (TypeError, KeyError, ValueError, AttributeError, ShapelyError) as error:
        raise BadPlace("", "the feature has no position that can be read") from error
