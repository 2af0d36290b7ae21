"""The code and the name of an area are found in real files; where they cannot be told the fields are listed."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.imports.area_fields import FieldsUnclear, choose_fields, slug
from app.imports.area_file import read_area_file
from app.imports.area_rows import code_and_name
from app.imports.features import Feature


def features(*rows: dict[str, object]) -> list[Feature]:
    return [Feature(number, number, 1, row, None) for number, row in enumerate(rows, 1)]


@pytest.mark.parametrize(
    ("file", "code", "name"),
    [
        ("nyc_borough.geojson", "1", "Manhattan"),
        ("nyc_community_district.geojson", "101", "Manhattan Community District 1"),
        ("nyc_council_district.geojson", "1", "City Council District 1"),
        ("nyc_zcta.geojson", "10001", "MODZCTA 10001"),
        ("chicago_community_area.geojson", "35", "DOUGLAS"),
        ("chicago_ward_2022.geojson", "1", "Layer 1"),
        ("chicago_zip_state_plane.zip", "60647", "Layer 60647"),
        ("la_council_district_2012.geojson", "10", "Layer 10"),
        ("la_neighborhood_council.geojson", "47", "LINCOLN HEIGHTS NC"),
        ("minneapolis_neighborhood.geojson", "bryant", "Bryant"),
        ("philadelphia_neighborhood.geojson", "pennypack-park", "Pennypack Park"),
        ("pittsburgh_neighborhood.geojson", "south-side-flats", "South Side Flats"),
    ],
)
def test_the_fields_of_real_files_are_guessed(shared_data: Path, file: str, code: str, name: str) -> None:
    read = read_area_file(shared_data / "areas" / file)
    fields = choose_fields(read.features, None, None, None)
    assert code_and_name(read.features[0], fields, "Layer") == (code, name)


def test_population_is_found(shared_data: Path) -> None:
    read = read_area_file(shared_data / "areas" / "nyc_zcta.geojson")
    assert choose_fields(read.features, None, None, None).population == "population_estimate"


def test_fields_that_are_told_are_taken() -> None:
    fields = choose_fields(features({"a": "x", "b": "North", "n": 3}), "a", "b", "n")
    assert (fields.code, fields.name, fields.population) == ("a", "b", "n")


def test_a_field_that_is_not_there_is_refused() -> None:
    with pytest.raises(FieldsUnclear, match=r"there is no field 'kode'; .*--code-field.*code \(1 different"):
        choose_fields(features({"code": "x"}), "kode", None, None)


def test_the_only_unique_field_is_the_code_and_row_numbers_are_not() -> None:
    rows = features({"objectid": 1, "beat": "A1", "side": "N"}, {"objectid": 2, "beat": "A2", "side": "N"})
    assert choose_fields(rows, None, None, None).code == "beat"


def test_two_fields_that_could_be_the_code_are_refused_and_listed() -> None:
    rows = features({"beat": "A1", "sector": "K", "side": "N"}, {"beat": "A2", "sector": "L", "side": "N"})
    with pytest.raises(FieldsUnclear) as unclear:
        choose_fields(rows, None, None, None)
    assert "beat (2 different, such as 'A1'), sector (2 different" in str(unclear.value)


def test_a_code_made_from_a_name_fits_an_address() -> None:
    assert slug("Mt. Washington / Peñón") == "mt-washington-penon"
