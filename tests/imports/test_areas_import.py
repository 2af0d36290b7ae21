"""Whole files of areas come into the database: once, all or nothing, with their days, and whoever keeps areas hears."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from app.db import Database
from app.imports.areas import import_areas
from app.imports.problems import ImportRefused, ImportSummary
from app.jurisdictions.models import Area, AreaLayer, Department, Jurisdiction
from app.jurisdictions.queries import areas_index, get_jurisdiction

CITY: dict[str, Any] = {"city_name": "Testville", "timezone": "America/New_York"}
DAY = date(2026, 11, 22)


def square(code: str, west: float, **properties: Any) -> dict[str, Any]:
    ring = [[west, 0], [west + 1, 0], [west + 1, 1], [west, 1], [west, 0]]
    geometry = {"type": "Polygon", "coordinates": [ring]}
    named = {"code": code, "name": f"Board {code}", **properties}
    return {"type": "Feature", "properties": named, "geometry": geometry}


def written(path: Path, *features: dict[str, Any]) -> Path:
    lines = ",\n".join(json.dumps(feature) for feature in features)
    path.write_text(f'{{"type": "FeatureCollection", "features": [\n{lines}\n]}}', encoding="utf-8")
    return path


@pytest.fixture
def boards(tmp_path: Path) -> Path:
    return written(tmp_path / "boards.geojson", square("1", 0), square("2", 1))


def counts(summary: ImportSummary) -> tuple[int, int, int, int]:
    return summary.taken, summary.changed, summary.unchanged, summary.left_out


async def found(database: Database, long: float, on: date = DAY) -> list[tuple[str, str]]:
    async with database.reading() as session:
        index = await areas_index(session, await get_jurisdiction(session))
        return [(ref.layer, ref.code) for ref in index.find(0.5, long, on)]


async def version(database: Database) -> int:
    async with database.reading() as session:
        return (await get_jurisdiction(session)).areas_version


async def test_a_file_twice_is_unchanged_and_nobody_has_to_reload(database: Database, boards: Path) -> None:
    assert counts(await import_areas(database, boards, layer="board", **CITY)) == (2, 0, 0, 0)
    before = await version(database)
    assert counts(await import_areas(database, boards, layer="board")) == (0, 0, 2, 0)
    assert await version(database) == before
    assert await found(database, 0.5) == [("board", "1")]


async def test_a_new_layer_is_seen_by_whoever_keeps_the_areas(database: Database, boards: Path) -> None:
    await import_areas(database, boards, layer="board", **CITY)
    assert await found(database, 1.5) == [("board", "2")]
    await import_areas(database, boards, layer="district", layer_name="Council district")
    assert await found(database, 1.5) == [("board", "2"), ("district", "2")]
    async with database.reading() as session:
        layers = (await session.execute(select(AreaLayer).order_by(AreaLayer.position))).scalars().all()
    assert [(layer.code, layer.name) for layer in layers] == [("board", "Board"), ("district", "Council district")]


async def test_the_first_import_makes_the_city(database: Database, boards: Path) -> None:
    await import_areas(database, boards, layer="board", boundary=True, **CITY)
    async with database.reading() as session:
        city = await get_jurisdiction(session)
        index = await areas_index(session, city)
    assert (city.jurisdiction_id, city.name, city.timezone) == ("testville", "Testville", "America/New_York")
    assert (city.lat, city.long) == (0.5, 1.0)
    assert index.contains_city(0.5, 1.9)
    assert not index.contains_city(0.5, 2.1)


async def test_a_first_import_that_does_not_name_the_city_is_refused(database: Database, boards: Path) -> None:
    with pytest.raises(ImportRefused, match="there is no city yet: give its name with --city-name"):
        await import_areas(database, boards, layer="board")
    with pytest.raises(ImportRefused, match="'Mars/Base' is not a time zone"):
        await import_areas(database, boards, layer="board", city_name="X", timezone="Mars/Base")


async def test_a_new_first_day_ends_the_areas_before(database: Database, boards: Path, tmp_path: Path) -> None:
    await import_areas(database, boards, layer="board", **CITY)
    redrawn = written(tmp_path / "new.geojson", square("1", 0), square("2", 1.5), square("3", 4))
    day = date(2026, 1, 1)
    summary = await import_areas(database, redrawn, layer="board", valid_from=day)
    assert counts(summary) == (1, 1, 1, 0)
    assert await found(database, 1.2, date(2025, 12, 31)) == [("board", "2")]
    assert await found(database, 1.2, day) == []
    assert await found(database, 2.2, day) == [("board", "2")]
    assert await found(database, 0.5, date(1990, 1, 1)) == await found(database, 0.5, day) == [("board", "1")]
    assert counts(await import_areas(database, redrawn, layer="board", valid_from=day)) == (0, 0, 3, 0)


async def test_a_correction_keeps_the_row_that_requests_point_at(
    database: Database, boards: Path, tmp_path: Path
) -> None:
    await import_areas(database, boards, layer="board", **CITY)
    async with database.reading() as session:
        before = {row.code: row.id for row in (await session.execute(select(Area))).scalars()}
    better = written(tmp_path / "better.geojson", square("1", -0.5, population=12), square("2", 1, name="Two"))
    assert counts(await import_areas(database, better, layer="board")) == (0, 2, 0, 0)
    async with database.reading() as session:
        rows = (await session.execute(select(Area).order_by(Area.code))).scalars().all()
    assert {row.code: row.id for row in rows} == before
    assert [(row.name, row.population) for row in rows] == [("Board 1", 12), ("Two", None)]
    assert await found(database, -0.4) == [("board", "1")]


async def test_one_bad_area_refuses_the_file_and_names_its_line(database: Database, tmp_path: Path) -> None:
    point = {"type": "Feature", "properties": {"code": "2", "name": "Dot"}, "geometry": {"type": "Point"}}
    path = written(tmp_path / "boards.geojson", square("1", 0), point)
    with pytest.raises(ImportRefused) as refused:
        await import_areas(database, path, layer="board", **CITY)
    assert str(refused.value) == "boards.geojson:3:1: feature 2 (Dot): it is a Point, not a Polygon or MultiPolygon"
    async with database.reading() as session:
        assert (await session.execute(select(Jurisdiction.id))).all() == []
    summary = await import_areas(database, path, layer="board", skip_bad=True, **CITY)
    assert counts(summary) == (1, 0, 0, 1)
    assert [str(problem) for problem in summary.problems] == [str(refused.value)]


async def test_dates_that_overlap_are_refused_and_change_nothing(database: Database, boards: Path) -> None:
    await import_areas(database, boards, layer="board", valid_from=date(2010, 1, 1), **CITY)
    before = await version(database)
    with pytest.raises(ImportRefused, match="so that the areas of a layer follow one another"):
        await import_areas(database, boards, layer="board", valid_from=date(2000, 1, 1))
    with pytest.raises(ImportRefused, match="would end"):
        await import_areas(database, boards, layer="board", valid_from=date(2001, 1, 1), valid_to=date(2000, 1, 1))
    with pytest.raises(ImportRefused, match="cannot be the code of a layer"):
        await import_areas(database, boards, layer="Council Districts")
    assert await version(database) == before


async def test_the_layer_city_is_the_boundary_and_nothing_else(database: Database, boards: Path) -> None:
    assert counts(await import_areas(database, boards, layer="city", **CITY)) == (0, 1, 0, 0)
    assert counts(await import_areas(database, boards, layer="city")) == (0, 0, 1, 0)
    assert await found(database, 0.5) == []
    async with database.reading() as session:
        index = await areas_index(session, await get_jurisdiction(session))
    assert index.bounds == (0, 0, 2, 1)


async def test_an_agency_comes_with_the_land_that_it_answers_for(
    database: Database, boards: Path, tmp_path: Path
) -> None:
    await import_areas(database, boards, layer="city", **CITY)
    port = written(tmp_path / "port.geojson", square("port", 3, name="Port Authority", phone="555-0100"))
    await import_areas(database, port, layer="agency")
    assert counts(await import_areas(database, port, layer="agency")) == (0, 0, 1, 0)
    async with database.reading() as session:
        index = await areas_index(session, await get_jurisdiction(session))
        departments = (await session.execute(select(Department))).scalars().all()
    assert [(row.code, row.kind) for row in departments] == [("port", "agency")]
    agency = index.outside_agency(0.5, 3.5, DAY)
    assert agency is not None and (agency.name, agency.phone) == ("Port Authority", "555-0100")
    assert index.outside_agency(0.5, 0.5, DAY) is None


async def test_pittsburghs_ten_invalid_rings_are_mended_and_told(database: Database, shared_data: Path) -> None:
    path = shared_data / "areas" / "pittsburgh_neighborhood.geojson"
    summary = await import_areas(database, path, layer="neighborhood", boundary=True, **CITY)
    repairs = [note for note in summary.notes if "made valid" in note]
    assert counts(summary) == (90, 0, 0, 0)
    assert len(repairs) == 10
    assert repairs[0].startswith(
        "pittsburgh_neighborhood.geojson:8228:5: feature 11 (Overbrook): Ring Self-intersection"
    )
    assert counts(await import_areas(database, path, layer="neighborhood", boundary=True)) == (0, 0, 90, 0)


async def test_minneapolis_ring_with_too_few_points_is_told(database: Database, shared_data: Path) -> None:
    path = shared_data / "areas" / "minneapolis_neighborhood.geojson"
    summary = await import_areas(database, path, layer="neighborhood", **CITY)
    assert counts(summary) == (85, 0, 0, 0)
    assert any("(Longfellow): the outer ring of a polygon has too few points" in note for note in summary.notes)


async def test_neighborhood_councils_that_overlap_are_taken_and_told(database: Database, shared_data: Path) -> None:
    path = shared_data / "areas" / "la_neighborhood_council.geojson"
    summary = await import_areas(database, path, layer="neighborhood_council", **CITY)
    assert counts(summary) == (99, 0, 0, 0)
    assert "LAKE BALBOA NC and ENCINO NC overlap (35.5% of the smaller)." in summary.notes


async def test_a_zip_in_two_parts_is_one_area(database: Database, shared_data: Path) -> None:
    path = shared_data / "areas" / "chicago_zip_state_plane.zip"
    summary = await import_areas(database, path, layer="zip", layer_name="ZIP", **CITY)
    assert counts(summary) == (59, 0, 0, 0)
    assert "60707 stands on 2 features; they were joined to one area." in summary.notes
    async with database.reading() as session:
        index = await areas_index(session, await get_jurisdiction(session))
        total = sum((await session.execute(select(Area.area_km2))).scalars().all())
    # Wrigley Field, whose postal address is in 60613.
    assert [(ref.code, ref.name) for ref in index.find(41.94844, -87.65533, DAY)] == [("60613", "ZIP 60613")]
    assert total == pytest.approx(598.6, abs=0.5)
