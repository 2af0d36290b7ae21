"""The desk of promises: events that suspend them, and what the city owes for a missed one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from litestar import Request, Response, get, post
from litestar.datastructures import State
from litestar.exceptions import NotFoundException
from litestar.response import Redirect, Template
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.audit import note
from app.accounts.models import Account
from app.errors import Refused, wants_json
from app.service_requests.forms import clean
from app.service_requests.redress_models import KINDS, RedressRule
from app.service_requests.suspensions import end, suspend
from app.services.promise_models import Suspension
from app.services.queries import current_catalogue
from app.services.words import said_in
from app.sql import find_row
from app.staff.promise_form import MOST_WORDS, OTHERS, read_redress, read_suspension
from app.templating import LOCALES, current_locale, gettext

PageRequest = Request[Any, Any, State]
MANAGE = {"permission": "promises.manage"}
NO_STORE = {"Cache-Control": "private, no-store"}
PAST = 20


@get("/staff/promises", opt=MANAGE)
async def show_promises(session: AsyncSession, account: Account, done: str = "") -> Template:
    return await promises_page(session, done=done)


@post("/staff/promises/suspensions", opt=MANAGE, status_code=200)
async def post_suspension(request: PageRequest, session: AsyncSession, account: Account) -> Response[Any]:
    """Declares an event: 303 back to the page, which says what is wrong with 422."""
    form = await read_form(request)
    try:
        event = await read_suspension(session, form, datetime.now(UTC))
    except Refused as refused:
        if wants_json(request):
            raise
        return await promises_page(session, form=form, refused=refused)
    await suspend(session, event)
    await note(session, account, "suspension.declared", about=f"suspension {event.id}", facts=facts_of(event))
    return Redirect("/staff/promises?done=declared", status_code=303)


@post("/staff/promises/suspensions/{suspension_id:int}/end", opt=MANAGE, status_code=200)
async def post_end(session: AsyncSession, account: Account, suspension_id: int) -> Redirect:
    """Says that an event is over now; one that is still to come does not come, one that is over stays so."""
    event = await find_row(session, Suspension, suspension_id, lock=True)
    if event is None:
        raise NotFoundException
    now = datetime.now(UTC)
    if event.end_datetime is None or event.end_datetime > now:
        await end(session, event, now)
        await note(session, account, "suspension.ended", about=f"suspension {event.id}")
    return Redirect("/staff/promises?done=ended", status_code=303)


@post("/staff/promises/redress", opt=MANAGE, status_code=200)
async def post_redress(request: PageRequest, session: AsyncSession, account: Account) -> Response[Any]:
    """Declares what is owed from now on: 303 back to the page, which says what is wrong with 422."""
    form = await read_form(request)
    try:
        rule = await read_redress(session, form, datetime.now(UTC))
    except Refused as refused:
        if wants_json(request):
            raise
        return await promises_page(session, form=form, refused=refused)
    session.add(rule)
    await session.flush()
    facts = {"kind": rule.kind, "words": rule.words}
    await note(session, account, "redress.declared", about=f"redress {rule.id}", facts=facts)
    return Redirect("/staff/promises?done=redress", status_code=303)


@post("/staff/promises/redress/{rule_id:int}/end", opt=MANAGE, status_code=200)
async def post_redress_end(session: AsyncSession, account: Account, rule_id: int) -> Redirect:
    """From now on it is owed no more; what is owed already stays so."""
    rule = await find_row(session, RedressRule, rule_id, lock=True)
    if rule is None:
        raise NotFoundException
    if rule.valid_to is None:
        rule.valid_to = datetime.now(UTC)
        await note(session, account, "redress.ended", about=f"redress {rule.id}")
    return Redirect("/staff/promises?done=changed", status_code=303)


async def read_form(request: PageRequest) -> dict[str, str]:
    return {name: clean(str(value)) for name, value in (await request.form()).multi_items()}


def facts_of(event: Suspension) -> dict[str, Any]:
    return {
        "reason": event.reason,
        "for": event.service_id or event.group or "all",
        "area": f"{event.layer}/{event.area_code}" if event.layer else "all",
        "from": event.start_datetime.isoformat(),
        "to": event.end_datetime.isoformat() if event.end_datetime else None,
    }


async def promises_page(
    session: AsyncSession, *, done: str = "", form: Mapping[str, str] | None = None, refused: Refused | None = None
) -> Template:
    catalogue, locale, now = await current_catalogue(session), current_locale.get(), datetime.now(UTC)
    events = (await session.execute(select(Suspension).order_by(Suspension.id.desc()).limit(100))).scalars().all()
    rules = select(RedressRule).where(RedressRule.valid_to.is_(None)).order_by(RedressRule.id)
    ended = [event for event in events if event.end_datetime is not None and event.end_datetime <= now]

    def said_for(row: Suspension | RedressRule) -> str:
        if row.service_id is not None:
            return said_in(catalogue.by_id[row.service_id], "service_name", locale)
        group = catalogue.group(row.group) if row.group else None
        return said_in(group, "name", locale) if group else gettext("Every kind of problem")

    context = {
        "events": [event for event in events if event not in ended],
        "ended": ended[:PAST],
        "now": now,
        "rules": (await session.execute(rules)).scalars().all(),
        "kinds": [(code, gettext(label)) for code, label in KINDS.items()],
        "catalogue": catalogue,
        "said_for": said_for,
        "said_name": lambda row, field: said_in(row, field, locale),
        "others": [(code, LOCALES[code]) for code in OTHERS],
        "form": form or {},
        "problems": {problem.field: problem.said() for problem in refused.problems} if refused else {},
        "done": done,
        "most": MOST_WORDS,
    }
    status = refused.status if refused else 200
    return Template("staff/promises.html", context=context, status_code=status, headers=NO_STORE)


route_handlers = [show_promises, post_suspension, post_end, post_redress, post_redress_end]
