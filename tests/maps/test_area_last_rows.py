"""What is lately is so by date: a history that is imported after live reports changes only what is of its time."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from app.db import Database
from app.maps import area_last_rows
from app.maps.area_facts import find_area
from app.maps.area_last_rows import last_rows
from app.maps.area_lately import Lately, area_lately, oldest_open
from app.maps.area_report import AreaReport, area_report
from app.maps.area_sums import Figures
from app.service_requests.counts import fold_all
from app.service_requests.models import RequestArea
from app.services.queries import current_catalogue
from tests.maps.history import ZONE, Past, make_history, one_request
from tests.service_requests.city import DRUGS, make_city

LONG_AGO = timedelta(days=4 * 365)
SEEN = ("requested_datetime", "service_id", "status", "cell", "follower_count")


async def import_old(database: Database, *, count: int = 120, seed: int = 9) -> list[Past]:
    """Requests of four years ago and more, in no order, with ids after all others."""
    dice = random.Random(seed)
    made = [one_request(dice, seed, number, 500) for number in range(count)]
    async with database.writing() as session:
        for past in made:
            row = past.row
            row.requested_datetime -= LONG_AGO
            row.updated_datetime -= LONG_AGO
            row.closed_datetime = row.closed_datetime and row.closed_datetime - LONG_AGO
        session.add_all(past.row for past in made)
        await session.flush()
        session.add_all(RequestArea(request_id=past.row.id, area_id=past.board) for past in made)
    return [past for past in made if past.row.service_id != DRUGS]


def newest(history: list[Past], board: int) -> list[tuple[object, ...]]:
    rows = [past.row for past in history if past.board == board]
    rows.sort(key=lambda row: (row.requested_datetime, row.id), reverse=True)
    return [tuple(getattr(row, name) for name in SEEN) for row in rows]


async def found(database: Database, board: int) -> list[tuple[object, ...]]:
    async with database.reading() as session:
        rows = await last_rows(session, [board], str(ZONE), [DRUGS])
    return [tuple(getattr(row, name) for name in SEEN) for row in rows]


async def test_a_history_imported_later_changes_only_what_is_of_its_time(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(area_last_rows, "LATELY", 40)
    await make_city(database)
    live = await make_history(database, count=150, days=300)
    await fold_all(database)
    on = datetime.now(ZONE).date()

    async def told() -> tuple[AreaReport, Lately, list[str]]:
        async with database.reading() as session:
            area = await find_area(session, "board", "1", on)
            catalogue = await current_catalogue(session)
            report = await area_report(session, catalogue, area, on)
            oldest = [one.service_request_id for one in await oldest_open(session, area, str(ZONE))]
            return report, await area_lately(session, catalogue, area, str(ZONE)), oldest

    report, lately, _ = await told()
    assert lately.count == 40 and lately.followers and report.top
    old = await import_old(database)
    for _ in range(2):
        report_now, lately_now, oldest = await told()
        assert lately_now == lately
        here = [past for past in old if past.board == 1]
        came = Figures(
            *(sum(past.standing == name for past in here) for name in ("open", "late", "closed", "duplicate"))
        )
        ever = replace(report_now.ever, closings=0)
        assert ever == replace(report.ever, closings=0) + came
        assert replace(report_now, ever=report.ever, city_ever=report.city_ever) == report
        still = [past.row for past in here if past.standing in ("open", "late")]
        still.sort(key=lambda row: row.requested_datetime)
        assert oldest == [row.service_request_id for row in still[:5]]
        await fold_all(database)
    assert newest(live, 1)[:40] == await found(database, 1)


@pytest.mark.parametrize("scattered", [False, True])
async def test_the_last_reports_are_found_however_ids_were_given(
    database: Database, monkeypatch: pytest.MonkeyPatch, scattered: bool
) -> None:
    if scattered:
        monkeypatch.setattr(area_last_rows, "SCATTERED", 0)
    await make_city(database)
    history = await make_history(database, count=60, days=90, seed=1)
    history += await import_old(database, count=60)
    history += await make_history(database, count=60, days=400, seed=3)
    for many in (7, 30, 1000):
        monkeypatch.setattr(area_last_rows, "LATELY", many)
        for board in (1, 2):
            assert await found(database, board) == newest(history, board)[:many]


async def test_no_more_is_read_than_there_is_time_for(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    await make_city(database)
    await import_old(database, count=40)
    history = await make_history(database, count=80, days=90, seed=1)
    for name, scatter in (("MOST_READ", 4), ("FEW_READ", 0)):
        with monkeypatch.context() as patch:
            patch.setattr(area_last_rows, name, 25)
            patch.setattr(area_last_rows, "SCATTERED", scatter)
            got = await found(database, 1)
        assert 0 < len(got) < 25
        assert got == newest(history, 1)[: len(got)]
