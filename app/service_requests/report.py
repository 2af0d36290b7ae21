"""The report page: one form, one template, step by step; the form itself carries everything."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from litestar import Request, Response, get, post
from litestar.datastructures import State, UploadFile
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.devices import known_device
from app.db import Database
from app.errors import Problem, Refused, Unavailable, wants_json
from app.jurisdictions.queries import areas_index, get_jurisdiction
from app.service_requests.check import MAX_PHOTOS
from app.service_requests.report_draft import STEPS, Draft, new_draft, stamp_problems, stamped_device
from app.service_requests.report_page import page_context
from app.service_requests.report_photos import Taken, carried_photos, take_photos
from app.service_requests.report_steps import ground_of, move, step_of
from app.service_requests.submission import Submitted
from app.service_requests.submit import submit
from app.settings import Settings
from app.templating import current_timezone, mark

# What a link may fill in: "report another here", a sign with a code on it. Never the report's own number: with one
# that was used before, whoever made the link would have the report taken for sent and forgotten.
FROM_LINK = ("service_code", "lat", "long", "address_string", "kind_q")
PageRequest = Request[Any, Any, State]
NOT_KEPT = mark("The photo could not be kept just now. Try again in a minute, or go on without it; all else is kept.")


@get("/report")
async def show_report(request: PageRequest, session: AsyncSession) -> Template:
    given = {name: [request.query_params[name]] for name in FROM_LINK if name in request.query_params}
    if "lat" in given:
        given["place_source"] = ["search"]
    return await page(request, session, new_draft(given))


@post("/report", status_code=200)
async def post_report(request: PageRequest) -> Response[Any]:
    """A step of the form, or (`step=send`) the report itself. Photos are read before any transaction begins."""
    draft, wanted = await read_draft(request)
    if wanted == "send" or wants_json(request):
        return await send(request, draft)
    database: Database = request.app.state.database
    async with database.reading() as session:
        if not act(draft, await field_of(request, "do")):
            await move(await ground_of(session, await get_jurisdiction(session)), draft, wanted)
        return await page(request, session, draft)


@post("/report/share", status_code=200)
async def share_photo(request: PageRequest) -> Response[Any]:
    """Photos and words that another app on the phone shared with this one: a report that begins with them."""
    draft, _ = await read_draft(request)
    words = [draft.get(name) for name in ("title", "text", "url")]
    draft.fields = {name: draft.fields[name] for name in PLACE_OF_PHOTO if name in draft.fields}
    fresh = new_draft(draft.fields)
    fresh.put(description="\n".join(word for word in words if word))
    fresh.photos, fresh.problems, fresh.step = draft.photos, draft.problems, "photo"
    database: Database = request.app.state.database
    async with database.reading() as session:
        return await page(request, session, fresh)


PLACE_OF_PHOTO = ("lat", "long", "accuracy", "place_source", "observed_datetime")


async def read_draft(request: PageRequest) -> tuple[Draft, str]:
    """The form as a draft whose new photos are kept already, and the step that was asked for."""
    settings: Settings = request.app.state.settings
    form = await request.form()
    fields: dict[str, list[str]] = {}
    uploads: list[UploadFile] = []
    for name, value in form.multi_items():
        if isinstance(value, UploadFile):
            uploads.append(value)
        elif isinstance(value, str):
            fields.setdefault(name, []).append(value)
    draft = new_draft(fields)
    draft.step = draft.get("at") if draft.get("at") in STEPS else "photo"
    draft.photos, draft.problems = carried_photos(settings.secret_key, fields.get("photo", []))
    try:
        taken, refused = await take_photos(
            uploads,
            store=request.app.state.media,
            secret_key=settings.secret_key,
            timezone=current_timezone.get(),
            room=MAX_PHOTOS - len(draft.photos),
        )
    except Unavailable:
        # A program has its own copy and comes again; a page without JavaScript must not lose what was typed.
        if wants_json(request):
            raise
        taken, refused = [], [Problem("media", NOT_KEPT)]
    draft.add([await within_city(request, photo) for photo in taken])
    draft.problems += refused
    return draft, draft.get("step")


async def within_city(request: PageRequest, taken: Taken) -> Taken:
    """A photo from another city says nothing of where this report is."""
    if taken.lat is None or taken.long is None:
        return taken
    database: Database = request.app.state.database
    async with database.reading() as session:
        areas = await areas_index(session, await get_jurisdiction(session))
    return taken if areas.contains_city(taken.lat, taken.long) else replace(taken, lat=None, long=None)


async def field_of(request: PageRequest, name: str) -> str:
    return str((await request.form()).get(name) or "")


def act(draft: Draft, action: str) -> bool:
    """What a button does that leads to no other step; whether it was one."""
    verb, _, which = action.partition(":")
    if verb == "remove":
        draft.photos = [photo for photo in draft.photos if photo.stored.content_hash != which]
        draft.problems = []
    elif verb == "group":
        draft.put(group=which, kind_q="")
    elif verb == "change":
        draft.put(service_code="", asked="")
    return verb in ("remove", "group", "find", "change")


async def send(request: PageRequest, draft: Draft) -> Response[Any]:
    """Writes the report: 303 to its page, or 201 with where it is for a program. Raises Refused for a program."""
    settings: Settings = request.app.state.settings
    database: Database = request.app.state.database
    made_for = stamped_device(settings.secret_key, draft.get("stamp"))
    device_hash, cookie = known_device(request, secure=settings.secure_cookies, fresh=made_for)
    draft.problems += stamp_problems(settings.secret_key, draft)
    submission, problems = draft.submission(device_hash=device_hash)
    try:
        if any(problem.field in ("stamp", "website") for problem in draft.problems):
            raise Refused(*draft.problems)
        async with database.writing() as session:
            submitted = await submit(session, submission, [*draft.problems, *problems])
    except Refused as refused:
        if wants_json(request):
            raise
        draft.problems = refused.problems
        draft.step = min((step_of(problem) for problem in refused.problems), key=STEPS.index)
        async with database.reading() as session:
            return await page(request, session, draft)
    url = f"/requests/{submitted.request.service_request_id}?sent=1"
    # Sent from two tabs at once: the second must not take the place of the device that the report belongs to.
    cookies = [cookie] if submitted.own else []
    if wants_json(request):
        return Response(receipt(submitted, url), status_code=201, cookies=cookies)
    return Redirect(url, status_code=303, cookies=cookies)


def receipt(submitted: Submitted, url: str) -> dict[str, str]:
    """What the phone needs to know before it deletes its own copy."""
    request = submitted.request
    return {
        "service_request_id": request.service_request_id,
        "client_request_id": str(request.client_request_id),
        "url": url,
    }


async def page(request: PageRequest, session: AsyncSession, draft: Draft) -> Template:
    city = await get_jurisdiction(session)
    context = await page_context(await ground_of(session, city), draft, request.app.state.settings.secret_key)
    return Template(
        "report/report.html",
        context=context,
        status_code=status_of(draft),
        headers={"Cache-Control": "no-store"},
    )


def status_of(draft: Draft) -> int:
    if any(problem.message == NOT_KEPT for problem in draft.problems):
        return 503
    return 422 if draft.problems else 200


route_handlers = [show_report, post_report, share_photo]
