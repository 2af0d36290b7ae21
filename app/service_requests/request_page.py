"""The page of one request: what the public may know of it, and what its reporter may do with it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from litestar import Request, Response, get
from litestar.datastructures import State
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from app.errors import Problem, error_response
from app.service_requests.cards import card
from app.service_requests.identifiers import is_reporter_key, read_service_request_id
from app.service_requests.likely import likely_duplicates
from app.service_requests.request_context import page_context
from app.service_requests.viewer import key_cookie, viewer_of
from app.settings import Settings
from app.templating import gettext, mark

PageRequest = Request[Any, Any, State]

MISTYPED = mark("This number has a typing error. Compare it letter by letter: it looks like 7KF2-M9QX-T3AB.")
UNKNOWN = mark("No public report has this number. Check it letter by letter.")
NOT_THE_KEY = mark("This private link is not whole, or is for another report. Copy all of it again.")
NO_STORE = {"Cache-Control": "private, no-store"}


@get("/requests")
async def look_up(request: PageRequest, number: str = "") -> Response[Any]:
    """Leads from a number, as somebody wrote it down, to its page."""
    if not number.strip():
        return Redirect("/", status_code=303)
    said = read_service_request_id(number)
    return Redirect(f"/requests/{said}", status_code=303) if said else not_found(request, MISTYPED)


@get("/requests/{service_request_id:str}")
async def show_request(
    request: PageRequest, session: AsyncSession, service_request_id: str, sent: str = "", done: str = ""
) -> Response[Any]:
    """The page. A number written another way is redirected; a mistyped, unknown or private one is a 404."""
    said = read_service_request_id(service_request_id)
    if said is None:
        return not_found(request, MISTYPED)
    if said != service_request_id:
        return Redirect(f"/requests/{said}", status_code=301)
    return await page(request, session, said, sent=bool(sent), done=done)


@get("/requests/{service_request_id:str}/yours")
async def open_own(request: PageRequest, service_request_id: str, key: str = "") -> Response[Any]:
    """The reporter's own link: it lets this device in, and leaves the secret out of the address bar."""
    settings: Settings = request.app.state.settings
    said = read_service_request_id(service_request_id)
    if said is None or not is_reporter_key(settings.secret_key, said, key):
        return not_found(request, NOT_THE_KEY)
    cookie = key_cookie(settings, said)
    return Redirect(f"/requests/{said}", status_code=303, cookies=[cookie], headers=NO_STORE)


@get("/requests/{service_request_id:str}/correction")
async def show_correction(request: PageRequest, session: AsyncSession, service_request_id: str) -> Response[Any]:
    """The form in which the reporter corrects their report."""
    return await page(request, session, service_request_id, template="service_requests/correction.html")


async def page(
    request: PageRequest,
    session: AsyncSession,
    service_request_id: str,
    *,
    template: str = "service_requests/request.html",
    status: int = 200,
    problems: Iterable[Problem] = (),
    sent: bool = False,
    done: str = "",
) -> Response[Any]:
    """The page for whoever asks, or 404. `problems` are those of a change that was refused with `status`."""
    viewer = viewer_of(request, service_request_id)
    settings: Settings = request.app.state.settings
    context = await page_context(session, service_request_id, viewer, settings)
    if context is None or (template.endswith("correction.html") and not context["own"]):
        return not_found(request, UNKNOWN)
    context["problems"] = {problem.field: problem.said() for problem in problems}
    context["sent"], context["done"] = sent and context["own"], done
    likely = await likely_duplicates(session, context["report"].id) if context["sent"] else []
    context["likely"] = [card(one.request, distance_m=one.distance_m) for one in likely]
    headers = NO_STORE if context["own"] else {"Cache-Control": "private, no-cache"}
    return Template(template, context=context, status_code=status, headers=headers)


def not_found(request: PageRequest, words: str) -> Response[Any]:
    return error_response(request, 404, detail=gettext(words))


route_handlers = [look_up, show_request, open_own, show_correction]
