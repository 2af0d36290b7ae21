"""`/staff/webhooks`: other systems that are told of what happens, and take orders; with every attempt to tell them."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post
from litestar.datastructures import State
from litestar.exceptions import NotFoundException
from litestar.response import Redirect, Template
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.audit import note
from app.accounts.models import Account
from app.errors import Refused
from app.service_requests.forms import clean
from app.sql import find_row
from app.staff.request_page import NO_STORE
from app.templating import gettext
from app.work.events import BY_THEMSELVES, EVENTS
from app.work.tell_systems import test_message
from app.work.webhook_models import WAITING, Webhook, WebhookAttempt, WebhookDelivery
from app.work.webhooks import change_webhook, make_webhook, new_key, read_wanted, renew_secret, send_again

PageRequest = Request[Any, Any, State]
MANAGE = {"permission": "webhooks.manage"}
MOST = 50


@get("/staff/webhooks", opt=MANAGE)
async def show_webhooks(session: AsyncSession) -> Template:
    return await list_page(session)


@post("/staff/webhooks", opt=MANAGE, status_code=200)
async def post_webhook(request: PageRequest, session: AsyncSession, account: Account) -> Template:
    """A new connection: its page with the secret and the key, shown this once; or the list with 422."""
    form = await fields(request)
    settings = request.app.state.settings
    try:
        wanted = read_wanted({**form, "active": ["yes"]}, private=settings.private_endpoints)
        webhook, secret, key = await make_webhook(session, settings.secret_key, wanted)
    except Refused as refused:
        return await list_page(session, form=form, refused=refused)
    await note(session, account, "webhook.made", about=webhook.name, facts={"url": webhook.url})
    return await one_page(session, webhook, secret=secret, key=key)


@get("/staff/webhooks/{webhook_id:int}", opt=MANAGE)
async def show_webhook(session: AsyncSession, webhook_id: int, done: str = "") -> Template:
    return await one_page(session, await find(session, webhook_id), done=done)


@post("/staff/webhooks/{webhook_id:int}", opt=MANAGE, status_code=200)
async def post_changes(request: PageRequest, session: AsyncSession, account: Account, webhook_id: int) -> Response[Any]:
    """Name, address, what it is told, on or off: 303, or the page with 422."""
    webhook, form = await find(session, webhook_id), await fields(request)
    try:
        wanted = read_wanted(form, private=request.app.state.settings.private_endpoints)
        await change_webhook(session, webhook, wanted)
    except Refused as refused:
        return await one_page(session, webhook, form=form, refused=refused)
    facts = {"url": webhook.url, "events": list(wanted.events), "active": wanted.active}
    await note(session, account, "webhook.changed", about=webhook.name, facts=facts)
    return Redirect(f"/staff/webhooks/{webhook.id}?done=yes", status_code=303)


@post("/staff/webhooks/{webhook_id:int}/secret", opt=MANAGE, status_code=200)
async def post_secret(request: PageRequest, session: AsyncSession, account: Account, webhook_id: int) -> Template:
    """A new signing secret, shown this once."""
    webhook = await find(session, webhook_id)
    secret = renew_secret(webhook, request.app.state.settings.secret_key)
    await note(session, account, "webhook.renewed", about=webhook.name, facts={"what": "secret"})
    return await one_page(session, webhook, secret=secret)


@post("/staff/webhooks/{webhook_id:int}/key", opt=MANAGE, status_code=200)
async def post_key(session: AsyncSession, account: Account, webhook_id: int) -> Template:
    """A new API key in place of the old one, shown this once."""
    webhook = await find(session, webhook_id)
    key = new_key(webhook)
    await note(session, account, "webhook.renewed", about=webhook.name, facts={"what": "key"})
    return await one_page(session, webhook, key=key)


@post("/staff/webhooks/{webhook_id:int}/test", opt=MANAGE, status_code=200)
async def post_test(session: AsyncSession, account: Account, webhook_id: int) -> Redirect:
    """Sends a test message; its line says how that went."""
    webhook = await find(session, webhook_id)
    test_message(session, webhook)
    webhook.pause_datetime = None
    await note(session, account, "webhook.tested", about=webhook.name)
    return Redirect(f"/staff/webhooks/{webhook.id}?done=test", status_code=303)


@post("/staff/webhooks/{webhook_id:int}/deliveries/{delivery_id:int}", opt=MANAGE, status_code=200)
async def post_again(session: AsyncSession, account: Account, webhook_id: int, delivery_id: int) -> Redirect:
    """Sends a message once more, under the same id."""
    webhook, delivery = await find(session, webhook_id), await find_row(session, WebhookDelivery, delivery_id)
    if delivery is None or delivery.webhook_id != webhook.id:
        raise NotFoundException
    send_again(webhook, delivery)
    await note(session, account, "webhook.tested", about=webhook.name, facts={"again": delivery.message_id})
    return Redirect(f"/staff/webhooks/{webhook.id}?done=test", status_code=303)


async def fields(request: PageRequest) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in (await request.form()).multi_items():
        if isinstance(value, str):
            found.setdefault(name, []).append(clean(value))
    return found


async def find(session: AsyncSession, webhook_id: int) -> Webhook:
    webhook = await find_row(session, Webhook, webhook_id)
    if webhook is None:
        raise NotFoundException
    return webhook


async def list_page(
    session: AsyncSession, *, form: dict[str, list[str]] | None = None, refused: Refused | None = None
) -> Template:
    waiting = select(WebhookDelivery.webhook_id, func.count()).where(WAITING).group_by(WebhookDelivery.webhook_id)
    context = {
        "webhooks": (await session.execute(select(Webhook).order_by(Webhook.name))).scalars().all(),
        "waiting": {row[0]: row[1] for row in await session.execute(waiting)},
        **form_context(form or {}, refused),
    }
    return Template("staff/webhooks.html", context=context, status_code=status_of(refused), headers=NO_STORE)


async def one_page(
    session: AsyncSession,
    webhook: Webhook,
    *,
    form: dict[str, list[str]] | None = None,
    refused: Refused | None = None,
    secret: str = "",
    key: str = "",
    done: str = "",
) -> Template:
    """`secret` and `key` only where they were just made."""
    await session.flush()
    newest = select(WebhookDelivery).where(WebhookDelivery.webhook_id == webhook.id)
    newest = newest.order_by(WebhookDelivery.id.desc()).limit(MOST)
    deliveries = (await session.execute(newest)).scalars().all()
    ids = [delivery.id for delivery in deliveries]
    tried = select(WebhookAttempt).where(WebhookAttempt.delivery_id.in_(ids)).order_by(WebhookAttempt.id)
    attempts: dict[int, list[WebhookAttempt]] = {one: [] for one in ids}
    for attempt in (await session.execute(tried)).scalars():
        attempts[attempt.delivery_id].append(attempt)
    context = {
        "webhook": webhook,
        "deliveries": deliveries,
        "attempts": attempts,
        "labels": {**EVENTS, **BY_THEMSELVES},
        "secret": secret,
        "key": key,
        "done": done,
        **form_context(form or given(webhook), refused),
    }
    return Template("staff/webhook.html", context=context, status_code=status_of(refused), headers=NO_STORE)


def given(webhook: Webhook) -> dict[str, list[str]]:
    return {
        "name": [webhook.name],
        "url": [webhook.url],
        "events": [str(event) for event in webhook.events],
        "takes_orders": ["yes"] if webhook.takes_orders else [],
        "active": ["yes"] if webhook.active else [],
    }


def form_context(form: dict[str, list[str]], refused: Refused | None) -> dict[str, Any]:
    return {
        "form": form,
        "events": [(code, gettext(label)) for code, label in EVENTS.items()],
        "problems": {problem.field: problem.said() for problem in refused.problems} if refused else {},
    }


def status_of(refused: Refused | None) -> int:
    return refused.status if refused else 200


route_handlers = [
    show_webhooks,
    post_webhook,
    show_webhook,
    post_changes,
    post_secret,
    post_key,
    post_test,
    post_again,
]
