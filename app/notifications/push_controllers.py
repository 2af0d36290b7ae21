"""What a browser asks and tells about push: the city's key, its own address, and what is unread."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, delete, get, post
from litestar.datastructures import State
from litestar.exceptions import NotAuthorizedException, NotFoundException
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.devices import device_hash, known_device
from app.accounts.sessions import find_session
from app.db import Database
from app.notifications.endpoints import (
    Given,
    Named,
    checked,
    count_unread,
    drop_endpoint,
    keep_endpoint,
    owner_of,
    read_given,
)
from app.notifications.subscribers import find_subscriber, subscriber_of_account, subscriber_of_device
from app.notifications.vapid import vapid_keys
from app.settings import Settings

Asking = Request[Any, Any, State]
MOST_BYTES = 10_000
NO_STORE = {"Cache-Control": "private, no-store"}


@get("/notifications/key")
async def show_key(request: Asking) -> Response[dict[str, str]]:
    """`key`: what a browser subscribes with (RFC 8292), in base64url. 404 where the city sends no push messages."""
    keys = vapid_keys(request.app.state.settings)
    if keys is None:
        raise NotFoundException
    return Response({"key": keys.public_key}, headers={"Cache-Control": "public, max-age=600"})


@get("/notifications/state")
async def show_state(request: Asking, session: AsyncSession, endpoint: str = "") -> Response[dict[str, Any]]:
    """`unread` messages of this browser, the city's `key` or null, and whether its address is `known` here.

    `endpoint` is the SHA-256 of that address in hexadecimal digits: the address itself is a secret.
    """
    keys = vapid_keys(request.app.state.settings)
    device = device_hash(request)
    owner = await owner_of(session, endpoint, device, await account_of(session, request)) if endpoint else None
    unread = await count_unread(session, owner or await find_subscriber(session, device))
    told = {"known": owner is not None, "unread": unread, "key": keys.public_key if keys else None}
    return Response(told, headers=NO_STORE)


@post("/notifications/push", status_code=200, request_max_body_size=MOST_BYTES)
async def post_push(request: Asking) -> Response[dict[str, Any]]:
    """Takes a PushSubscription as JSON (see `Given`); the same again is the same. Answers with what is `unread`."""
    database: Database = request.app.state.database
    settings: Settings = request.app.state.settings
    given = read_given(await request.body(), Given)
    endpoint = await checked(given, private=settings.private_endpoints)
    device, cookie = known_device(request, secure=settings.secure_cookies)
    async with database.writing() as session:
        if given.account:
            account_id = await account_of(session, request)
            if account_id is None:
                raise NotAuthorizedException
            subscriber = await subscriber_of_account(session, account_id)
        else:
            subscriber = await subscriber_of_device(session, device)
        await keep_endpoint(session, subscriber, endpoint, given.replaces)
        unread = await count_unread(session, subscriber)
    return Response({"unread": unread}, headers=NO_STORE, cookies=[] if given.account else [cookie])


@delete("/notifications/push", request_max_body_size=MOST_BYTES)
async def delete_push(request: Asking) -> None:
    """Forgets the address `endpoint`; one that is not there is forgotten too."""
    database: Database = request.app.state.database
    named = read_given(await request.body(), Named)
    async with database.writing() as session:
        await drop_endpoint(session, named.endpoint)


async def account_of(session: AsyncSession, request: Asking) -> int | None:
    found = await find_session(session, request)
    return found.account_id if found and found.needs is None else None


route_handlers = [show_key, show_state, post_push, delete_push]
