"""The basemap is served tile by tile as it is stored, and a new file is seen at once."""

from __future__ import annotations

import gzip
import shutil
from pathlib import Path

import mapbox_vector_tile
import pytest
from litestar import Litestar
from litestar.testing import AsyncTestClient
from pmtiles.reader import MmapSource, all_tiles
from pmtiles.tile import Compression, TileType, zxy_to_tileid
from pmtiles.writer import Writer

from app.maps.basemap import Basemap, NoBasemap
from app.settings import Settings

Client = AsyncTestClient[Litestar]


@pytest.fixture
def basemap(settings: Settings, shared_data: Path) -> Path:
    settings.basemap_path.parent.mkdir(parents=True, exist_ok=True)
    return Path(shutil.copyfile(shared_data / "basemap" / "half_moon_bay.pmtiles", settings.basemap_path))


def stored_tiles(path: Path) -> dict[tuple[int, int, int], bytes]:
    with path.open("rb") as file:
        source = MmapSource(file)
        return dict(all_tiles(source))


def test_every_tile_is_the_one_that_the_format_says(shared_data: Path) -> None:
    path = shared_data / "basemap" / "half_moon_bay.pmtiles"
    tiles, basemap = stored_tiles(path), Basemap(path)
    assert len(tiles) == 607
    for (z, x, y), data in tiles.items():
        found = basemap.tile(z, x, y)
        assert found is not None and found.data == data
    empty = next((15, x, 0) for x in range(10) if (15, x, 0) not in tiles)
    assert basemap.tile(*empty) is None


def test_a_file_with_leaves_is_read(tmp_path: Path) -> None:
    with (tmp_path / "big.pmtiles").open("wb") as file:
        writer = Writer(file)
        # Every second tile, each with its own content: too many for the root directory of 16 KB.
        for number in range(0, 4**8, 2):
            writer.write_tile(zxy_to_tileid(8, 0, 0) + number, b"tile %d" % (number * 7919))
        header = {"tile_type": TileType.MVT, "tile_compression": Compression.NONE}
        bounds = {"min_lon_e7": 0, "min_lat_e7": 0, "max_lon_e7": 1, "max_lat_e7": 1}
        writer.finalize({**header, **bounds, "center_zoom": 8, "center_lon_e7": 0, "center_lat_e7": 0}, {})
    tiles, basemap = stored_tiles(tmp_path / "big.pmtiles"), Basemap(tmp_path / "big.pmtiles")
    assert len(tiles) == 4**8 // 2
    for (z, x, y), data in list(tiles.items())[::97]:
        found = basemap.tile(z, x, y)
        assert found is not None and found.data == data and not found.gzipped
    assert basemap.tile(8, 0, 1) is None or (8, 0, 1) in tiles


async def test_a_tile_is_sent_as_it_is_stored(client: Client, basemap: Path) -> None:
    (z, x, y), stored = next(item for item in stored_tiles(basemap).items() if item[0][0] == 14 and len(item[1]) > 2000)
    answer = await client.get(f"/tiles/basemap/{z}/{x}/{y}.mvt")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/vnd.mapbox-vector-tile"
    assert answer.headers["content-encoding"] == "gzip"
    assert int(answer.headers["content-length"]) == len(stored)
    assert "max-age" in answer.headers["cache-control"] and "public" in answer.headers["cache-control"]
    assert answer.content == gzip.decompress(stored)
    assert "roads" in mapbox_vector_tile.decode(answer.content)
    again = await client.get(f"/tiles/basemap/{z}/{x}/{y}.mvt", headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


async def test_a_client_without_gzip_gets_it_plain(client: Client, basemap: Path) -> None:
    answer = await client.get("/tiles/basemap/0/0/0.mvt", headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in answer.headers
    assert answer.content == gzip.decompress(stored_tiles(basemap)[0, 0, 0])


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("15/0/0.mvt", 204),
        ("16/0/0.mvt", 404),
        ("99999999999/0/0.mvt", 404),
        ("2/9/0.mvt", 400),
        ("2/0/4.mvt", 400),
        ("-1/0/0.mvt", 400),
        ("2/-1/0.mvt", 400),
        ("2/0/0.png", 400),
        ("2/0/x.mvt", 400),
        ("2/0/99999999999999999999.mvt", 400),
        ("two/0/0.mvt", 404),
    ],
)
async def test_what_is_not_there_is_said_truly(client: Client, basemap: Path, path: str, status: int) -> None:
    assert (await client.get(f"/tiles/basemap/{path}")).status_code == status


async def test_without_a_basemap_there_are_no_tiles(client: Client, settings: Settings) -> None:
    assert (await client.get("/tiles/basemap/0/0/0.mvt")).status_code == 404


async def test_a_new_file_is_seen_at_once_and_has_other_tags(client: Client, basemap: Path, shared_data: Path) -> None:
    before = await client.get("/tiles/basemap/0/0/0.mvt")
    newer = basemap.with_suffix(".new")
    newer.write_bytes((shared_data / "basemap" / "invalid.pmtiles").read_bytes())
    newer.replace(basemap)
    assert (await client.get("/tiles/basemap/0/0/0.mvt")).status_code == 404
    shutil.copyfile(shared_data / "basemap" / "half_moon_bay.pmtiles", newer)
    newer.replace(basemap)
    after = await client.get("/tiles/basemap/0/0/0.mvt")
    assert after.content == before.content
    assert after.headers["etag"] != before.headers["etag"]


def test_a_file_that_is_no_pmtiles_is_no_basemap(shared_data: Path) -> None:
    for name in ("empty", "invalid", "invalid_v4"):
        with pytest.raises(NoBasemap):
            Basemap(shared_data / "basemap" / f"{name}.pmtiles").tile(0, 0, 0)


async def test_a_map_is_told_whom_to_name_for_its_data(client: Client, basemap: Path) -> None:
    about = (await client.get("/tiles/basemap.json")).json()
    assert "OpenStreetMap" in about["attribution"]
    assert (about["minzoom"], about["maxzoom"]) == (0, 15)
    west, south, east, north = about["bounds"]
    assert -123 < west < east < -122 and 37 < south < north < 38


async def test_without_a_basemap_there_is_nothing_to_tell(client: Client) -> None:
    assert (await client.get("/tiles/basemap.json")).status_code == 404
