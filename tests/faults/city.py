"""The city that the phone reports to: a small one, on a database of its own, with a server of its own."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from tests.e2e.test_faults import environ_of
from tests.faults.server import Build, Server, server_of
from tests.faults.stores import Store, store_of

OURS = Build()
# What this run put in, and what the city has of it.
REPORTS = """SELECT r.id, r.client_request_id, r.service_request_id, r.status, r.description,
    r.requested_datetime, r.observed_datetime FROM service_requests r"""
PHOTOS = "SELECT request_id, content_hash, master_key, large_key, small_key FROM photos ORDER BY request_id, position"


@dataclass(frozen=True, slots=True)
class Arrived:
    """A report as the city has it; times as the database gives them, to be compared with each other only."""

    id: int
    client_request_id: str
    service_request_id: str
    status: str
    description: str
    requested: object
    observed: object


@dataclass(frozen=True, slots=True)
class ArrivedPhoto:
    request: int
    content_hash: str
    keys: tuple[str, str, str]


@dataclass
class City:
    store: Store
    server: Server
    media: Path

    def reports(self) -> list[Arrived]:
        return [Arrived(row[0], canonical(row[1]), *row[2:]) for row in self.store.rows(REPORTS)]

    def photos(self) -> list[ArrivedPhoto]:
        return [ArrivedPhoto(row[0], row[1], tuple(row[2:])) for row in self.store.rows(PHOTOS)]

    def has(self) -> dict[str, str]:
        """The number of each report that has arrived, by its `client_request_id`."""
        return {one.client_request_id: one.service_request_id for one in self.reports()}


def canonical(number: object) -> str:
    """A UUID with its dashes: SQLite keeps it without."""
    digits = str(number).replace("-", "")
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


@contextlib.asynccontextmanager
async def city_on(kind: str, build: Build = OURS) -> AsyncIterator[City]:
    """A city on "sqlite" or "postgis", being served; nothing is left of it afterwards."""
    with tempfile.TemporaryDirectory(prefix="blockwise-faults-") as folder, store_of(kind, Path(folder)) as store:
        environ = await environ_of(store.url, Path(folder))
        with server_of({**environ, "BLOCKWISE_LOG_FORMAT": "json"}, build) as server:
            server.start()
            yield City(store, server, Path(environ["BLOCKWISE_MEDIA_URL"]))
