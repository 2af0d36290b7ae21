"""The desk: a department's queue, and one request with all that staff may know and do."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from litestar import Request, Response, get, post
from litestar.datastructures import State
from litestar.di import Provide
from litestar.exceptions import NotFoundException
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.guards import provide_staff
from app.accounts.models import Account
from app.errors import Problem, Refused, wants_json
from app.media import storage
from app.service_requests.cards import Card, card
from app.service_requests.change_status import change_status
from app.service_requests.forms import MAX_DESCRIPTION, clean
from app.service_requests.identifiers import read_service_request_id
from app.service_requests.likely import likely_duplicates
from app.service_requests.models import ServiceRequest
from app.service_requests.people import lock, touch
from app.service_requests.request_context import answers_said
from app.service_requests.said import late_said, promise_said, status_of
from app.service_requests.timeline import entries
from app.service_requests.workflow import STATUSES
from app.services.answers import NOT_IN_LIST
from app.services.queries import current_catalogue
from app.services.words import said_in
from app.staff import queries
from app.templating import current_locale, mark

PageRequest = Request[Any, Any, State]
staff = {"account": Provide(provide_staff)}
NO_SUCH_NUMBER = mark("No report has this number. Check it letter by letter.")
TOO_LONG = mark("Use at most %(most)d characters.")
CHOOSE = mark("Choose what happens next.")
NO_STORE = {"Cache-Control": "private, no-store"}


@get("/staff", dependencies=staff)
async def show_queue(session: AsyncSession, account: Account, show: str = "open", page: int = 1) -> Template:
    wanted = queries.Filter(show if show in queries.SHOWS else "open", min(max(page, 1), 10_000))
    found = await queries.queue(session, account, wanted)
    context = {
        "account": account,
        "wanted": wanted,
        "counts": await queries.counts(session, account),
        "cards": [card(request) for request in found[: queries.PAGE_SIZE]],
        "more": len(found) > queries.PAGE_SIZE,
    }
    return Template("staff/queue.html", context=context, headers=NO_STORE)


@get("/staff/requests/{service_request_id:str}", dependencies=staff)
async def show_request(session: AsyncSession, account: Account, service_request_id: str, done: str = "") -> Template:
    request = await find(session, account, service_request_id)
    return await request_page(session, account, request, done=done)


@post("/staff/requests/{service_request_id:str}/status", dependencies=staff, status_code=200)
async def post_status(
    request: PageRequest, session: AsyncSession, account: Account, service_request_id: str
) -> Response[Any]:
    """A new status with its words: 303 back to the page, which says what is wrong with 409 or 422."""
    found = await find(session, account, service_request_id)
    form = {name: clean(str(value)) for name, value in (await request.form()).multi_items()}
    try:
        await change(session, account, found, form)
    except Refused as refused:
        if wants_json(request):
            raise
        # What the change had read for its own use is not what the page shows.
        session.expunge_all()
        found = await find(session, account, service_request_id)
        return await request_page(session, account, found, form=form, refused=refused)
    return Redirect(f"/staff/requests/{found.service_request_id}?done=status", status_code=303)


@post("/staff/requests/{service_request_id:str}/description", dependencies=staff, status_code=200)
async def post_description(
    request: PageRequest, session: AsyncSession, account: Account, service_request_id: str
) -> Redirect:
    """Shows the reporter's words to the public, or takes them back."""
    found = await find(session, account, service_request_id)
    await lock(session, found.id)
    found.description_public = (await request.form()).get("public") == "yes"
    # Whoever keeps a copy of the public reports must hear of it.
    touch(found)
    return Redirect(f"/staff/requests/{found.service_request_id}?done=description", status_code=303)


@get("/staff/requests/{service_request_id:str}/photos/{photo_id:int}", dependencies=staff, opt={"no_compression": True})
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
    duplicate_of = None
    if form["status"] == "duplicate" and form.get("duplicate_of"):
        number = read_service_request_id(form["duplicate_of"])
        duplicate_of = await queries.find_by_number(session, number) if number else None
        if duplicate_of is None:
            raise Refused(Problem("duplicate_of", NO_SUCH_NUMBER))
    catalogue = await current_catalogue(session)
    department = next((row for row in catalogue.departments.values() if str(row.id) == form.get("department")), None)
    if form.get("department") and department is None:
        raise Refused(Problem("department", NOT_IN_LIST))
    await change_status(
        session,
        found,
        form["status"],
        text=form.get("text", ""),
        text_public=form.get("text_public") == "yes",
        account_id=account.id,
        department_id=department.id if department else None,
        duplicate_of=duplicate_of,
        seen=seen_datetime(form.get("seen", "")),
    )


def seen_datetime(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


async def find(session: AsyncSession, account: Account, service_request_id: str) -> ServiceRequest:
    """Raises NotFoundException for a number that is not there, or is another department's."""
    said = read_service_request_id(service_request_id)
    found = await queries.find_for_staff(session, account, said) if said else None
    if found is None:
        raise NotFoundException
    return found


async def request_page(
    session: AsyncSession,
    account: Account,
    request: ServiceRequest,
    *,
    done: str = "",
    form: dict[str, str] | None = None,
    refused: Refused | None = None,
) -> Template:
    catalogue = await current_catalogue(session)
    context = {
        "account": account,
        "report": request,
        "service_name": said_in(request.service, "service_name", current_locale.get()),
        "status": status_of(request),
        "late": late_said(request),
        "promise": promise_said(request.expected_datetime) if request.expected_datetime else "",
        "next": [STATUSES[code] for code in status_of(request).next if code != "withdrawn"],
        "entries": entries(request.updates[::-1], request.photos, own=True, staff=True),
        "photo_src": lambda photo, _size: f"/staff/requests/{request.service_request_id}/photos/{photo.id}",
        "answers": answers_said(catalogue.by_id[request.service_id], request),
        "likely": await likely_for_staff(session, account, request),
        "contacts": await queries.contacts_of(session, request.id),
        "departments": list(catalogue.departments.values()),
        "said_name": lambda row, field: said_in(row, field, current_locale.get()),
        "form": form or {},
        "problems": {problem.field: problem.said() for problem in refused.problems} if refused else {},
        "done": done,
        "most": MAX_DESCRIPTION,
    }
    status = refused.status if refused else 200
    return Template("staff/request.html", context=context, status_code=status, headers=NO_STORE)


async def likely_for_staff(
    session: AsyncSession, account: Account, request: ServiceRequest
) -> list[dict[str, Card | str]]:
    """What may be the same problem: a card each, and where it leads (at the desk, where it is theirs)."""
    told: list[dict[str, Card | str]] = []
    for one in await likely_duplicates(session, request.id):
        door = "/staff/requests" if queries.is_theirs(account, one.request) else "/requests"
        shown = card(one.request, distance_m=one.distance_m)
        told.append({"card": shown, "address": f"{door}/{one.request.service_request_id}"})
    return told


route_handlers = [show_queue, show_request, post_status, post_description, show_photo]
