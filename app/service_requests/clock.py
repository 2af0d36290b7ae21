"""The clock of a promise: given with the report, stopped while the city waits for its reporter, and started again."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.errors import Problem, Refused
from app.jurisdictions.models import Area
from app.service_requests.models import RequestArea, ServiceRequest, Update
from app.service_requests.people import lock, touch
from app.service_requests.workflow import STATUSES
from app.services.catalogue import Catalogue
from app.services.models import Service
from app.services.promise_models import Suspension
from app.services.promise_rules import moments_of, promise_rule, suspension_for
from app.services.promises import Moments, Terms, restarted
from app.services.queries import current_catalogue
from app.templating import mark

CLOSED_NOW = mark("This report is closed: its clock does not run.")
ASK = mark("Write what the city needs to know from the reporter.")


@dataclass(frozen=True, slots=True)
class Given:
    """The promise that a request is given, and when it was filed."""

    filed_datetime: datetime
    rule_id: int | None
    moments: Moments
    # The event during which it was filed, if one keeps the city from such promises.
    suspension: Suspension | None = None

    def held_columns(self) -> dict[str, Any]:
        """As columns of a request that has just come in: its clock may stand from the beginning."""
        if self.suspension is None:
            return self.columns()
        held = {"suspension_id": self.suspension.id, "paused_datetime": self.filed_datetime, "clock_datetime": None}
        return {**self.columns(), **held}

    def columns(self) -> dict[str, Any]:
        return {
            "promise_rule_id": self.rule_id,
            "expected_datetime": self.moments.expected,
            "at_risk_datetime": self.moments.at_risk,
            "clock_datetime": self.moments.at_risk,
        }


def given_promise(
    catalogue: Catalogue,
    service: Service,
    areas: Collection[tuple[str, str]],
    filed: datetime,
    *,
    at: datetime | None = None,
    priority: str | None = None,
) -> Given:
    """What is promised to a report that was `filed`, by the rules that are valid `at` a moment (else: when filed)."""
    rule = promise_rule(catalogue, service, areas, at or filed, priority=priority)
    promised = moments_of(catalogue, rule, filed)
    event = suspension_for(catalogue, service, areas, at or filed) if promised.expected else None
    return Given(filed, rule.id if rule else None, promised, event)


async def pause(
    session: AsyncSession,
    request: ServiceRequest,
    *,
    text: str,
    text_public: bool = True,
    account_id: int | None = None,
) -> Update:
    """Asks the reporter something, and stops the clock until they answer; where it stands already, only asks.

    Returns the timeline row with the question, which is shown to the public only if `text_public`.
    Raises Refused: 409 for a closed request, 422 without words.
    """
    if not text:
        raise Refused(Problem("question", ASK))
    request = (await lock(session, request.id))[request.id]
    if not STATUSES[request.status].is_open:
        raise Refused(Problem("status", CLOSED_NOW), status=409)
    now = touch(request)
    request.paused_datetime = request.paused_datetime or now
    request.clock_datetime = request.suspension_id = None
    update = Update(request_id=request.id, updated_datetime=now, kind="paused", text=text)
    update.text_public, update.account_id = text_public, account_id
    session.add(update)
    await session.flush()
    return update


async def resume(session: AsyncSession, request: ServiceRequest, *, account_id: int | None = None) -> Update | None:
    """Starts the clock again, with a timeline row; one that did not wait for the reporter is left as it is.

    Where an event holds such promises now, it stands on because of that, and the timeline says so.
    """
    request = (await lock(session, request.id))[request.id]
    if request.paused_datetime is None or request.suspension_id is not None:
        return None
    now = touch(request)
    await start_again(session, request, now)
    update = Update(request_id=request.id, updated_datetime=now, kind="resumed", account_id=account_id)
    session.add(update)
    await stand_still(session, request, now)
    await session.flush()
    return update


async def stand_still(session: AsyncSession, request: ServiceRequest, now: datetime) -> None:
    """Stops the clock of an open request where an event holds such promises now, and the timeline says so."""
    if request.paused_datetime is None and (event := await event_of(session, request, now)):
        session.add(hold(request, event, now))


async def stand_anew(session: AsyncSession, request: ServiceRequest) -> None:
    """After a new promise, counted from the filing: only an event that holds such promises stops its clock."""
    held_by, now = request.suspension_id, request.updated_datetime
    if held_by is None and request.paused_datetime is not None:
        return
    event = await event_at(session, request, now) if request.expected_datetime else None
    if event and event.id == held_by:
        return
    if held_by is not None:
        await start_again(session, request, now)
    since = now if event is None or held_by is not None else max(event.start_datetime, request.requested_datetime)
    if event and request.expected_datetime and request.expected_datetime > since:
        request.late = False
        session.add(hold(request, event, since))
    elif held_by is not None:
        session.add(Update(request_id=request.id, updated_datetime=now, kind="resumed"))
    await session.flush()


async def event_of(session: AsyncSession, request: ServiceRequest, at: datetime) -> Suspension | None:
    if request.expected_datetime is None or request.expected_datetime <= at:
        return None
    return await event_at(session, request, at)


async def event_at(session: AsyncSession, request: ServiceRequest, at: datetime) -> Suspension | None:
    catalogue = await current_catalogue(session)
    if not any(event.holds(at) for event in catalogue.suspensions):
        return None
    within = select(Area.layer, Area.code).join(RequestArea, RequestArea.area_id == Area.id)
    areas = (await session.execute(within.where(RequestArea.request_id == request.id))).all()
    places = [(area.layer, area.code) for area in areas]
    return suspension_for(catalogue, catalogue.by_id[request.service_id], places, at)


def hold(request: ServiceRequest, event: Suspension, since: datetime) -> Update:
    """Stops a clock because of an event. Returns the timeline row with its reason."""
    request.paused_datetime, request.suspension_id, request.clock_datetime = since, event.id, None
    when = request.updated_datetime
    facts = {"translations": reason_in(event)}
    return Update(request_id=request.id, updated_datetime=when, kind="suspended", text=event.reason, facts=facts)


def reason_in(event: Suspension) -> dict[str, dict[str, str]]:
    """The reason of an event in other languages, as a timeline keeps it."""
    return {code: {"text": str(words.get("reason") or "")} for code, words in event.translations.items()}


async def start_again(session: AsyncSession, request: ServiceRequest, now: datetime) -> None:
    """Moves what is promised by as long as the clock has stood. The caller holds the request's lock."""
    if request.paused_datetime is None:
        return
    catalogue = await current_catalogue(session)
    rule = catalogue.promise(request.promise_rule_id)
    before = Moments(request.expected_datetime, request.at_risk_datetime)
    stopped = request.paused_datetime
    after = restarted(rule.terms if rule else Terms(), before, stopped, now, catalogue.calendar)
    request.expected_datetime, request.at_risk_datetime = after
    request.paused_datetime = request.suspension_id = None
    # Steps that have come while it stood are taken now.
    request.clock_datetime = after.at_risk if after.at_risk is not None and after.at_risk > now else stopped


def first_look(request: ServiceRequest, now: datetime) -> datetime | None:
    """When the escalation looks at a request that is open again; of one that is late already, staff is told again."""
    if request.at_risk_datetime is not None and request.at_risk_datetime > now:
        return request.at_risk_datetime
    return request.expected_datetime
