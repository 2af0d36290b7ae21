"""Outside agencies that are told by e-mail: one worker claims each letter; what they answer is written by staff."""

from __future__ import annotations

from datetime import UTC, datetime

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from app.agencies.claims import claim, due_referrals, is_theirs, later, locked
from app.agencies.models import EMAIL, TOLD, WAITING, AgencyDoor
from app.agencies.refer import give_up
from app.agencies.words import page_of, told_words, words_of
from app.agencies.write import say
from app.db import Database
from app.jurisdictions.models import Jurisdiction
from app.jurisdictions.queries import get_jurisdiction
from app.notifications.email import send_email
from app.notifications.letters import Message, environment
from app.notifications.outcome import Later, Outcome, Sent
from app.service_requests.models import ServiceRequest
from app.settings import Settings
from app.templating import DEFAULT_LOCALE, current_locale, current_timezone, gettext, mark

log = structlog.get_logger()

SUBJECT = mark("%(city)s passes a report on to you: %(service)s, %(number)s")


async def send_agency_mails(database: Database, settings: Settings) -> None:
    """Sends the letters that are due; a failed one waits longer each time."""
    if not settings.smtp_url:
        return
    for referral_id, attempts in await due_referrals(database, EMAIL, (WAITING,)):
        await send_one(database, settings, settings.smtp_url, referral_id, attempts)


async def send_one(database: Database, settings: Settings, smtp_url: str, referral_id: int, attempts: int) -> None:
    async with database.writing() as session:
        claimed = await claim(session, referral_id, attempts)
        if claimed is None:
            return
        _, door, request = claimed
        message = letter(settings, await get_jurisdiction(session), door, request)
    outcome = await send_email(smtp_url, message)
    async with database.writing() as session:
        await note(session, referral_id, outcome)


def letter(settings: Settings, city: Jurisdiction, door: AgencyDoor, request: ServiceRequest) -> Message:
    """What is theirs, where, and how to answer. Nothing of who reported it."""
    current_locale.set(DEFAULT_LOCALE)
    current_timezone.set(city.timezone)
    number, service = request.service_request_id, request.service.service_name
    facts = {"city": city, "request": request, "service": service, "words": words_of(request)}
    text = environment.get_template("agencies/letter.txt").render(**facts, page=page_of(settings, request))
    subject = gettext(SUBJECT, city=city.name, service=service, number=number)
    return Message(
        to=door.email, subject=subject, text=text.strip() + "\n", key=f"{settings.public_url} agency {number}"
    )


async def note(session: AsyncSession, referral_id: int, outcome: Outcome) -> None:
    """Writes down how it went. What will never be taken is not tried again, and somebody hears of it."""
    found = await locked(session, referral_id, WAITING)
    if found is None:
        return
    referral, door, request = found
    if isinstance(outcome, Sent):
        referral.state, referral.told_datetime, referral.due_datetime = TOLD, datetime.now(UTC), None
        referral.failure = None
        if is_theirs(referral, request):
            await say(session, request, await told_words(session, request, ""))
        return
    log.warning("not sent", referral=referral.id, outcome=type(outcome).__name__, reason=outcome.reason)
    if not isinstance(outcome, Later) or not later(referral, door, outcome.reason):
        await give_up(session, referral, outcome.reason)
