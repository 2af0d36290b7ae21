"""Imports that are killed, or run beside each other and beside a living city: nothing twice, and every count exact."""

from __future__ import annotations

import asyncio
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from app.db import Database
from app.errors import Refused
from app.imports import request_changes, request_rows
from app.imports.history import import_requests
from app.imports.mapping import mapping_named
from app.imports.request_row import RequestRow
from app.imports.request_rows import take_rows
from app.service_requests.change_status import change_status
from app.service_requests.counts import differences, fold_all, recount
from app.service_requests.models import ServiceRequest
from app.service_requests.people import lock
from app.settings import ROOT, Settings
from tests.service_requests.city import LAT, LONG, make_city
from tests.service_requests.storm import storm

EVERY_ROW = bool(os.environ.get("BLOCKWISE_TEST_EVERY_ROW"))
ROWS, BATCH = (20_000, 500) if EVERY_ROW else (500, 25)
CHANGES = 400 if EVERY_ROW else 24
RECOUNTS = 10 if EVERY_ROW else 2
KILLED_AT = (0.1, 0.3, 0.5, 0.8) if EVERY_ROW else (0.4,)
HEAD = "service_request_id,requested_datetime,closed_datetime,service_name,status,lat,long,address\n"
KINDS = ("Pothole", "Graffiti", "Drug dealing")
STATUSES = ("open", "fixed", "duplicate")
# The command, with other batches.
COMMAND = """
import sys
from app.imports import request_rows
from app.cli.commands import cli

request_rows.BATCH = int(sys.argv.pop(1))
cli()
"""


def table(folder: Path, rows: int = ROWS) -> Path:
    path, first = folder / "requests.csv", datetime(2019, 1, 1, tzinfo=UTC)
    with path.open("w", encoding="utf-8") as file:
        file.write(HEAD)
        for number in range(rows):
            filed = first + timedelta(hours=number % 9_000)
            status = STATUSES[number % 4 % 3]
            closed = "" if status == "open" else (filed + timedelta(days=number % 40)).isoformat()
            lat, long = LAT + 1.3e-4 + number % 50 * 1e-4, LONG + number % 49 * 1e-4
            file.write(
                f"{number},{filed.isoformat()},{closed},{KINDS[number % 3]},{status},{lat:.5f},{long:.5f},{number}\n"
            )
    return path


async def killed_at(database: Database, url: str, path: Path, rows: int) -> None:
    """The command is killed when it has brought so many rows."""
    command = [sys.executable, "-c", COMMAND, str(BATCH), "import", "requests", str(path), "--format", "csv"]
    environ = {**os.environ, "BLOCKWISE_DATABASE_URL": url}
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, env=environ, stdout=DEVNULL, stderr=PIPE)
    while process.returncode is None and await brought(database) < rows:  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    assert process.returncode is None and process.stderr, await process.communicate()
    process.kill()
    await process.communicate()


async def imported(url: str, path: Path) -> int:
    """Brings the table in over a connection of its own; says how many rows were new."""
    database = Database(url)
    try:
        return (await import_requests(database, path, mapping_named("csv"))).summary.taken
    finally:
        await database.close()


async def recounted(url: str) -> None:
    database = Database(url)
    for _ in range(RECOUNTS):
        await recount(database)
        await asyncio.sleep(0.3)
    await database.close()


async def brought(database: Database) -> int:
    async with database.reading() as session:
        wanted = select(func.count()).where(ServiceRequest.import_key.like("csv:%"))
        return int((await session.execute(wanted)).scalar_one())


async def wrong(database: Database) -> list[str]:
    async with database.reading() as session:
        return await differences(session)


async def test_an_import_that_is_killed_keeps_whole_batches_and_exact_counts(
    database: Database, settings: Settings, tmp_path: Path
) -> None:
    await make_city(database)
    path, had = table(tmp_path), 0
    for part in KILLED_AT:
        await killed_at(database, settings.database_url, path, int(part * ROWS))
        had, before = await brought(database), had
        assert before < had < ROWS and had % BATCH == 0
        assert await wrong(database) == []
    assert await imported(settings.database_url, path) == ROWS - had
    assert await wrong(database) == []


async def test_imports_beside_each_other_and_a_living_city_bring_each_row_once_and_counts_stay_exact(
    database: Database, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(request_rows, "BATCH", BATCH)
    await make_city(database)
    path = table(tmp_path)
    *taken, done, _ = await asyncio.gather(
        *(imported(settings.database_url, path) for _ in range(2)),
        # Reports, decisions, other imports, folds.
        storm(database, CHANGES, writers=4, seed=5),
        recounted(settings.database_url),
    )
    assert sum(taken) >= ROWS and done["file"]
    # The storm deletes some, and these may have come again.
    assert ROWS - done["delete"] <= await brought(database) <= ROWS
    assert await wrong(database) == []
    await fold_all(database)
    assert await wrong(database) == []


async def test_what_somebody_changes_while_it_is_imported_is_not_lost(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    if database.is_sqlite:
        pytest.skip("on SQLite one writes at a time")
    await make_city(database)
    row = RequestRow("test:1", "Pothole", "received", datetime(2019, 10, 1, tzinfo=UTC), LAT + 1.3e-4, LONG)
    await take_rows(database, iter([row]))
    staff: list[asyncio.Task[None]] = []

    async def decide() -> None:
        async with database.writing() as session:
            number = (await session.execute(select(ServiceRequest.id))).scalar_one()
            await change_status(session, (await lock(session, number))[number], "in_progress")

    look = request_changes.changed_here

    async def looked(*arguments: object) -> set[int]:
        found = await look(*arguments)  # type: ignore[arg-type]
        staff.append(asyncio.create_task(decide()))
        await asyncio.wait(staff, timeout=0.5)
        return found

    monkeypatch.setattr(request_changes, "changed_here", looked)
    row.status = "fixed"
    assert (await take_rows(database, iter([row]))).changed == 1
    with pytest.raises(Refused):
        await asyncio.gather(*staff)
