from __future__ import annotations

import hashlib
import secrets
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import httpx
import pytest
from litestar import Litestar

from app.db import Database
from tests.service_requests.city import make_city


class Person(httpx.AsyncClient):
    """Somebody with a browser of their own: its cookies, and the hash by which the city knows the device."""

    def __init__(self, app: Litestar, *, known: bool = True) -> None:
        super().__init__(transport=httpx.ASGITransport(app=app), base_url="http://testserver.local")
        token = secrets.token_urlsafe(32)
        self.device_hash = hashlib.sha256(token.encode()).hexdigest()
        if known:
            self.cookies.set("device", token, domain="testserver.local")


@pytest.fixture
async def city(database: Database) -> Database:
    """The database, with the small city in it."""
    await make_city(database)
    return database


@pytest.fixture
async def cast(app: Litestar, city: Database) -> AsyncIterator[dict[str, Person]]:
    async with AsyncExitStack() as stack:
        people = {name: Person(app, known=name != "stranger") for name in ("ana", "ben", "stranger")}
        for person in people.values():
            await stack.enter_async_context(person)
        yield people
        await app.state.database.close()


@pytest.fixture
def ana(cast: dict[str, Person]) -> Person:
    """The reporter."""
    return cast["ana"]


@pytest.fixture
def ben(cast: dict[str, Person]) -> Person:
    """A neighbour whose device has reported before."""
    return cast["ben"]


@pytest.fixture
def stranger(cast: dict[str, Person]) -> Person:
    """Somebody whose device we have never met."""
    return cast["stranger"]
