"""The worker's part: agencies are asked what became of what they were told, and their answers come back as updates."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import httpx
import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from app.agencies.claims import AT_ONCE, claim, due_referrals, is_theirs, later, locked
from app.agencies.georeport_documents import Record
from app.agencies.georeport_status import status_of, text
from app.agencies.models import OPEN311, OVER, TOLD, Referral
from app.agencies.open311 import Outcome, Spoke, ask_about
from app.agencies.refer import LONGEST_FAILURE, give_up, tell_watchers
from app.agencies.words import their_words
from app.agencies.write import back_from_agency, say
from app.db import Database
from app.errors import Refused
from app.outside import outside_client
from app.service_requests.change_status import change_status
from app.service_requests.models import ServiceRequest
from app.service_requests.workflow import STATUSES, may_change
from app.settings import Settings

log = structlog.get_logger()

# (told so long ago, asked so often)
RHYTHM = (
    (timedelta(days=1), timedelta(minutes=15)),
    (timedelta(days=14), timedelta(hours=1)),
    (timedelta.max, timedelta(hours=6)),
)
MOST_NOTES = 2000
# What they say that the city says after them. Of the others, it shows the words.
TAKEN_OVER = ("accepted", "in_progress", "acted_upon", "fixed", "not_found", "no_action")
# They will not act on it: somebody else must.
NOT_THEIRS = ("referred", "duplicate", "withdrawn")


async def poll_referrals(database: Database, settings: Settings) -> None:
    """Asks about a few that are due. Safe to run in several processes."""
    due = await due_referrals(database, OPEN311, (TOLD,))
    if not due:
        return
    private = settings.private_endpoints
    async with outside_client(
        f"Blockwise ({settings.public_url})", allow_http=private, allow_private=private, most=AT_ONCE
    ) as client:
        await asyncio.gather(*(poll_one(database, client, *one) for one in due))


async def poll_one(database: Database, client: httpx.AsyncClient, referral_id: int, attempts: int) -> None:
    async with database.writing() as session:
        claimed = await claim(session, referral_id, attempts)
        if claimed is None:
            return
        referral, door, _ = claimed
    outcome = await ask_about(client, door, referral)
    async with database.writing() as session:
        await note(session, referral_id, outcome)


async def note(session: AsyncSession, referral_id: int, outcome: Outcome) -> None:
    found = await locked(session, referral_id, TOLD)
    if found is None:
        return
    referral, door, request = found
    if not isinstance(outcome, Spoke):
        log.warning("agency", referral=referral.id, outcome=type(outcome).__name__, reason=outcome.reason)
        if not later(referral, door, outcome.reason, getattr(outcome, "seconds", None)):
            await give_up(session, referral, outcome.reason)
        return
    referral.attempts, referral.failure = 0, None
    referral.due_datetime = next_look(referral, datetime.now(UTC))
    record = outcome.records[0] if outcome.records else {}
    if referral.their_id is None:
        number = text(record, "service_request_id")
        referral.their_id = number[:200] or None
        referral.due_datetime = datetime.now(UTC) if number else referral.due_datetime
    elif is_theirs(referral, request):
        await take(session, referral, request, record)


def next_look(referral: Referral, now: datetime) -> datetime:
    age = now - (referral.told_datetime or referral.created_datetime)
    return now + next(often for longest, often in RHYTHM if age <= longest)


async def take(session: AsyncSession, referral: Referral, request: ServiceRequest, record: Record) -> None:
    """Writes what is new in their answer. The same again is nothing new."""
    said = (text(record, "status_detail") or text(record, "status"))[:60]
    notes = text(record, "status_notes")[:MOST_NOTES]
    is_first = not referral.their_status
    if not said or (said, notes) == (referral.their_status, referral.their_notes):
        return
    code, had_notes = status_of(record), referral.their_notes
    referral.their_status, referral.their_notes = said, notes
    if code in NOT_THEIRS:
        await back_from_agency(session, referral, request, notes or said)
        return
    is_open = code is None or STATUSES[code].is_open
    # That what they have just been given is open with them is no news.
    if is_open and is_first and not notes and code not in TAKEN_OVER:
        return
    words = await their_words(session, request, notes if notes != had_notes or not is_open else "", is_open=is_open)
    if code in TAKEN_OVER and may_change(request.status, code) and await changed(session, request, code, words):
        referral.state, referral.due_datetime = (TOLD, referral.due_datetime) if is_open else (OVER, None)
        return
    await say(session, request, words)
    if not is_open:
        # The city cannot close it by itself: its promise was missed, and somebody must say why.
        referral.state, referral.due_datetime = OVER, None
        await tell_watchers(session, request.id)


async def changed(session: AsyncSession, request: ServiceRequest, code: str, words: str) -> bool:
    try:
        await change_status(session, request, code, text=words)
    except Refused as refused:
        log.info("agency", request=request.service_request_id, refused=str(refused)[:LONGEST_FAILURE])
        return False
    return True
