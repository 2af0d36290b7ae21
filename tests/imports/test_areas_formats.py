"""GeoJSON, TopoJSON and shapefiles give the same areas, whatever their projection."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
import shapefile
from pyproj import CRS, Transformer

from app.imports.area_file import read_area_file
from app.imports.area_shapes import NoArea, Shaper
from app.imports.problems import ImportRefused

SQUARE = [(-74.0, 40.0), (-73.9, 40.0), (-73.9, 40.1), (-74.0, 40.1), (-74.0, 40.0)]
NEW_YORK_FEET = 2263


def in_feet(ring: list[tuple[float, float]]) -> list[tuple[float, float]]:
    transformer = Transformer.from_crs(4326, NEW_YORK_FEET, always_xy=True)
    return [transformer.transform(x, y) for x, y in ring]


def geojson(path: Path, ring: list[tuple[float, float]], **members: Any) -> Path:
    feature = {"type": "Feature", "properties": {"name": "A"}, "geometry": {"type": "Polygon", "coordinates": [ring]}}
    path.write_text(json.dumps({"type": "FeatureCollection", **members, "features": [feature]}), encoding="utf-8")
    return path


def zipped_shapefile(path: Path, ring: list[tuple[float, float]], prj: str | None, name: str = "A") -> Path:
    with shapefile.Writer(str(path.with_suffix("")), encoding="cp1252") as writer:
        writer.field("name", "C")
        writer.poly([ring[::-1]])
        writer.record(name)
    if prj:
        path.with_suffix(".prj").write_text(prj, encoding="ascii")
    with zipfile.ZipFile(path, "w") as archive:
        for part in path.parent.glob(f"{path.stem}.*"):
            if part != path:
                archive.write(part, f"folder/{part.name}")
    return path


def bounds(path: Path) -> tuple[float, ...]:
    read = read_area_file(path)
    return Shaper(read.crs).shape(read.features[0].geometry).shape.bounds


def test_a_projection_that_the_geojson_names_is_undone(tmp_path: Path) -> None:
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::2263"}}
    path = geojson(tmp_path / "a.geojson", in_feet(SQUARE), crs=crs)
    assert bounds(path) == pytest.approx((-74.0, 40.0, -73.9, 40.1), abs=1e-6)


def test_a_projection_that_the_shapefile_names_is_undone(tmp_path: Path) -> None:
    prj = CRS.from_epsg(NEW_YORK_FEET).to_wkt("WKT1_ESRI")
    path = zipped_shapefile(tmp_path / "a.zip", in_feet(SQUARE), prj)
    assert bounds(path) == pytest.approx((-74.0, 40.0, -73.9, 40.1), abs=1e-6)


def test_degrees_need_no_projection(tmp_path: Path) -> None:
    assert bounds(geojson(tmp_path / "a.geojson", SQUARE)) == (-74.0, 40.0, -73.9, 40.1)
    assert bounds(zipped_shapefile(tmp_path / "b.zip", SQUARE, None)) == (-74.0, 40.0, -73.9, 40.1)


def test_feet_without_a_projection_are_refused_with_what_to_do(tmp_path: Path) -> None:
    for path in (
        geojson(tmp_path / "a.geojson", in_feet(SQUARE)),
        zipped_shapefile(tmp_path / "b.zip", in_feet(SQUARE), None),
    ):
        with pytest.raises(NoArea, match=r"not degrees and the file names no projection: add its \.prj"):
            bounds(path)


def test_an_unknown_projection_is_refused(tmp_path: Path) -> None:
    crs = {"type": "name", "properties": {"name": "EPSG:999999"}}
    with pytest.raises(ImportRefused, match="not a known projection"):
        read_area_file(geojson(tmp_path / "a.geojson", SQUARE, crs=crs))


def test_a_topology_shares_its_borders(tmp_path: Path) -> None:
    topology = {
        "type": "Topology",
        "transform": {"scale": [0.1, 0.1], "translate": [-74.0, 40.0]},
        # The border between both, from south to north; then the rest of each, joined to it.
        "arcs": [[[1, 0], [0, 1]], [[1, 1], [-1, 0], [0, -1], [1, 0]], [[1, 0], [1, 0], [0, 1], [-1, 0]]],
        "objects": {
            "boards": {
                "type": "GeometryCollection",
                "geometries": [
                    {"type": "Polygon", "id": 7, "properties": {"name": "West"}, "arcs": [[0, 1]]},
                    {"type": "MultiPolygon", "properties": {"name": "East"}, "arcs": [[[2, -1]]]},
                ],
            }
        },
    }
    path = tmp_path / "boards.json"
    path.write_text(json.dumps(topology, indent=1), encoding="utf-8")
    read = read_area_file(path)
    shapes = [Shaper(read.crs).shape(feature.geometry) for feature in read.features]
    assert read.format == "TopoJSON"
    assert [feature.properties for feature in read.features] == [{"name": "West", "id": 7}, {"name": "East"}]
    assert [feature.line for feature in read.features] == [
        number for number, line in enumerate(path.read_text().splitlines(), 1) if line == "    {"
    ]
    assert shapes[0].shape.bounds == pytest.approx((-74.0, 40.0, -73.9, 40.1))
    assert shapes[1].shape.bounds == pytest.approx((-73.9, 40.0, -73.8, 40.1))
    assert not any(shaped.repairs for shaped in shapes)
    assert [len(shaped.shape.geoms[0].exterior.coords) for shaped in shapes] == [5, 5]
    assert [shaped.shape.area for shaped in shapes] == pytest.approx([0.01, 0.01])


def test_an_arc_that_is_not_there_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text('{"type":"Topology","arcs":[],"objects":{"a":{"type":"Polygon","arcs":[[3]]}}}', encoding="utf-8")
    with pytest.raises(ImportRefused, match="arc 3 is not in the file, which has 0"):
        read_area_file(path)


def test_a_table_in_western_letters_is_read_and_said_so(tmp_path: Path) -> None:
    read = read_area_file(zipped_shapefile(tmp_path / "a.zip", SQUARE, None, name="Peñón"))
    assert read.features[0].properties["name"] == "Peñón"
    assert read.notes == ["The table is not utf-8; it was read as cp1252 (Western European)."]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "the file is empty"),
        (b"hello", "neither GeoJSON, nor TopoJSON, nor a zipped shapefile"),
        (b'{"type": "FeatureCollection", "features": []}', "has no areas in it"),
        (b'{"type": "Feature collection"}', "the JSON is a Feature collection, not a FeatureCollection or Topology"),
    ],
)
def test_what_holds_no_areas_is_refused(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "areas"
    path.write_bytes(content)
    with pytest.raises(ImportRefused, match=reason):
        read_area_file(path)


def test_an_archive_with_two_shapefiles_or_none_is_refused(tmp_path: Path) -> None:
    zipped_shapefile(tmp_path / "one.zip", SQUARE, None)
    both = zipped_shapefile(tmp_path / "both.zip", SQUARE, None)
    with zipfile.ZipFile(both, "a") as archive:
        archive.write(tmp_path / "one.shp", "one.shp")
    with pytest.raises(ImportRefused, match="must hold one shapefile"):
        read_area_file(both)
    none = tmp_path / "none.zip"
    with zipfile.ZipFile(none, "w") as archive:
        archive.writestr("readme.txt", "nothing here")
    with pytest.raises(ImportRefused, match=r"it holds readme\.txt"):
        read_area_file(none)


@pytest.mark.filterwarnings("ignore::shapefile.PossiblyCorruptFileHeader")
def test_a_cut_shapefile_is_refused(tmp_path: Path) -> None:
    zipped_shapefile(tmp_path / "a.zip", SQUARE, None)
    cut = tmp_path / "cut.zip"
    with zipfile.ZipFile(cut, "w") as archive:
        archive.writestr("a.shp", (tmp_path / "a.shp").read_bytes()[:130])
        archive.write(tmp_path / "a.dbf", "a.dbf")
    with pytest.raises(ImportRefused, match="damaged"):
        read_area_file(cut)
