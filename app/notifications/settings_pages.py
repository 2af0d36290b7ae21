"""`/notifications`: how this device's person is told, of what, and where it stops. Works without JavaScript."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from litestar import Request, Response, get, post
from litestar.datastructures import State
from litestar.exceptions import NotFoundException
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.devices import device_hash, known_device
from app.errors import Problem, Refused, wants_json
from app.jurisdictions.queries import get_jurisdiction
from app.notifications.confirm import (
    ASKED_AGAIN_AFTER,
    EMAIL,
    PHONE,
    confirm_row,
    is_of_today,
    read_confirm,
)
from app.notifications.follow_form import read_follow
from app.notifications.models import Subscriber
from app.notifications.settings_context import settings_context
from app.notifications.settings_form import Pairs, Wanted, read_settings
from app.notifications.subscribers import find_subscriber, subscriber_of_device
from app.notifications.subscribing import keep_subscription, stop_subscription
from app.notifications.take import NOTHING, Ways, write
from app.settings import Settings

PageRequest = Request[Any, Any, State]
NO_STORE = {"Cache-Control": "private, no-store"}
FORM_BYTES = 100_000
PAGE = "/notifications"


async def pairs_of(request: PageRequest) -> Pairs:
    return [(name, value) for name, value in (await request.form()).multi_items() if isinstance(value, str)]


@get("/notifications")
async def show_settings(
    request: PageRequest, session: AsyncSession, area: str = "", service: str = "", done: str = ""
) -> Template:
    """`area` ("layer:code") and `service` (a code) are chosen already in the form to follow something."""
    subscriber = await find_subscriber(session, device_hash(request))
    asked = [("what", "area"), ("area", area), ("cadence", "weekly")] if area else []
    follow = [*asked, ("service", service)] if asked or service else []
    return await page(request, session, subscriber, follow=follow, done=done)


@post("/notifications", status_code=200, request_max_body_size=FORM_BYTES)
async def post_settings(request: PageRequest, session: AsyncSession) -> Response[Any]:
    """Keeps the settings; an address that is new is asked first. 422 with what is wrong."""
    pairs = await pairs_of(request)
    wanted, problems = read_settings(pairs)
    if problems:
        if wants_json(request):
            raise Refused(*problems)
        subscriber = await find_subscriber(session, device_hash(request))
        return await page(request, session, subscriber, typed=pairs, problems=problems)
    settings: Settings = request.app.state.settings
    hashed, cookie = known_device(request, secure=settings.secure_cookies)
    subscriber = await subscriber_of_device(session, hashed, wanted.facts["locale"])
    for name, value in wanted.facts.items():
        setattr(subscriber, name, value)
    asked = await take_addresses(session, subscriber, wanted)
    return Redirect(f"{PAGE}?done={'asked' if asked else 'kept'}", status_code=303, cookies=[cookie])


async def take_addresses(session: AsyncSession, subscriber: Subscriber, wanted: Wanted) -> bool:
    """Keeps the addresses. A new one, or one that its holder had stopped, is asked for by a letter to it; whether
    one was asked."""
    now, asked = datetime.now(UTC), False
    for kind, address, chosen in ((EMAIL, wanted.email, subscriber.by_email), (PHONE, wanted.phone, subscriber.by_sms)):
        before, state = getattr(subscriber, kind), getattr(subscriber, f"{kind}_state")
        if not address:
            setattr(subscriber, kind, None)
            setattr(subscriber, f"{kind}_state", "none")
            continue
        if address == before and (state == "confirmed" or not chosen):
            continue
        too_soon = subscriber.asked_datetime and now - subscriber.asked_datetime < ASKED_AGAIN_AFTER
        setattr(subscriber, kind, address)
        setattr(subscriber, f"{kind}_state", "asked")
        asked = True
        if not (too_soon and address == before):
            await session.flush()
            await write(
                session, [{**NOTHING, "contact_id": None, "in_inbox": False, **confirm_row(subscriber, kind, now)}]
            )
            subscriber.asked_datetime = now
    return asked


@post("/notifications/follow", status_code=200, request_max_body_size=FORM_BYTES)
async def post_follow(request: PageRequest, session: AsyncSession) -> Response[Any]:
    """Follows a kind of problem in a part of the city. 422 with what is wrong."""
    pairs = await pairs_of(request)
    follow, problems = await read_follow(session, await get_jurisdiction(session), pairs)
    settings: Settings = request.app.state.settings
    if not problems:
        hashed, cookie = known_device(request, secure=settings.secure_cookies)
        subscriber = await subscriber_of_device(session, hashed)
        # Who has a browser that push reaches has it because the city can.
        ways = Ways(email=bool(settings.smtp_url), push=True, sms=bool(settings.sms_url))
        kept: dict[str, Any] = {"service_id": follow.service_id, "cadence": follow.cadence, **follow.changes}
        try:
            await keep_subscription(session, subscriber.id, follow.what, follow.arguments, ways=ways, **kept)
            return Redirect(f"{PAGE}?done=followed#following", status_code=303, cookies=[cookie])
        except Refused as refused:
            problems = list(refused.problems)
    if wants_json(request):
        raise Refused(*problems)
    known = await find_subscriber(session, device_hash(request))
    return await page(request, session, known, follow=pairs, problems=problems)


@post("/notifications/unfollow", status_code=303, request_max_body_size=FORM_BYTES)
async def post_unfollow(request: PageRequest, session: AsyncSession) -> Redirect:
    """Stops one subscription of this device's: `subscription`. What is not theirs is left, and says nothing."""
    subscriber = await find_subscriber(session, device_hash(request))
    said = str((await request.form()).get("subscription", ""))
    if subscriber and said.isascii() and said.isdecimal():
        await stop_subscription(session, subscriber.id, int(said[:18]))
    return Redirect(f"{PAGE}?done=stopped#following", status_code=303)


@get("/notifications/confirm/{token:str}")
async def show_confirm(request: PageRequest, session: AsyncSession, token: str) -> Template:
    """Changes nothing: programs that look at e-mails open every link."""
    subscriber, asked = await asked_of(request, session, token)
    return confirm_page(subscriber, asked)


@post("/notifications/confirm/{token:str}", status_code=200, request_max_body_size=FORM_BYTES)
async def post_confirm(request: PageRequest, session: AsyncSession, token: str) -> Template:
    subscriber, asked = await asked_of(request, session, token)
    if getattr(subscriber, f"{asked}_state") == "asked":
        setattr(subscriber, f"{asked}_state", "confirmed")
    return confirm_page(subscriber, asked)


async def asked_of(request: PageRequest, session: AsyncSession, token: str) -> tuple[Subscriber, str]:
    """Raises NotFoundException for a link that we did not give, or that was for another address."""
    secret_key = request.app.state.settings.secret_key
    found = read_confirm(secret_key, token)
    subscriber = await session.get(Subscriber, found[1]) if found else None
    if found is None or subscriber is None or not is_of_today(secret_key, token, subscriber, found[0]):
        raise NotFoundException()
    return subscriber, found[0]


def confirm_page(subscriber: Subscriber, asked: str) -> Template:
    state = getattr(subscriber, f"{asked}_state")
    return Template("notifications/confirm_page.html", context={"state": state, "asked": asked}, headers=NO_STORE)


async def page(
    request: PageRequest,
    session: AsyncSession,
    subscriber: Subscriber | None,
    *,
    typed: Pairs = (),
    follow: Pairs = (),
    problems: list[Problem] | None = None,
    done: str = "",
) -> Template:
    said = {problem.field: problem.said() for problem in problems or []}
    context = await settings_context(session, request.app.state.settings, subscriber, typed, follow)
    context |= {"problems": said, "done": done}
    status = 422 if problems else 200
    return Template("notifications/settings.html", context=context, status_code=status, headers=NO_STORE)


route_handlers = [
    show_settings,
    post_settings,
    post_follow,
    post_unfollow,
    show_confirm,
    post_confirm,
]
