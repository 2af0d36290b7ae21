"""An OpenStreetMap extract gives addresses, named points of interest, and intersections."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.db import Database
from app.imports.place_rows import PlaceRow
from app.imports.places import import_places
from app.imports.places_osm import osm_places
from app.imports.problems import ImportProblem
from app.jurisdictions.place_search import search_places


def extract(path: Path, nodes: str, ways: str) -> Path:
    text = f"<?xml version='1.0' encoding='UTF-8'?>\n<osm version='0.6'>{nodes}{ways}</osm>"
    path.write_text(text, encoding="utf-8")
    return path


def node(number: int, lat: float, long: float, **tags: str) -> str:
    return f"<node id='{number}' version='1' lat='{lat}' lon='{long}'>{tagged(tags)}</node>"


def way(number: int, nodes: list[int], **tags: str) -> str:
    refs = "".join(f"<nd ref='{ref}'/>" for ref in nodes)
    return f"<way id='{number}' version='1'>{refs}{tagged(tags)}</way>"


def tagged(tags: dict[str, str]) -> str:
    return "".join(f"<tag k='{key.replace('__', ':')}' v='{value}'/>" for key, value in tags.items())


def read(path: Path) -> list[PlaceRow]:
    return [row for row in osm_places(path, "osm") if isinstance(row, PlaceRow)]


def test_a_boulevard_of_two_carriageways_meets_a_street_once(tmp_path: Path) -> None:
    nodes = "".join(
        node(number, 43.73 + row * 0.0002, 7.42 + column * 0.002)
        for number, (row, column) in enumerate([(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2), (9, 1), (9, 2)], 1)
    )
    ways = (
        way(1, [1, 2, 3], highway="primary", name="Boulevard A", oneway="yes")
        + way(2, [6, 5, 4], highway="primary", name="Boulevard A", oneway="yes")
        + way(3, [2, 5, 7], highway="residential", name="Rue B")
        + way(4, [7, 8, 3], highway="residential", name="Rue C")
        + way(5, [7, 8], highway="proposed", name="Rue D")
        + way(6, [1, 4], highway="service")
    )
    found = {row.label: row for row in read(extract(tmp_path / "a.osm", nodes, ways))}
    assert set(found) == {"Boulevard A & Rue B", "Boulevard A & Rue C", "Rue B & Rue C"}
    corner = found["Boulevard A & Rue B"]
    assert (corner.kind, corner.street, corner.cross_street) == ("intersection", "Boulevard A", "Rue B")
    assert (corner.lat, corner.long) == (pytest.approx(43.7301), pytest.approx(7.422))


def test_an_address_on_a_building_lies_in_its_middle(tmp_path: Path) -> None:
    nodes = "".join(node(number, *spot) for number, spot in enumerate([(0.0, 1), (0.0, 1.2), (0.2, 1.2), (0.2, 1)], 1))
    tags = {"building": "yes", "addr__housenumber": "12", "addr__street": "Rue B", "addr__postcode": "98000"}
    rows = read(extract(tmp_path / "a.osm", nodes, way(9, [1, 2, 3, 4, 1], name="Villa", **tags)))
    assert [(row.kind, row.label, row.source_id) for row in rows] == [
        ("address", "12 Rue B", "osm:w9"), ("poi", "Villa", "osm:w9:poi"),
    ]  # fmt: skip
    assert (rows[0].lat, rows[0].long, rows[0].zipcode) == (pytest.approx(0.1), pytest.approx(1.1), "98000")


def test_only_named_things_of_the_right_kind_are_points_of_interest(tmp_path: Path) -> None:
    nodes = (
        node(1, 43, 7, railway="station", name="Gare")
        + node(2, 43, 7, railway="signal", name="S1")
        + node(3, 43, 7, amenity="cafe")
        + node(4, 43, 7, public_transport="stop_position", name="Stop")
        + node(5, 43, 7, tourism="museum", name="Musée")
        + node(6, 43, 7, addr__housenumber="5")
    )
    assert [row.label for row in read(extract(tmp_path / "a.osm", nodes, ""))] == ["Gare", "Musée"]


def test_a_number_that_is_too_long_is_named_by_its_object(tmp_path: Path) -> None:
    path = extract(tmp_path / "a.osm", node(8, 43, 7, addr__housenumber="1" * 21, addr__street="Rue B"), "")
    problems = [item for item in osm_places(path, "osm") if isinstance(item, ImportProblem)]
    assert [str(problem) for problem in problems] == [
        "a.osm: OpenStreetMap's n8: the number is longer than 20 characters"
    ]


async def test_monaco_comes_in_and_is_found(database: Database, shared_data: Path) -> None:
    path = shared_data / "osm" / "monaco-latest.osm.pbf"
    first = await import_places(database, path, city_name="Monaco", timezone="Europe/Monaco", skip_bad=True)
    again = await import_places(database, path, skip_bad=True)
    assert first.taken > 1000 and first.changed == first.left_out == 0
    assert (again.taken, again.changed, again.unchanged) == (0, 0, first.taken)
    async with database.reading() as session:
        address = await search_places(session, "4 avenue de la madone")
        corner = await search_places(session, "avenue princesse alice & avenue de la costa")
    assert "4 Avenue de la Madone" in [place.label for place in address]
    assert corner[0].label == "Avenue de la Costa & Avenue Princesse Alice"
