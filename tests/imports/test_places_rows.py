"""Fields become an address, an intersection or a point of interest, or say what is missing."""

from __future__ import annotations

import pytest

from app.imports.place_rows import BadPlace, hashed_id, known_fields, place_from


@pytest.mark.parametrize(
    ("fields", "kind", "label", "number", "street", "cross"),
    [
        ({"number": "120", "street": "Beacon Street"}, "address", "120 Beacon Street", "120", "Beacon Street", None),
        (
            {"number": "9757", "direction": "N", "street": "RESEDA", "suffix": "BLVD"},
            "address", "9757 N RESEDA BLVD", "9757", "N RESEDA BLVD", None,
        ),
        ({"label": "73-42 68 AVENUE, QUEENS"}, "address", "73-42 68 AVENUE", "73-42", "68 AVENUE", None),
        (
            {"street": "Beacon Street", "cross_street": "Tremont Street"},
            "intersection", "Beacon Street & Tremont Street", None, "Beacon Street", "Tremont Street",
        ),
        (
            {"kind": "Intersection", "label": "MADISON AVE AT NORMAL AVE"},
            "intersection", "MADISON AVE & NORMAL AVE", None, "MADISON AVE", "NORMAL AVE",
        ),
        ({"name": "Harbor Point Library"}, "poi", "Harbor Point Library", None, None, None),
        ({"kind": "poi", "label": "1 World Trade Center"}, "poi", "1 World Trade Center", None, None, None),
        (
            {"kind": "poi", "name": "Library", "number": "4", "street": "Elm Street"},
            "poi", "Library", "4", "Elm Street", None,
        ),
    ],
)  # fmt: skip
def test_fields_say_what_a_place_is(
    fields: dict[str, str], kind: str, label: str, number: str | None, street: str | None, cross: str | None
) -> None:
    row = place_from(fields, 40.0, -74.0)
    assert (row.kind, row.label, row.house_number, row.street, row.cross_street) == (kind, label, number, street, cross)


@pytest.mark.parametrize(
    ("fields", "lat", "long", "field", "reason"),
    [
        ({"name": "x"}, 91.0, 0.0, "lat", "the latitude 91.0 is not between"),
        ({"name": "x"}, 40.0, -181.0, "long", "the longitude -181.0 is not between"),
        ({"name": "x"}, float("nan"), 1.0, "lat", "the latitude nan"),
        ({"name": "x"}, 0.0, 0.0, "lat", "the position is missing"),
        ({"street": "Elm Street"}, 40.0, -74.0, "", "neither a house number with a street"),
        ({"kind": "address", "name": "Elm"}, 40.0, -74.0, "", "needs a house number and a street"),
        ({"kind": "house", "name": "Elm"}, 40.0, -74.0, "kind", "must be address, intersection or poi"),
        ({"kind": "intersection", "label": "Elm Street"}, 40.0, -74.0, "label", "needs two streets"),
        ({"number": "1", "street": "x" * 201}, 40.0, -74.0, "street", "longer than 200"),
    ],
)
def test_what_is_missing_is_said(fields: dict[str, str], lat: float, long: float, field: str, reason: str) -> None:
    with pytest.raises(BadPlace, match=reason) as bad:
        place_from(fields, lat, long)
    assert bad.value.field == field


def test_headers_are_known_by_many_names() -> None:
    openaddresses = known_fields(["LON", "LAT", "NUMBER", "STREET", "UNIT", "CITY", "POSTCODE", "ID", "HASH"])
    assert openaddresses == {
        "long": "LON", "lat": "LAT", "number": "NUMBER", "street": "STREET", "zipcode": "POSTCODE"
    }  # fmt: skip
    assert known_fields(["House Number", "Street Name", "Zip Code"]) == {
        "number": "House Number", "street": "Street Name", "zipcode": "Zip Code"
    }  # fmt: skip


def test_a_place_keeps_its_identity_until_its_name_or_position_changes() -> None:
    one = hashed_id("poi", "Library", 40.1234567, -74.0)
    assert one == hashed_id("poi", "Library", 40.12345671, -74.0)
    assert len({one, hashed_id("poi", "Librarx", 40.1234567, -74.0), hashed_id("poi", "Library", 40.12346, -74.0)}) == 3
