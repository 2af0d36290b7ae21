"""The basemap: readable by others, in the layers that the map style asks for."""

from __future__ import annotations

import gzip
import math
from pathlib import Path
from typing import Any

import mapbox_vector_tile
import pytest
from pmtiles.reader import MmapSource, Reader

from app.demo.basemap import LAYERS, write_basemap
from app.demo.city import City
from app.demo.mvt import LINE, POINT, POLYGON, Layer


@pytest.fixture(scope="module")
def archive(city: City, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("basemap") / "basemap.pmtiles"
    write_basemap(city, path)
    return path


@pytest.fixture
def reader(archive: Path) -> Reader:
    return Reader(MmapSource(archive.open("rb")))


def tile_at(zoom: int, long: float, lat: float) -> tuple[int, int]:
    y = 0.5 - math.log(math.tan(math.pi / 4 + math.radians(lat) / 2)) / (2 * math.pi)
    return int((long / 360 + 0.5) * 2**zoom), int(y * 2**zoom)


def decoded(reader: Reader, zoom: int, long: float, lat: float) -> dict[str, Any]:
    data = reader.get(zoom, *tile_at(zoom, long, lat))
    assert data is not None
    return mapbox_vector_tile.decode(gzip.decompress(data), default_options={"y_coord_down": True})


def test_the_same_city_makes_the_same_file(city: City, archive: Path, tmp_path: Path) -> None:
    again = tmp_path / "again.pmtiles"
    write_basemap(city, again)
    assert again.read_bytes() == archive.read_bytes()
    assert 500_000 < archive.stat().st_size < 6_000_000


def test_the_header_says_zooms_bounds_and_centre(city: City, reader: Reader) -> None:
    header = reader.header()
    assert (header["min_zoom"], header["max_zoom"]) == (0, 15)
    assert header["clustered"]
    west, south, east, north = city.frame.to_lonlat(city.boundary).bounds
    assert header["min_lon_e7"] < west * 1e7 < east * 1e7 < header["max_lon_e7"]
    assert header["min_lat_e7"] < south * 1e7 < north * 1e7 < header["max_lat_e7"]
    assert [layer["id"] for layer in reader.metadata()["vector_layers"]] == list(LAYERS)


def test_every_tile_of_the_city_is_there_at_every_zoom(city: City, reader: Reader) -> None:
    west, south, east, north = city.frame.to_lonlat(city.boundary).bounds
    for zoom in range(16):
        left, top = tile_at(zoom, west, north)
        right, bottom = tile_at(zoom, east, south)
        assert all(reader.get(zoom, x, y) for x in range(left, right + 1) for y in range(top, bottom + 1))


def test_a_close_tile_shows_streets_houses_water_and_names(city: City, reader: Reader) -> None:
    tile = decoded(reader, 15, *city.lonlat((100, -1300)))
    assert {"earth", "water", "roads", "buildings"} <= set(tile)
    roads = [feature["properties"] for feature in tile["roads"]["features"]]
    assert {"major_road", "minor_road"} <= {road["kind"] for road in roads}
    assert any(road.get("name") == "Bridge Street" and road.get("is_bridge") is True for road in roads)
    assert any(f["properties"].get("addr_housenumber") for f in tile["buildings"]["features"])


def test_a_far_tile_shows_large_roads_only(city: City, reader: Reader) -> None:
    tile = decoded(reader, 9, *city.lonlat((0, 0)))
    assert "buildings" not in tile
    assert "minor_road" not in {f["properties"]["kind"] for f in tile["roads"]["features"]}
    names = {f["properties"].get("name") for f in tile["places"]["features"]}
    assert "Harbor Point" in names


def test_names_come_in_spanish_where_they_differ(city: City, reader: Reader) -> None:
    tile = decoded(reader, 15, *city.lonlat((-1310, 60)))
    park = next(f["properties"] for f in tile["pois"]["features"] if f["properties"]["name"] == "The Commons")
    assert park["name:es"] == "Parque The Commons"


def test_polygons_are_closed_with_their_outer_rings_clockwise_on_the_screen(city: City, reader: Reader) -> None:
    tile = decoded(reader, 14, *city.lonlat((-600, -1900)))
    for layer in ("earth", "water", "landuse", "buildings"):
        for feature in tile[layer]["features"]:
            geometry = feature["geometry"]
            if geometry["type"] not in ("Polygon", "MultiPolygon"):
                continue
            polygons = [geometry["coordinates"]] if geometry["type"] == "Polygon" else geometry["coordinates"]
            for rings in polygons:
                assert rings[0][0] == rings[0][-1]
                doubled = sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(rings[0], rings[0][1:], strict=False))
                assert doubled > 0


def test_the_encoder_agrees_with_a_decoder_written_by_others() -> None:
    layer = Layer("things")
    layer.add(POINT, [[(5, 7)]], {"kind": "a", "n": 3, "yes": True})
    layer.add(LINE, [[(0, 0), (300, -20), (300, -20), (4000, 4096)]], {"kind": "b"})
    layer.add(POLYGON, [[(0, 0), (100, 0), (100, 100), (0, 100), (0, 0)]], {"kind": "a", "name": "Playa «Norte»"})
    layer.add(LINE, [[(9, 9), (9, 9)]], {"kind": "nothing is left of it"})
    tile = mapbox_vector_tile.decode(layer.encoded(), default_options={"y_coord_down": True})
    point, line, polygon = tile["things"]["features"]
    assert point["geometry"]["coordinates"] == [5, 7]
    assert point["properties"] == {"kind": "a", "n": 3, "yes": True}
    assert line["geometry"]["coordinates"] == [[0, 0], [300, -20], [4000, 4096]]
    assert polygon["geometry"]["coordinates"][0][:3] == [[0, 0], [100, 0], [100, 100]]
    assert polygon["properties"]["name"] == "Playa «Norte»"


def test_a_file_that_could_not_be_finished_leaves_the_old_one(
    city: City, archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "basemap.pmtiles"
    path.write_bytes(b"the old map")
    monkeypatch.setattr("app.demo.basemap.features", lambda _: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        write_basemap(city, path)
    assert path.read_bytes() == b"the old map"
