"""Names that only we can have given: they stand in links and in return addresses of e-mails, and survive lower case."""

from __future__ import annotations

import base64
import hashlib
import hmac

MAC_BYTES = 10


def signed(secret_key: str, purpose: str, name: str) -> str:
    """ "d12-k3xq7h2mzp4afo5c": the name with 80 bits of HMAC-SHA-256 (RFC 2104) for this purpose alone.

    `name`: lower-case letters and digits.
    """
    return f"{name}-{mac(secret_key, purpose, name)}"


def read_signed(secret_key: str, purpose: str, given: str) -> str | None:
    """The name that was signed; None for anything else."""
    name, _, sign = given.strip().lower().rpartition("-")
    # As bytes: what is not ASCII is compared too, and differs.
    return name if hmac.compare_digest(mac(secret_key, purpose, name).encode(), sign.encode()) else None


def mac(secret_key: str, purpose: str, name: str) -> str:
    digest = hmac.digest(secret_key.encode(), f"{purpose}:{name}".encode(), hashlib.sha256)
    return base64.b32encode(digest[:MAC_BYTES]).decode().lower()
