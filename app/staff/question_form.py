"""The form of a question: read into columns, and filled from them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping
from typing import Any

from app.errors import Problem, Refused
from app.services.models import DATATYPES, Service, ServiceAttribute
from app.templating import DEFAULT_LOCALE, LOCALES, mark

LISTS = ("singlevaluelist", "multivaluelist")
# A text that only informs, in the place of a datatype.
INFORMS = "informs"
KINDS = {
    "string": mark("One line of text"),
    "text": mark("Several lines of text"),
    "number": mark("A number"),
    "datetime": mark("A day and time"),
    "singlevaluelist": mark("One answer of a list"),
    "multivaluelist": mark("Several answers of a list"),
    INFORMS: mark("No answer: it only tells something"),
}
OTHERS = [code for code in LOCALES if code != DEFAULT_LOCALE]
WORDS = {"description": 2000, "datatype_description": 500}
MOST_VALUES, MOST_NAME = 60, 300
EMPTY_ROWS = 3

NO_WORDS = mark("Write the question.")
TOO_LONG = mark("Use at most %(most)d characters.")
CHOOSE = mark("Choose how it is answered.")
NO_VALUES = mark("Write at least one answer that can be chosen.")
TWICE = mark("Two answers are called “%(name)s”.")
TOO_MANY = mark("A list has at most %(most)d answers.")
ONE_QUESTION = mark("Choose answers of one question only.")


def read_question(
    form: Mapping[str, str], pairs: Collection[tuple[str, str]], before: ServiceAttribute | None
) -> dict[str, Any]:
    """The columns but `code` and `order`. Raises Refused (422) with every problem at once."""
    problems: list[Problem] = []
    kind = form.get("datatype", "")
    if kind not in KINDS:
        problems.append(Problem("datatype", CHOOSE))
    for name, most in WORDS.items():
        for suffix in ("", *(f"_{code}" for code in OTHERS)):
            if len(form.get(name + suffix, "")) > most:
                problems.append(Problem(name + suffix, TOO_LONG, {"most": most}))
    if not form.get("description"):
        problems.append(Problem("description", NO_WORDS))
    values = read_values(form, before, problems) if kind in LISTS else []
    condition = read_condition([value for name, value in pairs if name == "show_if"], problems)
    if problems:
        raise Refused(*problems)
    words = {code: {name: form[f"{name}_{code}"] for name in WORDS if form.get(f"{name}_{code}")} for code in OTHERS}
    kept = {code: said for code, said in (before.translations if before else {}).items() if code not in OTHERS}
    return {
        "datatype": "text" if kind == INFORMS else kind,
        "variable": kind != INFORMS,
        "required": form.get("required") == "yes" and kind != INFORMS,
        "description": form["description"],
        "datatype_description": form.get("datatype_description") or None,
        "values": values,
        "show_if": condition,
        "translations": {**kept, **{code: said for code, said in words.items() if said}},
    }


def read_values(
    form: Mapping[str, str], before: ServiceAttribute | None, problems: list[Problem]
) -> list[dict[str, Any]]:
    """The answers of a list, in their rows. One that stays keeps its key, and with it what it stops and leads to."""
    known = {value["key"]: value for value in (before.values if before else [])}
    values: list[dict[str, Any]] = []
    for row in range(MOST_VALUES + EMPTY_ROWS):
        name = form.get(f"name-{row}", "")
        if not name:
            continue
        said = {code: form.get(f"name-{row}_{code}", "") for code in OTHERS}
        if max(len(text) for text in (name, *said.values())) > MOST_NAME:
            problems.append(Problem(f"name-{row}", TOO_LONG, {"most": MOST_NAME}))
        if any(name.casefold() == one["name"].casefold() for one in values):
            problems.append(Problem(f"name-{row}", TWICE, {"name": name[:60]}))
        old = known.get(form.get(f"key-{row}", ""), {})
        taken = {*known, *(one["key"] for one in values)}
        spoken = {code: {"name": text} for code, text in said.items() if text}
        values.append({**old, "key": old.get("key") or new_code(name, taken), "name": name, "translations": spoken})
    if not values:
        problems.append(Problem("name-0", NO_VALUES))
    if len(values) > MOST_VALUES or form.get(f"name-{MOST_VALUES + EMPTY_ROWS}"):
        problems.append(Problem("name-0", TOO_MANY, {"most": MOST_VALUES}))
    keys = [value["key"] for value in values]
    return [value for place, value in enumerate(values) if value["key"] not in keys[:place]]


def read_condition(chosen: list[str], problems: list[Problem]) -> dict[str, Any] | None:
    """`show_if` of what was ticked: each is "code|key" of an earlier question."""
    pairs = [one.partition("|") for one in chosen if "|" in one]
    codes = {code for code, _, _ in pairs}
    if len(codes) > 1:
        problems.append(Problem("show_if", ONE_QUESTION))
    return {"code": pairs[0][0], "values": list(dict.fromkeys(key for _, _, key in pairs))} if pairs else None


def new_code(words: str, taken: Collection[str]) -> str:
    """A short code of some words that nothing else has."""
    plain = unicodedata.normalize("NFKD", words).encode("ascii", "ignore").decode().lower()
    stem = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:40].strip("-") or "answer"
    return next(code for code in (stem, *(f"{stem}-{n}" for n in range(2, 10_000))) if code not in taken)


def typed_of(attribute: ServiceAttribute) -> dict[str, str]:
    """The fields of the form for a question as it stands."""
    typed = {"datatype": attribute.datatype if attribute.variable else INFORMS}
    typed["required"] = "yes" if attribute.required else ""
    for name in WORDS:
        typed[name] = getattr(attribute, name) or ""
        typed |= {f"{name}_{code}": attribute.translations.get(code, {}).get(name, "") for code in OTHERS}
    for row, value in enumerate(attribute.values):
        typed |= {f"key-{row}": value["key"], f"name-{row}": value["name"]}
        spoken = value.get("translations") or {}
        typed |= {f"name-{row}_{code}": spoken.get(code, {}).get("name", "") for code in OTHERS}
    return typed


def row_numbers(form: Mapping[str, str]) -> range:
    """The rows of answers: those that are used, and some that are empty."""
    used = [row for row in range(MOST_VALUES) if form.get(f"name-{row}")]
    return range(min((used[-1] + 1 if used else 0) + EMPTY_ROWS, MOST_VALUES))


def earlier_lists(service: Service, attribute: ServiceAttribute | None) -> list[ServiceAttribute]:
    """The questions on whose answers this one may hang."""
    asked = service.attributes
    before = asked[: [one.code for one in asked].index(attribute.code)] if attribute else asked
    return [one for one in before if one.values]


assert set(KINDS) - {INFORMS} == set(DATATYPES)
