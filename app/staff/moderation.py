"""Moderation at the desk: words are taken from the public, whatever was taken is given back, flags are settled."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from litestar import Request, Response, post
from litestar.datastructures import State
from litestar.exceptions import NotFoundException
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.audit import note
from app.accounts.guards import provide_account, require
from app.accounts.models import Account
from app.db import Database
from app.errors import Problem, Refused, wants_json
from app.service_requests import moderate
from app.service_requests.cover_photo import make_files, standing_covers, uncover_photo
from app.service_requests.flag import settle
from app.service_requests.forms import MAX_DESCRIPTION, clean
from app.service_requests.models import Photo, ServiceRequest
from app.service_requests.moderation_models import PHOTO_COVERED, Moderation
from app.sql import find_row
from app.staff.request_page import find, request_page
from app.templating import mark

PageRequest = Request[Any, Any, State]
MODERATES = {"permission": "requests.moderate"}
ORIGINALS = {"permission": "originals.view"}
HOME = "/staff/requests/{service_request_id:str}"
ACTS = ("hide", "mask")

NO_SUCH_ACT = mark("Choose whether the words are hidden or masked.")
TOO_LONG = mark("Use at most %(most)d characters.")


@post(HOME + "/words", opt=MODERATES, status_code=200)
async def post_words(
    request: PageRequest, session: AsyncSession, account: Account, service_request_id: str
) -> Response[Any]:
    """`act` hide or mask, `update` (the id of an entry; none: the description), `phrases` on lines, `reason`."""
    found = await theirs(session, account, service_request_id)
    form = await fields_of(request)
    try:
        done = await moderate_words(session, account, found, form)
    except Refused as refused:
        return await refused_page(request, session, account, service_request_id, form, refused)
    if done:
        action = "request.words_masked" if form["act"] == "mask" else "request.words_hidden"
        await note(session, account, action, about=found.service_request_id, facts={"moderation": done.id})
    return back(found, "words")


@post(HOME + "/moderations/{moderation_id:int}/undoing", opt=MODERATES, status_code=200)
async def post_undoing(request: PageRequest, service_request_id: str, moderation_id: int) -> Response[Any]:
    """Gives back what was taken: 303, or the page with 409."""
    database: Database = request.app.state.database
    await request.form()
    try:
        async with database.reading() as session:
            account = await provide_account(request, session)
            found = await theirs(session, account, service_request_id)
            done = await moderation_or_404(session, found, moderation_id)
            files, seen = None, None
            if done.kind == PHOTO_COVERED and done.undone_datetime is None:
                photo = photo_or_404(found, done.photo_id or 0)
                seen = await standing_covers(session, photo.id)
                left = (await standing_covers(session, photo.id, but=done.id)).covers
                files = await make_files(request.app.state.media, photo, left)
        async with database.writing() as session:
            account = await provide_account(request, session)
            found = await theirs(session, account, service_request_id)
            done = await moderation_or_404(session, found, moderation_id)
            if files and seen:
                await uncover_photo(session, found, account, done, files, seen)
            else:
                await moderate.undo(session, found, account, done)
            facts = {"moderation": done.id}
            await note(session, account, "request.moderation_undone", about=found.service_request_id, facts=facts)
    except Refused as refused:
        async with database.reading() as session:
            account = await provide_account(request, session)
            return await refused_page(request, session, account, service_request_id, {}, refused)
    return back(found, "undone")


@post(HOME + "/flags", opt=MODERATES, status_code=200)
async def post_flags(
    request: PageRequest, session: AsyncSession, account: Account, service_request_id: str
) -> Response[Any]:
    """Somebody has looked at what was flagged: the request leaves the moderation."""
    found = await theirs(session, account, service_request_id)
    facts = {"flags": await settle(session, found, account)}
    await note(session, account, "request.flags_settled", about=found.service_request_id, facts=facts)
    return back(found, "flags")


@post(HOME + "/moderations/{moderation_id:int}/original", opt=ORIGINALS, status_code=200)
async def show_original_words(
    session: AsyncSession, account: Account, service_request_id: str, moderation_id: int
) -> Template:
    """The page with the words as they stood before they were masked; each look is written into the audit trail."""
    found = await find(session, account, service_request_id)
    require(account, "originals.view", found)
    done = await moderation_or_404(session, found, moderation_id)
    await note(session, account, "originals.seen", about=found.service_request_id, facts={"moderation": done.id})
    return await request_page(session, account, found, original={done.id: str(done.facts.get("before", ""))})


async def moderate_words(
    session: AsyncSession, account: Account, found: ServiceRequest, form: Mapping[str, str]
) -> Moderation | None:
    if form.get("act") not in ACTS:
        raise Refused(Problem("act", NO_SUCH_ACT))
    update_id, reason = read_number(form.get("update", "")), moderate.read_reason(form.get("reason", ""))
    if form["act"] == "hide":
        return await moderate.hide_words(session, found, account, update_id=update_id, reason=reason)
    if len(form.get("phrases", "")) > MAX_DESCRIPTION:
        raise Refused(Problem("phrases", TOO_LONG, {"most": MAX_DESCRIPTION}))
    phrases = [line.strip() for line in form.get("phrases", "").splitlines() if line.strip()]
    return await moderate.mask_words(session, found, account, phrases, update_id=update_id, reason=reason)


def read_number(text: str) -> int | None:
    """None for none. Raises Refused (422) for what is no number of a row."""
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise Refused(Problem("words", moderate.NO_SUCH_WORDS))
    return int(text)


async def theirs(session: AsyncSession, account: Account, service_request_id: str) -> ServiceRequest:
    found = await find(session, account, service_request_id)
    require(account, "requests.moderate", found)
    return found


def photo_or_404(found: ServiceRequest, photo_id: int) -> Photo:
    photo = next((photo for photo in found.photos if photo.id == photo_id), None)
    if photo is None:
        raise NotFoundException
    return photo


async def moderation_or_404(session: AsyncSession, found: ServiceRequest, moderation_id: int) -> Moderation:
    done = await find_row(session, Moderation, moderation_id)
    if done is None or done.request_id != found.id:
        raise NotFoundException
    return done


async def refused_page(
    request: PageRequest,
    session: AsyncSession,
    account: Account,
    service_request_id: str,
    form: dict[str, str],
    refused: Refused,
) -> Template:
    if wants_json(request):
        raise refused
    session.expunge_all()
    found = await find(session, account, service_request_id)
    return await request_page(session, account, found, form=form, refused=refused)


async def fields_of(request: PageRequest) -> dict[str, str]:
    pairs = (await request.form()).multi_items()
    return {name: clean(value) for name, value in pairs if isinstance(value, str)}


def back(found: ServiceRequest, done: str) -> Redirect:
    return Redirect(f"/staff/requests/{found.service_request_id}?done={done}", status_code=303)


route_handlers = [
    post_words,
    post_undoing,
    post_flags,
    show_original_words,
]
