"""What a person may mean by the words in a search for a place: every reading, to be tried by `place_search`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from app.jurisdictions.place_words import folded, name_words

MAX_CHARACTERS = 200
MAX_WORDS = 12

ZIP = re.compile(r"\b(\d{5})(?:-\d{4})?\s*$")
# "120", "120a", "120 bis", "7 1/2", "120-122"; but not the "e" of "120 e 5th st".
NUMBER = r"(\d{1,8})(?:\s*[-–—]\s*(\d{1,6}))?(\s?(?:bis|ter|quater|[123]/[234])\b|[a-z](?![a-z]))?"
NUMBER_BEFORE = re.compile(rf"^\s*(?:#|n[ro]?[.º°]\s*)?{NUMBER}[\s,]+(?=\S)")
NUMBER_BEHIND = re.compile(rf"[\s,]+(?:#|num(?:ero)?\.?|n[ro]?[.º°]?)?\s*{NUMBER}\s*$")
UNIT = re.compile(r"[\s,]+(?:apt|apartment|unit|suite|ste|floor|fl|piso|apto|#)\.?\s*#?\w{1,6}\s*$")
CORNER = re.compile(
    r"^\s*(?:(?:the\s+)?(?:corner|intersection|crossing)(?:\s+of)?|cnr(?:\s+of)?"
    r"|(?:la\s+)?(?:esquina|interseccion|cruce)(?:\s+(?:de|con))?)\s+"
)
SIGN = re.compile(r"\s*[&@+/|\\]\s*")
JOINING_WORD = re.compile(r"\s+(?:and|at|near|y|con|esquina|esq|corner|x|e|et)\s+")
STORED_NUMBER = re.compile(r"(\d{1,8})(?:\s*[-–—/]\s*(\d{1,6}))?")


@dataclass(frozen=True, slots=True)
class HouseNumber:
    """A house number. `keys` are the integers under which it may be filed, the likeliest first."""

    keys: tuple[int, ...]
    text: str


@dataclass(frozen=True, slots=True)
class Query:
    """The readings of one search. `ends_open`: the last word may be unfinished."""

    words: list[str]
    addresses: list[tuple[HouseNumber, list[str]]]
    crossings: list[tuple[list[str], list[str]]]
    zipcode: str | None
    ends_open: bool

    def said(self) -> list[str]:
        """The words of the street or streets, or all words where none is read."""
        streets = [street for _, street in self.addresses] + [side for pair in self.crossings for side in pair]
        return [word for street in streets or [self.words] for word in street]


def parse(text: str) -> Query | None:
    """Every reading of `text`; None when there is nothing to look for, or more than a person types."""
    if len(text) > MAX_CHARACTERS:
        return None
    plain = folded(text)
    whole = name_words(plain)
    if not whole or len(whole) > MAX_WORDS:
        return None
    ends_open = not text[-1].isspace()
    rest, zipcode = without_zip(plain)
    corner = CORNER.match(rest)
    crossings = list(read_crossings(rest[corner.end() :] if corner else rest, named=bool(corner)))
    return Query(name_words(without_town(rest)), list(read_addresses(rest)), crossings, zipcode, ends_open)


def without_zip(plain: str) -> tuple[str, str | None]:
    """The text without a ZIP at its end, when something is left before it."""
    found = ZIP.search(plain)
    if found and name_words(plain[: found.start()]):
        return plain[: found.start()].rstrip(" ,"), found[1]
    return plain, None


def without_town(plain: str) -> str:
    """What stands before the first comma: "Beacon Street, Harbor Point" gives "Beacon Street"."""
    head = plain.partition(",")[0]
    return head if name_words(head) else plain


def read_addresses(plain: str) -> Iterator[tuple[HouseNumber, list[str]]]:
    """A house number before the street ("120 Beacon St") or behind it ("Calle Mayor 12")."""
    before = NUMBER_BEFORE.match(plain)
    if before:
        street = name_words(UNIT.sub("", without_town(plain[before.end() :])))
        if street:
            yield house_number(before), street
        return
    head, _, tail = plain.partition(",")
    for candidate in (head, f"{head} {tail}"):
        behind = NUMBER_BEHIND.search(candidate)
        if behind and (street := name_words(candidate[: behind.start()])):
            yield house_number(behind), street
            return


def read_crossings(plain: str, *, named: bool) -> Iterator[tuple[list[str], list[str]]]:
    """The two streets of an intersection; a sign ("&") is surer than a word ("and"), which a name may hold."""
    for joint in (SIGN, JOINING_WORD) if not named else (SIGN, JOINING_WORD, re.compile(r"\s*,\s*")):
        found = [pair for match in joint.finditer(plain) if all(pair := sides(plain, match))]
        if found:
            yield from found[:2]
            return


def sides(plain: str, joint: re.Match[str]) -> tuple[list[str], list[str]]:
    first, second = plain[: joint.start()], plain[joint.end() :]
    return name_words(without_town(first)), name_words(without_town(second))


def house_number(match: re.Match[str]) -> HouseNumber:
    first, second, letter = match[1], match[2], (match[3] or "").strip()
    text = f"{first}-{second}" if second else f"{first}{letter}"
    return HouseNumber(number_keys(first, second), text)


def number_keys(first: str, second: str | None) -> tuple[int, ...]:
    """The integers of a house number: "120-122" is a range; Queens' "37-12" is number 12 of block 37, so 3712.

    Which of both "37-45" means is not to be known, so it stands under both.
    """
    if second is None:
        return (int(first),)
    is_range = len(first) == len(second) and int(second) > int(first)
    as_block = (int(first) * 100 + int(second),) if len(second) == 2 and len(first) <= 4 else ()
    as_range = (int(first), int(second)) if is_range else (int(first),)
    return as_range + as_block if is_range or not as_block else as_block + as_range


def stored_numbers(house_number: str | None) -> tuple[int, ...]:
    """The integers to file a stored house number under; (0,) when it has none."""
    if house_number is not None and house_number.isascii() and house_number.isdigit():
        return (int(house_number[:8]),)
    found = STORED_NUMBER.search(folded(house_number or ""))
    return number_keys(found[1], found[2]) if found else (0,)


def plain_number(house_number: str | None) -> str:
    """A stored house number as `HouseNumber.text` is written, to be compared with it."""
    if house_number is None or house_number.isalnum():
        return (house_number or "").lower()
    return re.sub(r"\s+", "", re.sub(r"[–—]", "-", folded(house_number)))
