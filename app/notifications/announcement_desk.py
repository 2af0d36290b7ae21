"""The desk of announcements: write a draft, look at it, publish it to everybody, change it, withdraw it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from litestar import Request, Response, get, post
from litestar.datastructures import State
from litestar.exceptions import NotFoundException
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.audit import note
from app.accounts.models import Account
from app.errors import Refused, wants_json
from app.jurisdictions.models import Jurisdiction
from app.jurisdictions.queries import get_jurisdiction
from app.notifications import announcement_actions as actions
from app.notifications.announcement_desk_form import form_context, typed_of
from app.notifications.announcement_desk_read import MOST_NOTE, pairs_of, read, read_note, seen_datetime
from app.notifications.announcement_form import OTHERS
from app.notifications.announcement_models import Announcement
from app.notifications.announcement_pages import page_context
from app.notifications.announcement_queries import find, for_staff
from app.notifications.announcement_scope import is_theirs, refuse_beyond
from app.notifications.announcement_words import SEVERITIES
from app.service_requests.forms import clean
from app.templating import LOCALES

PageRequest = Request[Any, Any, State]
PUBLISH = {"permission": "announcements.publish"}
ACTS = {
    "publish": "announcement.published",
    "withdraw": "announcement.withdrawn",
    "discard": "announcement.discarded",
}
NO_STORE = {"Cache-Control": "private, no-store"}


@get("/staff/announcements", opt=PUBLISH)
async def show_desk(session: AsyncSession, account: Account) -> Template:
    now = datetime.now(UTC)
    found = [one for one in await for_staff(session) if is_theirs(account, one)]
    lists = {
        "draft": [one for one in found if one.state == "draft"],
        "now": [one for one in found if one.state == "published" and one.starts_datetime <= now < one.ends_datetime],
        "planned": [one for one in found if one.state == "published" and one.starts_datetime > now],
        "over": [
            one for one in found if one.state == "withdrawn" or (one.state != "draft" and one.ends_datetime <= now)
        ],
    }
    context = {"account": account, "lists": lists, "severities": SEVERITIES}
    return Template("announcements/desk.html", context=context, headers=NO_STORE)


@get("/staff/announcements/new", opt=PUBLISH)
async def show_new(session: AsyncSession, account: Account) -> Template:
    return await form_page(session, await get_jurisdiction(session), None, [])


@post("/staff/announcements", opt=PUBLISH, status_code=200)
async def post_new(request: PageRequest, session: AsyncSession, account: Account) -> Response[Any]:
    """A draft: 303 to where it is looked at and published; 422 with the form and what is wrong."""
    city, pairs = await get_jurisdiction(session), await pairs_of(request)
    try:
        facts, places = await read(session, city, pairs)
        refuse_beyond(account, facts)
    except Refused as refused:
        if wants_json(request):
            raise
        return await form_page(session, city, None, pairs, refused)
    made = await actions.write_draft(session, facts, places)
    await note(session, account, "announcement.written", about=named(made))
    return Redirect(f"/staff/announcements/{made.id}?done=written", status_code=303)


@get("/staff/announcements/{announcement_id:int}", opt=PUBLISH)
async def show_one(session: AsyncSession, account: Account, announcement_id: int, done: str = "") -> Template:
    return await one_page(session, await theirs_or_404(session, account, announcement_id), done=done)


@get("/staff/announcements/{announcement_id:int}/edit", opt=PUBLISH)
async def show_edit(session: AsyncSession, account: Account, announcement_id: int) -> Template:
    city, found = await get_jurisdiction(session), await theirs_or_404(session, account, announcement_id)
    return await form_page(session, city, found, typed_of(found, ZoneInfo(city.timezone)))


@post("/staff/announcements/{announcement_id:int}", opt=PUBLISH, status_code=200)
async def post_edit(
    request: PageRequest, session: AsyncSession, account: Account, announcement_id: int
) -> Response[Any]:
    """Other words: 303 to the notice; 409 where somebody changed it meanwhile, 422 with what is wrong."""
    city, found = await get_jurisdiction(session), await theirs_or_404(session, account, announcement_id)
    pairs = await pairs_of(request)
    try:
        facts, places = await read(session, city, pairs)
        refuse_beyond(account, facts)
        seen = seen_datetime(dict(pairs).get("seen", ""))
        await actions.change(session, found, facts, places, account_id=account.id, seen=seen)
    except Refused as refused:
        if wants_json(request):
            raise
        return await form_page(session, city, found, pairs, refused)
    await note(session, account, "announcement.changed", about=named(found))
    return Redirect(f"/staff/announcements/{found.id}?done=changed", status_code=303)


@post("/staff/announcements/{announcement_id:int}/{act:str}", opt=PUBLISH, status_code=200)
async def post_act(
    request: PageRequest, session: AsyncSession, account: Account, announcement_id: int, act: str
) -> Response[Any]:
    """`publish`, `withdraw` (with `note`, why) or `discard`: 303 on; 409 for one that is not in a state for it."""
    found = await theirs_or_404(session, account, announcement_id)
    form = {name: clean(value) for name, value in await pairs_of(request)}
    if act not in ACTS:
        raise NotFoundException
    try:
        if act == "publish":
            await actions.publish(session, found, account_id=account.id)
        elif act == "withdraw":
            await actions.withdraw(session, found, account_id=account.id, **read_note(form))
        else:
            await actions.discard(session, found)
    except Refused as refused:
        if wants_json(request):
            raise
        return await one_page(session, found, form=form, refused=refused)
    await note(session, account, ACTS[act], about=named(found))
    page = "/staff/announcements" if act == "discard" else f"/staff/announcements/{found.id}"
    return Redirect(f"{page}?done={act}", status_code=303)


def is_over(one: Announcement, now: datetime) -> bool:
    return one.state == "withdrawn" or one.ends_datetime <= now


def named(one: Announcement) -> str:
    """As the audit trail calls it."""
    return f"notice {one.id}"


async def theirs_or_404(session: AsyncSession, account: Account, announcement_id: int) -> Announcement:
    found = await find(session, announcement_id)
    if found is None or not is_theirs(account, found):
        raise NotFoundException
    return found


async def form_page(
    session: AsyncSession,
    city: Jurisdiction,
    one: Announcement | None,
    pairs: list[tuple[str, str]],
    refused: Refused | None = None,
) -> Template:
    context = await form_context(session, city, one, pairs)
    context["problems"] = said_problems(refused)
    status = refused.status if refused else 200
    return Template("announcements/form.html", context=context, status_code=status, headers=NO_STORE)


async def one_page(
    session: AsyncSession,
    one: Announcement,
    *,
    done: str = "",
    form: Mapping[str, str] | None = None,
    refused: Refused | None = None,
) -> Template:
    context = await page_context(session, await get_jurisdiction(session), one)
    context |= {"done": done, "form": form or {}, "problems": said_problems(refused), "most": MOST_NOTE}
    context["missing"] = [LOCALES[code] for code in OTHERS if code not in one.translations]
    status = refused.status if refused else 200
    return Template("announcements/desk_one.html", context=context, status_code=status, headers=NO_STORE)


def said_problems(refused: Refused | None) -> dict[str, str]:
    return {problem.field: problem.said() for problem in refused.problems} if refused else {}


route_handlers = [show_desk, show_new, post_new, show_one, show_edit, post_edit, post_act]
