"""Weak passwords are refused with the reason, in words, and good ones are kept so that nobody can read them."""

from __future__ import annotations

import pytest

from app.accounts.passwords import hash_of_password, is_outdated, password_fits, weakness
from app.templating import current_locale

ANA = ("ana.whitfield@harbor.example", "Ana Whitfield")


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("", "at least 12 characters"),
        ("kvR7#qx", "at least 12 characters"),
        ("é" * 201, "at most 200 characters"),
        ("whitfield311", "your own name"),
        ("ana.whitfield", "your own name"),
        ("blockwise311", "your own name"),
        ("password1234", "Many people use"),
        ("aaaaaaaaaaaaaaa", "Repeated"),
        ("abcabcabcabcabc", "Repeated"),
        ("abcdefghijklmnop", "Sequences"),
        ("zxcvbnm,./lkjhgf", "side by side"),
        ("november1987", "easy to guess"),
    ],
)
def test_a_weak_password_is_refused_with_the_reason(password: str, why: str) -> None:
    problem = weakness(password, *ANA)
    assert problem is not None
    assert why in problem.said()


@pytest.mark.parametrize(
    "password",
    [
        "seven herons under a bridge",
        "kvR7#qxLm2!fPz",
        "ciruela tambor nublado 40",
        "x" * 60 + " pears & owls " + "y" * 60,
    ],
)
def test_a_good_password_is_taken(password: str) -> None:
    assert weakness(password, *ANA) is None


def test_the_reason_is_said_in_spanish() -> None:
    token = current_locale.set("es")
    try:
        problem = weakness("abcdefghijklmnop", *ANA)
        assert problem is not None
        assert "secuencias" in problem.said().lower()
    finally:
        current_locale.reset(token)


def test_what_one_person_is_called_counts_for_nobody_else() -> None:
    password = "quillandra vermeulenstraat"
    assert weakness("quillandra12", "Quillandra Vermeulenstraat") is not None
    assert weakness(password, "Quillandra Vermeulenstraat") is not None
    assert weakness(password, *ANA) is None


def test_a_password_is_kept_as_argon2id_and_fits_however_its_letters_were_typed() -> None:
    kept = hash_of_password("un café très fort")
    assert kept.startswith("$argon2id$v=19$")
    assert password_fits(kept, "un café très fort")
    assert password_fits(kept, "un cafe\u0301 tre\u0300s fort")
    assert not password_fits(kept, "un cafe tres fort")
    assert hash_of_password("un café très fort") != kept


def test_nobody_gets_in_where_there_is_no_password_or_no_account() -> None:
    for kept in (None, "", "not a hash"):
        assert not password_fits(kept, "")
        assert not password_fits(kept, "not a hash")


def test_a_hash_that_was_made_more_cheaply_is_made_anew() -> None:
    cheap = "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$" + "A" * 43
    assert is_outdated(cheap)
    assert not is_outdated(hash_of_password("seven herons under a bridge"))
    assert not is_outdated("")
