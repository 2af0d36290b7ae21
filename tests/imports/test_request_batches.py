"""A batch is prepared while the last one is written: what happens between preparing and writing is not lost."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from app.db import Database
from app.imports import request_rows
from app.imports.areas import import_areas
from app.imports.request_rows import take_rows
from app.imports.request_store import NewRequest, Prepared
from app.service_requests.counts import differences
from app.service_requests.models import RequestArea, ServiceRequest, Update
from tests.imports.test_request_rows import FILED, MAKE, city, counts, kept, row, square

__all__ = ["city"]
ROWS = 10


def after_preparing(monkeypatch: pytest.MonkeyPatch, happens: Callable[[], Awaitable[Any]]) -> None:
    """Has something happen once, when the first batch has been prepared."""
    real = request_rows.prepare_new

    async def prepare_new(database: Database, rows: list[NewRequest]) -> Prepared | None:
        prepared = await real(database, rows)
        monkeypatch.setattr(request_rows, "prepare_new", real)
        assert database.is_sqlite or prepared is not None
        await happens()
        return prepared

    monkeypatch.setattr(request_rows, "prepare_new", prepare_new)


async def rows_of(database: Database) -> tuple[int, int, int]:
    """How many requests, places in areas and entries of timelines there are."""
    async with database.reading() as session:
        assert await differences(session) == []
        tables = (ServiceRequest, RequestArea, Update)
        first, second, third = [
            (await session.execute(select(func.count()).select_from(table))).scalar_one() for table in tables
        ]
        return first, second, third


async def test_what_another_import_brought_since_is_not_written_twice(
    city: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [row(number) for number in range(ROWS)]
    after_preparing(monkeypatch, lambda: take_rows(city, iter(rows[:4]), MAKE))
    assert counts(await take_rows(city, iter(rows), MAKE)) == (ROWS - 4, 0, 4, {})
    assert await rows_of(city) == (ROWS, ROWS, ROWS)


async def test_areas_that_came_since_are_those_of_the_requests(
    city: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "wards.geojson"
    wards = {"type": "FeatureCollection", "features": [square("7", -74.1, 40.6, 0.2)]}
    path.write_text(json.dumps(wards))
    after_preparing(monkeypatch, lambda: import_areas(city, path, layer="ward"))
    assert (await take_rows(city, iter([row(number) for number in range(ROWS)]), MAKE)).taken == ROWS
    assert {area.layer for area in (await kept(city, 3)).areas} == {"board", "ward"}
    assert await rows_of(city) == (ROWS, 2 * ROWS, ROWS)


async def test_every_sign_of_a_text_comes_in_as_it_was(city: Database) -> None:
    texts = ["a\tb\nc", "back\\slash \\N \\. \\t", "\\N", "\\.", "None", "", "q\"uo'te, ; |", "é ü \u2028 😀", " x "]
    rows = [
        row(
            number, description=words, address_string=words, status="fixed", status_notes=words or None,
            closed_datetime=FILED + timedelta(days=1),
        )
        for number, words in enumerate(texts)
    ]  # fmt: skip
    assert (await take_rows(city, iter(rows), MAKE)).taken == len(texts)
    for number, words in enumerate(texts):
        request = await kept(city, number)
        said = request.description, request.address_string, request.status_notes or "", request.updates[-1].text
        assert said == (words,) * 4
