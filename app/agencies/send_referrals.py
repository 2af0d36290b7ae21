"""The worker's part: agencies with an Open311 endpoint are told, each attempt is noted, failed ones wait longer.

What was sent and not acknowledged is sent again under the same `client_request_id`, by which an agency that takes one
knows it; for the others our own number stands in the words.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import httpx
import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.ciphers import Unreadable, decipher
from app.agencies.claims import AT_ONCE, claim, due_referrals, is_theirs, later, locked
from app.agencies.georeport_status import text
from app.agencies.models import OPEN311, OVER, TOLD, WAITING, Referral
from app.agencies.open311 import Broken, Outcome, Refuses, Silent, Spoke, post_request
from app.agencies.refer import give_up
from app.agencies.words import told_words, what_is_passed_on
from app.agencies.write import back_from_agency, say
from app.db import Database
from app.outside import outside_client
from app.service_requests.models import ServiceRequest
from app.settings import Settings

log = structlog.get_logger()

PASS_ON_EVERY = timedelta(seconds=10)
KEY = "agency"
NO_CODE = "No service code of theirs is known for this kind of problem: add one to how the agency is told."
NO_NUMBER = "It took the report, but named neither a number nor a token."


async def send_referrals(database: Database, settings: Settings) -> None:
    """Tells a few that are due. Safe to run in several processes."""
    due = await due_referrals(database, OPEN311, (WAITING,))
    if not due:
        return
    private = settings.private_endpoints
    async with outside_client(
        f"Blockwise ({settings.public_url})", allow_http=private, allow_private=private, most=AT_ONCE
    ) as client:
        await asyncio.gather(*(send_one(database, settings, client, *one) for one in due))


async def send_one(
    database: Database, settings: Settings, client: httpx.AsyncClient, referral_id: int, attempts: int
) -> None:
    async with database.writing() as session:
        claimed = await claim(session, referral_id, attempts)
        if claimed is None:
            return
        referral, door, request = claimed
        code = door.service_codes.get(request.service.service_code) or door.default_code
        fields = what_is_passed_on(settings, request, str(code))
    if door.takes_client_id:
        fields["client_request_id"] = str(referral.client_request_id)
    try:
        key = decipher(settings.secret_key, KEY, door.api_key).decode() if door.api_key else ""
        outcome = await post_request(client, door, key, fields) if code else Broken(NO_CODE)
    except Unreadable:
        outcome = Broken("The key cannot be read any more: write it again.")
    async with database.writing() as session:
        await note(session, referral_id, outcome)


async def note(session: AsyncSession, referral_id: int, outcome: Outcome) -> None:
    """Writes down how it went, and what follows from it."""
    found = await locked(session, referral_id, WAITING)
    if found is None:
        return
    referral, door, request = found
    if isinstance(outcome, Spoke):
        await told(session, referral, request, outcome)
        return
    log.warning("agency", referral=referral.id, outcome=type(outcome).__name__, reason=outcome.reason)
    if isinstance(outcome, Refuses):
        referral.failure = outcome.reason[:300]
        if is_theirs(referral, request):
            await back_from_agency(session, referral, request, outcome.reason)
        else:
            referral.state, referral.due_datetime = OVER, None
    elif isinstance(outcome, Silent):
        if not later(referral, door, outcome.reason, outcome.seconds):
            await give_up(session, referral, outcome.reason)
    elif door.takes_client_id and later(referral, door, outcome.reason):
        # It may have taken it all the same: asked again, it does not take it twice.
        return
    else:
        await give_up(session, referral, outcome.reason)


async def told(session: AsyncSession, referral: Referral, request: ServiceRequest, outcome: Spoke) -> None:
    """They have it: what they call it is kept, and the public reads to whom it was passed on."""
    record = outcome.records[0] if outcome.records else {}
    number, token = text(record, "service_request_id"), text(record, "token")
    if not (number or token):
        await give_up(session, referral, NO_NUMBER)
        return
    now = datetime.now(UTC)
    referral.their_id, referral.token = number[:200] or None, token[:200] or None
    referral.state, referral.told_datetime, referral.attempts, referral.failure = TOLD, now, 0, None
    referral.due_datetime = now + timedelta(minutes=1 if token and not number else 15)
    if is_theirs(referral, request):
        await say(session, request, await told_words(session, request, number))
