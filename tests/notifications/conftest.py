"""A small city, and a real mail server for it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from app.db import Database
from app.jurisdictions.models import Jurisdiction
from app.services.models import Service, ServiceGroup
from app.services.promise_models import PromiseRule
from tests.notifications.peers import Mailbox, mail_server


@pytest.fixture
def mailbox() -> Iterator[tuple[Mailbox, str]]:
    with mail_server() as made:
        yield made


@pytest.fixture
async def city(database: Database) -> Database:
    async with database.writing() as session:
        session.add(
            Jurisdiction(id=1, jurisdiction_id="t", name="Testville", timezone="America/New_York", lat=41, long=-71)
        )
        session.add(ServiceGroup(code="streets", name="Streets"))
        await session.flush()
        words = {"es": {"service_name": "Bache"}}
        session.add(Service(id=1, service_code="pothole", service_name="Pothole", group="streets", translations=words))
        await session.flush()
        session.add(PromiseRule(service_id=1, hours=48))
    return database
