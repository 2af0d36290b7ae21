"""Reports that people leave an address with, and what happens to them."""

from __future__ import annotations

from datetime import UTC, datetime

from app.db import Database
from app.service_requests.models import ServiceRequest, Update
from app.service_requests.submission import ContactDetails, Submission
from app.service_requests.submit import submit


async def report(
    database: Database, locale: str = "en", notify: str = "email", email: str = "ana@example.org"
) -> ServiceRequest:
    contact = ContactDetails(name="Ana", email=email, notify=notify)
    async with database.writing() as session:
        sent = Submission(
            "pothole", "web", lat=41.0, long=-71.0, address_string="12 Elm", contact=contact, locale=locale
        )
        return (await submit(session, sent)).request


async def add_update(database: Database, request: ServiceRequest, **values) -> None:
    async with database.writing() as session:
        session.add(Update(request_id=request.id, updated_datetime=datetime.now(UTC), **values))
