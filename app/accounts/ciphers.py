"""Secrets that the server must read again: enciphered with a key derived from BLOCKWISE_SECRET_KEY."""

from __future__ import annotations

import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

NONCE_BYTES = 12


class Unreadable(ValueError):
    """What was not enciphered by us, or for another purpose, or with another secret key."""


def encipher(secret_key: str, purpose: str, secret: bytes) -> str:
    """AES-256-GCM; only who names the same purpose can read it again."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    return urlsafe_b64encode(nonce + cipher(secret_key).encrypt(nonce, secret, purpose.encode())).decode()


def decipher(secret_key: str, purpose: str, text: str) -> bytes:
    """What `encipher` was given. Raises Unreadable."""
    try:
        raw = urlsafe_b64decode(text.encode("ascii"))
        return cipher(secret_key).decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], purpose.encode())
    except (ValueError, InvalidTag) as error:
        raise Unreadable from error


def cipher(secret_key: str) -> AESGCM:
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"blockwise accounts").derive(secret_key.encode())
    return AESGCM(derived)
