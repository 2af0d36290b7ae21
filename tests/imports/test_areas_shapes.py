"""What a file calls an area becomes a valid one, and every repair is said."""

from __future__ import annotations

from typing import Any

import pytest

from app.imports.area_rows import overlap_notes
from app.imports.area_shapes import NoArea, Shaped, Shaper
from app.imports.area_versions import NewArea

SQUARE = [[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]]


def shaped(kind: str, coordinates: Any) -> Shaped:
    return Shaper(None).shape({"type": kind, "coordinates": coordinates})


def area(name: str, west: float, east: float) -> NewArea:
    ring = [[west, 0], [east, 0], [east, 1], [west, 1], [west, 0]]
    return NewArea(name, name, None, shaped("Polygon", [ring]).shape, 0.0)


def test_area_is_measured_on_the_ellipsoid() -> None:
    # One degree by one degree at the equator on WGS84, by GeographicLib's Planimeter.
    assert shaped("Polygon", [SQUARE]).km2 == pytest.approx(12308.778, rel=1e-6)


def test_a_hole_is_not_counted() -> None:
    hole = [[0.25, 0.25], [0.25, 0.75], [0.75, 0.75], [0.75, 0.25], [0.25, 0.25]]
    assert shaped("Polygon", [SQUARE, hole]).km2 == pytest.approx(12308.778 * 0.75, rel=1e-3)


def test_a_bow_tie_is_made_valid_and_the_change_is_said() -> None:
    bow_tie = [[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]
    mended = shaped("Polygon", [bow_tie])
    assert mended.shape.is_valid
    assert mended.km2 == pytest.approx(12308.778 / 2, rel=1e-3)
    assert len(mended.repairs) == 1
    assert mended.repairs[0].startswith("Self-intersection[0.5 0.5]; made valid, area ")


def test_a_ring_with_too_few_points_is_left_out_and_said() -> None:
    mended = shaped("MultiPolygon", [[SQUARE], [[[2, 2], [3, 3], [2, 2], [2, 2]]]])
    assert mended.shape.bounds == (0, 0, 1, 1)
    assert mended.repairs == ["the outer ring of a polygon has too few points (2 different); it was left out"]


def test_an_open_ring_is_closed_and_said() -> None:
    mended = shaped("Polygon", [SQUARE[:-1]])
    assert mended.km2 == pytest.approx(12308.778, rel=1e-6)
    assert mended.repairs == ["the outer ring of a polygon was not closed; it was closed"]


def test_overlapping_parts_of_one_area_are_joined_not_cut_out() -> None:
    inside = [[0.25, 0.25], [0.75, 0.25], [0.75, 0.75], [0.25, 0.75], [0.25, 0.25]]
    beside = [[0.5, 0], [1.5, 0], [1.5, 1], [0.5, 1], [0.5, 0]]
    assert shaped("MultiPolygon", [[SQUARE], [inside]]).km2 == pytest.approx(12308.778, rel=1e-3)
    assert shaped("MultiPolygon", [[SQUARE], [beside]]).km2 == pytest.approx(12308.778 * 1.5, rel=1e-3)


@pytest.mark.parametrize(
    ("geometry", "reason"),
    [
        (None, "it has no geometry"),
        ({"type": "Point", "coordinates": [0, 0]}, "it is a Point, not a Polygon"),
        ({"type": "Polygon", "coordinates": []}, "no ring of at least 4 points"),
        ({"type": "Polygon", "coordinates": [[[0, 0], [1, "x"], [1, 1], [0, 0]]]}, "cannot be read"),
        ({"type": "Polygon", "coordinates": [[[0, 0], [1, float("inf")], [1, 1], [0, 0]]]}, "is not a position"),
        ({"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [2, 2], [0, 0]]]}, "nothing of it is left"),
    ],
)
def test_what_is_no_area_is_refused_with_its_reason(geometry: Any, reason: str) -> None:
    with pytest.raises(NoArea, match=reason):
        Shaper(None).shape(geometry)


def test_overlaps_are_told_with_their_share_and_touching_is_none() -> None:
    areas = [area("West", 0, 1), area("Middle", 0.75, 1.25), area("East", 1.25, 2)]
    assert overlap_notes(areas) == ["West and Middle overlap (50.0% of the smaller)."]
