"""A few hundred past requests of the small city, made from a seed, and what they come to, counted one by one."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select, update

from app.db import Database, point
from app.jurisdictions.models import Area
from app.service_requests.cells import cell_key
from app.service_requests.models import RequestArea, ServiceRequest
from app.service_requests.workflow import OPEN, STATUSES
from tests.service_requests.city import DRUGS, GRAFFITI, HEAT, LAT, LONG, POTHOLE, STREETS, TREE

ZONE = ZoneInfo("America/New_York")
SERVICES = {POTHOLE: "pothole", GRAFFITI: "graffiti", HEAT: "heat", TREE: "tree", DRUGS: "drugs"}
# Board 1 has five times the people of board 2, and most of the requests.
PEOPLE = {1: 50_000, 2: 10_000}


@dataclass(frozen=True, slots=True)
class Past:
    """A public request as a test counts it: days are the city's own."""

    row: ServiceRequest
    board: int

    @property
    def standing(self) -> str:
        if self.row.status == "duplicate":
            return "duplicate"
        if self.row.status not in OPEN:
            return "closed"
        return "late" if self.row.late else "open"

    @property
    def filed(self) -> date:
        return self.row.requested_datetime.astimezone(ZONE).date()

    @property
    def closed(self) -> date | None:
        moment = self.row.closed_datetime
        return moment.astimezone(ZONE).date() if moment and self.standing == "closed" else None

    @property
    def days_to_close(self) -> int:
        assert self.row.closed_datetime
        return (self.row.closed_datetime - self.row.requested_datetime).days


async def make_history(database: Database, *, count: int = 300, days: int = 800, seed: int = 7) -> list[Past]:
    """Writes the requests, and gives the public ones."""
    dice = random.Random(seed)
    made = [one_request(dice, seed, number, days) for number in range(count)]
    async with database.writing() as session:
        for board, people in PEOPLE.items():
            await session.execute(update(Area).where(Area.id == board).values(population=people))
        session.add_all(past.row for past in made)
        await session.flush()
        session.add_all(RequestArea(request_id=past.row.id, area_id=past.board) for past in made)
    return [past for past in made if past.row.service_id != DRUGS]


def one_request(dice: random.Random, seed: int, number: int, days: int) -> Past:
    now = datetime.now(UTC).replace(microsecond=0)
    filed = now - timedelta(seconds=dice.randint(60, days * 86_400))
    status = dice.choice(["received", "in_progress", "fixed", "fixed", "fixed", "no_action", "duplicate"])
    closed = None if STATUSES[status].is_open else filed + (now - filed) * dice.random() * 0.3
    board = 1 if dice.random() < 0.8 else 2
    lat, long = LAT + dice.uniform(-0.01, 0.01), (LONG if board == 1 else -71.02) + dice.uniform(-0.005, 0.005)
    row = ServiceRequest(
        service_request_id=f"T{seed:03}-{number // 10_000:04}-{number % 10_000:04}",
        service_id=dice.choice([POTHOLE, POTHOLE, GRAFFITI, HEAT, TREE, DRUGS]),
        department_id=STREETS,
        status=status,
        late=closed is None and status != "duplicate" and dice.random() < 0.4,
        expected_datetime=None,
        location=point(lat, long),
        cell=cell_key(lat, long),
        address_string=f"{dice.randint(1, 40)} Beacon Street",
        requested_datetime=filed,
        updated_datetime=closed or filed,
        closed_datetime=closed,
        source=dice.choice(["web", "open311", "import"]),
        follower_count=dice.choice([0, 0, 0, 1, 4]),
    )
    if row.late:
        row.expected_datetime = filed + timedelta(seconds=1)
    return Past(row, board)


def number_of(history: Iterable[Past], fits: Callable[[Past], bool]) -> int:
    return sum(map(fits, history))


async def areas_of(database: Database, request_id: int) -> set[int]:
    async with database.reading() as session:
        wanted = select(RequestArea.area_id).where(RequestArea.request_id == request_id)
        return set((await session.execute(wanted)).scalars())
