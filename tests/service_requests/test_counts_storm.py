"""After a storm of changes by many at once, and after a kill, the rollups are what the rows say."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
import time
from asyncio.subprocess import PIPE
from collections.abc import Callable

import pytest

from app.db import Database
from app.service_requests.counts import differences, fold, fold_all
from app.settings import ROOT, Settings
from tests.service_requests.city import report
from tests.service_requests.storm import WEIGHTS, storm
from tests.service_requests.test_counts import exact, waiting

CHANGES = 10_000 if os.environ.get("BLOCKWISE_TEST_EVERY_ROW") else 200
KILLS = 12 if os.environ.get("BLOCKWISE_TEST_EVERY_ROW") else 1
FOLDS_AND_WAITS = """
import asyncio, sys
from app.db import Database
from app.service_requests.counts import fold

async def main():
    async with Database(sys.argv[1]).writing() as session:
        print(await fold(session), flush=True)
        await asyncio.sleep(60)

asyncio.run(main())
"""


async def test_a_storm_by_many_writers_leaves_the_rollups_exact(
    city: Database, record_property: Callable[[str, object], None]
) -> None:
    started = time.monotonic()
    done = await storm(city, CHANGES, writers=8, seed=311)
    record_property("done", str(dict(done)))
    record_property("seconds", round(time.monotonic() - started))
    assert len(set(WEIGHTS) - set(done)) <= 1, f"the storm did not do everything: {done}"
    async with city.reading() as session:
        assert await differences(session) == []
    await fold_all(city)
    assert await waiting(city) == 0
    async with city.reading() as session:
        assert await differences(session) == []


async def test_a_city_that_is_killed_in_the_middle_of_a_storm_goes_on_exact(city: Database, settings: Settings) -> None:
    dice = random.Random(17)
    for seed in range(KILLS):
        command = [sys.executable, "-m", "tests.service_requests.storm", settings.database_url, str(seed)]
        stormed = await asyncio.create_subprocess_exec(*command, stdout=PIPE, cwd=ROOT)
        assert stormed.stdout
        for _ in range(dice.randrange(10, 60)):
            assert await asyncio.wait_for(stormed.stdout.readline(), 60)
        stormed.kill()
        await stormed.wait()
        assert await exact(city)
    await fold_all(city)
    assert await exact(city)


async def test_a_fold_that_is_killed_in_the_middle_loses_nothing(city: Database, settings: Settings) -> None:
    await storm(city, 24, writers=4, seed=7)
    await report(city)
    before = await waiting(city)
    command = [sys.executable, "-c", FOLDS_AND_WAITS, settings.database_url]
    folder = await asyncio.create_subprocess_exec(*command, stdout=PIPE, cwd=ROOT)
    assert folder.stdout
    assert int(await asyncio.wait_for(folder.stdout.readline(), 60)) == before
    folder.send_signal(signal.SIGKILL)
    await folder.wait()
    assert await waiting(city) == before and await exact(city)
    async with asyncio.timeout(20):
        # PostgreSQL may take a moment to see that the other end is gone.
        while await waiting(city):
            await fold_all(city)
            await asyncio.sleep(0.1)
    assert await exact(city)


async def test_nobody_folds_beside_a_fold_and_nobody_waits_for_it(city: Database) -> None:
    if city.is_sqlite:
        pytest.skip("on SQLite one writes at a time")
    await report(city)
    async with city.writing() as session:
        assert await fold(session) == 2
        await report(city)
        async with city.writing() as other:
            assert await fold(other) == 0
        assert await exact(city)
    assert await waiting(city) == 2 and await exact(city)
