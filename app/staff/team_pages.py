"""`/staff/teams`: the teams to whom reports are routed, and the people in them."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post
from litestar.datastructures import State
from litestar.exceptions import NotFoundException
from litestar.response import Redirect, Template
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.models import Account
from app.accounts.team_models import Team
from app.accounts.teams import add_member, keep_team, member_counts, members_of, remove_member
from app.errors import Refused
from app.service_requests.forms import clean
from app.services.queries import current_catalogue
from app.staff.hands_said import load_names
from app.staff.request_page import NO_STORE

PageRequest = Request[Any, Any, State]
MANAGE = {"permission": "routing.manage"}


@get("/staff/teams", opt=MANAGE)
async def show_teams(session: AsyncSession, done: str = "") -> Template:
    return await list_page(session, done=done)


@post("/staff/teams", opt=MANAGE, status_code=200)
async def post_team(request: PageRequest, session: AsyncSession, account: Account) -> Response[Any]:
    """A new team: 303 to its page, or the list with 409 or 422."""
    form = await read_form(request)
    department_id = await department_of(session, form)
    try:
        team = await keep_team(
            session, account, None, code=form.get("code", ""), name=form.get("name", ""), department_id=department_id
        )
    except Refused as refused:
        return await list_page(session, form=form, refused=refused)
    return Redirect(f"/staff/teams/{team.code}?done=made", status_code=303)


@get("/staff/teams/{code:str}", opt=MANAGE)
async def show_team(session: AsyncSession, code: str, done: str = "") -> Template:
    return await team_page(session, await find(session, code), done=done)


@post("/staff/teams/{code:str}", opt=MANAGE, status_code=200)
async def post_team_changes(request: PageRequest, session: AsyncSession, account: Account, code: str) -> Response[Any]:
    """Name, department, open or closed: 303, or the page with 422."""
    team, form = await find(session, code), await read_form(request)
    department_id = await department_of(session, form)
    try:
        await keep_team(
            session,
            account,
            team,
            code=code,
            name=form.get("name", ""),
            department_id=department_id,
            active=form.get("active") == "yes",
        )
    except Refused as refused:
        return await team_page(session, team, form=form, refused=refused)
    return changed(code)


@post("/staff/teams/{code:str}/members", opt=MANAGE, status_code=200)
async def post_member(request: PageRequest, session: AsyncSession, account: Account, code: str) -> Response[Any]:
    """Somebody joins, by e-mail address: 303, or the page with 422."""
    team, form = await find(session, code), await read_form(request)
    try:
        await add_member(session, account, team, form.get("email", ""))
    except Refused as refused:
        return await team_page(session, team, email=form.get("email", ""), refused=refused)
    return changed(code)


@post("/staff/teams/{code:str}/members/{account_id:int}/remove", opt=MANAGE, status_code=200)
async def post_member_removal(session: AsyncSession, account: Account, code: str, account_id: int) -> Response[Any]:
    """303; 404 for who is not in the team."""
    team = await find(session, code)
    member = next((one for one in await members_of(session, team.id) if one.id == account_id), None)
    if member is None:
        raise NotFoundException
    await remove_member(session, account, team, member)
    return changed(code)


async def find(session: AsyncSession, code: str) -> Team:
    """Raises NotFoundException."""
    if "\0" in code:
        raise NotFoundException
    team = (await session.execute(select(Team).where(Team.code == code))).scalar_one_or_none()
    if team is None:
        raise NotFoundException
    return team


async def read_form(request: PageRequest) -> dict[str, str]:
    return {name: clean(str(value)) for name, value in (await request.form()).multi_items()}


async def department_of(session: AsyncSession, form: dict[str, str]) -> int | None:
    """None for one that is not in the list, as the form gives it for "no department"."""
    departments = (await current_catalogue(session)).departments
    return next((row.id for row in departments.values() if str(row.id) == form.get("department")), None)


def changed(code: str) -> Redirect:
    return Redirect(f"/staff/teams/{code}?done=changed", status_code=303)


async def list_page(
    session: AsyncSession, *, done: str = "", form: dict[str, str] | None = None, refused: Refused | None = None
) -> Template:
    context = {
        "names": await load_names(session),
        "counts": await member_counts(session),
        "form": form or {},
        "problems": {problem.field: problem.said() for problem in refused.problems} if refused else {},
        "done": done,
    }
    status = refused.status if refused else 200
    return Template("staff/teams.html", context=context, status_code=status, headers=NO_STORE)


async def team_page(
    session: AsyncSession,
    team: Team,
    *,
    done: str = "",
    form: dict[str, str] | None = None,
    email: str = "",
    refused: Refused | None = None,
) -> Template:
    kept = {"name": team.name, "department": str(team.department_id or ""), "active": "yes" if team.active else ""}
    context = {
        "team": team,
        "members": await members_of(session, team.id),
        "names": await load_names(session),
        "form": form or kept,
        "email": email,
        "problems": {problem.field: problem.said() for problem in refused.problems} if refused else {},
        "done": done,
    }
    status = refused.status if refused else 200
    return Template("staff/team.html", context=context, status_code=status, headers=NO_STORE)


route_handlers = [show_teams, post_team, show_team, post_team_changes, post_member, post_member_removal]
