"""`/staff/bulk`: what to do with the chosen requests, what exactly would change, and then all of it in one go."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

from litestar import Request, post
from litestar.datastructures import State
from litestar.exceptions import PermissionDeniedException
from litestar.response import Template
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.guards import may, provide_account
from app.accounts.models import Account
from app.accounts.team_models import Team
from app.db import Database
from app.errors import Problem, Refused
from app.service_requests.forms import MAX_DESCRIPTION, clean
from app.service_requests.models import ServiceRequest
from app.service_requests.workflow import STATUSES
from app.services.queries import current_catalogue
from app.staff.bulk import Outcome, Standing, carry_out
from app.staff.bulk_form import MOST, PERMISSIONS, digest, options, read_chosen, read_deed
from app.staff.queue_filter import read_filter
from app.staff.queue_lines import chosen_value
from app.staff.queue_rows import order_of, page_keys
from app.staff.queue_views import conditions
from app.staff.request_page import NO_STORE, reasons_said
from app.templating import gettext, mark, translated

PageRequest = Request[Any, Any, State]
CHOOSE_SOME = mark("Choose at least one report in the list, then what to do with them.")


# Takes no session: a preview is a transaction of its own, which is undone.
@post("/staff/bulk", opt={"permission": "desk.view"}, status_code=200)
async def post_bulk(request: PageRequest) -> Template:
    """The page for `action` and `chosen`; with `step` "preview" what would change, with "do" what has. 422, 403."""
    database: Database = request.app.state.database
    fields = [(name, clean(str(value))) for name, value in (await request.form()).multi_items()]
    form, picked = dict(fields), [value for name, value in fields if name == "chosen"]
    async with database.reading() as session:
        account = await provide_account(request, session)
        if form.get("action") not in PERMISSIONS:
            raise Refused(Problem("action", CHOOSE_SOME))
        if not may(account, PERMISSIONS[form["action"]]):
            raise PermissionDeniedException
        if form.get("whole") == "yes":
            picked = await whole_list(session, account, form.get("back", ""))
        chosen = read_chosen(picked)
        if not chosen:
            raise Refused(Problem("chosen", CHOOSE_SOME))
        context = {**await page_context(session, account, form), "picked": picked[:MOST], "count": len(chosen)}
        if not form.get("step"):
            return page(context)
        try:
            deed = await read_deed(session, account, form)
        except Refused as refused:
            return page(context, refused=refused)
    seal = digest(chosen, deed)
    really = form["step"] == "do" and form.get("seal") == seal
    async with database.writing() as session:
        account = await provide_account(request, session)
        outcomes = await carry_out(session, account, chosen, deed)
        told = await said(session, outcomes)
        if not really:
            await session.rollback()
    return page({**context, "seal": seal, "deed": deed, "outcomes": told, "step": "done" if really else "preview"})


async def whole_list(session: AsyncSession, account: Account, query: str) -> list[str]:
    """The first of a list, as the boxes of the page would say them."""
    asked = read_filter(dict(parse_qsl(query)))
    found = await page_keys(session, order_of(asked), await conditions(session, account, asked), most=MOST)
    wanted = select(ServiceRequest).where(ServiceRequest.id.in_([row[0] for row in found]))
    return [chosen_value(one) for one in (await session.execute(wanted)).scalars()]


async def page_context(session: AsyncSession, account: Account, form: dict[str, str]) -> dict[str, Any]:
    back = read_filter(dict(parse_qsl(form.get("back", ""))))
    return {
        "action": form["action"],
        "back": back.query(),
        "form": form,
        "options": await options(session, account),
        "missed_reasons": await reasons_said(session),
        "most": MAX_DESCRIPTION,
        "outcomes": [],
        "problems": {},
        "seal": "",
        "step": "",
    }


def page(context: dict[str, Any], refused: Refused | None = None) -> Template:
    if refused:
        context = {**context, "problems": {problem.field: problem.said() for problem in refused.problems}}
    status = refused.status if refused else 200
    return Template("staff/bulk.html", context=context, status_code=status, headers=NO_STORE)


async def said(session: AsyncSession, outcomes: list[Outcome]) -> list[tuple[Outcome, list[tuple[str, str, str]]]]:
    """Each with what changes: (of what, before, after)."""
    catalogue = await current_catalogue(session)
    words: dict[str, dict[Any, str]] = {
        "status": {one.code: gettext(one.label) for one in STATUSES.values()},
        "department_id": {one.id: translated(one, "name") for one in catalogue.departments.values()},
        "team_id": await names(session, Team, outcomes, "team_id"),
        "assignee_id": await names(session, Account, outcomes, "assignee_id"),
    }
    titles = {
        "status": gettext("Status"),
        "department_id": gettext("Department"),
        "team_id": gettext("Team"),
        "assignee_id": gettext("Person"),
    }
    nobody = gettext("nobody")

    def changes(one: Outcome) -> list[tuple[str, str, str]]:
        if one.before is None or one.after is None:
            return []
        pairs = [(field, getattr(one.before, field), getattr(one.after, field)) for field in titles]
        return [
            (titles[field], words[field].get(was, nobody), words[field].get(is_, nobody))
            for field, was, is_ in pairs
            if was != is_
        ]

    return [(one, changes(one)) for one in outcomes]


async def names(
    session: AsyncSession, of: type[Account] | type[Team], outcomes: list[Outcome], field: str
) -> dict[Any, str]:
    sides: list[Standing] = [side for one in outcomes for side in (one.before, one.after) if side]
    ids = {getattr(side, field) for side in sides} - {None}
    rows = await session.execute(select(of.id, of.name).where(of.id.in_(ids)))
    return {row.id: row.name for row in rows}


route_handlers = [post_bulk]
