"""The audit trail: every change by staff and every look at contact data, in rows that nobody alters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.models import Account, AuditEntry
from app.templating import mark

# What can have been done. An action that is not here cannot be noted.
ACTIONS = {
    "request.status": mark("Changed the status"),
    "request.words_shown": mark("Showed the reporter’s words to the public"),
    "request.words_hidden": mark("Took the reporter’s words off the public page"),
    "request.asked": mark("Asked the reporter"),
    "request.resumed": mark("Let the clock of a promise run again"),
    "request.assigned": mark("Gave a report to somebody"),
    "request.returned": mark("Sent a report back that was routed wrongly"),
    "filter.kept": mark("Kept a filter of the queue"),
    "filter.removed": mark("Threw a filter of the queue away"),
    "request.filed_for_caller": mark("Filed a report for a caller"),
    "request.explained": mark("Explained a missed promise"),
    "suspension.declared": mark("Suspended promises because of an event"),
    "suspension.ended": mark("Ended a suspension of promises"),
    "redress.declared": mark("Declared what is owed for missed promises"),
    "redress.ended": mark("Ended what is owed for missed promises"),
    "redress.given": mark("Gave what was owed for a missed promise"),
    "review.answered": mark("Answered a review of promises"),
    "request.words_masked": mark("Masked words"),
    "request.photo_hidden": mark("Hid a photo"),
    "request.photo_covered": mark("Covered parts of a photo"),
    "request.moderation_undone": mark("Gave back what was hidden, masked or covered"),
    "request.flags_settled": mark("Looked at what residents flagged"),
    "request.noted": mark("Wrote a note"),
    "request.commented": mark("Wrote to the public"),
    "originals.seen": mark("Looked at what was masked or covered"),
    "answer.kept": mark("Wrote an answer for the desk"),
    "answer.removed": mark("Removed an answer of the desk"),
    "question.added": mark("Added a question to a service"),
    "question.changed": mark("Changed a question of a service"),
    "question.moved": mark("Changed the order of a service’s questions"),
    "question.retired": mark("Retired a question of a service"),
    "contacts.seen": mark("Looked at contact data"),
    "account.made": mark("Made an account"),
    "account.invited": mark("Invited somebody"),
    "account.role_given": mark("Gave a role"),
    "account.role_taken": mark("Took a role away"),
    "account.closed": mark("Closed an account"),
    "account.opened": mark("Opened an account again"),
    "account.sessions_ended": mark("Signed somebody out everywhere"),
    "account.second_factor_taken": mark("Took somebody’s second factor away"),
    "account.link_made": mark("Made a link to choose a new password"),
    "account.joined": mark("Accepted the invitation"),
    "account.directory_joined": mark("Signed in through the city’s directory for the first time"),
    "account.directory_made": mark("Was given an account through the city’s directory"),
    "account.renamed": mark("Changed the own name"),
    "account.password_changed": mark("Changed the own password"),
    "account.password_recovered": mark("Chose a new password by e-mail"),
    "account.second_factor_on": mark("Turned the second factor on"),
    "account.second_factor_off": mark("Took the own second factor away"),
    "account.codes_renewed": mark("Made new recovery codes"),
    "role.made": mark("Made a role"),
    "role.changed": mark("Changed a role"),
    "role.removed": mark("Removed a role"),
    "announcement.written": mark("Wrote a notice"),
    "announcement.changed": mark("Changed a notice"),
    "announcement.published": mark("Published a notice"),
    "announcement.withdrawn": mark("Withdrew a notice"),
    "announcement.discarded": mark("Threw a draft away"),
    "rule.made": mark("Made a rule of routing"),
    "rule.changed": mark("Changed a rule of routing"),
    "rule.removed": mark("Removed a rule of routing"),
    "triage.changed": mark("Changed how long reports may wait in triage"),
    "team.made": mark("Made a team"),
    "team.changed": mark("Changed a team"),
    "agency.changed": mark("Changed how an outside agency is told"),
    "agency.told_again": mark("Told an outside agency of a report again"),
    "work.made": mark("Made a work order"),
    "work.planned": mark("Changed the plan of a work order"),
    "work.reports": mark("Changed for which reports a work order is"),
    "work.begun": mark("Began a work order"),
    "work.done": mark("Finished a work order"),
    "work.cancelled": mark("Called a work order off"),
    "work.line": mark("Changed the cost of a work order"),
    "work.handed_over": mark("Gave a work order to another system"),
    "request.merged": mark("Merged a report into another one"),
    "request.split": mark("Took a report out of another one"),
    "webhook.made": mark("Connected another system"),
    "webhook.changed": mark("Changed the connection to another system"),
    "webhook.renewed": mark("Renewed the secret or the key of a connection"),
    "webhook.tested": mark("Tested a connection"),
    "audit.taken": mark("Took the audit trail as a table"),
}
PAGE_SIZE = 50


async def note(
    session: AsyncSession,
    account: Account | None,
    action: str,
    *,
    about: str = "",
    facts: Mapping[str, Any] | None = None,
) -> None:
    """Writes one entry in the transaction of what it tells of: both are kept, or neither.

    `action` is a code of ACTIONS, `account` None for the command line. `facts` say what was and what is, such as
    {"from": "received", "to": "fixed"}, and never hold contact data: entries stay for good. A page that is only
    read (GET) has a session whose writes are not kept; note a look in `database.writing()` there.
    Raises ValueError for an unknown action.
    """
    if action not in ACTIONS:
        raise ValueError(f"{action!r} is no action: write it into ACTIONS")
    session.add(
        AuditEntry(
            at=datetime.now(UTC),
            account_id=account.id if account else None,
            account_name=account.name if account else "",
            action=action,
            about=about[:254],
            facts=dict(facts or {}),
        )
    )
    await session.flush()


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which entries: all that is None or "" does not count. `before_datetime` is exclusive."""

    account_id: int | None = None
    action: str = ""
    about: str = ""
    from_datetime: datetime | None = None
    before_datetime: datetime | None = None

    def applied(self, wanted: Select[AuditEntry]) -> Select[AuditEntry]:
        if self.account_id is not None:
            wanted = wanted.where(AuditEntry.account_id == self.account_id)
        if self.action:
            wanted = wanted.where(AuditEntry.action == self.action)
        if self.about:
            wanted = wanted.where(AuditEntry.about == self.about)
        if self.from_datetime:
            wanted = wanted.where(AuditEntry.at >= self.from_datetime)
        if self.before_datetime:
            wanted = wanted.where(AuditEntry.at < self.before_datetime)
        return wanted


async def newest_entries(session: AsyncSession, asked: AuditFilter, before: int | None = None) -> Sequence[AuditEntry]:
    """A page of entries, the newest first, from before the entry with this id. One more says that there are others."""
    wanted = asked.applied(select(AuditEntry)).order_by(AuditEntry.id.desc()).limit(PAGE_SIZE + 1)
    if before is not None:
        wanted = wanted.where(AuditEntry.id < before)
    return (await session.execute(wanted)).scalars().all()


async def next_entries(session: AsyncSession, asked: AuditFilter, after: int, most: int) -> Sequence[AuditEntry]:
    """The oldest entries that come after an id."""
    wanted = asked.applied(select(AuditEntry)).where(AuditEntry.id > after).order_by(AuditEntry.id).limit(most)
    return (await session.execute(wanted)).scalars().all()


async def people_who_sign_in(session: AsyncSession) -> Sequence[Account]:
    """To choose one of them: all accounts by name, those that are no longer active too."""
    return (await session.execute(select(Account).order_by(Account.name, Account.id))).scalars().all()
