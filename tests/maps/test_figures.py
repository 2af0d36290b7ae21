"""Figures from what is counted and figures from the rows are the same, and so are those that anybody counts by hand."""

from __future__ import annotations

import os
import random
from collections import Counter
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from app.maps import figures
from app.maps.cell_box import CellBox
from app.maps.figure_places import places_of_tile
from app.maps.figures import cells_by_group, cells_of_tile, count_cells, values_of_tile
from app.maps.filter_months import whole_months
from app.maps.filters import MapFilter, read_filter
from app.maps.grid import TileAt, shown_level
from app.maps.regions import counted_region
from app.service_requests.cells import tile_of
from tests.maps.conftest import Crowded
from tests.maps.crowd import CODES, GROUPS, NOW, SOURCES, One

# A share of what is tried with BLOCKWISE_TEST_EVERY_ROW.
HOW_MANY = 400 if os.environ.get("BLOCKWISE_TEST_EVERY_ROW") else 24
ZONE = ZoneInfo("America/New_York")
Rows = list[tuple[object, ...]]


def random_query(dice: random.Random) -> dict[str, list[str]]:
    asked: dict[str, list[str]] = {}
    if dice.random() < 0.4:
        asked["service_code"] = [",".join(dice.sample(["pothole", "graffiti", "heat", "tree"], dice.randint(1, 3)))]
    if dice.random() < 0.2:
        asked["group"] = [dice.choice(["streets", "safety"])]
    if dice.random() < 0.5:
        asked["status"] = [",".join(dice.sample(["open", "late", "closed", "duplicate"], dice.randint(1, 4)))]
    if dice.random() < 0.4:
        asked["source"] = [",".join(dice.sample(SOURCES, dice.randint(1, 2)))]
    if dice.random() < 0.6:
        first = NOW.date() - timedelta(days=dice.randint(0, 760))
        if dice.random() < 0.5:
            first = first.replace(day=1)
        asked["filed_from"] = [first.isoformat()]
        if dice.random() < 0.7:
            asked["filed_to"] = [(first + timedelta(days=dice.choice([0, 20, 29, 30, 89, 400]))).isoformat()]
    return asked


def fits(query: dict[str, list[str]], one: One) -> bool:
    given = {name: values[0].split(",") for name, values in query.items()}
    filed = one.filed.astimezone(ZONE).date()
    named = [
        *given.get("service_code", []),
        *(code for number, code in CODES.items() if GROUPS[number] in given.get("group", [])),
    ]
    return (
        one.public
        and one.source in given.get("source", SOURCES)
        and one.standing in given.get("status", ["open", "late", "closed"])
        and (not ("service_code" in given or "group" in given) or CODES[one.service_id] in named)
        and ("filed_from" not in given or date.fromisoformat(given["filed_from"][0]) <= filed)
        and ("filed_to" not in given or filed <= date.fromisoformat(given["filed_to"][0]))
    )


async def read(session: AsyncSession, asked: MapFilter, tile: TileAt, *, by_region: bool = True) -> list[Rows]:
    """All that is counted in a tile, in each of the ways that a map asks for it."""
    level = shown_level(tile.z)
    box = CellBox(tile.z, tile.x, tile.y, tile.x, tile.y)
    region = await counted_region(session, asked) if by_region else None
    inside = region is not None
    ways = [way(asked, tile.z, level, in_region=inside) for way in (cells_of_tile, cells_by_group)]
    if tile.shows_places:
        ways += [places_of_tile(asked, tile.z, one, in_region=inside) for one in (level, level - 2)]
    told = values_of_tile(region, tile, level)
    found = [[tuple(row) for row in await session.execute(way.order_by("cell"), told)] for way in ways]
    return [*found, [await count_cells(session, asked, box)]]


async def test_what_is_counted_and_what_stands_in_the_rows_are_the_same(
    crowded: Crowded, monkeypatch: pytest.MonkeyPatch
) -> None:
    dice = random.Random(2019)
    from_counts: Counter[str] = Counter()
    for number in range(HOW_MANY):
        query, z = random_query(dice), number * 7 % 19
        one = dice.choice(crowded.crowd)
        x, y = tile_of(z, one.lat, one.long)
        async with crowded.database.reading() as session:
            asked = await read_filter(session, query)
            told = await read(session, asked, TileAt(z, x, y))
            from_counts["counted" if asked.is_counted(shown_level(z)) else "rows"] += 1
            with monkeypatch.context() as patched:
                patched.setattr(figures, "parts_of", lambda asked, level, **_: ([], [asked]))
                plain = await read(session, asked, TileAt(z, x, y))
        assert told == plain, (query, z)
        here = [one for one in crowded.crowd if fits(query, one) and tile_of(z, one.lat, one.long) == (x, y)]
        assert sum(row[1] for row in told[0]) == len(here), (query, z)
        assert told[-1][0].fitting == len(here)
    assert min(from_counts["counted"], from_counts["rows"]) >= HOW_MANY // 6


@pytest.mark.parametrize("part", ["circle", "area"])
async def test_a_part_of_the_city_is_counted_inside_and_read_where_its_edge_cuts(crowded: Crowded, part: str) -> None:
    dice = random.Random(1898)
    seen: Counter[str] = Counter()
    for number in range(HOW_MANY):
        z, one = number * 7 % 19, dice.choice(crowded.crowd)
        lat, long = one.lat + dice.uniform(-0.003, 0.003), one.long + dice.uniform(-0.003, 0.003)
        metres = dice.choice([1, 40, 300, 900, 4000, 40_000])
        where = {"near": [f"{lat},{long},{metres}"]} if part == "circle" else {"area": [f"board:{dice.choice([1, 2])}"]}
        query = {**where, "status": [dice.choice(["open,late,closed", "late,duplicate"])]}
        query |= dice.choice([{}, {"group": ["streets"]}, {"service_code": ["heat,tree"]}])
        query |= (
            {"source": [",".join(dice.sample(SOURCES, 3))]}
            if "service_code" not in query and dice.random() < 0.5
            else {}
        )
        x, y = tile_of(z, one.lat, one.long)
        async with crowded.database.reading() as session:
            asked = await read_filter(session, query)
            told = await read(session, asked, TileAt(z, x, y))
            assert await counted_region(session, asked)
            plain = await read(session, asked, TileAt(z, x, y), by_region=False)
        assert told == plain, (query, z)
        seen["some" if told[0] else "none"] += 1
    assert seen["some"] >= HOW_MANY // 3


@pytest.mark.parametrize(
    ("first", "last", "months", "days"),
    [
        ("2026-01-01", "2026-01-31", [202601], []),
        ("2025-11-01", "2026-02-28", [202511, 202512, 202601, 202602], []),
        ("2025-11-02", "2026-02-27", [202512, 202601], [("2025-11-02", "2025-11-30"), ("2026-02-01", "2026-02-27")]),
        ("2026-01-05", "2026-01-09", [], [("2026-01-05", "2026-01-09")]),
        ("2026-01-05", "2026-02-09", [], [("2026-01-05", "2026-02-09")]),
        ("2024-02-01", "2024-02-28", [], [("2024-02-01", "2024-02-28")]),
        ("2024-02-01", "2024-02-29", [202402], []),
        ("2025-12-31", "2026-01-31", [202601], [("2025-12-31", "2025-12-31")]),
    ],
)
def test_days_are_whole_months_and_what_is_left_over(
    first: str, last: str, months: list[int], days: list[tuple[str, str]]
) -> None:
    found = whole_months(date.fromisoformat(first), date.fromisoformat(last))
    assert found == (months, [(date.fromisoformat(a), date.fromisoformat(b)) for a, b in days])


def test_an_open_end_reaches_over_all_years() -> None:
    months, days = whole_months(None, date(2026, 3, 15))
    assert (months[0], months[-1], days) == (197001, 202602, [(date(2026, 3, 1), date(2026, 3, 15))])
    months, days = whole_months(date(2026, 3, 15), None)
    assert (months[0], months[-1] >= NOW.year * 100 + 112, days) == (
        202604,
        True,
        [(date(2026, 3, 15), date(2026, 3, 31))],
    )
