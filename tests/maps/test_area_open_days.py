"""The first days of what is open are those of the requests themselves, wherever in a long history they lie."""

from __future__ import annotations

import random
from datetime import date

from sqlalchemy import update

from app.db import Database
from app.maps.area_open_days import open_days
from app.service_requests.counts import fold_all
from app.service_requests.models import ServiceRequest
from tests.maps.history import PEOPLE, Past, make_history
from tests.service_requests.city import make_city

A_LIFE = 9000


async def close_but(database: Database, history: list[Past], still_open: list[Past]) -> None:
    kept = {past.row.id for past in still_open}
    async with database.writing() as session:
        for past in history:
            is_open = past.row.id in kept
            if past.row.status == ("received" if is_open else "fixed"):
                continue
            closed = None if is_open else past.row.requested_datetime
            past.row.status, past.row.late, past.row.closed_datetime = "received" if is_open else "fixed", False, closed
            facts = {"status": past.row.status, "late": False, "closed_datetime": closed}
            await session.execute(update(ServiceRequest).where(ServiceRequest.id == past.row.id).values(**facts))


def first_days(still_open: list[Past], board: int, most: int) -> list[date]:
    filed = sorted(past.filed for past in still_open if past.board == board)
    return sorted(set(filed[:most]))


async def test_the_first_open_days_are_found_wherever_they_are(database: Database) -> None:
    await make_city(database)
    history = await make_history(database, count=110, days=A_LIFE)
    await fold_all(database)
    dice = random.Random(311)
    by_age = sorted(history, key=lambda past: past.filed)
    of_first = [past for past in by_age if past.board == 1]
    of_second = [past for past in by_age if past.board == 2]
    for still_open in (
        history,
        dice.sample(history, 12),
        [of_first[0], *of_second[-2:]],
        [of_first[-1], of_second[len(of_second) // 2]],
        [*of_first[60:70], of_first[-1]],
        [],
    ):
        await close_but(database, history, still_open)
        async with database.reading() as session:
            for most in (1, 5):
                wanted = {board: first_days(still_open, board, most) for board in PEOPLE}
                found = await open_days(session, PEOPLE, most=most)
                assert found == {board: days for board, days in wanted.items() if days}, (len(still_open), most)
