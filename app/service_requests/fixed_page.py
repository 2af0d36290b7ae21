"""“Is it fixed?”: the page that a closing message leads to. Looking at it changes nothing; its button does."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post
from litestar.datastructures import UploadFile
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import Database
from app.errors import Problem, Refused, wants_json
from app.service_requests.asked import Asked, context_of, find_asked
from app.service_requests.carry_out import PageRequest, fields_of
from app.service_requests.ratings import NO, keep_answer, read_answer
from app.service_requests.report_photos import CarriedPhoto, carried_photos, take_photos
from app.service_requests.request_actions import PHOTO_BYTES
from app.service_requests.request_page import NO_STORE
from app.settings import Settings
from app.templating import current_timezone, mark

# What came of an answer, by what `keep_answer` returns.
TOLD = {
    "thanks": mark("Thank you. Your answer is kept."),
    "reopened": mark("Thank you. The report is open again, and the department has been told."),
    "counted": mark(
        "Thank you. Somebody said so before you: the report is open again already. Your answer counts too."
    ),
    "noted": mark("Thank you. The department reads your answer. Who reported the problem can open the report again."),
    "stands": mark("You have said so already, and the report is open again. Nothing more is needed."),
}


@get("/requests/{service_request_id:str}/fixed")
async def show_fixed(
    request: PageRequest,
    session: AsyncSession,
    service_request_id: str,
    key: str = "",
    answer: str = "",
    done: str = "",
) -> Response[Any]:
    """The question, with `answer` chosen already; what stands, where there is nothing to ask. 410 after 30 days."""
    asked = await find_asked(request, session, service_request_id, key)
    return page(asked, {"answer": answer}, done=done)


@post("/requests/{service_request_id:str}/fixed", status_code=200, request_max_body_size=PHOTO_BYTES)
async def post_fixed(request: PageRequest, service_request_id: str) -> Response[Any]:
    """Takes `answer`, for Yes `stars` and `words`, for No `text` and the file field `photo`; `key` is the link's.

    The same again changes nothing and says what stands.
    """
    database: Database = request.app.state.database
    fields = dict(await fields_of(request))
    key = fields.get("key", "")
    async with database.reading() as session:
        asked = await find_asked(request, session, service_request_id, key)
    given, problems = read_answer(fields)
    photo, refused = await read_photo(request) if given.answer == NO else (None, [])
    problems += refused
    try:
        if problems:
            raise Refused(*problems)
        async with database.writing() as session:
            asked = await find_asked(request, session, service_request_id, key)
            done = await keep_answer(session, asked.request, asked.rater, given, photo.stored if photo else None)
    except Refused as error:
        if wants_json(request):
            raise
        async with database.reading() as session:
            asked = await find_asked(request, session, service_request_id, key)
        return page(asked, fields, status=error.status, problems=error.problems, photo=photo)
    if wants_json(request):
        told = {"service_request_id": service_request_id, "answer": given.answer, "stars": given.stars, "done": done}
        return Response(told, headers=NO_STORE)
    back = f"/requests/{service_request_id}/fixed?done={done}" + (f"&key={key}" if key else "")
    return Redirect(back, status_code=303)


async def read_photo(request: PageRequest) -> tuple[CarriedPhoto | None, list[Problem]]:
    """The photo of the form, or the one that it carries along since its last try; kept before any transaction."""
    settings: Settings = request.app.state.settings
    items = list((await request.form()).multi_items())
    uploads = [value for name, value in items if name == "photo" and isinstance(value, UploadFile)]
    taken, problems = await take_photos(
        uploads[:1],
        store=request.app.state.media,
        secret_key=settings.secret_key,
        timezone=current_timezone.get(),
    )
    if taken or problems:
        return (taken[0].photo if taken else None), [Problem("photo", one.message, one.params) for one in problems]
    tokens = [value for name, value in items if name == "media" and isinstance(value, str) and value]
    carried, problems = carried_photos(settings.secret_key, tokens[:1])
    return (carried[0] if carried else None), [Problem("photo", one.message) for one in problems]


def page(
    asked: Asked,
    said: dict[str, str],
    *,
    status: int = 200,
    problems: list[Problem] | None = None,
    photo: CarriedPhoto | None = None,
    done: str = "",
) -> Response[Any]:
    context = context_of(asked, said) | {
        "carried": photo.token if photo else "",
        "told": TOLD.get(done, ""),
        "problems": {problem.field: problem.said() for problem in problems or []},
    }
    if context["late"] and not done:
        status = 410
    return Template("service_requests/fixed.html", context=context, status_code=status, headers=NO_STORE)


route_handlers = [show_fixed, post_fixed]
