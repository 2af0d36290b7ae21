"""Moderation of photos at the desk: one is hidden, or parts of it are covered; the original is a right of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from litestar import Request, Response, get, post
from litestar.datastructures import State
from litestar.exceptions import NotFoundException
from litestar.response import Template
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.audit import note
from app.accounts.guards import provide_account, require
from app.accounts.models import Account
from app.db import Database
from app.errors import Refused, wants_json
from app.media import storage
from app.service_requests import moderate
from app.service_requests.cover_photo import check_covers, cover_photo, make_files, standing_covers
from app.service_requests.models import Photo, ServiceRequest
from app.staff.cover_form import ROWS, read_covers, row_values
from app.staff.moderation import HOME, MODERATES, ORIGINALS, back, fields_of, photo_or_404, refused_page, theirs
from app.staff.request_page import NO_STORE, find

PageRequest = Request[Any, Any, State]


@post(HOME + "/photos/{photo_id:int}/hiding", opt=MODERATES, status_code=200)
async def post_hiding(
    request: PageRequest, session: AsyncSession, account: Account, service_request_id: str, photo_id: int
) -> Response[Any]:
    """Takes a photo off the public page, with `reason`."""
    found = await theirs(session, account, service_request_id)
    form = await fields_of(request)
    try:
        reason = moderate.read_reason(form.get("reason", ""))
        done = await moderate.hide_photo(session, found, account, photo_or_404(found, photo_id).id, reason=reason)
    except Refused as refused:
        return await refused_page(request, session, account, service_request_id, form, refused)
    if done:
        facts = {"moderation": done.id, "photo": photo_id}
        await note(session, account, "request.photo_hidden", about=found.service_request_id, facts=facts)
    return back(found, "photo")


@get(HOME + "/photos/{photo_id:int}/cover", opt=MODERATES)
async def show_cover(session: AsyncSession, account: Account, service_request_id: str, photo_id: int) -> Template:
    """The photo, on which rectangles are drawn or typed."""
    found = await theirs(session, account, service_request_id)
    return cover_page(found, photo_or_404(found, photo_id), {}, None)


@post(HOME + "/photos/{photo_id:int}/cover", opt=MODERATES, status_code=200)
async def post_cover(request: PageRequest, service_request_id: str, photo_id: int) -> Response[Any]:
    """`left-N`, `top-N`, `width-N`, `height-N` in percent, `how-N` solid or blur, `reason`: 303, or 409 or 422.

    The files are made and kept before the transaction begins.
    """
    database: Database = request.app.state.database
    form = await fields_of(request)
    async with database.reading() as session:
        account = await provide_account(request, session)
        found = await theirs(session, account, service_request_id)
        photo = photo_or_404(found, photo_id)
        seen = await standing_covers(session, photo.id)
    try:
        covers, reason = read_covers(form), moderate.read_reason(form.get("reason", ""))
        check_covers(covers, before=len(seen.covers))
        files = await make_files(request.app.state.media, photo, [*seen.covers, *covers])
        async with database.writing() as session:
            account = await provide_account(request, session)
            found = await theirs(session, account, service_request_id)
            done = await cover_photo(session, found, account, photo_id, covers, files, seen, reason=reason)
            facts = {"moderation": done.id, "photo": photo_id, "covers": len(covers)}
            await note(session, account, "request.photo_covered", about=found.service_request_id, facts=facts)
    except Refused as refused:
        if wants_json(request):
            raise
        return cover_page(found, photo, form, refused)
    return back(found, "photo")


@post(HOME + "/photos/{photo_id:int}/original", opt={**ORIGINALS, "no_compression": True}, status_code=200)
async def show_original(
    request: PageRequest, session: AsyncSession, account: Account, service_request_id: str, photo_id: int
) -> Response[bytes]:
    """A photo without what covers it. A POST, since each look is written into the audit trail."""
    found = await find(session, account, service_request_id)
    require(account, "originals.view", found)
    photo = photo_or_404(found, photo_id)
    await note(session, account, "originals.seen", about=found.service_request_id, facts={"photo": photo.id})
    try:
        data = await storage.read(request.app.state.media, photo.master_key)
    except FileNotFoundError:
        raise NotFoundException from None
    return Response(data, media_type="image/jpeg", headers=NO_STORE)


def cover_page(found: ServiceRequest, photo: Photo, form: Mapping[str, str], refused: Refused | None) -> Template:
    context = {
        "report": found,
        "photo": photo,
        "form": form,
        "rows": row_values(form, ROWS),
        "problems": {problem.field: problem.said() for problem in refused.problems} if refused else {},
    }
    status = refused.status if refused else 200
    return Template("staff/cover.html", context=context, status_code=status, headers=NO_STORE)


route_handlers = [post_hiding, show_cover, post_cover, show_original]
