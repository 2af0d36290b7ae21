"""One change of many requests: each under its own conflict check and its own right, all in one transaction."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload, selectinload

from app.accounts.audit import note
from app.accounts.guards import may
from app.accounts.models import Account
from app.accounts.team_models import Team, TeamMember
from app.errors import Problem, Refused
from app.jurisdictions.models import Area
from app.service_requests.assign import assign
from app.service_requests.change_status import change_status
from app.service_requests.models import ServiceRequest
from app.services.words import said_in
from app.staff.bulk_form import Deed
from app.staff.notes import write_note
from app.staff.scope import within_scope
from app.templating import current_locale, gettext, mark

NOT_YOURS = mark("This report is not yours to change in this way.")
NOT_THERE = mark("There is no such report, or it is not yours to see.")
ALREADY = mark("Nothing to change: it is so already.")


@dataclass(frozen=True, slots=True)
class Standing:
    """What a change may change, as ids and codes."""

    status: str
    department_id: int | None
    team_id: int | None
    assignee_id: int | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became, or would become, of one request: `problem` says why nothing does."""

    service_request_id: str
    service_name: str = ""
    address_string: str = ""
    before: Standing | None = None
    after: Standing | None = None
    problem: str = ""


async def carry_out(
    session: AsyncSession, account: Account, chosen: Mapping[str, datetime], deed: Deed
) -> list[Outcome]:
    """Does it to each that can be: `chosen` says for each number which version somebody decided on.

    What is refused is undone alone. Rolled back as a whole it is a preview that says exactly what would happen.
    """
    found = await load(session, account, list(chosen))
    there = {request.service_request_id for request in found}
    lost = [Outcome(number, problem=gettext(NOT_THERE)) for number in chosen if number not in there]
    # In one order, so that two such changes at once never wait for each other.
    return [await one(session, account, request, chosen, deed) for request in found] + lost


async def load(session: AsyncSession, account: Account, numbers: Sequence[str]) -> Sequence[ServiceRequest]:
    areas = selectinload(ServiceRequest.areas).load_only(Area.layer, Area.code, Area.name)
    wanted = select(ServiceRequest).where(
        ServiceRequest.service_request_id.in_(numbers), *within_scope(account, "desk.view")
    )
    options = (joinedload(ServiceRequest.service), areas)
    return (await session.execute(wanted.order_by(ServiceRequest.id).options(*options))).unique().scalars().all()


async def one(
    session: AsyncSession, account: Account, request: ServiceRequest, chosen: Mapping[str, datetime], deed: Deed
) -> Outcome:
    number = request.service_request_id
    name = said_in(request.service, "service_name", current_locale.get())
    told = Outcome(number, name, request.address_string, before=standing(request))
    try:
        # What is read of the request afterwards would be read anew: a savepoint that is undone forgets it.
        async with session.begin_nested():
            if not may(account, deed.permission, request):
                raise Refused(Problem("right", NOT_YOURS), status=403)
            await DEEDS[deed.action](session, account, request, deed, chosen[number])
            return replace(told, after=standing(request))
    except Refused as refused:
        return replace(told, problem=" ".join(problem.said() for problem in refused.problems))


def standing(request: ServiceRequest) -> Standing:
    return Standing(request.status, request.department_id, request.team_id, request.assignee_id)


async def to_status(
    session: AsyncSession, account: Account, request: ServiceRequest, deed: Deed, seen: datetime
) -> None:
    number, before = request.service_request_id, request.status
    words = {"text": deed.text, "text_public": deed.text_public, "missed": deed.missed}
    await change_status(session, request, deed.status, **words, account_id=account.id, seen=seen)  # type: ignore[arg-type]
    facts = {"from": before, "to": deed.status, "bulk": True}
    await note(session, account, "request.status", about=number, facts=facts)


async def to_hands(
    session: AsyncSession, account: Account, request: ServiceRequest, deed: Deed, seen: datetime
) -> None:
    """To a team, a person or nobody; the department stays, but for that of the team."""
    team = deed.team_id
    if deed.assignee_id is not None and await is_member(session, request.team_id, deed.assignee_id):
        team = request.team_id
    department = await department_with(session, request, deed.team_id)
    if department != request.department_id and not may(account, "requests.route", request):
        raise Refused(Problem("right", NOT_YOURS), status=403)
    await hand(session, account, request, seen, deed, (department, team, deed.assignee_id))


async def to_department(
    session: AsyncSession, account: Account, request: ServiceRequest, deed: Deed, seen: datetime
) -> None:
    await hand(session, account, request, seen, deed, (deed.department_id, None, None))


async def hand(
    session: AsyncSession,
    account: Account,
    request: ServiceRequest,
    seen: datetime,
    deed: Deed,
    hands: tuple[int | None, int | None, int | None],
) -> None:
    number, (department, team, assignee) = request.service_request_id, hands
    said = {"department_id": department, "team_id": team, "assignee_id": assignee}
    entry = await assign(session, request, **said, account_id=account.id, reason=deed.text, seen=seen)
    if entry is None:
        raise Refused(Problem("hands", ALREADY))
    await note(session, account, "request.assigned", about=number, facts={**said, "bulk": True})


async def department_with(session: AsyncSession, request: ServiceRequest, team_id: int | None) -> int | None:
    """The team's own department. A team of the whole city leaves the request where it is."""
    team = await session.get(Team, team_id) if team_id is not None else None
    return request.department_id if team is None or team.department_id is None else team.department_id


async def is_member(session: AsyncSession, team_id: int | None, account_id: int) -> bool:
    return team_id is not None and await session.get(TeamMember, (team_id, account_id)) is not None


async def to_note(session: AsyncSession, account: Account, request: ServiceRequest, deed: Deed, seen: datetime) -> None:
    """Takes no version: a note overwrites nothing."""
    await write_note(session, account, request, deed.text, [])


Act = Callable[[AsyncSession, Account, ServiceRequest, Deed, datetime], Awaitable[None]]
DEEDS: dict[str, Act] = {"status": to_status, "assign": to_hands, "department": to_department, "note": to_note}
