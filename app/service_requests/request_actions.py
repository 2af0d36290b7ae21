"""What people do to a request: each a POST that works without JavaScript (303 back) and answers JSON when asked."""

from __future__ import annotations

from typing import Any

from litestar import Response, post
from litestar.datastructures import Cookie, UploadFile
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.devices import known_device
from app.db import Database
from app.errors import Problem, Refused
from app.service_requests import join as joining
from app.service_requests.carry_out import PageRequest, carry_out, fields_of, may_act
from app.service_requests.comment import add_comment, add_photo
from app.service_requests.correct import correct, read_correction
from app.service_requests.forms import read_submission
from app.service_requests.models import ServiceRequest
from app.service_requests.outbox_openapi import ItemOperation, JoinOperation, WordsOperation, action
from app.service_requests.queries import Found, find_request
from app.service_requests.report_photos import take_photos
from app.service_requests.viewer import viewer_of
from app.service_requests.withdraw import reopen, withdraw
from app.settings import Settings
from app.templating import current_locale, current_timezone, mark

NO_PHOTO = mark("Choose a photo before you send it.")
WORDS_BYTES = 4_000_000
PHOTO_BYTES = 45_000_000


@post(
    "/requests/{service_request_id:str}/updates",
    request_max_body_size=WORDS_BYTES,
    status_code=201,
    summary="The reporter adds words",
    responses=action(201, 403, 404, 409, 410, 413, 422),
    operation_class=WordsOperation,
)
async def post_update(request: PageRequest, service_request_id: str) -> Response[Any]:
    """The reporter's comment: `text`."""
    text = dict(await fields_of(request)).get("text", "")

    async def change(session: AsyncSession, found: Found) -> tuple[ServiceRequest, str]:
        await add_comment(session, found.request, text)
        return found.request, "comment"

    return await carry_out(request, service_request_id, change, reporter_only=True)


@post("/requests/{service_request_id:str}/photos", request_max_body_size=PHOTO_BYTES, status_code=201)
async def post_photo(request: PageRequest, service_request_id: str) -> Response[Any]:
    """The reporter's further photo: the file field `photo`. It is read and kept before any transaction begins."""
    database: Database = request.app.state.database
    settings: Settings = request.app.state.settings
    async with database.reading() as session:
        may_act(await find_request(session, service_request_id, viewer_of(request, service_request_id)))
    uploads = [value for _, value in (await request.form()).multi_items() if isinstance(value, UploadFile)]
    taken, refused = await take_photos(
        uploads[:1],
        store=request.app.state.media,
        secret_key=settings.secret_key,
        timezone=current_timezone.get(),
    )

    async def change(session: AsyncSession, found: Found) -> tuple[ServiceRequest, str]:
        if refused or not taken:
            raise Refused(*[Problem("photo", problem.message) for problem in refused] or [Problem("photo", NO_PHOTO)])
        await add_photo(session, found.request, taken[0].photo.stored)
        return found.request, "photo"

    return await carry_out(request, service_request_id, change, reporter_only=True)


@post("/requests/{service_request_id:str}/correction", request_max_body_size=WORDS_BYTES, status_code=200)
async def post_correction(request: PageRequest, service_request_id: str) -> Response[Any]:
    """The reporter's correction: see `read_correction` for the fields."""
    correction, problems = read_correction(await fields_of(request), current_locale.get())

    async def change(session: AsyncSession, found: Found) -> tuple[ServiceRequest, str]:
        changed = await correct(session, found.request, correction, problems)
        return found.request, "corrected" if changed else "unchanged"

    template = "service_requests/correction.html"
    return await carry_out(request, service_request_id, change, reporter_only=True, template=template)


@post(
    "/requests/{service_request_id:str}/withdrawal",
    status_code=200,
    summary="The reporter takes the report back",
    responses=action(200, 403, 404, 409, 410),
    operation_class=ItemOperation,
)
async def post_withdrawal(request: PageRequest, service_request_id: str) -> Response[Any]:
    async def change(session: AsyncSession, found: Found) -> tuple[ServiceRequest, str]:
        await withdraw(session, found.request)
        return found.request, "withdrawn"

    return await carry_out(request, service_request_id, change, reporter_only=True)


@post(
    "/requests/{service_request_id:str}/reopening",
    request_max_body_size=WORDS_BYTES,
    status_code=200,
    summary="The reporter says that it is not fixed",
    responses=action(200, 403, 404, 409, 410, 413, 422),
    operation_class=WordsOperation,
)
async def post_reopening(request: PageRequest, service_request_id: str) -> Response[Any]:
    """ "It is not fixed": opens it again, with `text` if the reporter says more."""
    text = dict(await fields_of(request)).get("text", "")

    async def change(session: AsyncSession, found: Found) -> tuple[ServiceRequest, str]:
        await reopen(session, found.request, text)
        return found.request, "reopened"

    return await carry_out(request, service_request_id, change, reporter_only=True)


@post(
    "/requests/{service_request_id:str}/join",
    request_max_body_size=WORDS_BYTES,
    status_code=200,
    summary="One more person has this problem",
    responses=action(200, 404, 409, 410, 413, 422),
    operation_class=JoinOperation,
)
async def post_join(request: PageRequest, service_request_id: str) -> Response[Any]:
    """ "This is it": counts the device once and lets it follow. `email`, `phone`, `name` and `notify` may be given."""
    device_hash, cookie = device_of(request)
    sent, _ = read_submission(await fields_of(request), source="web", locale=current_locale.get())

    async def change(session: AsyncSession, found: Found) -> tuple[ServiceRequest, str]:
        joined = await joining.join(session, found.request, device_hash, sent.contact, own=found.own)
        return joined, "joined" if not found.own else "followed"

    return await carry_out(request, service_request_id, change, cookie=cookie)


@post(
    "/requests/{service_request_id:str}/follow",
    status_code=200,
    summary="Hear of this request",
    responses=action(200, 404, 409, 410),
    operation_class=ItemOperation,
)
async def post_follow(request: PageRequest, service_request_id: str) -> Response[Any]:
    device_hash, cookie = device_of(request)

    async def change(session: AsyncSession, found: Found) -> tuple[ServiceRequest, str]:
        await joining.follow(session, found.request, device_hash)
        return found.request, "followed"

    return await carry_out(request, service_request_id, change, cookie=cookie)


@post(
    "/requests/{service_request_id:str}/unfollow",
    status_code=200,
    summary="Hear no more of this request",
    responses=action(200, 404, 409, 410),
    operation_class=ItemOperation,
)
async def post_unfollow(request: PageRequest, service_request_id: str) -> Response[Any]:
    viewer = viewer_of(request, service_request_id)

    async def change(session: AsyncSession, found: Found) -> tuple[ServiceRequest, str]:
        if viewer.device_hash:
            await joining.unfollow(session, found.request, viewer.device_hash)
        return found.request, "unfollowed"

    return await carry_out(request, service_request_id, change)


def device_of(request: PageRequest) -> tuple[str, Cookie]:
    settings: Settings = request.app.state.settings
    return known_device(request, secure=settings.secure_cookies)


route_handlers = [
    post_update,
    post_photo,
    post_correction,
    post_withdrawal,
    post_reopening,
    post_join,
    post_follow,
    post_unfollow,
]
