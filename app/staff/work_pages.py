"""`/staff/work`: what is to be done on a day, by which crew; and new orders."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from litestar import Response, get, post
from litestar.exceptions import NotFoundException, PermissionDeniedException
from litestar.response import Redirect, Template
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload, selectinload

from app.accounts.audit import note
from app.accounts.guards import may, require
from app.accounts.models import Account
from app.errors import Refused
from app.jurisdictions.models import Area
from app.service_requests.models import ServiceRequest
from app.services.queries import current_catalogue
from app.services.words import said_in
from app.staff import work_queries as queries
from app.staff.audit_pages import clamped
from app.staff.request_page import NO_STORE
from app.staff.scope import within_scope
from app.staff.work_forms import PageRequest, city_today, number, read_form, read_numbers, read_plan
from app.templating import current_locale
from app.work.models import WorkOrder
from app.work.orders import MOST_REQUESTS, make_order
from app.work.states import STATES

DESK = {"permission": "desk.view"}
MANAGE = {"permission": queries.MANAGE}


@get("/staff/work", opt=DESK)
async def show_work(session: AsyncSession, account: Account, day: str = "", team: str = "") -> Template:
    return await day_page(session, account, "staff/work.html", day, number(team))


@get("/staff/work/print", opt=DESK)
async def print_work(session: AsyncSession, account: Account, day: str = "", team: str = "") -> Template:
    """The same on paper, with all that a crew needs on its way."""
    return await day_page(session, account, "staff/work_print.html", day, number(team))


@get("/staff/work/new", opt=MANAGE)
async def show_new(session: AsyncSession, account: Account, reports: str = "") -> Template:
    return await new_page(session, account, await theirs(session, account, reports), {})


@post("/staff/work", opt=MANAGE, status_code=200)
async def post_order(request: PageRequest, session: AsyncSession, account: Account) -> Response[Any]:
    """A new order for the reports in `reports`: 303 to its page, or the form with 409 or 422."""
    form = await read_form(request)
    requests = await theirs(session, account, form.get("reports", ""))
    await require_roots(session, account, requests)
    try:
        async with session.begin_nested():
            plan = read_plan(form, await city_today(session))
            order = await make_order(session, requests, plan, account_id=account.id)
    except Refused as refused:
        session.expunge_all()
        requests = await theirs(session, account, form.get("reports", ""))
        return await new_page(session, account, requests, form, refused)
    facts = {"reports": [one.service_request_id for one in requests], "day": form.get("planned_date", "")}
    await note(session, account, "work.made", about=order.number, facts=facts)
    return Redirect(f"/staff/work/{order.number}?done=made", status_code=303)


async def day_page(session: AsyncSession, account: Account, template: str, said: str, team_id: int | None) -> Template:
    today = await city_today(session)
    try:
        day = clamped(date.fromisoformat(said))
    except ValueError:
        day = today
    context = {
        "account": account,
        "day": day,
        "today": today,
        "before": day - timedelta(days=1),
        "after": day + timedelta(days=1),
        "team_id": team_id,
        "crews": await queries.crews(session),
        "groups": by_crew(await queries.orders_of_day(session, account, day, team_id)),
        "overdue": await queries.overdue_orders(session, account, today, team_id) if day == today else [],
        "unplanned": await queries.unplanned_orders(session, account, team_id),
        "states": STATES,
        "may_make": may(account, queries.MANAGE),
        "said_service": said_service,
    }
    return Template(template, context=context, headers=NO_STORE)


def said_service(request: ServiceRequest) -> str:
    return said_in(request.service, "service_name", current_locale.get())


def by_crew(orders: Sequence[WorkOrder]) -> list[tuple[str, list[WorkOrder]]]:
    """(name of the crew or person, its orders); those that nobody has come first, under an empty name."""
    groups: dict[str, list[WorkOrder]] = {}
    for order in orders:
        name = order.team.name if order.team else order.assignee.name if order.assignee else ""
        groups.setdefault(name, []).append(order)
    return sorted(groups.items())


async def theirs(session: AsyncSession, account: Account, said: str) -> list[ServiceRequest]:
    """The reports of these numbers, in their order. Raises NotFoundException for one that is out of their scope."""
    numbers = read_numbers(said)[: MOST_REQUESTS + 1]
    wanted = select(ServiceRequest).where(
        ServiceRequest.service_request_id.in_(numbers), *within_scope(account, queries.MANAGE)
    )
    areas = selectinload(ServiceRequest.areas).load_only(Area.layer, Area.code, Area.name)
    rows = await session.execute(wanted.options(joinedload(ServiceRequest.service), areas))
    found = {request.service_request_id: request for request in rows.scalars()}
    if len(found) != len(numbers):
        raise NotFoundException
    for request in found.values():
        require(account, queries.MANAGE, request)
    return [found[one] for one in numbers]


async def require_roots(session: AsyncSession, account: Account, requests: Sequence[ServiceRequest]) -> None:
    """An order for a duplicate is one for its root: raises PermissionDeniedException for one out of their scope."""
    roots = {one.duplicate_of_id for one in requests} - {None}
    wanted = select(ServiceRequest.id).where(ServiceRequest.id.in_(roots), *within_scope(account, queries.MANAGE))
    if roots and roots - set((await session.execute(wanted)).scalars()):
        raise PermissionDeniedException


async def new_page(
    session: AsyncSession,
    account: Account,
    requests: Sequence[ServiceRequest],
    form: dict[str, str],
    refused: Refused | None = None,
) -> Template:
    if not may(account, queries.MANAGE):
        raise PermissionDeniedException
    first = requests[0] if requests else None
    given = {"department": str(first.department_id or ""), "team": str(first.team_id or "")} if first else {}
    context = {
        "requests": requests,
        "reports": " ".join(one.service_request_id for one in requests),
        "form": {**given, "title": said_service(first) if first else "", **form},
        "problems": {problem.field: problem.said() for problem in refused.problems} if refused else {},
        "today": await city_today(session),
        "said_service": said_service,
        **await choices(session),
    }
    status = refused.status if refused else 200
    return Template("staff/work_new.html", context=context, status_code=status, headers=NO_STORE)


async def choices(session: AsyncSession) -> dict[str, Any]:
    """Who may be given work."""
    catalogue = await current_catalogue(session)
    people = select(Account.id, Account.name).where(Account.active).order_by(Account.name)
    return {
        "departments": [(row.id, said_in(row, "name", current_locale.get())) for row in catalogue.departments.values()],
        "crews": [(team.id, team.name) for team in await queries.crews(session)],
        "people": [tuple(row) for row in await session.execute(people)],
    }


route_handlers = [show_work, print_work, show_new, post_order]
