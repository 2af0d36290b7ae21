"""A browser's half of web push: its keys, and reading what was encrypted for it (RFC 8291, RFC 8188)."""

from __future__ import annotations

import base64
import os

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from app.notifications.push import Endpoint


def base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


class Browser:
    def __init__(self, endpoint: str) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._public = self._key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        self._auth = os.urandom(16)
        self.endpoint = Endpoint(endpoint, base64url(self._public), base64url(self._auth))

    def read(self, body: bytes) -> bytes:
        """Decrypts one message. Raises cryptography's InvalidTag for what was meant for another browser."""
        salt, record_size, length = body[:16], int.from_bytes(body[16:20], "big"), body[20]
        theirs, sealed = body[21 : 21 + length], body[21 + length :]
        assert len(sealed) <= record_size
        secret = self._key.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), theirs))
        ikm = HKDF(SHA256(), 32, self._auth, b"WebPush: info\0" + self._public + theirs).derive(secret)
        key = HKDF(SHA256(), 16, salt, b"Content-Encoding: aes128gcm\0").derive(ikm)
        nonce = HKDF(SHA256(), 12, salt, b"Content-Encoding: nonce\0").derive(ikm)
        opened = AESGCM(key).decrypt(nonce, sealed, None)
        assert opened.rstrip(b"\0")[-1:] == b"\x02"
        return opened.rstrip(b"\0")[:-1]
