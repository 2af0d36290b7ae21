"""Files of places come into the database: every row once, all or nothing, and the place index knows them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sqlalchemy import select

from app.db import Database, lat_long
from app.imports import places
from app.imports.areas import import_areas
from app.imports.places import import_places
from app.imports.problems import ImportRefused, ImportSummary
from app.jurisdictions.models import Place
from app.jurisdictions.place_search import search_places
from app.jurisdictions.queries import get_jurisdiction

HEADER = "number,street,unit,city,postcode,lat,lon\n"


def counts(summary: ImportSummary) -> tuple[int, int, int, int]:
    return summary.taken, summary.changed, summary.unchanged, summary.left_out


def written(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding))
    return path


async def labels(database: Database) -> list[str]:
    async with database.reading() as session:
        return list((await session.execute(select(Place.label).order_by(Place.label))).scalars())


@pytest.mark.parametrize("batch", [3, 5_000])
async def test_every_row_comes_in_once_however_often_the_file_does(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    monkeypatch.setattr(places, "BATCH", batch)
    rows = [f"{number},Elm Street,,Testville,01234,40.0{number:02},-74.5\n" for number in range(1, 12)]
    path = written(tmp_path / "addresses.csv", HEADER + "".join(rows))
    assert counts(await import_places(database, path, city_name="Testville", timezone="UTC")) == (11, 0, 0, 0)
    assert counts(await import_places(database, path)) == (0, 0, 11, 0)
    assert len(await labels(database)) == 11
    async with database.reading() as session:
        row = (await session.execute(select(Place).where(Place.label == "7 Elm Street"))).scalar_one()
        city = await get_jurisdiction(session)
        found = await search_places(session, "7 elm st")
    assert (row.kind, row.house_number, row.street, row.zipcode) == ("address", "7", "Elm Street", "01234")
    assert lat_long(row.location) == pytest.approx((40.007, -74.5))
    assert (city.name, round(city.lat, 3)) == ("Testville", 40.006)
    assert found[0].label == "7 Elm Street"


async def test_a_place_with_its_own_identity_is_updated_where_it_moved(database: Database, tmp_path: Path) -> None:
    table = "source_id;name;latitude;longitude\n1;Library;{};7,42\n2;Museum;43,73;7,42\n"
    await import_places(database, written(tmp_path / "a.csv", table.format("43,73")))
    moved = await import_places(database, written(tmp_path / "a.csv", table.format("43,74")))
    assert counts(moved) == (0, 1, 1, 0)
    async with database.reading() as session:
        row = (await session.execute(select(Place).where(Place.source_id == "1"))).scalar_one()
    assert lat_long(row.location) == pytest.approx((43.74, 7.42))


async def test_rows_that_repeat_each_other_are_one_place(database: Database, tmp_path: Path) -> None:
    row = "1,Elm Street,Apt {},Testville,01234,40.1,-74.5\n"
    path = written(tmp_path / "a.csv", HEADER + row.format("A") + row.format("B"))
    summary = await import_places(database, path)
    assert counts(summary) == (1, 0, 0, 0)
    assert "1 rows repeat another row of the file." in summary.notes


async def test_one_bad_row_refuses_the_file_and_names_line_and_column(database: Database, tmp_path: Path) -> None:
    bad = (
        '1,Elm Street,,,,40.1,-74.5\n2,"Oak\nStreet",,,,north,-74.5\n3,Ash Street,,,,95,-74.5\n4,,,,,40.1,-74.5\n5,x\n'
    )
    path = written(tmp_path / "a.csv", HEADER + bad)
    with pytest.raises(ImportRefused) as refused:
        await import_places(database, path)
    assert str(refused.value).splitlines() == [
        "a.csv:3:6: 'north' is not a number of degrees",
        "a.csv:5:6: the latitude 95.0 is not between -90 and 90 degrees",
        "a.csv:6: there is neither a house number with a street, nor two streets, nor a name",
        "a.csv:7: the row has 2 cells, the header 7",
    ]
    assert await labels(database) == []
    assert counts(await import_places(database, path, skip_bad=True)) == (1, 0, 0, 4)
    assert await labels(database) == ["1 Elm Street"]


async def test_a_million_problems_are_counted_but_not_all_told(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "PROBLEMS_TOLD", 2)
    path = written(tmp_path / "a.csv", HEADER + "1,Elm,,,,,\n" * 5)
    with pytest.raises(ImportRefused) as refused:
        await import_places(database, path)
    assert str(refused.value).splitlines()[1:] == ["a.csv:3:6: the position is missing", "a.csv: 3 more rows are wrong"]


@pytest.mark.parametrize(
    ("encoding", "note"),
    [("utf-8-sig", "byte-order mark"), ("cp1252", "Line 2 is not UTF-8"), ("utf-16", "UTF-16"), ("utf-8", "")],
)
async def test_letters_are_read_as_they_were_written(
    database: Database, tmp_path: Path, encoding: str, note: str
) -> None:
    path = written(tmp_path / "a.csv", HEADER + "12,Calle Peñón,,,,40.1,-74.5\n", encoding)
    summary = await import_places(database, path)
    assert await labels(database) == ["12 Calle Peñón"]
    assert note in "".join(summary.notes)
    assert bool(note) == bool(summary.notes)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "the file is empty"),
        (b"a,b,c\n1,2,3\n", r"a.csv:1:1: there is no column for lat, long, number and street, or .*: a, b, c"),
        (HEADER.encode(), "has no places in it"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "neither GeoJSON, nor a table, nor an OpenStreetMap extract"),
        (b'{"type": "Topology"}', "this is no GeoJSON with features"),
        (b"\x00\x00\x00\x0e\x0a\x09OSMHeader\x18\x99" + b"\x00" * 200, "the extract is damaged"),
    ],
)
async def test_what_holds_no_places_is_refused(database: Database, tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    with pytest.raises(ImportRefused, match=reason):
        await import_places(database, path)


async def test_points_of_a_geojson_come_in_its_projection(database: Database, tmp_path: Path) -> None:
    point = {"type": "Point", "coordinates": [1017901, 198161]}
    features = [
        {"type": "Feature", "properties": {"number": "73-42", "street": "68 AVENUE"}, "geometry": point},
        {"type": "Feature", "properties": {"name": "Nowhere"}, "geometry": None},
    ]
    crs = {"type": "name", "properties": {"name": "EPSG:2263"}}
    text = json.dumps({"type": "FeatureCollection", "crs": crs, "features": features})
    path = written(tmp_path / "a.geojson", text.replace('{"type": "Feature",', '\n{"type": "Feature",'))
    with pytest.raises(ImportRefused, match=r"a\.geojson:3:1: the feature has no position"):
        await import_places(database, path)
    await import_places(database, path, skip_bad=True)
    async with database.reading() as session:
        row = (await session.execute(select(Place))).scalar_one()
    # New York's own coordinates of this address in its requests of October 2018.
    assert lat_long(row.location) == pytest.approx((40.71051892839852, -73.87862009301725), abs=1e-5)


async def test_places_out_of_the_city_are_taken_and_told(database: Database, tmp_path: Path) -> None:
    ring = [[-75, 40], [-74, 40], [-74, 41], [-75, 41], [-75, 40]]
    boundary = {"type": "Feature", "properties": {"name": "A"}, "geometry": {"type": "Polygon", "coordinates": [ring]}}
    area = written(tmp_path / "b.geojson", json.dumps({"type": "FeatureCollection", "features": [boundary]}))
    await import_areas(database, area, layer="city", city_name="Testville")
    path = written(tmp_path / "a.csv", HEADER + "1,Elm Street,,,,40.1,-74.5\n2,Elm Street,,,,42,-74.5\n")
    summary = await import_places(database, path)
    assert counts(summary) == (2, 0, 0, 0)
    assert summary.notes == ("1 places lie outside the city's boundary.",)


async def test_progress_is_told_with_a_rate(database: Database, tmp_path: Path) -> None:
    told: list[tuple[str, int, int | None]] = []
    path = written(tmp_path / "a.csv", HEADER + "1,Elm Street,,,,40.1,-74.5\n")
    await import_places(database, path, progress=lambda step, done, total, rate: told.append((step, done, total)))
    assert list(dict.fromkeys(told)) == [("reading", 1, None), ("writing", 1, 1), ("making the place index", 1, None)]
