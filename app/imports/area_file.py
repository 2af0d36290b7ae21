"""Reads a file of areas by what is in it, not by its name: GeoJSON, TopoJSON or a zipped shapefile."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

from app.imports.encoding import text_encoding
from app.imports.features import Feature, FeatureFile
from app.imports.geojson import as_feature, declared_crs, read_features
from app.imports.json_stream import JsonStream
from app.imports.problems import ImportProblem, ImportRefused
from app.imports.shapefile import read_shapefile
from app.imports.topojson import TopologyObject, decode_features, read_objects


def read_area_file(path: Path) -> FeatureFile:
    """All features of a file. Raises ImportRefused, with line and column, for one that cannot be read."""
    if not path.is_file():
        raise refused(path, "there is no such file")
    if path.stat().st_size == 0:
        raise refused(path, "the file is empty")
    read = read_shapefile(path) if zipfile.is_zipfile(path) else read_json(path)
    if not read.features:
        raise refused(path, "the file has no areas in it")
    return read


def read_json(path: Path) -> FeatureFile:
    encoding, note = text_encoding(path)
    notes = [note] if note else []
    with path.open(encoding=encoding, newline="") as file:
        stream = JsonStream(file, path.name)
        if stream.peek() != "{":
            raise stream.refusal("this is neither GeoJSON, nor TopoJSON, nor a zipped shapefile")
        objects: dict[str, list[TopologyObject]] = {}
        rest: dict[str, Any] = {}
        features: list[Feature] = []
        if starts_as_topology(path, encoding):
            rest, objects = read_topology(stream)
        else:
            features = list(read_features(stream, rest))
        kind = rest.get("type")
        if kind == "Topology":
            try:
                features = decode_features(objects, rest)
            except ValueError as error:
                raise refused(path, str(error)) from error
            return FeatureFile("TopoJSON", features, declared_crs(rest.get("crs"), stream), notes)
        if kind in ("Polygon", "MultiPolygon", "GeometryCollection"):
            features = [as_feature({"geometry": rest}, 1, 1, 1)]
        elif not features and kind != "FeatureCollection":
            raise refused(path, f"the JSON is a {kind or 'thing without a type'}, not a FeatureCollection or Topology")
        return FeatureFile("GeoJSON", features, declared_crs(rest.get("crs"), stream), notes)


def starts_as_topology(path: Path, encoding: str) -> bool:
    """Whether the top object has `objects`, as a topology does and GeoJSON does not."""
    with path.open(encoding=encoding, newline="") as file:
        stream = JsonStream(file, path.name)
        for key in stream.members():
            if key in ("features", "objects"):
                return key == "objects"
            stream.value()
    return False


def read_topology(stream: JsonStream) -> tuple[dict[str, Any], dict[str, list[TopologyObject]]]:
    rest: dict[str, Any] = {}
    objects: dict[str, list[TopologyObject]] = {}
    for key in stream.members():
        if key == "objects":
            objects = read_objects(stream)
        else:
            rest[key] = stream.value()
    return rest, objects


def refused(path: Path, reason: str) -> ImportRefused:
    return ImportRefused([ImportProblem(path.name, None, None, reason)])
