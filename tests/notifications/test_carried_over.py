"""What was sent and what was still to be sent before deliveries knew channels is known afterwards."""

from __future__ import annotations

from dataclasses import replace

from alembic import command
from sqlalchemy import select, text

from app.db import Database
from app.notifications.announce import announce
from app.notifications.models import Delivery
from app.schema import alembic_config, migrate
from app.settings import Settings
from tests.notifications.reports import report


async def test_deliveries_keep_their_number_and_what_became_of_them(
    city: Database, settings: Settings, mailbox
) -> None:
    box, url = mailbox
    settings = replace(settings, smtp_url=url)
    await report(city)
    await announce(city, settings)
    box.refuse = "451 Try again later"
    await report(city, email="ben@example.org")
    await announce(city, settings)
    box.refuse = ""
    async with city.engine.begin() as connection:
        await connection.run_sync(lambda sync: command.downgrade(alembic_config(sync), "0012"))
        assert (await connection.execute(text("SELECT attempts, failure FROM deliveries ORDER BY id"))).all() == [
            (1, None),
            (1, "451"),
        ]
    await migrate(city)
    async with city.reading() as session:
        sent, waiting = (await session.execute(select(Delivery).order_by(Delivery.id))).scalars()
    assert sent.sent_datetime and not sent.due_datetime
    assert not waiting.sent_datetime and waiting.due_datetime and waiting.failure == "451"
    await report(city, email="eve@example.org")
    await announce(city, settings)
    assert [message["To"] for message in box.messages] == ["ana@example.org", "ben@example.org", "eve@example.org"]
