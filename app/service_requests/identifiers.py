"""Numbers that cannot be guessed and can be read out, and the secret keys that go with them.

`service_request_id`: 11 random symbols of Crockford's base 32 (55 bits) and his check symbol modulo 37
(https://www.crockford.com/base32.html), written in groups: `7KF2-M9QX-T3AB`. A letter misheard (O, I, L) is
read as its digit; one changed symbol never makes another valid number.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import struct

DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
# Crockford's five further check symbols include some that a URL or a voice garbles: numbers that need one are redrawn.
CHECKABLE = len(DIGITS)
RANDOM_SYMBOLS = 11
PAIRS = [one + other for one in DIGITS for other in DIGITS]
MISHEARD = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None, " ": None})


def new_service_request_id() -> str:
    """A new number such as "7KF2-M9QX-T3AB": 55 random bits and a check symbol."""
    return new_service_request_ids(1)[0]


def new_service_request_ids(count: int) -> list[str]:
    """As `new_service_request_id`, so many, of random bits that are drawn together."""
    made: list[str] = []
    while len(made) < count:
        drawn = secrets.token_bytes(8 * (count - len(made)))
        values = (bits >> 64 - 5 * RANDOM_SYMBOLS for (bits,) in struct.iter_unpack(">Q", drawn))
        made += [grouped(encode(value) + DIGITS[value % 37]) for value in values if value % 37 < CHECKABLE]
    return made


def encode(value: int) -> str:
    symbols = DIGITS[value >> 50]
    for shift in range(40, -1, -10):
        symbols += PAIRS[value >> shift & 1023]
    return symbols


def grouped(symbols: str) -> str:
    return "-".join(symbols[start : start + 4] for start in range(0, len(symbols), 4))


def read_service_request_id(said: str) -> str | None:
    """The number as it is stored, from what somebody typed or heard; None when its check symbol is wrong."""
    symbols = said.strip().upper().translate(MISHEARD)
    if len(symbols) != RANDOM_SYMBOLS + 1 or any(symbol not in DIGITS for symbol in symbols):
        return None
    value = 0
    for symbol in symbols[:-1]:
        value = value << 5 | DIGITS.index(symbol)
    return grouped(symbols) if value % 37 == DIGITS.index(symbols[-1]) else None


def reporter_key(secret_key: str, service_request_id: str) -> str:
    """The secret of the reporter's own link: HMAC-SHA-256 (RFC 2104), 130 bits, in base 32."""
    digest = hmac.digest(secret_key.encode(), f"reporter:{service_request_id}".encode(), hashlib.sha256)
    value = int.from_bytes(digest[:17], "big")
    return "".join(DIGITS[value >> shift & 31] for shift in range(125, -1, -5))


def is_reporter_key(secret_key: str, service_request_id: str, key: str) -> bool:
    return hmac.compare_digest(reporter_key(secret_key, service_request_id).encode(), key.strip().upper().encode())
