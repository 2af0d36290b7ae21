"""The key that tells push services who we are (VAPID, RFC 8292): made once by `blockwise setup`, then kept."""

from __future__ import annotations

import base64
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from webpush.vapid import VAPID

from app.notifications.smtp_url import sender_of
from app.settings import Settings, SettingsError

CURVE = ec.SECP256R1()
VALID_SECONDS = 12 * 3600
# A token is used for half of its life, so that clocks may differ.
KEPT_SECONDS = VALID_SECONDS / 2
MOST_KEPT = 1000
HTTPS = 443


@dataclass(frozen=True, slots=True)
class VapidKeys:
    """`private_pem` and `public_pem` are PEM; `public_key` is what a browser subscribes with; `subject` an address."""

    private_pem: bytes
    public_pem: bytes
    public_key: str
    subject: str


def kept_key_path(settings: Settings) -> Path:
    return settings.var / "vapid_private_key.pem"


def make_vapid_key(settings: Settings) -> None:
    """Makes the private key of this installation, unless there is one. Nobody but its owner may read the file."""
    path = kept_key_path(settings)
    if settings.vapid_private_key or path.exists():
        return
    private_pem, _, _ = VAPID.generate_keys()
    path.parent.mkdir(parents=True, exist_ok=True)
    # Whole or not at all, whenever we are stopped; and of two that make one at once, one stays.
    made = path.with_name(f"{path.name}.{os.getpid()}")
    with os.fdopen(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(private_pem)
    try:
        os.link(made, path)
    except FileExistsError:
        pass
    finally:
        made.unlink()


def vapid_keys(settings: Settings) -> VapidKeys | None:
    """The keys of the environment, else the kept ones; None before `blockwise setup`: then there is no push.

    Raises SettingsError for a key that cannot be read, and for a public key of another private one.
    """
    if settings.vapid_private_key:
        private = given_key(settings.vapid_private_key)
    elif kept_key_path(settings).exists():
        private = pem_key(kept_key_path(settings).read_bytes(), str(kept_key_path(settings)))
    else:
        return None
    public_key = VAPID.get_application_server_key(private.public_key())
    if settings.vapid_public_key and settings.vapid_public_key.rstrip("=") != public_key:
        raise SettingsError("BLOCKWISE_VAPID_PUBLIC_KEY does not belong to BLOCKWISE_VAPID_PRIVATE_KEY: leave it out")
    return VapidKeys(
        private_pem=private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
        public_pem=private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        public_key=public_key,
        subject=subject_of(settings),
    )


def given_key(given: str) -> ec.EllipticCurvePrivateKey:
    """A private key as other tools print it (32 bytes in base64url), or the path of a PEM file."""
    if given.endswith(".pem"):
        return pem_key(Path(given).read_bytes(), "BLOCKWISE_VAPID_PRIVATE_KEY")
    try:
        raw = base64.b64decode(given.rstrip("=") + "=" * (-len(given.rstrip("=")) % 4), altchars=b"-_", validate=True)
        if len(raw) != 32:
            raise ValueError(len(raw))
        return ec.derive_private_key(int.from_bytes(raw, "big"), CURVE)
    except ValueError as error:
        raise SettingsError(
            "BLOCKWISE_VAPID_PRIVATE_KEY must be 32 bytes in base64url, or the path of a .pem file"
        ) from error


def pem_key(pem: bytes, where: str) -> ec.EllipticCurvePrivateKey:
    try:
        key = load_pem_private_key(pem, None)
    except (ValueError, TypeError) as error:
        raise SettingsError(f"{where} is no private key in PEM without a password") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise SettingsError(f"{where} must be a key of the curve P-256")
    return key


def subject_of(settings: Settings) -> str:
    """The city's e-mail address: that of the setting, else the sender of its e-mail, else one at its own host."""
    if settings.vapid_subject:
        return settings.vapid_subject.removeprefix("mailto:")
    if settings.smtp_url:
        return sender_of(settings.smtp_url)
    return f"311@{urlsplit(settings.public_url).hostname}"


class Origin(NamedTuple):
    """As much of an address as the library signs; `host` has the port in it where it is not the usual one."""

    scheme: str
    host: str


class KeptTokens:
    """Signs once in a while for each push service, where the library would sign each message anew."""

    def __init__(self, vapid: VAPID) -> None:
        self._vapid = vapid
        self._kept: dict[Origin, tuple[float, str]] = {}

    def get_authorization_header(self, endpoint: Any, subscriber: str, expiration: int) -> str:
        """The library's own signature; `endpoint` is its parsed address."""
        port = "" if endpoint.port in (None, HTTPS) else f":{endpoint.port}"
        origin, now = Origin(endpoint.scheme, f"{endpoint.host}{port}"), time.monotonic()
        until, header = self._kept.get(origin, (0.0, ""))
        if until <= now:
            if len(self._kept) >= MOST_KEPT:
                self._kept.clear()
            header = str(self._vapid.get_authorization_header(origin, subscriber, expiration))
            self._kept[origin] = now + KEPT_SECONDS, header
        return header
