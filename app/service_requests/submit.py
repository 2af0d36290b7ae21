"""A report comes in: checked, given its place, its department and its promise, and written in one transaction."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import point
from app.errors import Problem, Refused, Unavailable
from app.service_requests.cells import cell_key
from app.service_requests.check import Checked, check
from app.service_requests.clock import reason_in
from app.service_requests.follow_up import follow_up
from app.service_requests.identifiers import new_service_request_id
from app.service_requests.models import Contact, Photo, Reporter, RequestArea, ServiceRequest, Update
from app.service_requests.receipts import REPORT, claim
from app.service_requests.submission import ContactDetails, StoredPhoto, Submission, Submitted
from app.service_requests.workflow import FIRST


async def submit(session: AsyncSession, submission: Submission, problems: Iterable[Problem] = ()) -> Submitted:
    """Writes a report and the first entry of its timeline; the same `client_request_id` gives the same request.

    `problems` are those that reading the form found already. Raises Refused: 422 with every problem at once, 410
    for a report that was deleted on the phone, 409 for an id that stands for something else.
    """
    if submission.client_request_id is not None:
        await claim(session, submission.client_request_id, REPORT)
    try:
        checked = await check(session, submission, list(problems))
    except Refused:
        # What was taken once is taken, whatever has changed in the catalogue since.
        if known := await same_submission(session, submission):
            return known
        raise
    written = await write_request(session, checked)
    if written is None:
        # It was sent before, or is being sent beside us: the database's unique key knows.
        known = await same_submission(session, submission)
        if known is None:
            raise Unavailable("the same submission was written and is gone again")
        return known
    return Submitted(written, created=True, own=True)


async def same_submission(session: AsyncSession, submission: Submission) -> Submitted | None:
    """What this submission made before, if it did."""
    if submission.client_request_id is None:
        return None
    wanted = select(ServiceRequest).where(ServiceRequest.client_request_id == submission.client_request_id)
    request = (await session.execute(wanted)).scalar_one_or_none()
    if request is None:
        return None
    first = select(Reporter.device_hash).where(Reporter.request_id == request.id, Reporter.first)
    device_hash = (await session.execute(first)).scalar_one_or_none()
    return Submitted(request, created=False, own=device_hash is not None and device_hash == submission.device_hash)


async def write_request(session: AsyncSession, checked: Checked) -> ServiceRequest | None:
    """The rows of a new request; None when another transaction has just written the same submission."""
    request = await insert_request(session, request_values(checked))
    if request is None:
        return None
    sent, when = checked.submission, request.requested_datetime
    received = {"request_id": request.id, "updated_datetime": when, "kind": "received", "status": FIRST}
    # Rows of their own that nobody reads back: written as plain statements, which cost half of what objects do.
    connection = await session.connection()
    await connection.execute(insert(Update).values(**received))
    if event := checked.promise.suspension:
        told = {"request_id": request.id, "updated_datetime": when, "kind": "suspended", "text": event.reason}
        await connection.execute(insert(Update).values(**told, facts={"translations": reason_in(event)}))
    first = {"request_id": request.id, "first": True, "device_hash": sent.device_hash, "reported_datetime": when}
    reporter = await connection.execute(insert(Reporter).values(**first).returning(Reporter.id))
    if checked.areas:
        links = [{"request_id": request.id, "area_id": area.id} for area in checked.areas]
        await connection.execute(insert(RequestArea), links)
    session.add_all(photo_rows(request.id, sent.photos))
    if checked.contact:
        session.add(contact_row(request.id, reporter.scalar_one(), checked.contact))
    await session.flush()
    await follow_up(session, request.id, checked.routing.hands, when, checked.jurisdiction)
    return request


async def insert_request(session: AsyncSession, values: dict[str, Any]) -> ServiceRequest | None:
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    statement = dialect.insert(ServiceRequest).values(**values)
    statement = statement.on_conflict_do_nothing(index_elements=["client_request_id"]).returning(ServiceRequest.id)
    request_id = (await (await session.connection()).execute(statement)).scalar_one_or_none()
    if request_id is None:
        return None
    return ServiceRequest(id=request_id, **values)


def request_values(checked: Checked) -> dict[str, Any]:
    # Filed and promised at one moment.
    sent, service, now = checked.submission, checked.service, checked.promise.filed_datetime
    lat, long = float(sent.lat or 0), float(sent.long or 0)
    zipcode = next((area.code for area in checked.areas if area.layer == "zip"), sent.zipcode)
    return {
        "service_request_id": new_service_request_id(),
        "client_request_id": sent.client_request_id,
        "service_id": service.id,
        "department_id": checked.routing.hands.department_id,
        "team_id": checked.routing.hands.team_id,
        "assignee_id": checked.routing.hands.assignee_id,
        "routing_rule_id": checked.routing.rule_id,
        "priority": checked.routing.priority,
        "triage_datetime": None if checked.routing.hands else now,
        "status": FIRST,
        "description": sent.description,
        "description_public": service.text_rule == "public" and not service.private,
        "answers": checked.answers.values,
        # Words that the public reads only when staff says so wait for somebody who does.
        "flagged_datetime": now if service.text_rule == "review" and sent.description else None,
        "location": point(lat, long),
        "cell": cell_key(lat, long),
        "accuracy_m": sent.accuracy_m,
        "place_source": sent.place_source,
        "address_string": sent.address_string,
        "address_id": sent.address_id or None,
        "zipcode": zipcode or None,
        "requested_datetime": now,
        "observed_datetime": sent.observed_datetime,
        "updated_datetime": now,
        **checked.promise.held_columns(),
        "source": sent.source,
        "locale": sent.locale,
        "account_id": sent.account_id,
        "reporter_count": 1,
        "follower_count": 0,
    }


def photo_rows(request_id: int, photos: Iterable[StoredPhoto]) -> list[Photo]:
    """A photo that stands twice in a report is kept once."""
    once = {photo.content_hash: photo for photo in photos}
    return [photo_row(request_id, photo, position) for position, photo in enumerate(once.values())]


def photo_row(request_id: int, photo: StoredPhoto, position: int, *, update_id: int | None = None) -> Photo:
    return Photo(request_id=request_id, update_id=update_id, position=position, **photo.columns())


def contact_row(request_id: int, reporter_id: int, contact: ContactDetails) -> Contact:
    return Contact(
        request_id=request_id,
        reporter_id=reporter_id,
        name=contact.name,
        email=contact.email or None,
        phone=contact.phone or None,
        notify=contact.notify,
    )
