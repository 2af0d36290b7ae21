"""Signatures of messages, as the Standard Webhooks specification 1.0.0 has them (https://www.standardwebhooks.com)."""

from __future__ import annotations

import base64
import hmac
import secrets
from collections.abc import Sequence

SECRET_BYTES = 32
PREFIX = "whsec_"


def new_secret() -> str:
    """As it is given to the receiver: "whsec_" and 32 random bytes in base64."""
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def headers(message_id: str, timestamp: int, payload: bytes, with_secrets: Sequence[str]) -> dict[str, str]:
    """The three headers; one signature for each secret, so that a receiver can change over in its own time.

    `timestamp` is the moment of the attempt in seconds since 1970.
    """
    signed = " ".join(signature(message_id, timestamp, payload, secret) for secret in with_secrets)
    return {"webhook-id": message_id, "webhook-timestamp": str(timestamp), "webhook-signature": signed}


def signature(message_id: str, timestamp: int, payload: bytes, secret: str) -> str:
    """ "v1," and HMAC-SHA256 of "id.timestamp.payload" in base64."""
    key = base64.b64decode(secret.removeprefix(PREFIX))
    digest = hmac.digest(key, f"{message_id}.{timestamp}.".encode() + payload, "sha256")
    return f"v1,{base64.b64encode(digest).decode()}"
