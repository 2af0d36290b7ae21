"""E-mail addresses and phone numbers in public text are masked, whoever wrote them."""

from __future__ import annotations

import re

import phonenumbers

# The look-behind starts a match at a word's beginning only: without it a long word takes its length squared.
EMAIL = re.compile(r"(?<![\w.+%-])[\w.+%-]+\s?(?:@|\(at\)|\[at\])\s?[\w-]+(?:\.[\w-]+)+", re.IGNORECASE)
MASK = "•••"
REGION = "US"
FEWEST_DIGITS = 7
# A latitude or longitude, which reads like a telephone number with one dot.
DEGREES = re.compile(r"(?:180|1[0-7]\d|\d{1,2})\.\d{4,}")

# A house number of Queens before a numbered street: "97-11 103" of "97-11 103 Avenue".
HOUSE = re.compile(r"\d{1,3}-\d{2} \d{1,3}")
# A telephone number as it is written in the city's region, or with its country: no house has one like it.
WRITTEN_PHONE = re.compile(
    r"(?<![\d-])(?:\+\d[\d .()-]{6,16}\d|(?:1[ .-])?(?:\(\d{3}\) ?|\d{3}[ .-])\d{3}[ .-]\d{4}|\d{10})(?![\d-])"
)


def masked(text: str) -> str:
    """The text with each e-mail address and phone number replaced by dots. House numbers and dates stay."""
    text = EMAIL.sub(MASK, text)
    if sum(c.isdigit() for c in text) < FEWEST_DIGITS:
        return text
    found = phonenumbers.PhoneNumberMatcher(text, REGION, leniency=phonenumbers.Leniency.POSSIBLE)
    for match in reversed(list(found)):
        if is_telephone(match):
            text = text[: match.start] + MASK + text[match.end :]
    return text


def masked_address(text: str) -> str:
    """The words for a place, which people write themselves, with e-mail addresses and plain phone numbers masked.

    `masked` would take too much: many a house number with its street looks like a telephone's.
    """
    return WRITTEN_PHONE.sub(MASK, EMAIL.sub(MASK, text))


def is_telephone(match: phonenumbers.PhoneNumberMatch) -> bool:
    if DEGREES.fullmatch(match.raw_string) or HOUSE.fullmatch(match.raw_string):
        return False
    enough = sum(c.isdigit() for c in match.raw_string) >= FEWEST_DIGITS
    return enough and phonenumbers.is_possible_number(match.number)
