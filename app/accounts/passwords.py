"""Passwords: which are good enough, and how they are kept (argon2id)."""

from __future__ import annotations

import re
import secrets
import threading
import unicodedata
from functools import cache
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from zxcvbn import zxcvbn

from app.errors import Problem
from app.jurisdictions.current import current_city
from app.templating import mark

SHORTEST = 12
LONGEST = 200
# zxcvbn's 3 of 4: more than 10^8 guesses.
LEAST_SCORE = 3
# As much as zxcvbn looks at; what follows can only make a password better.
ASSESSED = 72
PRODUCT_WORDS = ("blockwise", "311")
# Kept where there is no password: whoever was only invited, or signs in through the city's directory.
NO_PASSWORD = ""

TOO_SHORT = mark("Use at least %(least)d characters.")
TOO_LONG = mark("Use at most %(most)d characters.")
GUESSABLE = mark("This can be guessed. Add another word or two, uncommon ones.")
YOUR_OWN = mark(
    "It is made of your own name, address or city, which are guessed first. Use words that have nothing to do with you."
)
WELL_KNOWN = mark(
    "Many people use this password, so it is guessed first. Use words that nobody else would put together."
)
A_NAME = mark("Names are easy to guess. Add another word or two, uncommon ones.")
COMMON_WORDS = mark("Common words are easy to guess. Add another word or two, uncommon ones.")
KEYS_IN_A_ROW = mark("Keys that lie side by side are easy to guess. Use words instead.")
REPEATED = mark("Repeated letters and words are easy to guess. Use different words.")
IN_SEQUENCE = mark("Sequences such as abc or 4321 are easy to guess. Use words instead.")
A_DATE = mark("Dates and years are easy to guess. Add another word or two, uncommon ones.")
REASONS = {
    "spatial": KEYS_IN_A_ROW,
    "repeat": REPEATED,
    "sequence": IN_SEQUENCE,
    "date": A_DATE,
    "regex": A_DATE,
    "user_inputs": YOUR_OWN,
    "passwords": WELL_KNOWN,
    "surnames": A_NAME,
    "male_names": A_NAME,
    "female_names": A_NAME,
}
# argon2id with the library's defaults, which follow RFC 9106's low-memory recommendation.
hasher = PasswordHasher()
# The library keeps the words of whom it assesses in a table that all threads share.
assessing = threading.Lock()


def weakness(password: str, *known: str, field: str = "password") -> Problem | None:
    """Why a password is not good enough, or None. `known`: what others know of this person, beside their city.

    Takes milliseconds, a hundred of them for a long one: call it in a thread.
    """
    password = normal(password)
    if len(password) < SHORTEST:
        return Problem(field, TOO_SHORT, {"least": SHORTEST})
    if len(password) > LONGEST:
        return Problem(field, TOO_LONG, {"most": LONGEST})
    city = current_city.get()
    known = (*known, city.name) if city else known
    own = [part for word in known for part in re.findall(r"\w{3,}", word)]
    with assessing:
        found = zxcvbn(password[:ASSESSED], user_inputs=[*known, *own, *PRODUCT_WORDS], max_length=ASSESSED)
    return None if found["score"] >= LEAST_SCORE else Problem(field, reason(found["sequence"]))


def reason(sequence: list[dict[str, Any]]) -> str:
    """The words for what the longest part of a password is."""
    longest = max(sequence, key=lambda match: len(match["token"]))
    kind = longest["dictionary_name"] if longest["pattern"] == "dictionary" else longest["pattern"]
    return REASONS.get(kind, COMMON_WORDS if longest["pattern"] == "dictionary" else GUESSABLE)


def hash_of_password(password: str) -> str:
    """In the PHC string format. Takes tens of milliseconds on purpose: call it in a thread."""
    return hasher.hash(normal(password))


def password_fits(password_hash: str | None, password: str) -> bool:
    """Whether this is the password; takes as long when there is no account (None) or no password."""
    try:
        return hasher.verify(password_hash or nobodys_hash(), normal(password)) and bool(password_hash)
    except (VerifyMismatchError, InvalidHashError):
        return False


def is_outdated(password_hash: str) -> bool:
    """Whether it was hashed more cheaply than is done now."""
    return bool(password_hash) and hasher.check_needs_rehash(password_hash)


def normal(password: str) -> str:
    """As every keyboard writes it: one letter may be typed as one character or as two (NIST SP 800-63B)."""
    return unicodedata.normalize("NFKC", password)


@cache
def nobodys_hash() -> str:
    return hasher.hash(secrets.token_urlsafe(16))
