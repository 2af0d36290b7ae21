"""The areas of a point, from memory."""

from __future__ import annotations

import csv
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
import shapely
from shapely import MultiPolygon
from sqlalchemy import event, update

from app.db import Database
from app.imports.areas import import_areas
from app.jurisdictions.area_index import Agency, AreaIndex, AreaRef, AreaShape
from app.jurisdictions.models import Department, Jurisdiction
from app.jurisdictions.queries import NoCity, areas_at, areas_index, get_jurisdiction
from app.settings import ROOT
from tests.service_requests.city import AGENCY_LONG, LAT, STATE, make_city

DAY = date(2018, 10, 21)
BOROUGHS = {"MANHATTAN": "1", "BRONX": "2", "BROOKLYN": "3", "QUEENS": "4", "STATEN ISLAND": "5"}


def area(
    number: int, code: str, west: float, east: float, *, since: date | None = None, to: date | None = None,
    department_id: int | None = None,
) -> AreaShape:  # fmt: skip
    shape = MultiPolygon([shapely.box(west, 0, east, 1)])
    return AreaShape(AreaRef(number, "board", code, code, department_id), since, to, shape)


def codes(index: AreaIndex, long: float, on: date = DAY) -> list[str]:
    return [ref.code for ref in index.find(0.5, long, on)]


def test_a_point_is_in_every_area_that_holds_it() -> None:
    index = AreaIndex([area(1, "a", 0, 2), area(2, "b", 1, 3)], None)
    assert [codes(index, long) for long in (0.5, 1.5, 2.5, 3.5)] == [["a"], ["a", "b"], ["b"], []]


def test_a_point_on_a_border_is_on_both_sides() -> None:
    assert codes(AreaIndex([area(1, "a", 0, 1), area(2, "b", 1, 2)], None), 1.0) == ["a", "b"]


def test_an_area_counts_from_its_first_day_until_before_its_last() -> None:
    index = AreaIndex([area(1, "old", 0, 1, to=DAY), area(2, "new", 0, 1, since=DAY)], None)
    assert codes(index, 0.5, date(2018, 10, 20)) == ["old"]
    assert codes(index, 0.5, DAY) == ["new"]


def test_everywhere_is_inside_while_there_is_no_boundary() -> None:
    assert AreaIndex([], None).contains_city(80, 170)
    boundary = MultiPolygon([shapely.box(0, 0, 1, 1)])
    assert not AreaIndex([], boundary).contains_city(80, 170)
    assert AreaIndex([], boundary).contains_city(0.5, 0.5)


def test_the_agency_with_the_smallest_land_answers() -> None:
    state, port = (Agency(number, name, name, "555", None, {}) for number, name in ((7, "state"), (8, "port")))
    lands = [(1, 0, 4, 7), (2, 1, 2, 8), (3, 3, 4, 9)]
    areas = [area(number, "land", west, east, department_id=owner) for number, west, east, owner in lands]
    index = AreaIndex(areas, None, [state, port])
    assert index.outside_agency(0.5, 1.5, DAY) == port
    assert index.outside_agency(0.5, 3.5, DAY) == state
    assert index.outside_agency(0.5, 5.0, DAY) is None


async def test_a_database_without_a_city_says_what_to_do(database: Database) -> None:
    async with database.reading() as session:
        with pytest.raises(NoCity, match="blockwise demo"):
            await areas_at(session, 0, 0, DAY)


async def test_an_agencys_new_telephone_number_is_told_once_the_catalogue_has_it(database: Database) -> None:
    await make_city(database)
    async with database.reading() as session:
        before = await areas_index(session, await get_jurisdiction(session))
    async with database.writing() as session:
        await session.execute(update(Department).where(Department.id == STATE).values(phone="555-0200"))
        await session.execute(update(Jurisdiction).values(catalogue_version=Jurisdiction.catalogue_version + 1))
    async with database.reading() as session:
        after = await areas_index(session, await get_jurisdiction(session))
    told = [agency.phone for index in (before, after) if (agency := index.outside_agency(LAT, AGENCY_LONG, DAY))]
    assert told == ["555-0199", "555-0200"]


async def import_new_york(database: Database, folder: Path) -> None:
    for layer, file in (
        ("borough", "nyc_borough"), ("board", "nyc_community_district"),
        ("council_district", "nyc_council_district"), ("zip", "nyc_zcta"),
    ):  # fmt: skip
        await import_areas(
            database, folder / f"{file}.geojson", layer=layer, boundary=layer == "borough",
            city_name="New York", timezone="America/New_York",
        )  # fmt: skip


async def test_the_areas_are_read_once_and_again_only_after_a_change(database: Database, shared_data: Path) -> None:
    areas = shared_data / "areas"
    await import_areas(database, areas / "nyc_borough.geojson", layer="borough", city_name="New York")
    statements: list[str] = []
    event.listen(database.engine.sync_engine, "before_cursor_execute", lambda *facts: statements.append(facts[2]))
    async with database.reading() as session:
        city = await get_jurisdiction(session)
        first = await areas_index(session, city)
        statements.clear()
        assert await areas_index(session, city) is first
        assert statements == []
        await areas_at(session, 40.71, -73.87, DAY)
        assert len([sql for sql in statements if sql.startswith("SELECT")]) == 1
        assert "boundary" not in statements[-1]
    await import_areas(database, areas / "nyc_community_district.geojson", layer="board")
    async with database.reading() as session:
        second = await areas_index(session, await get_jurisdiction(session))
    assert second is not first
    assert {ref.layer for ref in second.find(40.71051893, -73.87862009, DAY)} == {"borough", "board"}


def new_york_rows(shared_data: Path) -> Iterator[dict[str, str]]:
    with (shared_data / "requests" / "nyc_2018-10_full.csv").open(encoding="utf-8-sig", newline="") as file:
        yield from (row for row in csv.DictReader(file) if row["Latitude"])


async def test_new_yorks_requests_lie_in_the_areas_that_they_name(database: Database, shared_data: Path) -> None:
    await import_new_york(database, shared_data / "areas")
    async with database.reading() as session:
        index = await areas_index(session, await get_jurisdiction(session))
    agree: dict[str, list[bool]] = {"board": [], "borough": [], "zip": [], "city": []}
    started, rows = time.perf_counter(), list(new_york_rows(shared_data))
    for row in rows:
        lat, long = float(row["Latitude"]), float(row["Longitude"])
        found = {ref.layer: ref.code for ref in index.find(lat, long, DAY)}
        agree["city"].append(index.contains_city(lat, long))
        number, _, borough = row["Community Board"].partition(" ")
        # Beyond 18 stand parks and airports, which belong to no board.
        if borough in BOROUGHS and number.isdigit() and int(number) <= 18:
            agree["board"].append(found.get("board") == BOROUGHS[borough] + number)
        if row["Borough"] in BOROUGHS:
            agree["borough"].append(found.get("borough") == BOROUGHS[row["Borough"]])
        if row["Incident Zip"].strip():
            agree["zip"].append(found.get("zip") == row["Incident Zip"][:5])
    each = (time.perf_counter() - started) / len(rows)
    shares = {layer: sum(values) / len(values) for layer, values in agree.items()}
    assert min(len(values) for values in agree.values()) > 6500
    assert shares["board"] >= 0.995 and shares["borough"] >= 0.999 and shares["zip"] >= 0.97, shares
    assert shares["city"] == 1.0
    assert each < 0.001


@pytest.mark.parametrize(
    ("areas", "requests", "column", "least"),
    [
        ("chicago_community_area", "chicago_sanitation_2011-2015", "Community_Area", 0.98),
        ("la_council_district_2012", "la_2018-01", "CD", 0.994),
        ("la_council_district_2012", "la_2018-12", "CD", 0.994),
        ("la_neighborhood_council", "la_2018-01", "NC", 0.98),
        ("la_neighborhood_council", "la_2018-12", "NC", 0.98),
    ],
)
async def test_other_cities_requests_lie_in_the_areas_that_they_name(
    database: Database, shared_data: Path, areas: str, requests: str, column: str, least: float
) -> None:
    await import_areas(database, shared_data / "areas" / f"{areas}.geojson", layer="board", city_name="City")
    async with database.reading() as session:
        index = await areas_index(session, await get_jurisdiction(session))
    agree = []
    with (shared_data / "requests" / f"{requests}.csv").open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            if row["Latitude"] and row[column]:
                found = {ref.code for ref in index.find(float(row["Latitude"]), float(row["Longitude"]), DAY)}
                agree.append(row[column] in found)
    assert len(agree) > 8000
    assert sum(agree) / len(agree) >= least


# In a process of its own: what two threads make at once of the same shape ends one.
MANY_AT_ONCE = """
import threading
from datetime import date

import numpy as np
from shapely import MultiPolygon, Polygon

from app.jurisdictions.area_index import AreaIndex, AreaRef, AreaShape

turn, far = np.linspace(0, 2 * np.pi, 50_000), 1 + np.arange(50_000) % 2 / 10
for _ in range(3):
    star, ready, told = Polygon(np.column_stack((far * np.cos(turn), far * np.sin(turn)))), threading.Barrier(4), []
    areas = [AreaShape(AreaRef(n, "l", str(n), "A"), None, None, MultiPolygon([star])) for n in range(3)]
    index = AreaIndex(areas, MultiPolygon([star]))

    def ask():
        ready.wait()
        told.append((len(index.find(0.1, 0.1, date.today())), index.contains_city(0.1, 0.1)))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert told == [(3, True)] * 4, told
"""


def test_many_threads_may_ask_the_same_areas_at_once() -> None:
    ended = subprocess.run([sys.executable, "-c", MANY_AT_ONCE], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert ended.returncode == 0, ended.stderr
