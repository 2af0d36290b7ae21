"""Attempts are counted for all processes together, before they are judged, and forgotten in their time."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select, update

from app.accounts.sign_in_models import Attempts
from app.accounts.throttle import LIMITS, Purse, forget, give_back, network_purses, take
from app.db import Database

ANA, BEN = Purse("password", "ana@harbor.example"), Purse("password", "ben@harbor.example")
MOST = LIMITS["password"].most


async def attempt(database: Database, *purses: Purse) -> int:
    async with database.writing() as session:
        return await take(session, *purses)


async def pass_time(database: Database, by: timedelta) -> None:
    async with database.writing() as session:
        row = (await session.execute(select(Attempts).where(Attempts.key == ANA.key))).scalar_one()
        row.since_datetime = datetime.now(UTC) - by


async def test_guesses_that_come_all_at_once_are_counted_one_by_one(database: Database) -> None:
    waits = await asyncio.gather(*(attempt(database, ANA, BEN) for _ in range(MOST + 5)))
    assert sorted(bool(wait) for wait in waits) == [False] * MOST + [True] * 5
    assert all(890 <= wait <= 900 for wait in waits if wait)
    async with database.reading() as session:
        rows = (await session.execute(select(Attempts.key, Attempts.count))).all()
    assert sorted(rows) == sorted([(ANA.key, MOST + 5), (BEN.key, MOST + 5)])
    assert not any("@" in key for key, _ in rows), "no address that somebody typed is kept"


async def test_after_its_time_somebody_may_try_again_and_old_counts_are_swept(database: Database) -> None:
    for _ in range(MOST + 1):
        wait = await attempt(database, ANA)
    assert wait
    await pass_time(database, timedelta(minutes=14))
    assert 1 <= await attempt(database, ANA) <= 60
    await pass_time(database, timedelta(minutes=15, seconds=1))
    assert await attempt(database, ANA) == 0
    await pass_time(database, timedelta(days=2))
    await attempt(database, BEN)
    async with database.reading() as session:
        assert (await session.execute(select(func.count()).select_from(Attempts))).scalar() == 1


async def test_what_was_right_is_not_counted(database: Database) -> None:
    network = network_purses("network", "203.0.113.7")
    async with database.writing() as session:
        await take(session, ANA, *network)
        await take(session, ANA, *network)
        await forget(session, ANA)
        await give_back(session, *network)
    async with database.reading() as session:
        counts = dict(iter(await session.execute(select(Attempts.key, Attempts.count))))
    assert counts == {network[0].key: 1}
    async with database.writing() as session:
        await session.execute(update(Attempts).values(count=0))
        await give_back(session, *network)
        assert (await session.execute(select(Attempts.count))).scalar() == 0


@pytest.mark.parametrize(
    ("one", "other", "together"),
    [
        ("203.0.113.7", "203.0.113.250", True),
        ("203.0.113.7", "203.0.114.7", False),
        ("2001:db8:0:100::1", "2001:db8:0:1ff:abcd::9", True),
        ("2001:db8:0:100::1", "2001:db8:0:200::1", False),
    ],
)
def test_addresses_of_one_network_are_counted_together(one: str, other: str, together: bool) -> None:
    assert (network_purses("network", one) == network_purses("network", other)) is together


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "", "testclient"])
def test_this_machines_own_addresses_are_no_network(address: str) -> None:
    assert network_purses("network", address) == []
