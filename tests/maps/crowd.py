"""Some hundred requests of every kind around one place, with what they are, to be counted independently."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import insert

from app.db import Database, point
from app.service_requests.cells import cell_key
from app.service_requests.models import RequestArea, ServiceRequest
from app.service_requests.workflow import STATUSES
from tests.service_requests.city import DRUGS, GRAFFITI, HEAT, LAT, LONG, POTHOLE, TREE

CODES = {POTHOLE: "pothole", GRAFFITI: "graffiti", DRUGS: "drugs", HEAT: "heat", TREE: "tree"}
GROUPS = {POTHOLE: "streets", GRAFFITI: "streets", DRUGS: "safety", HEAT: "safety", TREE: "streets"}
SOURCES = ("web", "open311", "phone", "import")
# A minute past, so that what is late now is late in a minute too.
NOW = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class One:
    """A request as it was put in."""

    number: str
    service_id: int
    status: str
    lat: float
    long: float
    source: str
    filed: datetime
    closed: datetime | None
    expected: datetime | None

    @property
    def area_id(self) -> int:
        """The board, as its border runs; 0 outside."""
        if not 42.3 <= self.lat <= 42.4 or not -71.1 <= self.long <= -71.0:
            return 0
        return 1 if self.long < -71.04 else 2

    @property
    def public(self) -> bool:
        return self.service_id != DRUGS

    @property
    def cell(self) -> int:
        return cell_key(self.lat, self.long)

    @property
    def standing(self) -> str:
        if self.status == "duplicate":
            return "duplicate"
        if not STATUSES[self.status].is_open:
            return "closed"
        return "late" if self.expected and self.expected < NOW else "open"


def make_crowd(count: int, *, seed: int = 311, spread: float = 0.02) -> list[One]:
    """Requests over two years; a third of them at one of eight doors, so that some stand on one another."""
    dice = random.Random(seed)
    doors = [(LAT + dice.uniform(-spread, spread), LONG + dice.uniform(-spread, spread)) for _ in range(8)]
    return [one(dice, number, doors, spread) for number in range(count)]


def one(dice: random.Random, number: int, doors: list[tuple[float, float]], spread: float) -> One:
    lat, long = LAT + dice.gauss(0, spread), LONG + dice.gauss(0, spread)
    if dice.random() < 0.33:
        lat, long = dice.choice(doors)
    status = dice.choice([*STATUSES, "received", "fixed", "duplicate"])
    filed = NOW - timedelta(days=dice.uniform(0, 730))
    closed = None if STATUSES[status].is_open else filed + timedelta(days=dice.expovariate(0.2))
    expected = dice.choice([None, filed + timedelta(days=3), NOW + timedelta(days=30)])
    return One(
        f"CR0WD{number:05}", dice.choice(list(CODES)), status, lat, long, dice.choice(SOURCES),
        filed, closed, expected,
    )  # fmt: skip


async def bring(database: Database, crowd: list[One], *, first: int = 1) -> None:
    """Writes them as an import would: rows and their areas."""
    async with database.writing() as session:
        connection = await session.connection()
        await connection.execute(insert(ServiceRequest), [row(at, one) for at, one in enumerate(crowd, first)])
        links = [{"request_id": at, "area_id": one.area_id} for at, one in enumerate(crowd, first) if one.area_id]
        await connection.execute(insert(RequestArea), links)


def row(at: int, one: One) -> dict[str, Any]:
    return {
        "id": at,
        "service_request_id": one.number,
        "service_id": one.service_id,
        "status": one.status,
        "description": "",
        "answers": {},
        "location": f"SRID=4326;{point(one.lat, one.long).data}",
        "cell": one.cell,
        "address_string": "12 Beacon Street",
        "requested_datetime": one.filed,
        "updated_datetime": one.closed or one.filed,
        "expected_datetime": one.expected,
        "closed_datetime": one.closed,
        "late": one.standing == "late",
        "source": one.source,
    }
