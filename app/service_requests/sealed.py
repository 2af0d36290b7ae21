"""Values that travel through a page and come back as we sent them: signed, dated, and readable by anybody."""

from __future__ import annotations

import hashlib
import hmac
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

import msgspec

MAC_BYTES = 16


class SealBroken(ValueError):
    """A value that we did not send, or not for this purpose."""


class SealExpired(ValueError):
    """A value of ours that is too old to count."""


def seal(secret_key: str, purpose: str, value: Any) -> str:
    """`value` (what JSON can hold) with the time, signed for one purpose: HMAC-SHA-256 (RFC 2104), 128 bits."""
    body = msgspec.json.encode({"at": int(time.time()), "value": value})
    return urlsafe_b64encode(mac(secret_key, purpose, body) + body).decode().rstrip("=")


def unseal(secret_key: str, purpose: str, token: str, *, max_age_s: int) -> Any:
    """The value of `seal`. Raises SealBroken, or SealExpired when it is older than `max_age_s` seconds."""
    try:
        raw = urlsafe_b64decode(token.encode("ascii") + b"=" * (-len(token) % 4))
    except ValueError:
        raise SealBroken from None
    if not hmac.compare_digest(raw[:MAC_BYTES], mac(secret_key, purpose, raw[MAC_BYTES:])):
        raise SealBroken
    told = msgspec.json.decode(raw[MAC_BYTES:])
    if time.time() - told["at"] > max_age_s:
        raise SealExpired
    return told["value"]


def mac(secret_key: str, purpose: str, body: bytes) -> bytes:
    return hmac.digest(f"{purpose}:{secret_key}".encode(), body, hashlib.sha256)[:MAC_BYTES]
