"""A device that has reported or followed: known by a random cookie, stored only as its SHA-256.

The cookie is set when a person first reports or follows, never before: who only looks is not marked.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from typing import Any

from litestar import Request
from litestar.datastructures import Cookie

DEVICE_COOKIE = "device"
# Browsers keep no cookie for longer (RFC 6265bis §5.5).
MAX_AGE = 400 * 24 * 3600
TOKEN = re.compile(r"[\w-]{43}")


def device_token(request: Request[Any, Any, Any]) -> str | None:
    token = request.cookies.get(DEVICE_COOKIE, "")
    return token if TOKEN.fullmatch(token) else None


def device_hash(request: Request[Any, Any, Any]) -> str | None:
    """The hash under which this device's reports and followed requests are kept; None for an unknown device."""
    token = device_token(request)
    return hash_of(token) if token else None


def hash_of(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def new_device_token() -> str:
    return secrets.token_urlsafe(32)


def known_device(request: Request[Any, Any, Any], *, secure: bool, fresh: str | None = None) -> tuple[str, Cookie]:
    """This device's hash and the cookie to answer with: `fresh`, or a new one, for a device that we have not met."""
    token = device_token(request) or fresh or new_device_token()
    cookie = Cookie(DEVICE_COOKIE, value=token, max_age=MAX_AGE, httponly=True, secure=secure, samesite="lax", path="/")
    return hash_of(token), cookie
