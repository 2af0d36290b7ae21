"""How words are read: their spellings, house numbers, and the two streets of a corner."""

from __future__ import annotations

import pytest

from app.jurisdictions.place_query import number_keys, parse, plain_number, stored_numbers
from app.jurisdictions.place_words import folded, name_words


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("Beacon Street", ["beacon", "st"]),
        ("BEACON STR.", ["beacon", "st"]),
        ("Calle Beacon", ["st", "beacon"]),
        ("N. Main Av", ["n", "main", "av"]),
        ("Norte Main Avenida", ["n", "main", "av"]),
        ("5th Ave", ["5", "av"]),
        ("Fifth Avenue", ["5", "av"]),
        ("Twenty-First Street", ["21", "st"]),
        ("twenty first st", ["21", "st"]),
        ("21st St", ["21", "st"]),
        ("Thirtieth Road", ["30", "rd"]),
        ("O’Brien Court", ["obrien", "ct"]),
        ("Rue d'Ostende", ["st", "d", "ostende"]),
        ("Simón Bolívar", ["simon", "bolivar"]),
        ("007", ["7"]),
        ("٣", ["3"]),
        ("Ⅷ", ["viii"]),
        ("\0'!", []),
        ("👍", []),
    ],
)
def test_spellings_come_to_one(written: str, words: list[str]) -> None:
    assert name_words(written) == words


def test_folding_leaves_no_control_characters() -> None:
    assert folded("A\0B\u202eC") == "a b c"


@pytest.mark.parametrize(
    ("stored", "keys"),
    [
        ("120", (120,)),
        ("120A", (120,)),
        ("120-122", (120, 122)),
        ("37-12", (3712, 37)),
        ("37-45", (37, 45, 3745)),
        ("12 bis", (12,)),
        ("7½", (7,)),
        (None, (0,)),
        ("", (0,)),
        ("bis", (0,)),
        ("B12", (12,)),
        ("9" * 40, (99_999_999,)),
        ("²", (2,)),
    ],
)
def test_a_stored_number_is_filed_where_it_will_be_sought(stored: str | None, keys: tuple[int, ...]) -> None:
    assert stored_numbers(stored) == keys


def test_a_number_is_compared_as_it_was_written() -> None:
    assert plain_number("120 – 122") == "120-122"
    assert plain_number("12 BIS") == "12bis"
    assert number_keys("120", "122") == (120, 122)


@pytest.mark.parametrize(
    ("typed", "number", "street"),
    [
        ("120 bea", "120", ["bea"]),
        ("120a Beacon st", "120a", ["beacon", "st"]),
        ("120 e 5th st", "120", ["e", "5", "st"]),
        ("12 5th ave apt 3", "12", ["5", "av"]),
        ("calle mayor 12", "12", ["st", "mayor"]),
        ("Calle Mayor, 12", "12", ["st", "mayor"]),
        ("37-12 82nd", "37-12", ["82"]),
        ("120, beacon", "120", ["beacon"]),
        ("120 Beacon St, Harbor Point", "120", ["beacon", "st"]),
        ("12 bis rue grimaldi", "12bis", ["st", "grimaldi"]),
    ],
)
def test_an_address_is_a_number_and_a_street(typed: str, number: str, street: list[str]) -> None:
    query = parse(typed)
    assert query is not None
    assert [(found.text, words) for found, words in query.addresses] == [(number, street)]


@pytest.mark.parametrize(
    "typed",
    [
        "a street & b avenue",
        "corner of a street and b avenue",
        "esquina de calle a y avenida b",
        "a st/b av",
        "a st at b av",
        "Esquina calle a con avenida b",
        "la esquina de calle a, avenida b",
        "intersection of a st and b av",
    ],
)
def test_a_corner_is_two_streets(typed: str) -> None:
    query = parse(typed)
    assert query is not None
    assert tuple(map(sorted, query.crossings[0])) == (["a", "st"], ["av", "b"])


def test_a_zip_is_set_apart() -> None:
    query = parse("120 Beacon St 02108-1234")
    assert query is not None
    assert query.zipcode == "02108"
    assert query.words == ["120", "beacon", "st"]


@pytest.mark.parametrize("typed", ["", "  ", "\0", "…", "x" * 201, "a " * 50])
def test_nothing_is_read_in_what_says_nothing_or_too_much(typed: str) -> None:
    assert parse(typed) is None
