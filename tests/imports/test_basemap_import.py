"""A basemap is taken when it is one, and shows the city; otherwise the one that is there stays."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
import shapely
from geoalchemy2 import WKBElement
from pmtiles.tile import Compression, TileType, deserialize_header, serialize_header
from shapely import MultiPolygon

from app.db import Database
from app.imports.basemap import import_basemap
from app.imports.problems import ImportRefused
from app.jurisdictions.models import Jurisdiction
from app.settings import Settings


async def make_city(database: Database, west: float, south: float) -> None:
    shape = MultiPolygon([shapely.box(west, south, west + 0.1, south + 0.1)])
    async with database.writing() as session:
        session.add(
            Jurisdiction(
                id=1, jurisdiction_id="city", name="City", lat=south, long=west,
                boundary=WKBElement(shapely.to_wkb(shape), srid=4326),
            )
        )  # fmt: skip


def changed(source: Path, target: Path, layers: list[str] | None = None, **header: Any) -> Path:
    """A copy of a PMTiles file with other values in its header, and other layers at its end."""
    content = source.read_bytes()
    values: dict[str, Any] = {**deserialize_header(content[:127]), **header}
    if layers is not None:
        metadata = gzip.compress(json.dumps({"vector_layers": [{"id": layer} for layer in layers]}).encode())
        values |= {"metadata_offset": len(content), "metadata_length": len(metadata)}
        content += metadata
    target.write_bytes(serialize_header(values) + content[127:])
    return target


async def test_half_moon_bay_is_taken_once(database: Database, settings: Settings, shared_data: Path) -> None:
    await make_city(database, -122.5, 37.45)
    path = shared_data / "basemap" / "half_moon_bay.pmtiles"
    first, again = await import_basemap(path, settings), await import_basemap(path, settings)
    assert (first.taken, first.unchanged, again.taken, again.unchanged) == (1, 0, 0, 1)
    assert "roads" in first.notes[0]
    assert settings.basemap_path.read_bytes() == path.read_bytes()
    assert [item.name for item in settings.var.iterdir() if item.name.startswith(".")] == []


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("empty.pmtiles", "empty.pmtiles: the file is empty"),
        ("invalid.pmtiles", "invalid.pmtiles:1:1: this is not a PMTiles file: it does not begin with “PMTiles”"),
        ("invalid_v4.pmtiles", "invalid_v4.pmtiles:1:8: the PMTiles version is 4; only version 3 can be read"),
        ("none.pmtiles", "none.pmtiles: there is no such file"),
    ],
)
async def test_what_is_no_basemap_is_refused_and_the_old_one_stays(
    settings: Settings, shared_data: Path, name: str, reason: str
) -> None:
    settings.basemap_path.parent.mkdir(parents=True, exist_ok=True)
    settings.basemap_path.write_bytes(b"the old one")
    with pytest.raises(ImportRefused) as refused:
        await import_basemap(shared_data / "basemap" / name, settings)
    assert str(refused.value) == reason
    assert settings.basemap_path.read_bytes() == b"the old one"


async def test_a_map_of_elsewhere_is_refused(database: Database, settings: Settings, shared_data: Path) -> None:
    await make_city(database, -74.0, 40.7)
    with pytest.raises(ImportRefused, match=r"covers 37\.374 to 37\.571 north .* the city lies at 40\.700 to 40\.800"):
        await import_basemap(shared_data / "basemap" / "half_moon_bay.pmtiles", settings)
    assert not settings.basemap_path.exists()


async def test_pictures_other_layers_and_cut_files_are_refused(
    settings: Settings, shared_data: Path, tmp_path: Path
) -> None:
    real = shared_data / "basemap" / "half_moon_bay.pmtiles"
    cases = {
        "its tiles are PNG, not vector tiles": changed(real, tmp_path / "a", tile_type=TileType.PNG),
        "compressed with gzip or not at all": changed(real, tmp_path / "b", tile_compression=Compression.BROTLI),
        "the layers earth, water of Protomaps' basemap are missing; it has roads": changed(
            real, tmp_path / "c", layers=["roads"]
        ),
    }
    cut = tmp_path / "d"
    cut.write_bytes(real.read_bytes()[:1_000_000])
    cases["the file is cut off: it should have 2047986 bytes and has 1000000"] = cut
    short = tmp_path / "e"
    short.write_bytes(real.read_bytes()[:60])
    cases["ends within its header"] = short
    nonsense = tmp_path / "f"
    nonsense.write_bytes(real.read_bytes()[:1239] + bytes(1_000))
    cases["the header or the metadata cannot be read"] = nonsense
    for reason, path in cases.items():
        with pytest.raises(ImportRefused, match=reason):
            await import_basemap(path, settings)


async def test_without_a_city_the_map_is_taken_and_it_is_said(
    database: Database, settings: Settings, shared_data: Path
) -> None:
    summary = await import_basemap(shared_data / "basemap" / "half_moon_bay.pmtiles", settings)
    assert summary.notes[1] == "There is no city yet, so it was not checked that the map shows it."
