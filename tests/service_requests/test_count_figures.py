"""What is read of the rollups is what the rows say, folded or not, for cells, areas, days and months."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import partial
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Select, select
from sqlalchemy.orm import selectinload

from app.db import Database
from app.service_requests.count_figures import months_between
from app.service_requests.count_models import (
    ALL,
    LAST_GROUP_LEVEL,
    LAST_SOURCE_LEVEL,
    STANDINGS,
    AreaClosingDays,
    AreaCount,
)
from app.service_requests.counts import fold, fold_all
from app.service_requests.late import sweep_late
from app.service_requests.models import ServiceRequest
from tests.service_requests.cell_figures import cell_figures
from tests.service_requests.city import DRUGS, EAST_LONG, LONG, POTHOLE, TREE, report, set_facts

ZONE = ZoneInfo("America/New_York")
# No word for a filter, but a word that somebody may have put in.
SOURCES = ("phone", "O'Neill", "web")
ENDS = ("received", "assigned", "fixed", "fixed", "no_action", "duplicate")


async def history(city: Database) -> list[dict[str, Any]]:
    """Forty reports of 2024 with ends of all kinds, some filed between midnight here and midnight in UTC."""
    dice = Random(7)
    for number in range(40):
        code = ("pothole", "tree", "graffiti", "drugs")[number % 4]
        request = await report(city, service_code=code, long=(LONG, EAST_LONG, LONG + 0.0001)[number % 3])
        source = SOURCES[number % 7 % 3]
        filed = datetime(2024, 1, 1, 2, 30, tzinfo=UTC) + timedelta(days=dice.randrange(200), hours=number)
        status = dice.choice(ENDS)
        ended = filed + timedelta(days=dice.randrange(40), hours=1) if status in ENDS[2:] else None
        due = filed + timedelta(days=3) if number % 2 else None
        facts = {
            "requested_datetime": filed,
            "closed_datetime": ended,
            "status": status,
            "expected_datetime": due,
            "source": source,
        }
        await set_facts(city, request, **facts)
        if number == 20:
            await sweep_late(city)
            async with city.writing() as session:
                assert await fold(session, most=50) == 50
    await sweep_late(city)
    return await rows_of(city)


async def rows_of(city: Database) -> list[dict[str, Any]]:
    async with city.reading() as session:
        wanted = select(ServiceRequest).options(selectinload(ServiceRequest.areas).load_only())
        requests = (await session.execute(wanted)).unique().scalars().all()
    return [
        {
            "cell": request.cell,
            "service_id": request.service_id,
            "source": request.source,
            "areas": {0, *(area.id for area in request.areas)},
            "standing": standing(request),
            "filed": request.requested_datetime.astimezone(ZONE).date(),
            "closed": request.closed_datetime and request.closed_datetime.astimezone(ZONE).date(),
            "days": request.closed_datetime and (request.closed_datetime - request.requested_datetime).days,
        }
        for request in requests
        if request.service_id != DRUGS
    ]


def standing(request: ServiceRequest) -> str:
    if request.status == "duplicate":
        return "duplicate"
    if request.status not in ("received", "assigned"):
        return "closed"
    due = request.expected_datetime
    return "late" if due and due < datetime.now(UTC) else "open"


async def read(city: Database, wanted: Select[Any], width: int) -> dict[tuple[int, ...], tuple[int, ...]]:
    """{key: figures} of a reader's rows, the key being the first `width` columns."""
    async with city.reading() as session:
        rows = [tuple(int(value) for value in row) for row in await session.execute(wanted)]
    return {row[:width]: row[width:] for row in rows}


Key = Callable[[dict[str, Any]], tuple[int, ...]]


def cell(level: int, row: dict[str, Any]) -> tuple[int]:
    return (row["cell"] >> 48 - 2 * level,)


def by(rows: list[dict[str, Any]], key: Key) -> dict[tuple[int, ...], tuple[int, ...]]:
    found = Counter((key(row), row["standing"]) for row in rows)
    return {one: tuple(found[one, name] for name in STANDINGS) for one, _ in found}


async def test_every_reader_says_what_the_rows_say_folded_or_not(city: Database) -> None:
    rows = await history(city)
    await compare_cells(city, rows)
    await compare_sources(city, rows)
    await fold_all(city)
    await compare_cells(city, rows)
    await compare_sources(city, rows)
    await compare_areas(city, rows, ALL)
    await compare_areas(city, [row for row in rows if row["service_id"] == POTHOLE], POTHOLE)
    await compare_closing_days(city, [row for row in rows if row["standing"] == "closed"])


async def compare_cells(city: Database, rows: list[dict[str, Any]]) -> None:
    for level in (12, 16, 24):
        whole = [(0, 1 << 2 * level)]
        assert await read(city, cell_figures(level, whole), 1) == by(rows, partial(cell, level))
        each = await read(city, cell_figures(level, whole, each=True), 2)
        assert each == by(rows, lambda row: (*cell(level, row), row["service_id"]))  # noqa: B023
        if level > LAST_GROUP_LEVEL:
            continue
        keyed = cell_figures(level, whole, group_keys=[-POTHOLE, -DRUGS], each=True)
        assert await read(city, keyed, 2) == by(rows, lambda row: (*cell(level, row), -POTHOLE))  # noqa: B023
        assert await read(city, cell_figures(level, whole, group_keys=[-DRUGS]), 1) == {}
    spring = [row for row in rows if date(2024, 3, 1) <= row["filed"] <= date(2024, 5, 31)]
    trees = [row for row in spring if row["service_id"] == TREE]
    assert trees
    months, whole = months_between(date(2024, 3, 1), date(2024, 5, 31)), [(0, 1 << 28)]
    assert await read(city, cell_figures(14, whole, months=months), 1) == by(spring, partial(cell, 14))
    some = cell_figures(14, whole, months=months, service_ids=[TREE, DRUGS])
    assert await read(city, some, 1) == by(trees, partial(cell, 14))
    (inside,) = {cell(14, row) for row in trees if 2 in row["areas"]}
    one = cell_figures(14, [(inside[0], inside[0] + 1)])
    assert await read(city, one, 1) == by([row for row in rows if cell(14, row) == inside], partial(cell, 14))


async def compare_sources(city: Database, rows: list[dict[str, Any]]) -> None:
    for named in (["phone"], ["O'Neill", "web", "nobody"]):
        some = [row for row in rows if row["source"] in named]
        assert some
        for level in (12, 16, LAST_SOURCE_LEVEL):
            whole = [(0, 1 << 2 * level)]
            assert await read(city, cell_figures(level, whole, sources=named), 1) == by(some, partial(cell, level))
            each = cell_figures(level, whole, sources=named, group_keys=[-POTHOLE, -DRUGS], each=True)
            assert await read(city, each, 2) == by(some, lambda row: (*cell(level, row), -POTHOLE))  # noqa: B023
        spring = [row for row in some if date(2024, 3, 1) <= row["filed"] <= date(2024, 5, 31)]
        months = months_between(date(2024, 3, 1), date(2024, 5, 31))
        filed = cell_figures(14, [(0, 1 << 28)], sources=named, months=months)
        assert spring and await read(city, filed, 1) == by(spring, partial(cell, 14))


async def compare_areas(city: Database, rows: list[dict[str, Any]], service_id: int) -> None:
    wanted: Counter[tuple[int, int, str]] = Counter()
    for row in rows:
        wanted.update((area, at, row["standing"]) for area in row["areas"] for at in periods(row["filed"], service_id))
        if row["standing"] == "closed":
            ended = periods(row["closed"], service_id)
            wanted.update((area, at, "closings") for area in row["areas"] for at in ended)
    async with city.reading() as session:
        kept = (await session.execute(select(AreaCount).where(AreaCount.service_id == service_id))).scalars().all()
    found = {(row.area_id, row.period, one): getattr(row, one) for row in kept for one in (*STANDINGS, "closings")}
    assert len(wanted) > 20 and wanted == Counter({key: n for key, n in found.items() if n})


def periods(day: date, service_id: int) -> list[int]:
    """All time and the month; for all services together the day too."""
    return [0, month(day) * 100, *([] if service_id else [month(day) * 100 + day.day])]


async def compare_closing_days(city: Database, closed: list[dict[str, Any]]) -> None:
    wanted = Counter((area, month(row["closed"]), row["days"]) for row in closed for area in row["areas"])
    async with city.reading() as session:
        kept = (await session.execute(select(AreaClosingDays))).scalars().all()
    assert wanted and wanted == Counter({(row.area_id, row.month, row.days): row.n for row in kept})


def month(day: date) -> int:
    return day.year * 100 + day.month


async def test_months_of_fine_cells_are_refused() -> None:
    with pytest.raises(ValueError, match="level 16"):
        cell_figures(18, [(0, 1)], months=[202401])


@pytest.mark.parametrize(
    ("level", "asked"),
    [
        (24, {}),
        (12, {"service_ids": [TREE]}),
        (12, {"each": True}),
        (12, {"months": [202401], "group_keys": [-POTHOLE]}),
    ],
)
async def test_sources_are_refused_where_they_are_not_counted(level: int, asked: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="level 20"):
        cell_figures(level, [(0, 1)], sources=["web"], **asked)


def test_months_are_counted_over_the_turn_of_the_year() -> None:
    assert months_between(date(2023, 11, 30), date(2024, 2, 1)) == [202311, 202312, 202401, 202402]
    assert months_between(date(2024, 2, 1), date(2024, 1, 1)) == []
