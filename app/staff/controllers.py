"""The desk: one request with all that staff may know and do."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post
from litestar.datastructures import State
from litestar.exceptions import NotFoundException
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.audit import note
from app.accounts.guards import require
from app.accounts.models import Account
from app.errors import Problem, Refused, wants_json
from app.jurisdictions.models import Department
from app.jurisdictions.queries import get_jurisdiction
from app.media import storage
from app.service_requests.change_status import change_status
from app.service_requests.forms import MAX_DESCRIPTION, clean
from app.service_requests.identifiers import read_service_request_id
from app.service_requests.missed import read_missed
from app.service_requests.models import ServiceRequest
from app.service_requests.moderate import hide_words, show_description
from app.service_requests.workflow import STATUSES
from app.services.answers import NOT_IN_LIST
from app.services.queries import current_catalogue
from app.staff import queries
from app.staff.request_page import find, request_page, seen_datetime
from app.staff.work_forms import read_day
from app.templating import mark

PageRequest = Request[Any, Any, State]
DESK = {"permission": "desk.view"}
NO_SUCH_NUMBER = mark("No report has this number. Check it letter by letter.")
TOO_LONG = mark("Use at most %(most)d characters.")
CHOOSE = mark("Choose what happens next.")


@get("/staff/requests/{service_request_id:str}", opt=DESK)
async def show_request(session: AsyncSession, account: Account, service_request_id: str, done: str = "") -> Template:
    request = await find(session, account, service_request_id)
    return await request_page(session, account, request, done=done)


@post("/staff/requests/{service_request_id:str}/status", opt={"permission": "requests.change_status"}, status_code=200)
async def post_status(
    request: PageRequest, session: AsyncSession, account: Account, service_request_id: str
) -> Response[Any]:
    """A new status with its words: 303 back to the page, which says what is wrong with 409 or 422."""
    found = await find(session, account, service_request_id)
    require(account, "requests.change_status", found)
    form = {name: clean(str(value)) for name, value in (await request.form()).multi_items()}
    try:
        # What had been written when it is refused must not be kept with the page that says so.
        async with session.begin_nested():
            await change(session, account, found, form)
    except Refused as refused:
        if wants_json(request):
            raise
        # What the change had read for its own use is not what the page shows.
        session.expunge_all()
        found = await find(session, account, service_request_id)
        return await request_page(session, account, found, form=form, refused=refused)
    # Handed over, it may be somebody else's now.
    theirs = await queries.ids_at_the_desk(session, account, [found.id])
    page = f"/staff/requests/{found.service_request_id}" if theirs else "/staff"
    return Redirect(f"{page}?done=status", status_code=303)


@post("/staff/requests/{service_request_id:str}/description", opt={"permission": "requests.moderate"}, status_code=200)
async def post_description(
    request: PageRequest, session: AsyncSession, account: Account, service_request_id: str
) -> Redirect:
    """Shows the reporter's words to the public, or takes them back."""
    found = await find(session, account, service_request_id)
    require(account, "requests.moderate", found)
    if (await request.form()).get("public") == "yes":
        await show_description(session, found, account)
        action = "request.words_shown"
    else:
        await hide_words(session, found, account)
        action = "request.words_hidden"
    await note(session, account, action, about=found.service_request_id)
    return Redirect(f"/staff/requests/{found.service_request_id}?done=description", status_code=303)


@post("/staff/requests/{service_request_id:str}/contacts", opt={"permission": "contacts.view"}, status_code=200)
async def show_contacts(session: AsyncSession, account: Account, service_request_id: str) -> Template:
    """The page with how to reach the reporters. A POST, since each look is written into the audit trail."""
    found = await find(session, account, service_request_id)
    require(account, "contacts.view", found)
    await note(session, account, "contacts.seen", about=found.service_request_id)
    contacts = await queries.contacts_of(session, found.id)
    return await request_page(session, account, found, contacts=list(contacts))


@get("/staff/requests/{service_request_id:str}/photos/{photo_id:int}", opt={**DESK, "no_compression": True})
async def show_photo(
    request: PageRequest, session: AsyncSession, account: Account, service_request_id: str, photo_id: int
) -> Response[bytes]:
    """The large rendition of any photo of a request that is theirs."""
    found = await find(session, account, service_request_id)
    photo = next((photo for photo in found.photos if photo.id == photo_id), None)
    if photo is None:
        raise NotFoundException
    data = await storage.read(request.app.state.media, photo.large_key)
    return Response(data, media_type="image/webp", headers={"Cache-Control": "private, max-age=3600"})


async def change(session: AsyncSession, account: Account, found: ServiceRequest, form: dict[str, str]) -> None:
    if form.get("status") not in STATUSES:
        raise Refused(Problem("status", CHOOSE))
    if len(form.get("text", "")) > MAX_DESCRIPTION:
        raise Refused(Problem("text", TOO_LONG, {"most": MAX_DESCRIPTION}))
    before, duplicate_of = found.status, await other_report(session, account, found, form)
    department = await chosen_department(session, account, found, form)
    await change_status(
        session,
        found,
        form["status"],
        text=form.get("text", ""),
        text_public=form.get("text_public") == "yes",
        reason=form.get("reason") if form.get("reason") in STATUSES[form["status"]].reasons else None,
        planned_date=read_day(form.get("planned_date", "")) if form["status"] == "scheduled" else None,
        account_id=account.id,
        department_id=department.id if department else None,
        duplicate_of=duplicate_of,
        seen=seen_datetime(form.get("seen", "")),
        missed=read_missed(form, (await get_jurisdiction(session)).timezone),
    )
    facts = {"from": before, "to": form["status"]}
    facts |= {"duplicate_of": duplicate_of.service_request_id} if duplicate_of else {}
    facts |= {"department": department.code} if department else {}
    await note(session, account, "request.status", about=found.service_request_id, facts=facts)


async def other_report(
    session: AsyncSession, account: Account, found: ServiceRequest, form: dict[str, str]
) -> ServiceRequest | None:
    """Of which report this one is to be a duplicate. Raises PermissionDeniedException for who may not merge."""
    if form["status"] != "duplicate":
        return None
    require(account, "requests.merge", found)
    number = read_service_request_id(form.get("duplicate_of", ""))
    other = await queries.find_for_staff(session, account, number) if number else None
    if other is not None:
        require(account, "requests.merge", other)
    elif form.get("duplicate_of"):
        raise Refused(Problem("duplicate_of", NO_SUCH_NUMBER))
    return other


async def chosen_department(
    session: AsyncSession, account: Account, found: ServiceRequest, form: dict[str, str]
) -> Department | None:
    """To whom the report is handed over. Raises PermissionDeniedException for who may not."""
    if not form.get("department"):
        return None
    require(account, "requests.route", found)
    catalogue = await current_catalogue(session)
    department = next((row for row in catalogue.departments.values() if str(row.id) == form["department"]), None)
    if department is None:
        raise Refused(Problem("department", NOT_IN_LIST))
    return department


route_handlers = [show_request, post_status, post_description, show_contacts, show_photo]
