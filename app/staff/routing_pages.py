"""`/staff/routing`: the rules of who gets which report, tried on past ones before they count."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from litestar import Request, Response, get, post
from litestar.datastructures import State
from litestar.exceptions import NotFoundException
from litestar.response import Redirect, Template
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.audit import note
from app.accounts.models import Account
from app.errors import Problem, Refused
from app.jurisdictions.models import Jurisdiction
from app.jurisdictions.queries import get_jurisdiction
from app.service_requests.forms import clean
from app.service_requests.routing import load_rules
from app.service_requests.routing_changes import current_rows, keep_rule, remove_rule
from app.service_requests.routing_figures import Figures, figures_of_rules
from app.service_requests.routing_models import RoutingRule
from app.service_requests.routing_rules import PRIORITIES, SOURCES, TESTS, Hands, read_conditions
from app.service_requests.routing_trial import Trial, rules_after, try_rules
from app.service_requests.triage import waiting_in_triage
from app.services.queries import current_catalogue
from app.staff.hands_said import load_names, priority_said
from app.staff.request_page import NO_STORE
from app.staff.routing_form import ANSWER_ROWS, EMPTY, Form, draft_of, form_of, number, read_rule_form
from app.staff.routing_words import conditions_said, weekday_names
from app.templating import mark

PageRequest = Request[Any, Any, State]
MANAGE = {"permission": "routing.manage"}
FIGURES_OF = timedelta(days=30)
# Differences that a dry run lists; it counts all.
MOST_LISTED = 50
LONGEST_WAIT = 24 * 30
HOURS = mark("Write a number of hours from 1 to 720.")


@get("/staff/routing", opt=MANAGE)
async def show_rules(session: AsyncSession, done: str = "") -> Template:
    return await list_page(session, done=done)


@post("/staff/routing", opt=MANAGE, status_code=200)
async def post_triage_hours(request: PageRequest, session: AsyncSession, account: Account) -> Response[Any]:
    """How long a report may wait in triage: 303, or the list with 422."""
    said = clean(str((await request.form()).get("triage_hours", "")))
    hours = int(said) if said.isascii() and said.isdigit() and len(said) < 5 else 0
    if not 1 <= hours <= LONGEST_WAIT:
        return await list_page(session, refused=Refused(Problem("triage_hours", HOURS)))
    before = (await get_jurisdiction(session)).triage_hours
    await session.execute(update(Jurisdiction).where(Jurisdiction.id == 1).values(triage_hours=hours))
    await note(session, account, "triage.changed", facts={"from": before, "to": hours})
    return Redirect("/staff/routing?done=triage", status_code=303)


@get("/staff/new-rule", opt=MANAGE)
async def show_new_rule(session: AsyncSession) -> Template:
    return await rule_page(session, None, {**EMPTY, "place": str(len(await current_rows(session)) + 1)})


@get("/staff/routing/{code:str}", opt=MANAGE)
async def show_rule(session: AsyncSession, code: str) -> Template:
    rows = await current_rows(session)
    row = find(rows, code)
    return await rule_page(session, code, form_of(row, list(rows).index(row) + 1))


@post(["/staff/new-rule", "/staff/routing/{code:str}"], opt=MANAGE, status_code=200)
async def post_rule(
    request: PageRequest, session: AsyncSession, account: Account, code: str | None = None
) -> Response[Any]:
    """`step` "keep" writes the rule, 303 to the list; "try" shows what it would have done. Else 409 or 422."""
    form = await read_rule_form(request)
    if code is not None:
        find(await current_rows(session), code)
    before = await load_rules(session)
    try:
        draft = await draft_of(session, form)

        async def keep() -> str:
            kept = await keep_rule(session, account, draft, code=code, seen=number(form, "seen"))
            return kept.code

        if form.get("step") == "keep":
            await keep()
            return Redirect("/staff/routing?done=rule", status_code=303)
        after, tried_code = await rules_after(session, keep)
        trial = await try_rules(session, before, after, tried_code)
        return await rule_page(session, code, form, trial=trial)
    except Refused as refused:
        return await rule_page(session, code, form, refused=refused)


@post("/staff/routing/{code:str}/remove", opt=MANAGE, status_code=200)
async def post_removal(session: AsyncSession, account: Account, code: str) -> Response[Any]:
    """303 to the list; 404 for a rule that is not there."""
    find(await current_rows(session), code)
    await remove_rule(session, account, code)
    return Redirect("/staff/routing?done=removed", status_code=303)


def find(rows: Any, code: str) -> RoutingRule:
    """Raises NotFoundException."""
    for row in rows:
        if row.code == code:
            found: RoutingRule = row
            return found
    raise NotFoundException


async def list_page(session: AsyncSession, *, done: str = "", refused: Refused | None = None) -> Template:
    catalogue, names = await current_catalogue(session), await load_names(session)
    figures = await figures_of_rules(session, datetime.now(UTC) - FIGURES_OF)
    tried = {rule.id for rule in await load_rules(session)}
    waiting, since = await waiting_in_triage(session)
    context = {
        "rules": [
            {
                "row": row,
                "asks": conditions_said(read_conditions(row.conditions), catalogue),
                "gives": names.said(hands) if (hands := hands_in(row)) else "",
                "priority": priority_said(row.priority),
                "figures": figures.get(row.code, Figures()),
                "lost": row.active and row.id not in tried,
            }
            for row in await current_rows(session)
        ],
        "waiting": waiting,
        "since": since,
        "triage_hours": (await get_jurisdiction(session)).triage_hours,
        "problems": said(refused),
        "done": done,
    }
    return Template("staff/routing.html", context=context, status_code=refused.status if refused else 200,
                    headers=NO_STORE)  # fmt: skip


async def rule_page(
    session: AsyncSession, code: str | None, form: Form, *, trial: Trial | None = None, refused: Refused | None = None
) -> Template:
    catalogue, names = await current_catalogue(session), await load_names(session)
    rows = await current_rows(session)
    context = {
        "code": code,
        "form": form,
        "places": len(rows) + (0 if code else 1),
        "catalogue": catalogue,
        "names": names,
        "tests": TESTS,
        "sources": SOURCES,
        "priorities": PRIORITIES,
        "weekdays": weekday_names(),
        "answer_rows": ANSWER_ROWS,
        "question_codes": sorted({question.code for row in catalogue.services for question in row.attributes}),
        "trial": trial,
        "differing": [shown(one, names) for one in trial.differing[:MOST_LISTED]] if trial else [],
        "service_of": catalogue.by_id,
        "problems": said(refused),
    }
    return Template("staff/rule.html", context=context, status_code=refused.status if refused else 200,
                    headers=NO_STORE)  # fmt: skip


def shown(one: Any, names: Any) -> dict[str, Any]:
    """A difference of a dry run: where it went, where it would have gone."""
    told = {"report": one}
    for name, decision in (("before", one.before), ("after", one.after)):
        priority = priority_said(decision.priority)
        told[name] = names.said(decision.hands) + (f" · {priority}" if priority else "")
    return told


def hands_in(row: RoutingRule) -> Hands:
    return Hands(row.department_id, row.team_id, row.assignee_id)


def said(refused: Refused | None) -> dict[str, str]:
    return {problem.field: problem.said() for problem in refused.problems} if refused else {}


route_handlers = [show_rules, post_triage_hours, show_new_rule, show_rule, post_rule, post_removal]
