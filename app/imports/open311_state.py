"""Where the reading of an endpoint stands, so that it goes on after a stop and later asks only for what is new.

It is kept as a job that no worker ever takes: who runs the command takes it up.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import select

from app.db import Database
from app.imports.open311_endpoint import Endpoint
from app.jobs import Job
from app.outside import without_secrets

NAME = "harvest"
# Later than any worker looks.
NEVER = datetime(2999, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class Standing:
    """What was filed from `filed_from` to `filed_to` has been read, with all that changed in it up to `changed_to`."""

    filed_from: datetime
    filed_to: datetime
    changed_to: datetime

    def reach_back(self, since: datetime) -> None:
        """Has what was filed before now and since an earlier day than the first read as well."""
        if since < self.filed_from:
            self.filed_from = self.filed_to = since


async def load_standing(database: Database, endpoint: Endpoint) -> Standing | None:
    async with database.reading() as session:
        kept = (await session.execute(select(Job.arguments).where(Job.key == endpoint.source))).scalar_one_or_none()
    if kept is None:
        return None
    return Standing(*(datetime.fromisoformat(kept[name]) for name in ("filed_from", "filed_to", "changed_to")))


async def save_standing(database: Database, endpoint: Endpoint, standing: Standing) -> None:
    arguments = {
        "endpoint": without_secrets(endpoint.base),
        "filed_from": standing.filed_from.isoformat(),
        "filed_to": standing.filed_to.isoformat(),
        "changed_to": standing.changed_to.isoformat(),
    }
    async with database.writing() as session:
        job = (await session.execute(select(Job).where(Job.key == endpoint.source))).scalar_one_or_none()
        if job is None:
            session.add(Job(name=NAME, arguments=arguments, key=endpoint.source, run_datetime=NEVER))
        else:
            job.arguments = arguments
