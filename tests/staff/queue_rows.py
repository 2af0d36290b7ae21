"""A hundred and some requests of every kind in the queue, with what they are, to be found independently."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import insert

from app.accounts.team_models import Team, TeamMember
from app.db import Database, point
from app.service_requests.cells import cell_key
from app.service_requests.identifiers import new_service_request_ids
from app.service_requests.models import RequestArea, ServiceRequest
from app.service_requests.workflow import CLOSED, STATUSES
from tests.open311.city import DRUGS, GRAFFITI, LAT, LIGHT, LONG, POTHOLE

COUNT = 140
KINDS = {POTHOLE: 1, GRAFFITI: 2, LIGHT: 1, DRUGS: None}
STREETS = ("12 Elm Street", "4 Beacon Street", "100% Main Road", "Café Plaza")
Rows = list[dict[str, Any]]


async def make_queue(database: Database, *, me: int, other: int) -> Rows:
    """Writes them, with two teams of which `me` is in the first; gives the rows."""
    async with database.writing() as session:
        session.add_all([Team(id=1, code="north", name="North"), Team(id=2, code="south", name="South")])
        await session.flush()
        session.add_all([TeamMember(team_id=1, account_id=me), TeamMember(team_id=2, account_id=other)])
        rows = make_rows(me, other)
        columns = [{name: value for name, value in row.items() if name != "in_area"} for row in rows]
        await session.execute(insert(ServiceRequest), columns)
        within = [{"request_id": row["id"], "area_id": 1} for row in rows if row["in_area"]]
        await session.execute(insert(RequestArea), within)
    return rows


def make_rows(me: int, other: int) -> Rows:
    dice, now = random.Random(311), datetime.now(UTC).replace(microsecond=0)
    rows = []
    for number, name in enumerate(new_service_request_ids(COUNT), 1):
        filed = now - timedelta(hours=dice.randrange(1, 24 * 20))
        # Some share a moment, and a fifth promises nothing.
        expected = None if dice.random() < 0.2 else now + timedelta(hours=dice.randrange(-60, 60))
        status = dice.choice([*STATUSES, "received", "received", "reopened"])
        closed = now - timedelta(minutes=number) if status in CLOSED else None
        paused = now if closed is None and dice.random() < 0.1 else None
        service = dice.choice(list(KINDS))
        lat = LAT + dice.uniform(-0.02, 0.02)
        rows.append(
            {
                "id": number,
                "service_request_id": name,
                "service_id": service,
                "department_id": KINDS[service],
                "team_id": dice.choice([None, 1, 2]),
                "assignee_id": dice.choice([None, None, me, other]),
                "triage_datetime": now if dice.random() < 0.1 else None,
                "status": status,
                "description": dice.choice(["", "A deep hole", "HOLES everywhere"]),
                "answers": {},
                "location": point(lat, LONG),
                "cell": cell_key(lat, LONG),
                "address_string": dice.choice(STREETS),
                "requested_datetime": filed,
                "updated_datetime": filed + timedelta(seconds=number),
                "expected_datetime": expected,
                "at_risk_datetime": expected - timedelta(hours=12) if expected else None,
                "closed_datetime": closed,
                "paused_datetime": paused,
                "late": closed is None and paused is None and expected is not None and expected < now,
                "source": dice.choice(["web", "phone", "open311"]),
                "in_area": dice.random() < 0.5,
            }
        )
    return rows
