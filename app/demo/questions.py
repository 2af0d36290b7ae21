"""Answers to a service's extra questions, by their datatype (Open311 GeoReport v2)."""

import random
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from app.demo.rhythm import TIMEZONE
from app.demo.themes import DemoAttribute, DemoService

ANSWERED = 0.65  # share of the questions that may be skipped which are answered all the same
STRINGS = ("by the driveway", "corner of the building", "blue", "white van", "second floor", "next to the bus stop")
TEXTS = ("Best reached from the alley.", "It happens most evenings.", "The gate is open during the day.")


def answers_to(service: DemoService, at: datetime, dice: random.Random) -> dict[str, Any]:
    """By attribute code a string, a number, a local ISO datetime, a key or a list of keys; never one that stops."""
    out: dict[str, Any] = {}
    for attribute in service.attributes:
        if not attribute.variable or not _is_asked(attribute, out):
            continue
        if attribute.required or dice.random() < ANSWERED:
            answer = _answer(attribute, at, dice)
            if answer is not None:
                out[attribute.code] = answer
    return out


def _is_asked(attribute: DemoAttribute, given: dict[str, Any]) -> bool:
    if not attribute.show_if:
        return True
    answer = given.get(attribute.show_if["code"])
    chosen = answer if isinstance(answer, list) else [answer]
    return any(key in attribute.show_if["values"] for key in chosen)


def _answer(attribute: DemoAttribute, at: datetime, dice: random.Random) -> Any:
    if attribute.datatype in ("singlevaluelist", "multivaluelist"):
        keys = [value["key"] for value in attribute.values if not value.get("stop")]
        if not keys:
            return None
        if attribute.datatype == "singlevaluelist":
            # The first answer of a list is the usual one.
            return keys[min(len(keys) - 1, int(dice.expovariate(0.9)))]
        return sorted(dice.sample(keys, k=dice.randint(1, min(2, len(keys)))), key=keys.index)
    if attribute.datatype == "number":
        return dice.randint(1, 12)
    if attribute.datatype == "datetime":
        seen = at - timedelta(hours=dice.uniform(0.3, 70))
        return seen.astimezone(ZoneInfo(TIMEZONE)).replace(tzinfo=None, second=0).isoformat(timespec="seconds")
    if attribute.datatype == "text":
        return dice.choice(TEXTS)
    # A pole, a plate, a hydrant: most short answers are something to be read off.
    numbered = any(word in attribute.code for word in ("pole", "number", "hydrant", "asset", "plate"))
    return f"HP-{dice.randint(1000, 9899)}" if numbered else dice.choice(STRINGS)
