"""What another system says of an order that it has taken: done once for each key, and never over something newer."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.errors import Problem, Refused
from app.service_requests.change_status import change_status
from app.service_requests.forms import MAX_DESCRIPTION, clean
from app.service_requests.missed import Missed
from app.service_requests.people import touch
from app.service_requests.workflow import STATUSES
from app.templating import mark
from app.work.finish import Outcome, begin, finish
from app.work.follow import follow, targets
from app.work.lines import MOST, Line, add_line
from app.work.models import WorkOrder
from app.work.orders import become, lock_order
from app.work.states import STATES
from app.work.tell_systems import tell_order
from app.work.webhook_models import SystemAnswer, Webhook

# Clocks differ a little.
AHEAD = timedelta(minutes=5)

OTHER_KEY = mark("Something else was sent under this key already. Give each update a key of its own.")
NOT_HERE = mark("No order of this number was handed to you.")
NOT_YET = mark("occurred_datetime lies in the future.")
NO_TIME = mark("occurred_datetime is no time that can be kept.")
SAY_DAY = mark("Say planned_date with the status planned.")
NOT_A_DAY = mark("planned_date must be today or later.")
SAME_ID = mark("Another order has this external_id already.")
IS_CLOSED = mark("This order is closed here, so it cannot change any more.")

Words = Annotated[str, Meta(max_length=MAX_DESCRIPTION)]
# PostgreSQL keeps no NUL in a text.
WHOLE = r"^[^\x00]*$"


class SaidLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`unit_price` in whole money, such as 12.50."""

    kind: Literal["labor", "material", "equipment", "contract"]
    what: Annotated[str, Meta(min_length=1, max_length=200)]
    quantity: Annotated[float, Meta(ge=0, le=float(MOST))] = 1
    unit: Annotated[str, Meta(max_length=20, pattern=WHOLE)] = ""
    unit_price: Annotated[float, Meta(ge=0, le=float(MOST))] = 0


class SystemUpdate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a system may say. `outcome` counts with the status done; `occurred_datetime` is when it became true."""

    status: Literal["taken", "planned", "in_progress", "acted_upon", "done", "returned"] | None = None
    external_id: Annotated[str, Meta(min_length=1, max_length=100, pattern=WHOLE)] | None = None
    external_url: Annotated[str, Meta(max_length=500, pattern=r"^https://[^\x00]*$")] | None = None
    position: Annotated[int, Meta(ge=1, le=1_000_000)] | None = None
    planned_date: date | None = None
    outcome: Literal["fixed", "acted_upon", "not_found", "no_action"] = "fixed"
    reason: str | None = None
    text: Words = ""
    text_public: bool = True
    # For what is closed after its promised date: the code of a reason, and words for everybody.
    missed_reason: Annotated[str, Meta(max_length=40, pattern=WHOLE)] = ""
    missed_words: Words = ""
    occurred_datetime: Annotated[datetime, Meta(tz=True)] | None = None
    lines: Annotated[list[SaidLine], Meta(max_length=100)] = []


async def find_order(session: AsyncSession, webhook: Webhook, said: str) -> WorkOrder | None:
    """The order that a system means by our number ("W-12") or by its own, of those that it has."""
    wanted = select(WorkOrder).where(WorkOrder.webhook_id == webhook.id)
    number = said.removeprefix("W-")
    if said.startswith("W-") and number.isascii() and number.isdigit() and len(number) < 18:
        found = (await session.execute(wanted.where(WorkOrder.id == int(number)))).scalar_one_or_none()
        if found is not None:
            return found
    named = wanted.where(WorkOrder.external_id == said[:100])
    return (await session.execute(named)).scalar_one_or_none() if "\0" not in said else None


async def take_answer(
    session: AsyncSession, webhook: Webhook, order: WorkOrder, update: SystemUpdate, key: str, today: date
) -> dict[str, Any]:
    """Does what a system says, and returns what it is answered; the same `key` again is answered alike.

    `applied` is false for what is older than what it said last. Raises Refused: 409 for a key that stands for
    something else and for a closed order, 422 for what lacks something.
    """
    content_hash = hashlib.sha256(f"{order.id}:".encode() + msgspec.json.encode(update)).hexdigest()
    # Whoever says the same beside us waits here.
    order = await lock_order(session, order.id, None)
    if kept := await answered_before(session, webhook, key or content_hash):
        if kept.content_hash != content_hash:
            raise Refused(Problem("Idempotency-Key", OTHER_KEY), status=409)
        return kept.answer
    if order.webhook_id != webhook.id:
        raise Refused(Problem("order", NOT_HERE), status=409)
    now = datetime.now(UTC)
    occurred = in_utc(update.occurred_datetime) if update.occurred_datetime else now
    check(update, occurred, now, today)
    applied = order.answered_datetime is None or occurred >= order.answered_datetime
    if applied:
        order.answered_datetime = occurred
        await apply(session, webhook, order, update)
    answer = answer_document(order, applied)
    session.add(
        SystemAnswer(
            webhook_id=webhook.id,
            key=key or content_hash,
            content_hash=content_hash,
            answer=answer,
            received_datetime=now,
        )
    )
    await session.flush()
    return answer


async def answered_before(session: AsyncSession, webhook: Webhook, key: str) -> SystemAnswer | None:
    wanted = select(SystemAnswer).where(SystemAnswer.webhook_id == webhook.id, SystemAnswer.key == key)
    return (await session.execute(wanted)).scalar_one_or_none()


def in_utc(moment: datetime) -> datetime:
    """Raises Refused (422) for one that lies before all years or after them."""
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise Refused(Problem("occurred_datetime", NO_TIME)) from error


def check(update: SystemUpdate, occurred: datetime, now: datetime, today: date) -> None:
    if occurred > now + AHEAD:
        raise Refused(Problem("occurred_datetime", NOT_YET))
    if update.status == "planned" and update.planned_date is None:
        raise Refused(Problem("planned_date", SAY_DAY))
    if update.planned_date is not None and update.planned_date < today:
        raise Refused(Problem("planned_date", NOT_A_DAY))


async def apply(session: AsyncSession, webhook: Webhook, order: WorkOrder, update: SystemUpdate) -> None:
    if not STATES[order.state].is_open:
        # Done, said once more: there is nothing left to do.
        if update.status not in (None, "done"):
            raise Refused(Problem("status", IS_CLOSED), status=409)
    else:
        await note_queue(session, webhook, order, update)
        await take_status(session, webhook, order, update)
    for line in update.lines:
        price = round(Decimal(str(line.unit_price)) * 100)
        quantity = Decimal(str(line.quantity)).quantize(Decimal("0.001"))
        await add_line(session, order, Line(line.kind, clean(line.what), quantity, line.unit, price))


async def note_queue(session: AsyncSession, webhook: Webhook, order: WorkOrder, update: SystemUpdate) -> None:
    """What the system calls the order, and where it stands in its queue: the request says so to the public."""
    if update.external_id and update.external_id != order.external_id:
        same = select(WorkOrder.id).where(
            WorkOrder.webhook_id == webhook.id, WorkOrder.external_id == update.external_id, WorkOrder.id != order.id
        )
        if (await session.execute(same)).first():
            raise Refused(Problem("external_id", SAME_ID), status=409)
        order.external_id = update.external_id
    order.external_url = update.external_url or order.external_url
    waits = update.status in (None, "taken", "planned")
    order.position = (update.position or order.position) if waits else None
    for request in await targets(session, order):
        if request.queue_position != order.position:
            request.queue_position = order.position
            touch(request)


async def take_status(session: AsyncSession, webhook: Webhook, order: WorkOrder, update: SystemUpdate) -> None:
    text = clean(update.text)
    if update.status == "in_progress" and order.state != "in_progress":
        await begin(session, order.id, seen=None, said_by=webhook.id)
    elif update.status == "done":
        missed = Missed(update.missed_reason, clean(update.missed_words)) if update.missed_reason else None
        outcome = Outcome(update.outcome, text, update.text_public, update.reason, missed=missed)
        await finish(session, order.id, outcome, seen=None, said_by=webhook.id)
    elif update.status == "acted_upon":
        for request in await targets(session, order):
            await change_status(
                session, request, "acted_upon", text=text, text_public=update.text_public, reason=reason_of(update)
            )
    elif update.planned_date is not None:
        if order.state != "in_progress":
            become(order, "planned")
        order.planned_date = update.planned_date
        await follow(session, order)
        await tell_order(session, order, "work_order.changed", but=webhook.id)
    elif update.status == "returned":
        await give_back(session, webhook, order)


def reason_of(update: SystemUpdate) -> str | None:
    return update.reason if update.reason in STATUSES["acted_upon"].reasons else None


async def give_back(session: AsyncSession, webhook: Webhook, order: WorkOrder) -> None:
    """The system does not do it: the order is the city's own again, and not planned."""
    order.webhook_id = order.position = order.planned_date = None
    order.state = "new"
    await follow(session, order)
    await tell_order(session, order, "work_order.changed", but=webhook.id)


def answer_document(order: WorkOrder, applied: bool) -> dict[str, Any]:
    return {
        "number": order.number,
        "external_id": order.external_id,
        "state": order.state,
        "position": order.position,
        "planned_date": order.planned_date.isoformat() if order.planned_date else None,
        "applied": applied,
    }
