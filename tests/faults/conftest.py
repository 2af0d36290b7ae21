from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from random import Random

import pytest
from playwright.async_api import Playwright, async_playwright

from tests.faults.city import OURS, City, city_on
from tests.faults.phone import START, Phone, switched_on
from tests.faults.tally import Tally
from tests.faults.trial import Trial
from tests.faults.wire import wire_to


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.e2e)


@pytest.fixture(scope="session")
async def playwright() -> AsyncIterator[Playwright]:
    async with async_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgis", marks=pytest.mark.postgis)])
async def city(request: pytest.FixtureRequest) -> AsyncIterator[City]:
    async with city_on(request.param) as city:
        yield city


@pytest.fixture
def start() -> str:
    """The page that the phone opens first."""
    return START


@pytest.fixture
async def trial(playwright: Playwright, city: City, tmp_path: Path, start: str) -> AsyncIterator[Trial]:
    """A phone of its own at the city, over a network that is whole until a test breaks it."""
    chance = Random(str(tmp_path))
    async with (
        wire_to(city.server.port, chance, Tally()) as wire,
        switched_on(Phone(playwright, tmp_path / "disk", wire.address, OURS.module("outbox.js"), start)) as phone,
    ):
        yield Trial(city, wire, phone, wire.tally, chance)
