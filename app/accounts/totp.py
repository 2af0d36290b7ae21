"""Codes of an authenticator app (RFC 6238 over RFC 4226): SHA-1, six digits, half a minute, as every app has them."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from base64 import b32encode
from urllib.parse import quote, urlencode

STEP_SECONDS = 30
DIGITS = 6
SECRET_BYTES = 20
# A phone whose clock is half a minute off, before or after.
DRIFT_STEPS = 1


def new_secret() -> bytes:
    return secrets.token_bytes(SECRET_BYTES)


def step_at(seconds: float) -> int:
    """The number of the half minute since 1970."""
    return int(seconds) // STEP_SECONDS


def code_at(secret: bytes, step: int) -> str:
    """The code of a half minute."""
    digest = hmac.digest(secret, step.to_bytes(8, "big"), hashlib.sha1)
    start = digest[-1] & 0x0F
    number = int.from_bytes(digest[start : start + 4], "big") & 0x7FFF_FFFF
    return str(number % 10**DIGITS).zfill(DIGITS)


def matching_step(secret: bytes, code: str, seconds: float) -> int | None:
    """The half minute whose code this is, of the few around `seconds`; the latest where two have the same."""
    now = step_at(seconds)
    found = None
    for step in range(now - DRIFT_STEPS, now + DRIFT_STEPS + 1):
        # All of them, always: how long it takes says nothing.
        if hmac.compare_digest(code_at(secret, step).encode(), code.encode()):
            found = step
    return found


def written(secret: bytes) -> str:
    """The secret as people type it into an app: base 32, in groups of four."""
    text = b32encode(secret).decode().rstrip("=")
    return " ".join(text[at : at + 4] for at in range(0, len(text), 4))


def address(secret: bytes, *, issuer: str, name: str) -> str:
    """The otpauth: address that an app opens or reads from a QR code."""
    label = quote(f"{issuer.replace(':', ' ')}:{name}", safe="@")
    facts = {
        "secret": b32encode(secret).decode().rstrip("="),
        "issuer": issuer,
        "digits": DIGITS,
        "period": STEP_SECONDS,
    }
    return f"otpauth://totp/{label}?{urlencode(facts, quote_via=quote)}"
