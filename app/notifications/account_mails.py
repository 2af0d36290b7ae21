"""Letters to the holders of accounts are sent: one worker claims each, and its link is made at that moment."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.models import Account
from app.accounts.one_time_links import PATHS, make_link
from app.accounts.sign_in_models import AccountMail
from app.db import Database
from app.jurisdictions.queries import get_jurisdiction
from app.notifications.email import send_email
from app.notifications.letters import Message, environment
from app.notifications.outcome import Later, Outcome, Sent
from app.settings import Settings
from app.templating import current_locale, gettext, mark

log = structlog.get_logger()

BATCH = 50
MOST_ATTEMPTS = 6
LONGEST_FAILURE = 80
# A worker that was killed while sending leaves its letter to the next one after this.
FIRST_WAIT = timedelta(minutes=1)
# Nobody waits for it any more: it may have been written before the city could send e-mail.
OUTDATED = timedelta(days=1)
SUBJECTS = {
    "invitation": mark("You are invited to %(city)s"),
    "recovery": mark("A new password for %(city)s"),
    "password_changed": mark("Your password for %(city)s was changed"),
}


async def send_account_mails(database: Database, settings: Settings) -> None:
    """Sends the letters that are due; a failed one waits longer each time, and is given up after 6 tries."""
    if not settings.smtp_url:
        return
    now = datetime.now(UTC)
    async with database.reading() as session:
        due = select(AccountMail.id).where(
            AccountMail.sent_datetime.is_(None),
            AccountMail.due_datetime <= now,
            AccountMail.created_datetime > now - OUTDATED,
            AccountMail.attempts < MOST_ATTEMPTS,
        )
        found = (await session.execute(due.order_by(AccountMail.id).limit(BATCH))).scalars().all()
    for mail_id in found:
        await send_account_mail(database, settings, settings.smtp_url, mail_id)


async def send_account_mail(database: Database, settings: Settings, smtp_url: str, mail_id: int) -> None:
    """Claims one letter, sends it outside of any transaction, and notes how it went."""
    now = datetime.now(UTC)
    async with database.writing() as session:
        claim = select(AccountMail).where(
            AccountMail.id == mail_id, AccountMail.sent_datetime.is_(None), AccountMail.due_datetime <= now
        )
        mail = (await session.execute(claim.with_for_update(skip_locked=True))).scalar_one_or_none()
        if mail is None:
            return
        mail.due_datetime = now + FIRST_WAIT * 4**mail.attempts
        mail.attempts += 1
        message = await message_of(session, settings, mail)
    outcome = await send_email(smtp_url, message)
    async with database.writing() as session:
        note(await session.get_one(AccountMail, mail_id), outcome)


def note(mail: AccountMail, outcome: Outcome) -> None:
    """Writes down how it went. What will never be taken is not tried again."""
    if isinstance(outcome, Sent):
        mail.sent_datetime, mail.failure = datetime.now(UTC), None
        return
    mail.failure = outcome.reason[:LONGEST_FAILURE]
    if not isinstance(outcome, Later):
        mail.attempts = MOST_ATTEMPTS
    log.warning("not sent", account_mail=mail.id, outcome=type(outcome).__name__, reason=outcome.reason)


async def message_of(session: AsyncSession, settings: Settings, mail: AccountMail) -> Message:
    """The letter in its holder's language; a link in it works from now on."""
    account = await session.get_one(Account, mail.account_id)
    city = await get_jurisdiction(session)
    current_locale.set(mail.locale)
    path = await make_link(session, account.id, mail.kind) if mail.kind in PATHS else "/sign-in/forgotten"
    template = environment.get_template(f"notifications/account_{mail.kind}.txt")
    text = template.render(city=city, account=account, link=f"{settings.public_url}{path}")
    return Message(to=account.email, subject=gettext(SUBJECTS[mail.kind], city=city.name), text=text.strip() + "\n")
