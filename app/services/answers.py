"""What people answered to a service's questions, read by each question's datatype (GeoReport v2)."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from app.errors import Problem
from app.services.models import Service, ServiceAttribute
from app.services.words import value_said_in
from app.templating import mark

MAX_STRING = 255
MAX_TEXT = 4000
MAX_NUMBER = 30
# GeoReport v2: attribute[code]=value, and attribute[code][]=value for a multivaluelist.
FIELD_NAME = re.compile(r"attribute\[([^\]]+)\](?:\[\d*\])?")
NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")

REQUIRED = mark("Answer this question.")
NOT_IN_LIST = mark("Choose one of the answers in the list.")
ONLY_ONE = mark("Choose one answer only.")
TOO_LONG = mark("Use at most %(most)d characters.")
NOT_A_NUMBER = mark("Enter a number, such as 3 or 2.5.")
NOT_A_DATETIME = mark("Enter a date and time, such as 2026-11-26T14:30.")


@dataclass(frozen=True, slots=True)
class Stop:
    """An answer that ends the report: what to do instead, in the reader's locale."""

    code: str
    key: str
    message: str
    phone: str | None
    url: str | None
    # The code of the department or agency to turn to.
    department: str | None


@dataclass(frozen=True, slots=True)
class Answers:
    """What was read: by attribute code a string, a number, an ISO 8601 datetime, a key, or a list of keys.

    A datetime that came without a zone stays without one: it is the city's local time.
    """

    values: dict[str, Any] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    stop: Stop | None = None


class Unfit(Exception):
    """An answer that does not fit its question; the arguments are a message id and its parameters."""

    def __init__(self, message: str, **params: Any) -> None:
        super().__init__(message)
        self.message = message
        self.params = params


def raw_answers(fields: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """The `attribute[code]` fields of a form as code → values; every other field is passed over."""
    raw: dict[str, list[str]] = {}
    for name, value in fields:
        if match := FIELD_NAME.fullmatch(name):
            raw.setdefault(match[1], []).append(value)
    return raw


def parse_answers(service: Service, raw: Mapping[str, list[str]], locale: str) -> Answers:
    """Reads the answers to the questions that were asked; those to any other question are dropped.

    A problem's field is `attribute[code]`. `stop` is the first answer that ends the report, in `locale`.
    """
    return read_answers(service.attributes, raw, locale)


def read_answers(attributes: Iterable[ServiceAttribute], raw: Mapping[str, list[str]], locale: str) -> Answers:
    """Likewise, for questions in their order."""
    values: dict[str, Any] = {}
    problems: list[Problem] = []
    stop: Stop | None = None
    for attribute in attributes:
        if not attribute.variable or not is_asked(attribute, values):
            continue
        try:
            value = read_answer(attribute, raw.get(attribute.code, []))
        except Unfit as unfit:
            problems.append(Problem(f"attribute[{attribute.code}]", unfit.message, unfit.params))
            continue
        if value is not None:
            values[attribute.code] = value
            stop = stop or stop_of(attribute, value, locale)
    return Answers(values, tuple(problems), stop)


def is_asked(attribute: ServiceAttribute, values: Mapping[str, Any]) -> bool:
    """Whether a question is put, given the answers before it."""
    if not attribute.show_if:
        return True
    given = values.get(attribute.show_if["code"])
    return not set(given if isinstance(given, list) else [given]).isdisjoint(attribute.show_if["values"])


def read_answer(attribute: ServiceAttribute, raw: list[str]) -> Any:
    """The value of an answer, None for none. Raises Unfit."""
    given = [text for text in (clean(value) for value in raw) if text]
    if not given:
        if attribute.required:
            raise Unfit(REQUIRED)
        return None
    if attribute.datatype == "multivaluelist":
        return [one_of(attribute, key) for key in dict.fromkeys(given)]
    if len(given) > 1:
        raise Unfit(ONLY_ONE)
    if attribute.datatype == "singlevaluelist":
        return one_of(attribute, given[0])
    return READERS[attribute.datatype](given[0])


def clean(text: str) -> str:
    """Without what no database or page can hold: control characters (but for line breaks) and half surrogates."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(c for c in text if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs")).strip()


def one_of(attribute: ServiceAttribute, key: str) -> str:
    if all(value["key"] != key for value in attribute.values):
        raise Unfit(NOT_IN_LIST)
    return key


def read_string(text: str) -> str:
    return read_text(" ".join(text.split()), MAX_STRING)


def read_text(text: str, most: int = MAX_TEXT) -> str:
    if len(text) > most:
        raise Unfit(TOO_LONG, most=most)
    return text


def read_number(text: str) -> int | float:
    if len(text) > MAX_NUMBER or not NUMBER.fullmatch(text):
        raise Unfit(NOT_A_NUMBER)
    number = float(text)
    if not math.isfinite(number):
        raise Unfit(NOT_A_NUMBER)
    return int(number) if number.is_integer() and abs(number) < 2**53 else number


def read_datetime(text: str) -> str:
    """An ISO 8601 datetime: in UTC with a zone, as the city's local time without one."""
    try:
        moment = datetime.fromisoformat(text)
        return (moment.astimezone(UTC) if moment.tzinfo else moment).isoformat(timespec="seconds")
    except (ValueError, OverflowError):
        raise Unfit(NOT_A_DATETIME) from None


READERS: Mapping[str, Callable[[str], Any]] = {
    "string": read_string,
    "text": read_text,
    "number": read_number,
    "datetime": read_datetime,
}


def stop_of(attribute: ServiceAttribute, answer: Any, locale: str) -> Stop | None:
    chosen = set(answer) if isinstance(answer, list) else {answer}
    for value in attribute.values:
        if value["key"] in chosen and (stop := value.get("stop")):
            return Stop(
                code=attribute.code,
                key=value["key"],
                message=value_said_in(stop, "message", locale),
                phone=stop.get("phone"),
                url=stop.get("url"),
                department=stop.get("department"),
            )
    return None
