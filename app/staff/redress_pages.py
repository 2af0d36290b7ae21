"""`/staff/redress`: what the city owes for missed promises, until somebody says that it is given."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from litestar import Request, Response, get, post
from litestar.datastructures import State
from litestar.exceptions import NotFoundException
from litestar.response import Redirect, Template
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.audit import note
from app.accounts.models import Account
from app.errors import Problem, Refused, wants_json
from app.service_requests.forms import clean
from app.service_requests.models import ServiceRequest
from app.service_requests.redress import give
from app.service_requests.redress_models import RedressCase, RedressRule
from app.services.queries import current_catalogue
from app.services.words import said_in
from app.sql import holds
from app.staff.promise_form import MOST_WORDS, TOO_LONG
from app.staff.scope import within_scope
from app.templating import current_locale

PageRequest = Request[Any, Any, State]
REDRESS = {"permission": "promises.redress"}
NO_STORE = {"Cache-Control": "private, no-store"}
SHOWN = 50


@get("/staff/redress", opt=REDRESS)
async def show_redress(session: AsyncSession, account: Account, done: str = "", after: int = 0) -> Template:
    return await redress_page(session, account, done=done, after=after if holds(RedressCase.id, after) else 0)


@post("/staff/redress/{case_id:int}", opt=REDRESS, status_code=200)
async def post_given(request: PageRequest, session: AsyncSession, account: Account, case_id: int) -> Response[Any]:
    """`note` says what was given: 303 back to the list, which says what is wrong with 409 or 422."""
    mine = within_scope(account, "promises.redress")
    wanted = select(ServiceRequest.service_request_id).join(RedressCase, RedressCase.request_id == ServiceRequest.id)
    if not holds(RedressCase.id, case_id):
        raise NotFoundException
    number = (await session.execute(wanted.where(RedressCase.id == case_id, *mine))).scalar_one_or_none()
    if number is None:
        raise NotFoundException
    words = clean(str((await request.form()).get("note", "")))
    try:
        if len(words) > MOST_WORDS:
            raise Refused(Problem(f"note-{case_id}", TOO_LONG, {"most": MOST_WORDS}))
        await give(session, case_id, words, account_id=account.id)
    except Refused as refused:
        if wants_json(request):
            raise
        return await redress_page(session, account, form={f"note-{case_id}": words}, refused=refused)
    await note(session, account, "redress.given", about=number, facts={"what": words})
    return Redirect("/staff/redress?done=given", status_code=303)


async def redress_page(
    session: AsyncSession,
    account: Account,
    *,
    done: str = "",
    after: int = 0,
    form: Mapping[str, str] | None = None,
    refused: Refused | None = None,
) -> Template:
    catalogue, request = await current_catalogue(session), ServiceRequest
    facts = (request.service_request_id, request.service_id, request.address_string)
    wanted = (
        select(RedressCase, RedressRule, *facts)
        .join(RedressRule, RedressRule.id == RedressCase.rule_id)
        .join(request, request.id == RedressCase.request_id)
        .where(RedressCase.given_datetime.is_(None), RedressCase.id > after, *within_scope(account, "promises.redress"))
        .order_by(RedressCase.id)
        .limit(SHOWN + 1)
    )
    cases = (await session.execute(wanted)).all()
    context = {
        "cases": cases[:SHOWN],
        "more": cases[SHOWN - 1].RedressCase.id if len(cases) > SHOWN else None,
        "services": catalogue.by_id,
        "said_name": lambda row, field: said_in(row, field, current_locale.get()),
        "form": form or {},
        "problems": {problem.field: problem.said() for problem in refused.problems} if refused else {},
        "done": done,
    }
    status = refused.status if refused else 200
    return Template("staff/redress.html", context=context, status_code=status, headers=NO_STORE)


route_handlers = [show_redress, post_given]
