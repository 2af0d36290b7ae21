"""Making the demo city: never half, and never in the place of a real city."""

from __future__ import annotations

from typing import Any

import pytest
from obstore.store import ObjectStore

from app.db import Database
from app.demo import seed
from app.demo.city import City
from app.jurisdictions.models import Area, Jurisdiction
from app.media.storage import open_store
from app.service_requests.counts import CountChange, differences
from app.service_requests.models import ServiceRequest
from app.settings import Settings
from tests.demo.made import count, make


@pytest.fixture
def store(settings: Settings) -> ObjectStore:
    return open_store(settings.media_url)


async def test_what_was_interrupted_is_no_city_and_is_made_whole_by_the_next_run(
    database: Database, store: ObjectStore, city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def cut_off(*_: Any) -> None:
        raise ConnectionError("the power went")

    monkeypatch.setattr(seed, "write_city", cut_off)
    with pytest.raises(ConnectionError):
        await make(database, store, city, 60)
    assert await count(database, Jurisdiction) == 0
    assert await count(database, ServiceRequest) == 0
    assert await count(database, Area) > 0
    monkeypatch.undo()
    await make(database, store, city, 60)
    assert await count(database, Jurisdiction) == 1
    assert await count(database, ServiceRequest) == 60
    assert await count(database, CountChange) == 0
    async with database.reading() as session:
        assert await differences(session) == []


async def test_a_real_city_is_never_replaced(database: Database, store: ObjectStore, city: City) -> None:
    async with database.writing() as session:
        session.add(Jurisdiction(id=1, jurisdiction_id="real.gov", name="Real", lat=41.0, long=-71.0))
    with pytest.raises(RuntimeError, match="real city"):
        await make(database, store, city)
    assert await count(database, Jurisdiction) == 1
