"""Who is looking at a request: a device that we have met, or the holder of the reporter's own link."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from litestar import Request
from litestar.datastructures import Cookie

from app.accounts.devices import MAX_AGE, device_hash
from app.service_requests.identifiers import is_reporter_key, reporter_key
from app.settings import Settings

KEY_COOKIE = "reporter_key"


@dataclass(frozen=True, slots=True)
class Viewer:
    """`device_hash` is None for a device that we have not met; `holds_key` counts for one request only."""

    device_hash: str | None = None
    holds_key: bool = False


def viewer_of(request: Request[Any, Any, Any], service_request_id: str) -> Viewer:
    """Who looks at this request, by the two cookies."""
    settings: Settings = request.app.state.settings
    key = request.cookies.get(KEY_COOKIE, "")
    return Viewer(device_hash(request), is_reporter_key(settings.secret_key, service_request_id, key))


def key_cookie(settings: Settings, service_request_id: str) -> Cookie:
    """Opens one request, and everything below its address, for its reporter on this device."""
    return Cookie(
        KEY_COOKIE,
        value=reporter_key(settings.secret_key, service_request_id),
        path=f"/requests/{service_request_id}",
        max_age=MAX_AGE,
        httponly=True,
        secure=settings.secure_cookies,
        samesite="lax",
    )


def own_link(settings: Settings, service_request_id: str) -> str:
    """The reporter's own link, secret, as it goes into an e-mail."""
    key = reporter_key(settings.secret_key, service_request_id)
    return f"{settings.public_url}/requests/{service_request_id}/yours?key={key}"
