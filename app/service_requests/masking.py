"""E-mail addresses and phone numbers in public text are masked, whoever wrote them."""

from __future__ import annotations

import re

import phonenumbers

EMAIL = re.compile(r"[\w.+%-]+\s?(?:@|\(at\)|\[at\])\s?[\w-]+(?:\.[\w-]+)+", re.IGNORECASE)
MASK = "•••"
REGION = "US"


def masked(text: str) -> str:
    """The text with each e-mail address and phone number replaced by dots. House numbers and dates stay."""
    text = EMAIL.sub(MASK, text)
    found = phonenumbers.PhoneNumberMatcher(text, REGION, leniency=phonenumbers.Leniency.POSSIBLE)
    for match in reversed(list(found)):
        if phonenumbers.is_possible_number(match.number) and sum(c.isdigit() for c in match.raw_string) >= 7:
            text = text[: match.start] + MASK + text[match.end :]
    return text
