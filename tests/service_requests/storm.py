"""A storm: random changes through the real actions, from a seed; what the city refuses is part of it."""

from __future__ import annotations

import asyncio
import random
import sys
from collections import Counter
from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError, NoResultFound, OperationalError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload
from sqlalchemy.orm.exc import StaleDataError

import app.main  # noqa: F401  # all tables, where this runs by itself
from app.db import Database
from app.errors import Refused
from app.imports.request_row import RequestRow
from app.imports.request_rows import take_rows
from app.service_requests.change_status import change_status
from app.service_requests.correct import correct, read_correction
from app.service_requests.counts import fold, recount
from app.service_requests.late import sweep_late
from app.service_requests.models import RequestArea, ServiceRequest
from app.service_requests.people import lock
from app.service_requests.submission import Submission
from app.service_requests.submit import submit
from app.service_requests.withdraw import reopen, withdraw
from app.service_requests.workflow import CLOSED, STATUSES
from tests.service_requests.city import EAST_LONG, LAT, LONG, days_ago

CODES = ("pothole", "tree", "graffiti", "drugs")
SOURCES = ("web", "open311", "phone")
SPOTS = [(LAT + row * 0.004, long + row * 0.0007) for row in range(4) for long in (LONG, EAST_LONG)]
WEIGHTS = {
    "file": 5, "decide": 6, "move": 3, "rename": 2, "merge": 3, "withdraw": 2, "reopen": 2, "age": 3, "delete": 1,
    "area": 2, "take": 1, "relabel": 1,
}  # fmt: skip
# How many past requests the source knows, and how many of them each of its files holds.
PAST, AT_ONCE = 400, 25
RECOUNT_EVERY = 50


class Storm:
    """One writer of it. `done` counts what was changed, by action; "refused" what the city did not take."""

    def __init__(self, city: Database, seed: int, heard: Callable[[str], None]) -> None:
        self.city, self.dice, self.done, self.heard = city, random.Random(seed), Counter[str](), heard

    async def blow(self, changes: int) -> None:
        while self.done.total() - self.done["refused"] < changes:
            (action,) = self.dice.choices(list(WEIGHTS), list(WEIGHTS.values()))
            try:
                happened = await (self.take() if action == "take" else self.act(action))
            except (Refused, KeyError, StaleDataError, IntegrityError, NoResultFound):
                # All but the first: it was deleted beside us, which in the product nothing does.
                happened = False
            except OperationalError as error:
                # Two that lock each other out: the database ends one of them, and nothing of it is kept.
                assert "deadlock" in str(error), error
                happened = False
            self.done[action if happened else "refused"] += 1
            self.heard(action)

    async def act(self, action: str) -> bool:
        """One of the actions below, in a transaction of its own."""
        async with self.city.writing() as session:
            return await getattr(self, action)(session) is not False

    async def take(self) -> bool:
        """Some rows of a source come in: new ones, and others that were here already and have changed there since."""
        numbers = self.dice.sample(range(PAST), AT_ONCE)
        found = await take_rows(self.city, (self.past(number) for number in numbers))
        return found.taken + found.changed > 0

    def past(self, number: int) -> RequestRow:
        (lat, long), filed = self.dice.choice(SPOTS), days_ago(self.dice.randrange(400))
        status = self.dice.choice(list(STATUSES))
        closed = filed + timedelta(hours=self.dice.randrange(2_000)) if status in CLOSED else None
        code = self.dice.choice(CODES)
        due = filed + timedelta(days=self.dice.randrange(500))
        return RequestRow(
            f"storm:{number}", code, status, filed, lat, long, service_code=code, closed_datetime=closed,
            expected_datetime=due,
        )  # fmt: skip

    async def file(self, session: AsyncSession) -> None:
        lat, long = self.dice.choice(SPOTS)
        code, source = self.dice.choice(CODES), self.dice.choice(SOURCES)
        await submit(session, Submission(service_code=code, source=source, lat=lat, long=long, place_source="pin"))

    async def decide(self, session: AsyncSession) -> None:
        request = await self.some(session)
        await change_status(session, request, self.dice.choice(STATUSES[request.status].next))

    async def move(self, session: AsyncSession) -> None:
        lat, long = self.dice.choice(SPOTS)
        await self.correct(session, [("lat", str(lat)), ("long", str(long))])

    async def rename(self, session: AsyncSession) -> None:
        await self.correct(session, [("service_code", self.dice.choice(CODES))])

    async def correct(self, session: AsyncSession, fields: list[tuple[str, str]]) -> None:
        correction, problems = read_correction(fields, "en")
        await correct(session, await self.some(session), correction, problems)

    async def relabel(self, session: AsyncSession) -> None:
        """Somebody says in the database by which source a request came: perhaps one that nobody has heard of."""
        request = (await lock(session, (await self.some(session)).id)).popitem()[1]
        request.source = self.dice.choice([*SOURCES, f"O'Neill {self.dice.randrange(5)}"])
        await session.flush()

    async def merge(self, session: AsyncSession) -> None:
        await change_status(session, await self.some(session), "duplicate", duplicate_of=await self.some(session))

    async def withdraw(self, session: AsyncSession) -> None:
        await withdraw(session, await self.some(session))

    async def reopen(self, session: AsyncSession) -> None:
        await reopen(session, await self.some(session, ServiceRequest.status == "fixed"), "It is back.")

    async def age(self, session: AsyncSession) -> None:
        """Time passes: filed and promised long ago, perhaps just around midnight."""
        request = (await lock(session, (await self.some(session)).id)).popitem()[1]
        filed = days_ago(self.dice.randrange(400)).replace(hour=self.dice.choice((3, 4, 5)), minute=30)
        values = {"requested_datetime": filed, "expected_datetime": filed + timedelta(days=self.dice.randrange(500))}
        await session.execute(update(ServiceRequest).where(ServiceRequest.id == request.id).values(**values))

    async def delete(self, session: AsyncSession) -> bool:
        request = await self.some(session)
        known = select(ServiceRequest.id).where(ServiceRequest.duplicate_of_id == request.id)
        if (await session.execute(known)).first():
            return False
        await session.execute(delete(ServiceRequest).where(ServiceRequest.id == request.id))
        return True

    async def area(self, session: AsyncSession) -> None:
        """An area is drawn anew: a request falls out of one that it was in, or into it."""
        request_id, area_id = (await self.some(session)).id, self.dice.choice((1, 2, 3))
        here = (RequestArea.request_id == request_id, RequestArea.area_id == area_id)
        gone = await session.execute(delete(RequestArea).where(*here))
        if not gone.rowcount:
            await lock(session, request_id)
            if not (await session.execute(select(RequestArea.area_id).where(*here))).first():
                await session.execute(insert(RequestArea), [{"request_id": request_id, "area_id": area_id}])

    async def some(self, session: AsyncSession, *conditions: object) -> ServiceRequest:
        """A random request. Raises Refused when there is none."""
        wanted = select(ServiceRequest).where(*conditions).options(selectinload(ServiceRequest.service))
        count = (await session.execute(select(func.count(ServiceRequest.id)).where(*conditions))).scalar_one()
        at = self.dice.randrange(max(count, 1))
        found = (await session.execute(wanted.order_by(ServiceRequest.id).offset(at).limit(1))).scalar_one_or_none()
        if found is None:
            raise Refused
        return found


def nobody(_action: str) -> None:
    """For who does not want to hear of each change."""


async def storm(
    city: Database, changes: int, *, writers: int, seed: int, heard: Callable[[str], None] = nobody
) -> Counter[str]:
    """`changes` changes by so many writers at once, while others fold, sweep and recount; how many of each kind."""
    storms = [Storm(city, seed + number, heard) for number in range(writers)]
    worker = asyncio.create_task(fold_and_sweep(city))
    try:
        await asyncio.gather(*(one.blow(changes // writers) for one in storms))
        assert not worker.done(), worker.exception()
    finally:
        worker.cancel()
        await asyncio.gather(worker, return_exceptions=True)
    return sum((one.done for one in storms), Counter())


async def fold_and_sweep(city: Database) -> None:
    turn = 0
    while True:
        async with city.writing() as session:
            await fold(session, most=40 + turn % 60)
        await sweep_late(city)
        turn += 1
        if turn % RECOUNT_EVERY == 0:
            await recount(city)
        await asyncio.sleep(0.2)


async def endless(url: str, seed: int) -> None:
    """A storm until somebody kills this process; tells each change on a line."""
    await storm(Database(url), sys.maxsize, writers=8, seed=seed, heard=lambda action: print(action, flush=True))


if __name__ == "__main__":
    asyncio.run(endless(sys.argv[1], int(sys.argv[2])))
