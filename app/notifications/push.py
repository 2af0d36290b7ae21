"""How a push message is sent: encrypted for one browser (RFC 8291), signed, and posted to its service (RFC 8030)."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import ssl
from bisect import bisect_left
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import httpx
import msgspec
from cryptography.hazmat.primitives.asymmetric import ec
from webpush import WebPush, WebPushSubscription

from app.notifications.outcome import TOO_LARGE, Failed, Gone, Later, Outcome, outcome_of_status
from app.notifications.vapid import CURVE, VALID_SECONDS, KeptTokens, VapidKeys
from app.outside import OutsideError, may_connect, outside_client, send

MOST_CONNECTIONS = 64
ANSWER_SECONDS = 10.0
ANSWER_BYTES = 1_000_000
MOST_URL = 2000
# Push services take 4,096 bytes (RFC 8030); header, padding mark and tag of the encryption are 103 of them.
MOST_PAYLOAD = 4096 - 103
FOUR_WEEKS = 28 * 24 * 3600
TOPIC_LENGTH = 32
UNREACHABLE = "unreachable"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """What a browser gave us to reach it: the address at its push service, and its two keys in base64url."""

    url: str
    p256dh: str
    auth: str


@dataclass(frozen=True, slots=True)
class PushMessage:
    """`payload`: what the service worker gets. `key`: of two messages with one key the phone gets one (RFC 8030 §5.4).

    `urgency`: very-low, low, normal or high. `ttl`: for how many seconds the push service keeps it for a phone that
    is off.
    """

    payload: bytes
    key: str
    urgency: str = "normal"
    ttl: int = FOUR_WEEKS


@dataclass(frozen=True, slots=True)
class Sealed:
    """A message that is ready to post."""

    url: str
    content: bytes
    headers: dict[str, str]


class EndpointRefused(ValueError):
    """What a browser gave us is no endpoint; the message says why."""


def read_endpoint(url: str, p256dh: str, auth: str, *, private: bool = False) -> Endpoint:
    """An endpoint as it was given. Raises EndpointRefused for what can be seen to be none without asking anybody."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise EndpointRefused("the endpoint is no web address") from error
    if not host or len(url) > MOST_URL or not url.isascii() or not url.isprintable() or parts.username is not None:
        raise EndpointRefused("the endpoint is no web address")
    if parts.scheme != "https" and not (private and parts.scheme == "http"):
        raise EndpointRefused("the endpoint must begin with https://")
    if not may_be_outside(host, private=private):
        raise EndpointRefused("the endpoint is not an address of the public internet")
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(CURVE, unpadded(p256dh))
        if len(unpadded(auth)) != 16:
            raise ValueError(auth)
    except ValueError as error:
        raise EndpointRefused("the endpoint's keys are none") from error
    return Endpoint(url, p256dh.rstrip("="), auth.rstrip("="))


def may_be_outside(host: str, *, private: bool) -> bool:
    """What a name leads to is looked at when it is connected to, each time."""
    try:
        return may_connect(ip_address(host), allow_private=private)
    except ValueError:
        return True


def unpadded(key: str) -> bytes:
    try:
        return base64.b64decode(key.rstrip("=") + "=" * (-len(key.rstrip("=")) % 4), altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise ValueError(key) from error


def payload_of(words: dict[str, Any]) -> bytes:
    """JSON for the service worker; the text of `body` is shortened where it would not fit."""
    body = str(words.get("body", ""))

    def shortened(length: int) -> bytes:
        return msgspec.json.encode({**words, "body": body[:length].rstrip() + "…" if length else ""})

    whole = msgspec.json.encode(words)
    if len(whole) <= MOST_PAYLOAD or not body:
        return whole
    too_long = bisect_left(range(len(body)), True, key=lambda length: len(shortened(length)) > MOST_PAYLOAD)
    return shortened(max(too_long - 1, 0))


class Pusher:
    """Encrypts and signs for any browser; may be used by several threads."""

    def __init__(self, keys: VapidKeys) -> None:
        self._push = WebPush(keys.private_pem, keys.public_pem, subscriber=keys.subject, expiration=VALID_SECONDS)
        self._push.vapid = KeptTokens(self._push.vapid)

    def seal(self, endpoint: Endpoint, message: PushMessage) -> Sealed | Gone | Failed:
        """The message as it is posted; Gone for keys that nothing can be encrypted with."""
        if len(message.payload) > MOST_PAYLOAD:
            return Failed(TOO_LARGE)
        try:
            given = {"endpoint": endpoint.url, "keys": {"auth": endpoint.auth, "p256dh": endpoint.p256dh}}
            made = self._push.get(message.payload, WebPushSubscription.model_validate(given))
        except ValueError:
            return Gone("keys")
        headers = {
            "Authorization": made.headers["authorization"],
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(message.ttl),
            "Topic": topic_of(message.key),
            "Urgency": message.urgency,
        }
        return Sealed(endpoint.url, made.encrypted, headers)


def topic_of(key: str) -> str:
    digest = hashlib.sha256(key.encode()).digest()
    return base64.urlsafe_b64encode(digest).decode()[:TOPIC_LENGTH]


def push_client(public_url: str, *, private: bool = False, tls: ssl.SSLContext | None = None) -> httpx.AsyncClient:
    """The client that all push messages of a process share. It keeps its connections to push services. Close it.

    `private`: for tests, push services may be on this machine and without TLS (`Settings.private_endpoints`).
    """
    limits = {"kept": MOST_CONNECTIONS, "most": MOST_CONNECTIONS}
    return outside_client(f"Blockwise ({public_url})", allow_http=private, allow_private=private, tls=tls, **limits)


async def send_push(client: httpx.AsyncClient, pusher: Pusher, endpoint: Endpoint, message: PushMessage) -> Outcome:
    """Sends one message to one browser. Raises nothing: whatever happens is an outcome."""
    sealed = await asyncio.to_thread(pusher.seal, endpoint, message)
    return await post_sealed(client, sealed) if isinstance(sealed, Sealed) else sealed


async def post_sealed(client: httpx.AsyncClient, sealed: Sealed) -> Outcome:
    try:
        answer = await send(
            client, sealed.url, sealed.content, sealed.headers, most=ANSWER_BYTES, seconds=ANSWER_SECONDS
        )
    except OutsideError as error:
        return Later(0, UNREACHABLE) if error.passing else Failed("address")
    return outcome_of_status(answer.status, answer.headers)
