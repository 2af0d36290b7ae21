"""`/staff/call`: a report on behalf of somebody who calls, on one page, quick by keyboard; then what to read out."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from litestar import Request, Response, get, post
from litestar.datastructures import State
from litestar.exceptions import NotFoundException
from litestar.response import Redirect, Template
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from app.accounts.audit import note
from app.accounts.models import Account
from app.errors import Problem, Refused, wants_json
from app.jurisdictions.queries import areas_index, get_jurisdiction
from app.service_requests.check import NO_PLACE
from app.service_requests.clock import given_promise
from app.service_requests.forms import MAX_DESCRIPTION, read_submission
from app.service_requests.identifiers import read_service_request_id
from app.service_requests.models import ServiceRequest
from app.service_requests.nearby import maybe_the_same
from app.service_requests.said import promise_said
from app.service_requests.submit import submit
from app.services.models import Service
from app.services.queries import current_catalogue
from app.services.words import said_in, value_said_in
from app.staff.queries import ids_at_the_desk
from app.staff.request_page import NO_STORE
from app.templating import LOCALES, current_locale, gettext, mark

PageRequest = Request[Any, Any, State]
CALL = {"permission": "requests.file_for_caller"}
Form = dict[str, list[str]]
NO_SUCH_PLACE = mark("We do not know this place. Choose one of the list, or name two streets that cross.")


@get("/staff/call", opt=CALL)
async def show_call(session: AsyncSession, account: Account) -> Template:
    return await page(session, {"client_request_id": [str(uuid.uuid4())]})


@get("/staff/call/kind", opt=CALL)
async def show_kind(request: PageRequest, session: AsyncSession, service_code: str) -> Template:
    """What to ask and to say about a kind: its questions, its notice, and by when; open reports near a place."""
    catalogue = await current_catalogue(session)
    service = catalogue.service(service_code)
    if service is None:
        raise NotFoundException
    form = {name: [str(request.query_params[name])] for name in ("lat", "long") if name in request.query_params}
    return Template("staff/_call_kind.html", context=await kind_context(session, service, form), headers=NO_STORE)


@post("/staff/call", opt=CALL, status_code=200)
async def post_call(request: PageRequest, session: AsyncSession, account: Account) -> Response[Any]:
    """Files it: 303 to what is read out, or the form again with 422. Sent twice it is one report."""
    pairs = [(name, str(value)) for name, value in (await request.form()).multi_items()]
    form: Form = {}
    for name, value in pairs:
        form.setdefault(name, []).append(value)
    locale = form.get("locale", [""])[-1]
    sent, problems = read_submission(
        pairs, source="phone", locale=locale if locale in LOCALES else current_locale.get(), account_id=account.id
    )
    try:
        # Nobody else's browser may be taken for the caller's.
        submitted = await submit(session, replace(sent, device_hash=None), problems)
    except Refused as refused:
        if wants_json(request):
            raise
        session.expunge_all()
        return await page(session, form, refused)
    number = submitted.request.service_request_id
    if submitted.created:
        await note(session, account, "request.filed_for_caller", about=number)
    return Redirect(f"/staff/call/{number}", status_code=303)


@get("/staff/call/{service_request_id:str}", opt=CALL)
async def show_filed(session: AsyncSession, account: Account, service_request_id: str) -> Template:
    """What the clerk reads out: the number, letter by letter, and by when. Only of what they have filed themselves."""
    said = read_service_request_id(service_request_id) or ""
    wanted = select(ServiceRequest).where(
        ServiceRequest.service_request_id == said, ServiceRequest.account_id == account.id
    )
    found = (await session.execute(wanted.options(joinedload(ServiceRequest.service)))).scalar_one_or_none()
    if found is None:
        raise NotFoundException
    context = {
        "report": found,
        "service_name": said_in(found.service, "service_name", current_locale.get()),
        "promise": promise_said(found.expected_datetime) if found.expected_datetime else "",
        "suspended": found.suspension_id is not None,
        "at_desk": bool(await ids_at_the_desk(session, account, [found.id])),
    }
    return Template("staff/call_filed.html", context=context, headers=NO_STORE)


async def page(session: AsyncSession, form: Form, refused: Refused | None = None) -> Template:
    catalogue = await current_catalogue(session)
    service = catalogue.service(form.get("service_code", [""])[-1])
    context = {
        "form": {name: values[-1] for name, values in form.items()},
        "groups": [(group, catalogue.in_group(group.code)) for group in catalogue.groups],
        "service": service,
        "most": MAX_DESCRIPTION,
        **(await kind_context(session, service, form) if service else {}),
        "problems": problems_said(refused),
    }
    status = refused.status if refused else 200
    return Template("staff/call.html", context=context, status_code=status, headers=NO_STORE)


def problems_said(refused: Refused | None) -> dict[str, str]:
    """Field → sentence; a place is asked for by its words here."""
    found: list[Problem] = refused.problems if refused else []
    said = {
        problem.field: gettext(NO_SUCH_PLACE) if problem.message == NO_PLACE else problem.said() for problem in found
    }
    return {"address_string" if field == "location" else field: words for field, words in said.items()}


async def kind_context(session: AsyncSession, service: Service, form: Form) -> dict[str, Any]:
    """What `staff/_call_kind.html` needs; the promise is that of this moment, and of the place where one is known."""
    place = position(form)
    areas: list[tuple[str, str]] = []
    if place:
        index = await areas_index(session, await get_jurisdiction(session))
        areas = [(area.layer, area.code) for area in index.find(*place, datetime.now(UTC).date())]
    catalogue = await current_catalogue(session)
    promised = given_promise(catalogue, service, areas, datetime.now(UTC))
    answers = {
        name.removeprefix("attribute[").removesuffix("]"): values
        for name, values in form.items()
        if name.startswith("attribute[")
    }
    return {
        "service": service,
        "promise": promise_said(promised.moments.expected) if promised.moments.expected else "",
        "event": promised.suspension,
        "near": await maybe_the_same(session, catalogue, service, *place) if place else [],
        "given": answers,
        "problems": {},
        "value_said": lambda value, field: value_said_in(value, field, current_locale.get()),
    }


def position(form: Form) -> tuple[float, float] | None:
    try:
        lat, long = float(form.get("lat", [""])[-1]), float(form.get("long", [""])[-1])
    except ValueError:
        return None
    return (lat, long) if -90 <= lat <= 90 and -180 <= long <= 180 else None


route_handlers = [show_call, show_kind, post_call, show_filed]
