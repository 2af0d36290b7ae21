"""Reads one record of a catalogue key by key and gathers what is wrong with it, each with its place."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection
from typing import Any, TypeVar

from app.imports.placed import Placed
from app.imports.problems import ImportProblem

T = TypeVar("T")
LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
YES, NO = ("yes", "true", "1", "y", "on"), ("no", "false", "0", "n", "off")
WEB_ADDRESS = re.compile(r"https?://[^\s\"<>]+", re.IGNORECASE)
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
CODE = re.compile(r"[^\s/?#%\[\]&=|]+")


class Form:
    """One mapping of a file. Each reader gives a value that fits its column, or notes a problem and a default."""

    def __init__(self, file: str, placed: Placed, known: Collection[str], problems: list[ImportProblem]) -> None:
        self.file = file
        self.placed = placed
        self.problems = problems
        self.keys: dict[str, Placed] = placed.value if isinstance(placed.value, dict) else {}
        if not isinstance(placed.value, dict):
            self.refuse(placed, f"expected keys and values ({', '.join(list(known)[:3])} …)")
        for key in self.keys.keys() - set(known):
            self.refuse(self.keys[key], f"{key!r} is not known here; known are {', '.join(known)}")

    def refuse(self, placed: Placed | None, reason: str) -> None:
        at = placed or self.placed
        told = reason if not at.name or reason.startswith(at.name) else f"{at.name}: {reason}"
        self.problems.append(ImportProblem(self.file, at.line, at.column, told))

    def given(self, key: str) -> Placed | None:
        """What stands at a key; None where nothing does."""
        placed = self.keys.get(key)
        return placed if placed is not None and placed.value not in (None, "", [], {}) else None

    def text(self, key: str, most: int, *, required: bool = False, fits: re.Pattern[str] | None = None) -> str:
        placed = self.given(key)
        if placed is None:
            if required:
                self.refuse(self.keys.get(key), f"{key} is missing")
            return ""
        return self.text_of(placed, key, most, fits)

    def text_of(self, placed: Placed, key: str, most: int, fits: re.Pattern[str] | None = None) -> str:
        if isinstance(placed.value, list | dict):
            self.refuse(placed, f"{key} must be a text")
            return ""
        said = placed.raw.replace("\r\n", "\n").replace("\r", "\n").strip()
        if any(unicodedata.category(c) in ("Cc", "Cs") and c not in "\n\t" for c in said):
            self.refuse(placed, f"{key} holds a control character")
        elif len(said) > most:
            self.refuse(placed, f"{key} is {len(said)} characters long; at most {most} fit")
        elif fits and not fits.fullmatch(said):
            self.refuse(placed, f"{key} cannot be {said!r}")
        return said

    def code(self, key: str, most: int) -> str:
        return self.text(key, most, required=True, fits=CODE)

    def words(self, key: str, most: int, *, required: bool = False) -> tuple[str, dict[str, str]]:
        """(English, {language: text}) of `key: text` or `key: {en: text, es: text}`."""
        return self.by_language(key, lambda placed: self.text_of(placed, key, most), "", required)

    def word_lists(self, key: str, most: int) -> tuple[list[str], dict[str, list[str]]]:
        """Likewise for lists of words, or texts with the words between commas."""
        return self.by_language(key, lambda placed: self.list_of(placed, key, most), [], False)

    def by_language(self, key: str, read: Callable[[Placed], T], nothing: T, required: bool) -> tuple[T, dict[str, T]]:
        placed = self.given(key)
        languages = placed.value if placed and isinstance(placed.value, dict) else {"en": placed}
        for language, said in languages.items():
            if not LANGUAGE.fullmatch(language):
                self.refuse(said, f"{language!r} is no language; write, for one, en or es")
        said = {language: read(one) for language, one in languages.items() if one and one.value not in (None, "")}
        if required and not said.get("en"):
            self.refuse(placed or self.keys.get(key), f"{key} is missing (in English, en)")
        return said.pop("en", nothing), {language: words for language, words in said.items() if words}

    def list_of(self, placed: Placed, key: str, most: int) -> list[str]:
        if isinstance(placed.value, list):
            words = [self.text_of(item, key, most) for item in placed.value]
        else:
            whole = self.text_of(placed, key, 20_000)
            words = [word.strip() for word in re.split(r"[,;|\n]", whole)]
            if any(len(word) > most for word in words):
                self.refuse(placed, f"a word of {key} is longer than {most} characters")
        return list(dict.fromkeys(word for word in words if word))

    def choice(self, key: str, allowed: Collection[str], default: str = "") -> str:
        placed = self.given(key)
        if placed is None:
            if not default:
                self.refuse(self.keys.get(key), f"{key} is missing: one of {', '.join(allowed)}")
            return default
        if placed.raw.strip().lower() not in allowed:
            self.refuse(placed, f"{key} must be one of {', '.join(allowed)}, not {placed.raw!r}")
        return placed.raw.strip().lower()

    def integer(self, key: str, least: int, most: int, default: int | None = None) -> int | None:
        placed = self.given(key)
        if placed is None:
            return default
        written = placed.raw.strip()
        if not re.fullmatch(r"-?[0-9]{1,9}", written) or not least <= int(written) <= most:
            self.refuse(placed, f"{key} must be a whole number from {least} to {most}, not {written!r}")
            return default
        return int(written)

    def flag(self, key: str, default: bool) -> bool:
        placed = self.given(key)
        if placed is None:
            return default
        written = placed.raw.strip().lower()
        if written not in (*YES, *NO):
            self.refuse(placed, f"{key} must be yes or no, not {placed.raw!r}")
        return written in YES

    def forms(self, key: str, known: Collection[str]) -> list[Form]:
        """The records of a list."""
        placed = self.given(key)
        if placed is None:
            return []
        if not isinstance(placed.value, list):
            self.refuse(placed, f"{key} must be a list")
            return []
        return [Form(self.file, item, known, self.problems) for item in placed.value]

    def form(self, key: str, known: Collection[str]) -> Form | None:
        placed = self.given(key)
        return Form(self.file, placed, known, self.problems) if placed else None


def translations(**fields: tuple[Any, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """{"es": {"service_name": …}} of what `words` and `word_lists` gave."""
    found: dict[str, dict[str, Any]] = {}
    for field, (_, said) in fields.items():
        for language, words in said.items():
            found.setdefault(language, {})[field] = words
    return found
