"""`/staff/agencies`: how outside agencies are told of what is theirs; and telling one again."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post
from litestar.datastructures import State
from litestar.exceptions import NotFoundException
from litestar.response import Redirect, Template
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.audit import note
from app.accounts.guards import require
from app.accounts.models import Account
from app.agencies.doors import keep_door
from app.agencies.models import FAILED, AgencyDoor
from app.agencies.refer import referrals_of, try_again
from app.errors import Refused, wants_json
from app.jurisdictions.models import Department
from app.service_requests.follow_up import AGENCY
from app.service_requests.forms import clean
from app.services.queries import current_catalogue
from app.settings import Settings
from app.staff.request_page import NO_STORE, find

PageRequest = Request[Any, Any, State]
MANAGE = {"permission": "routing.manage"}
Form = dict[str, str]


@get("/staff/agencies", opt=MANAGE)
async def show_agencies(session: AsyncSession, done: str = "") -> Template:
    doors = {door.department_id: door for door in (await session.execute(select(AgencyDoor))).scalars()}
    agencies = [row for row in (await current_catalogue(session)).departments.values() if row.kind == AGENCY]
    context = {"agencies": sorted(agencies, key=lambda row: row.name), "doors": doors, "done": done}
    return Template("staff/agencies.html", context=context, headers=NO_STORE)


@get("/staff/agencies/{code:str}", opt=MANAGE)
async def show_agency(session: AsyncSession, code: str) -> Template:
    agency = await find_agency(session, code)
    return agency_page(agency, await session.get(AgencyDoor, agency.id))


@post("/staff/agencies/{code:str}", opt=MANAGE, status_code=200)
async def post_agency(request: PageRequest, session: AsyncSession, account: Account, code: str) -> Response[Any]:
    """How it is told: 303 to the list, or the form again with 422."""
    agency, settings = await find_agency(session, code), request.app.state.settings
    form = {name: kept_lines(str(value)) for name, value in (await request.form()).multi_items()}
    try:
        await keep(session, account, agency, form, settings)
    except Refused as refused:
        if wants_json(request):
            raise
        return agency_page(agency, await session.get(AgencyDoor, agency.id), form=form, refused=refused)
    return Redirect("/staff/agencies?done=changed", status_code=303)


@post("/staff/requests/{service_request_id:str}/agency", opt={"permission": "requests.route"}, status_code=200)
async def post_again(session: AsyncSession, account: Account, service_request_id: str) -> Redirect:
    """Tells an agency again that could not be told: 303 back to the page; 404 where there is none."""
    found = await find(session, account, service_request_id)
    require(account, "requests.route", found)
    failed = next((one for one in await referrals_of(session, found.id) if one.state == FAILED), None)
    if failed is None:
        raise NotFoundException
    await try_again(session, failed)
    facts = {"department_id": failed.department_id}
    await note(session, account, "agency.told_again", about=found.service_request_id, facts=facts)
    return Redirect(f"/staff/requests/{found.service_request_id}?done=agency", status_code=303)


async def keep(session: AsyncSession, account: Account, agency: Department, form: Form, settings: Settings) -> None:
    await keep_door(session, account, agency, form, settings.secret_key, private=settings.private_endpoints)


def kept_lines(text: str) -> str:
    return "\n".join(clean(line) for line in text.splitlines())


async def find_agency(session: AsyncSession, code: str) -> Department:
    """Raises NotFoundException."""
    agency = (await current_catalogue(session)).department(code)
    if agency is None or agency.kind != AGENCY:
        raise NotFoundException
    return agency


def agency_page(
    agency: Department, door: AgencyDoor | None, *, form: Form | None = None, refused: Refused | None = None
) -> Template:
    context = {
        "agency": agency,
        "has_key": bool(door and door.api_key),
        "form": form or form_of(agency, door),
        "problems": {problem.field: problem.said() for problem in refused.problems} if refused else {},
    }
    status = refused.status if refused else 200
    return Template("staff/agency.html", context=context, status_code=status, headers=NO_STORE)


def form_of(agency: Department, door: AgencyDoor | None) -> Form:
    if door is None:
        return {"email": agency.email or ""}
    return {
        "kind": door.kind if door.active else "",
        "email": door.email or agency.email or "",
        "endpoint": door.endpoint,
        "jurisdiction_id": door.jurisdiction_id,
        "default_code": door.default_code,
        "service_codes": "\n".join(f"{ours} {theirs}" for ours, theirs in door.service_codes.items()),
        "takes_client_id": "yes" if door.takes_client_id else "",
    }


route_handlers = [show_agencies, show_agency, post_agency, post_again]
