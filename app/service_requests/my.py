"""What this device has reported, follows and has not sent yet."""

from __future__ import annotations

from typing import Any

from litestar import Request, get, post
from litestar.datastructures import Cookie, State
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.devices import DEVICE_COOKIE, device_hash
from app.jobs import enqueue
from app.service_requests.cards import card
from app.service_requests.join import forget_device
from app.service_requests.queries import requests_followed, requests_of_device

MOST = 100
# The job by which those who tell people forget a device too.
FORGET = "forget_device"


@get("/my")
async def show_my(request: Request[Any, Any, State], session: AsyncSession, forgotten: str = "") -> Template:
    device = device_hash(request)
    own = await requests_of_device(session, device, limit=MOST) if device else []
    followed = await requests_followed(session, device, limit=MOST) if device else []
    context = {
        "known": device is not None,
        "own": [card(report, own=True) for report in own],
        "followed": [card(report) for report in followed],
        "forgotten": bool(forgotten),
        "most": MOST,
    }
    return Template("my/my.html", context=context, headers={"Cache-Control": "private, no-store"})


@post("/my/forgetting", status_code=303)
async def forget(request: Request[Any, Any, State], session: AsyncSession) -> Redirect:
    """Forgets this device: it follows nothing any more, and its cookie is gone. Its reports stay with the city."""
    device = device_hash(request)
    if device:
        await forget_device(session, device)
        await enqueue(session, FORGET, {"device_hash": device})
    gone = Cookie(DEVICE_COOKIE, value="", max_age=0, path="/", httponly=True, samesite="lax")
    return Redirect("/my?forgotten=1", status_code=303, cookies=[gone])


route_handlers = [show_my, forget]
