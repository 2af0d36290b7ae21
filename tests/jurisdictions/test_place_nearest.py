"""The address or intersection that a point is at or near."""

from __future__ import annotations

import random

import pytest
from sqlalchemy import insert

from app.db import Database, point
from app.jurisdictions.geodesy import distance_m
from app.jurisdictions.models import Place
from app.jurisdictions.place_nearest import nearest_place

LAT, LONG = 59.9, 10.7
METRE = 1 / 111_195


@pytest.fixture
async def scattered(database: Database) -> list[tuple[float, float]]:
    """Four hundred addresses in a square of 2 km in the north, where a degree of longitude is half as long."""
    dice = random.Random(5)
    spots = [(LAT + dice.uniform(0, 2000) * METRE, LONG + dice.uniform(0, 4000) * METRE) for _ in range(400)]
    async with database.writing() as session:
        labelled = [{"kind": "address", "label": str(at), "location": point(*spot)} for at, spot in enumerate(spots)]
        await session.execute(insert(Place), labelled)
    return spots


async def test_the_nearest_is_the_one_that_a_search_of_all_finds(
    database: Database, scattered: list[tuple[float, float]]
) -> None:
    dice = random.Random(6)
    async with database.reading() as session:
        for _ in range(100):
            here = (LAT + dice.uniform(-200, 2200) * METRE, LONG + dice.uniform(-400, 4400) * METRE)
            metres, label = min((distance_m(*here, *spot), str(at)) for at, spot in enumerate(scattered))
            place = await nearest_place(session, *here)
            if metres > 250:
                assert place is None
            else:
                assert place is not None
                assert (place.label, place.distance_m) == (label, pytest.approx(metres, abs=0.06))


async def test_nothing_is_near_beyond_the_radius(database: Database) -> None:
    async with database.writing() as session:
        session.add(Place(kind="address", label="1 Pier", zipcode="0150", location=point(LAT, LONG)))
        await session.flush()
        near = await nearest_place(session, LAT + 249 * METRE, LONG)
        assert near is not None
        assert (near.label, near.kind, near.zipcode) == ("1 Pier", "address", "0150")
        assert near.distance_m == pytest.approx(249, abs=0.5)
        assert await nearest_place(session, LAT + 251 * METRE, LONG) is None
        assert await nearest_place(session, LAT + 240 * METRE, LONG + 240 * METRE * 2) is None
        assert await nearest_place(session, LAT + 251 * METRE, LONG, radius_m=300) is not None
        assert await nearest_place(session, LAT + 11 * METRE, LONG, radius_m=10) is None


async def test_a_point_of_interest_is_not_an_address(database: Database) -> None:
    async with database.writing() as session:
        session.add(Place(kind="poi", label="A park", location=point(LAT, LONG)))
        session.add(Place(kind="intersection", label="A & B", location=point(LAT + 50 * METRE, LONG)))
        await session.flush()
        place = await nearest_place(session, LAT, LONG)
    assert place is not None
    assert place.label == "A & B"


NOWHERE = [(float("nan"), 0), (91, 0), (0, 181), (float("inf"), float("inf")), (-90, 0), (90, 180), (0, -180)]


async def test_a_point_where_nobody_stands_has_no_address(database: Database) -> None:
    async with database.reading() as session:
        assert [await nearest_place(session, *spot) for spot in NOWHERE] == [None] * len(NOWHERE)
