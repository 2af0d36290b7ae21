from __future__ import annotations

import pytest

from app.db import Database
from tests.maps.crowd import One, bring, make_crowd
from tests.service_requests.city import make_city


@pytest.fixture
async def crowd(database: Database) -> list[One]:
    """The small city, with 400 requests of every kind in it."""
    await make_city(database)
    crowd = make_crowd(400)
    await bring(database, crowd)
    return crowd
