"""A missed promise is explained: with a reason from the list, with words, and with a new date while it stays open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.errors import Problem, Refused
from app.service_requests.missed_models import MissedReason
from app.service_requests.models import ServiceRequest, Update
from app.service_requests.people import lock, touch
from app.service_requests.redress import owe
from app.service_requests.standing import CHANGED
from app.service_requests.workflow import ANSWERED, STATUSES
from app.services.promises import END_OF_DAY
from app.templating import mark

# Closed so, the city itself ends what it promised; a duplicate is explained with the report that it belongs to.
EXPLAINED = (*ANSWERED, "referred")
CHOOSE_REASON = mark("The promised date has passed. Choose why it was missed.")
SAY_WHY = mark("Write to the reporter why the promised date was missed.")
NEW_DATE = mark("Give a day that is still to come.")
NOTHING_MISSED = mark("No promised date of this report has passed.")


@dataclass(frozen=True, slots=True)
class Missed:
    """Why a promise was missed: the code of a reason, words for everybody, and until when the city acts now."""

    reason: str = ""
    words: str = ""
    until: datetime | None = None


def read_missed(form: Mapping[str, str], timezone: str) -> Missed:
    """What a form says in `missed_reason`, `missed_words` and `missed_until` (a day: its end is meant)."""
    try:
        day = datetime.fromisoformat(form.get("missed_until", "")).date()
        until = datetime.combine(day, END_OF_DAY, ZoneInfo(timezone)).astimezone(UTC)
    except (ValueError, OverflowError):
        until = None
    return Missed(form.get("missed_reason", ""), form.get("missed_words", ""), until)


async def missed_reasons(session: AsyncSession) -> Sequence[MissedReason]:
    """Those that staff may choose, in their order."""
    wanted = select(MissedReason).where(MissedReason.active).order_by(MissedReason.position, MissedReason.code)
    return (await session.execute(wanted)).scalars().all()


def owes_reason(request: ServiceRequest, now: datetime) -> bool:
    """Whether a promise has been missed that nobody has explained yet."""
    expected = request.expected_datetime
    return request.missed_reason is None and expected is not None and expected < (request.paused_datetime or now)


async def explain(
    session: AsyncSession,
    request: ServiceRequest,
    missed: Missed,
    *,
    seen: datetime | None = None,
    account_id: int | None = None,
) -> Update:
    """Explains an open request that is late, with a new date; it may be explained anew when that passes too.

    `seen`: the `updated_datetime` that somebody decided on. Returns the timeline row. Raises Refused: 409 where it
    was changed since or nothing was missed, 422 for what is not said.
    """
    request = (await lock(session, request.id))[request.id]
    if seen and seen != request.updated_datetime:
        raise Refused(Problem("status", CHANGED), status=409)
    now = datetime.now(UTC)
    expected = request.expected_datetime
    if not STATUSES[request.status].is_open or expected is None or expected >= (request.paused_datetime or now):
        raise Refused(Problem("missed_reason", NOTHING_MISSED), status=409)
    problems = await wrong_with(session, missed)
    if missed.until is None or missed.until <= now:
        problems.append(Problem("missed_until", NEW_DATE))
    if problems:
        raise Refused(*problems)
    touch(request)
    return await write_explanation(session, request, missed, account_id)


async def explain_closing(
    session: AsyncSession, request: ServiceRequest, to: str, missed: Missed | None, account_id: int | None
) -> None:
    """Before a request is closed by the city: a promise that was missed and not explained needs its reason now.

    The caller holds the request's lock. Raises Refused (422) without one.
    """
    if to not in EXPLAINED or not owes_reason(request, request.updated_datetime):
        return
    missed = missed or Missed()
    if problems := await wrong_with(session, missed):
        raise Refused(*problems)
    await write_explanation(session, request, Missed(missed.reason, missed.words), account_id)
    # Closed before the sweep saw that it was late, it is owed the same.
    await owe(session, [(request.id, request.service_id)], request.updated_datetime)


async def wrong_with(session: AsyncSession, missed: Missed) -> list[Problem]:
    problems = []
    reason = await session.get(MissedReason, missed.reason) if missed.reason else None
    if reason is None or not reason.active:
        problems.append(Problem("missed_reason", CHOOSE_REASON))
    if not missed.words:
        problems.append(Problem("missed_words", SAY_WHY))
    return problems


async def write_explanation(
    session: AsyncSession, request: ServiceRequest, missed: Missed, account_id: int | None
) -> Update:
    reason = await session.get_one(MissedReason, missed.reason)
    request.missed_reason, request.new_expected_datetime = reason.code, missed.until
    facts = {"reason": reason.code, "label": reason.label, "translations": reason.translations}
    facts |= {"until": missed.until.isoformat()} if missed.until else {}
    update = Update(request_id=request.id, updated_datetime=request.updated_datetime, kind="explained")
    update.text, update.facts, update.account_id = missed.words, facts, account_id
    session.add(update)
    await session.flush()
    return update
