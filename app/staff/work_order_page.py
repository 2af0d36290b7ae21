"""One work order: its plan, its reports, what came of it and what it cost."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any

from babel.numbers import format_decimal
from litestar import Response, get, post
from litestar.datastructures import UploadFile
from litestar.exceptions import NotFoundException, PermissionDeniedException
from litestar.response import Redirect, Template
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.audit import note
from app.accounts.guards import permitted
from app.accounts.models import Account
from app.db import Database
from app.errors import Problem, Refused
from app.service_requests.missed import missed_reasons, owes_reason, read_missed
from app.service_requests.models import Photo, ServiceRequest, Update
from app.service_requests.report_photos import take_photos
from app.service_requests.submission import StoredPhoto
from app.service_requests.workflow import REASONS, STATUSES
from app.services.words import of_locale
from app.staff import queries as desk
from app.staff import work_queries as queries
from app.staff.request_page import NO_STORE
from app.staff.work_forms import PageRequest, city_today, number, read_form, read_numbers, read_plan, seen_datetime
from app.staff.work_pages import DESK, MANAGE, choices, require_roots, said_service, theirs
from app.templating import current_locale, current_timezone, gettext, mark
from app.work.finish import Outcome, begin, finish
from app.work.lines import KINDS, add_line, read_line, total
from app.work.models import WorkOrder, WorkOrderLine
from app.work.orders import call_off, change_plan, hand_to_system, leave_out, lock_order, take_along
from app.work.states import OUTCOMES, STATES
from app.work.webhook_models import Webhook

PHOTO_BYTES = 45_000_000
NO_REPORT = mark("No report has this number. Check it letter by letter.")
NO_SYSTEM = mark("Choose the system.")

# What a change does; it returns facts for the audit trail.
Change = Callable[[AsyncSession, Account, WorkOrder, dict[str, str]], Awaitable[dict[str, Any]]]


@get("/staff/work/{number_:str}", opt=DESK)
async def show_order(session: AsyncSession, account: Account, number_: str, done: str = "") -> Template:
    return await order_page(session, account, await find(session, account, number_), done=done)


@post("/staff/work/{number_:str}/plan", opt=MANAGE, status_code=200)
async def post_plan(request: PageRequest, session: AsyncSession, account: Account, number_: str) -> Response[Any]:
    return await carry_out(request, session, account, number_, "work.planned", plan, manage=True)


@post("/staff/work/{number_:str}/cancellation", opt=MANAGE, status_code=200)
async def post_cancellation(
    request: PageRequest, session: AsyncSession, account: Account, number_: str
) -> Response[Any]:
    return await carry_out(request, session, account, number_, "work.cancelled", cancel, manage=True)


@post("/staff/work/{number_:str}/reports", opt=MANAGE, status_code=200)
async def post_report(request: PageRequest, session: AsyncSession, account: Account, number_: str) -> Response[Any]:
    return await carry_out(request, session, account, number_, "work.reports", change_reports, manage=True)


@post("/staff/work/{number_:str}/system", opt=MANAGE, status_code=200)
async def post_system(request: PageRequest, session: AsyncSession, account: Account, number_: str) -> Response[Any]:
    return await carry_out(request, session, account, number_, "work.handed_over", to_system, manage=True)


@post("/staff/work/{number_:str}/beginning", opt=DESK, status_code=200)
async def post_beginning(request: PageRequest, session: AsyncSession, account: Account, number_: str) -> Response[Any]:
    return await carry_out(request, session, account, number_, "work.begun", start)


@post("/staff/work/{number_:str}/lines", opt=DESK, status_code=200)
async def post_line(request: PageRequest, session: AsyncSession, account: Account, number_: str) -> Response[Any]:
    """A line more, or with `remove` one less."""
    return await carry_out(request, session, account, number_, "work.line", change_lines)


@post("/staff/work/{number_:str}/outcome", opt=DESK, status_code=200, request_max_body_size=PHOTO_BYTES)
async def post_outcome(request: PageRequest, number_: str) -> Response[Any]:
    """Done: status, words, reason and a photo. The photo is read and kept before any transaction begins."""
    database: Database = request.app.state.database
    async with database.reading() as session:
        account = (await permitted(request, session, "desk.view")).account
        await check_may(session, account, await find(session, account, number_), manage=False)
    uploads = [value for _, value in (await request.form()).multi_items() if isinstance(value, UploadFile)]
    taken, wrong = await take_photos(
        uploads[:3],
        store=request.app.state.media,
        secret_key=request.app.state.settings.secret_key,
        timezone=current_timezone.get(),
    )
    photos = tuple(one.photo.stored for one in taken)

    async def end(session: AsyncSession, account: Account, order: WorkOrder, form: dict[str, str]) -> dict[str, Any]:
        if wrong:
            raise Refused(*[Problem("photo", problem.message) for problem in wrong])
        return await finish_order(session, account, order, form, photos)

    async with database.writing() as session:
        account = (await permitted(request, session, "desk.view")).account
        return await carry_out(request, session, account, number_, "work.done", end)


async def carry_out(
    request: PageRequest,
    session: AsyncSession,
    account: Account,
    number_: str,
    action: str,
    change: Change,
    *,
    manage: bool = False,
) -> Response[Any]:
    """Does a change with its audit entry: 303 back, or the page with what is wrong and nothing written."""
    order, form = await find(session, account, number_), await read_form(request)
    await check_may(session, account, order, manage=manage)
    try:
        async with session.begin_nested():
            facts = await change(session, account, order, form)
            await note(session, account, action, about=order.number, facts=facts)
    except Refused as refused:
        session.expunge_all()
        return await order_page(session, account, await find(session, account, number_), form=form, refused=refused)
    return Redirect(f"/staff/work/{order.number}?done=yes", status_code=303)


async def find(session: AsyncSession, account: Account, number_: str) -> WorkOrder:
    order = await queries.find_order(session, account, number_)
    if order is None:
        raise NotFoundException
    return order


async def check_may(session: AsyncSession, account: Account, order: WorkOrder, *, manage: bool) -> None:
    allowed = queries.may_manage if manage else queries.may_work_on
    if not await allowed(session, account, order):
        raise PermissionDeniedException


async def plan(session: AsyncSession, account: Account, order: WorkOrder, form: dict[str, str]) -> dict[str, Any]:
    wanted = read_plan(form, await city_today(session), kept=order.planned_date)
    await change_plan(session, order.id, wanted, seen=seen_datetime(form), account_id=account.id)
    return {"day": form.get("planned_date", ""), "team": form.get("team", "")}


async def cancel(session: AsyncSession, account: Account, order: WorkOrder, form: dict[str, str]) -> dict[str, Any]:
    await call_off(session, order.id, seen=seen_datetime(form), account_id=account.id)
    return {}


async def start(session: AsyncSession, account: Account, order: WorkOrder, form: dict[str, str]) -> dict[str, Any]:
    await begin(session, order.id, seen=seen_datetime(form), account_id=account.id)
    return {}


async def change_reports(
    session: AsyncSession, account: Account, order: WorkOrder, form: dict[str, str]
) -> dict[str, Any]:
    """A report more (`add`), or one less (`remove`)."""
    said = form.get("remove") or form.get("add", "")
    numbers = read_numbers(said)
    if not numbers or await desk.find_by_number(session, numbers[0]) is None:
        raise Refused(Problem("add", NO_REPORT))
    (other,) = await theirs(session, account, numbers[0])
    act = leave_out if form.get("remove") else take_along
    if act is take_along:
        await require_roots(session, account, [other])
    await act(session, order.id, other, seen=seen_datetime(form), account_id=account.id)
    return {"remove" if form.get("remove") else "add": other.service_request_id}


async def to_system(session: AsyncSession, account: Account, order: WorkOrder, form: dict[str, str]) -> dict[str, Any]:
    webhook = await session.get(Webhook, number(form.get("webhook", "")) or 0)
    if webhook is None:
        raise Refused(Problem("webhook", NO_SYSTEM))
    await hand_to_system(session, order.id, webhook, seen=seen_datetime(form), account_id=account.id)
    return {"system": webhook.name}


async def change_lines(
    session: AsyncSession, account: Account, order: WorkOrder, form: dict[str, str]
) -> dict[str, Any]:
    await lock_order(session, order.id, None)
    if line_id := number(form.get("remove", "")):
        gone = delete(WorkOrderLine).where(WorkOrderLine.id == line_id, WorkOrderLine.order_id == order.id)
        await session.execute(gone)
        return {"removed": line_id}
    line = await add_line(session, order, read_line(form), account_id=account.id)
    return {"what": line.what, "price": line.price}


async def finish_order(
    session: AsyncSession, account: Account, order: WorkOrder, form: dict[str, str], photos: tuple[StoredPhoto, ...]
) -> dict[str, Any]:
    status, reason = form.get("status", ""), form.get("reason") or None
    known = STATUSES[status].reasons if status in OUTCOMES else ()
    missed = read_missed(form, current_timezone.get())
    outcome = Outcome(
        status=status,
        text=form.get("text", ""),
        text_public=form.get("text_public") == "yes",
        reason=reason if reason in known else None,
        photos=photos,
        missed=missed if missed.reason else None,
    )
    await finish(session, order.id, outcome, seen=seen_datetime(form), account_id=account.id)
    return {"outcome": status, "photos": len(photos)}


async def order_page(
    session: AsyncSession,
    account: Account,
    order: WorkOrder,
    *,
    done: str = "",
    form: dict[str, str] | None = None,
    refused: Refused | None = None,
) -> Template:
    is_open = STATES[order.state].is_open
    manages = is_open and await queries.may_manage(session, account, order)
    theirs_now = await desk.ids_at_the_desk(session, account, [one.id for one in order.requests])
    system = await session.get(Webhook, order.webhook_id) if order.webhook_id else None
    problems = {problem.field: problem.said() for problem in refused.problems} if refused else {}
    context = {
        "order": order,
        "state": STATES[order.state],
        "manages": manages,
        "works": await queries.may_work_on(session, account, order),
        "is_open": is_open,
        "system": system,
        "systems": await systems(session) if manages else [],
        "at_the_desk": theirs_now,
        "said_service": said_service,
        "photos": await photos_of(session, order),
        "outcomes": [(code, gettext(STATUSES[code].label), gettext(STATUSES[code].meaning)) for code in OUTCOMES],
        "reasons": [(code, gettext(REASONS[code])) for status in OUTCOMES for code in STATUSES[status].reasons],
        "missed_reasons": await reasons_owed(session, order.requests) if is_open else [],
        "kinds": [(code, gettext(label)) for code, label in KINDS.items()],
        "money": money,
        "total": total(order.lines),
        "form": form or {},
        "problems": problems,
        "plan_form": form if form and "title" in form else plan_form(order),
        "plan_wrong": not problems.keys().isdisjoint(("title", "planned_date", "team", "assignee", "department")),
        "line_wrong": not problems.keys().isdisjoint(("kind", "what", "quantity", "unit_price")),
        "done": done,
        "statuses": STATUSES,
        **(await choices(session) if manages else {}),
    }
    status = refused.status if refused else 200
    return Template("staff/work_order.html", context=context, status_code=status, headers=NO_STORE)


def plan_form(order: WorkOrder) -> dict[str, str]:
    given = {"department": order.department_id, "team": order.team_id, "assignee": order.assignee_id}
    return {
        "title": order.title,
        "instructions": order.instructions,
        "planned_date": order.planned_date.isoformat() if order.planned_date else "",
        **{name: str(value or "") for name, value in given.items()},
    }


async def systems(session: AsyncSession) -> list[tuple[int, str]]:
    wanted = select(Webhook.id, Webhook.name).where(Webhook.active, Webhook.takes_orders).order_by(Webhook.name)
    return [(row.id, row.name) for row in await session.execute(wanted)]


async def reasons_owed(session: AsyncSession, requests: list[ServiceRequest]) -> list[tuple[str, str]]:
    """Why a promise can have been missed, where one of the reports is late and nobody has said why."""
    open_ones = [one for one in requests if STATUSES[one.status].is_open]
    if not any(owes_reason(one, one.updated_datetime) or (one.late and not one.missed_reason) for one in open_ones):
        return []
    locale, rows = current_locale.get(), await missed_reasons(session)
    return [(row.code, of_locale(row.translations, locale).get("label") or gettext(row.label)) for row in rows]


async def photos_of(session: AsyncSession, order: WorkOrder) -> list[tuple[Photo, str]]:
    """What the city photographed at the order's reports, each picture once, with the report's number."""
    numbers = {one.id: one.service_request_id for one in order.requests}
    wanted = select(Photo).join(Update, Update.id == Photo.update_id).where(Update.author == "city")
    rows = (await session.execute(wanted.where(Photo.request_id.in_(numbers)).order_by(Photo.id))).scalars()
    once = {photo.content_hash: photo for photo in rows}
    return [(photo, numbers[photo.request_id]) for photo in once.values()]


def money(cents: int) -> str:
    return format_decimal(Decimal(cents) / 100, "#,##0.00", locale=current_locale.get())


route_handlers = [
    show_order,
    post_plan,
    post_cancellation,
    post_report,
    post_system,
    post_beginning,
    post_line,
    post_outcome,
]
