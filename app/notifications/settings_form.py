"""What somebody sends of how they want to be told, read and checked: all that is wrong at once."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from app.errors import Problem
from app.notifications.sms import read_phone
from app.notifications.subscription_words import CADENCES, CHANGES
from app.service_requests.check import EMAIL
from app.service_requests.forms import clean
from app.templating import LOCALES, mark

Pairs = Sequence[tuple[str, Any]]
CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")
MOST_A_DAY = 100
OWN_CHANGES = ("changed", "closed", "late")
NOTICES = {"all": mark("All"), "urgent": mark("Only urgent ones"), "none": mark("None")}
WAYS = {"push": mark("On this phone or computer"), "email": mark("By e-mail"), "sms": mark("By text message")}
NO_EMAIL = mark("Write an e-mail address such as name@example.org.")
NO_PHONE = mark("Write a phone number with its area code.")
NO_CLOCK = mark("Write two times of day, such as 22:00 and 7:00, or leave both empty.")
NO_NUMBER = mark("Write a number from 1 to %(most)d, or leave it empty.")
CHOOSE = mark("Choose one of these.")
CHOOSE_SOME = mark("Choose at least one of these.")
REGION = "US"


@dataclass(slots=True)
class Wanted:
    """`facts` are columns of a subscriber; `email` and `phone` are apart, for they are confirmed first."""

    facts: dict[str, Any] = field(default_factory=dict)
    email: str = ""
    phone: str = ""


def first(pairs: Pairs, name: str) -> str:
    return next((clean(str(value)) for key, value in pairs if key == name), "")


def many(pairs: Pairs, name: str) -> list[str]:
    return [str(value) for key, value in pairs if key == name]


def read_settings(pairs: Pairs) -> tuple[Wanted, list[Problem]]:
    problems: list[Problem] = []
    by, on = many(pairs, "by"), many(pairs, "on")
    wanted = Wanted(email=first(pairs, "email")[:254])
    wanted.facts.update({f"by_{way}": way in by for way in WAYS})
    wanted.facts.update({f"on_{change}": change in on for change in OWN_CHANGES})
    if (wanted.email or "email" in by) and not EMAIL.fullmatch(wanted.email):
        problems.append(Problem("email", NO_EMAIL))
    if said := first(pairs, "phone"):
        wanted.phone = read_phone(said[:40], REGION) or ""
    if (said or "sms" in by) and not wanted.phone:
        problems.append(Problem("phone", NO_PHONE))
    for name, known in (("locale", LOCALES), ("cadence", CADENCES), ("notices", NOTICES)):
        wanted.facts[name] = first(pairs, name)
        if wanted.facts[name] not in known:
            problems.append(Problem(name, CHOOSE))
    wanted.facts.update({**read_quiet(pairs, problems), **read_most(pairs, problems)})
    return wanted, problems


def read_quiet(pairs: Pairs, problems: list[Problem]) -> dict[str, int | None]:
    said = first(pairs, "quiet_from"), first(pairs, "quiet_to")
    found = [CLOCK.fullmatch(one) for one in said]
    if not any(said):
        return {"quiet_from": None, "quiet_to": None}
    if found[0] is None or found[1] is None:
        problems.append(Problem("quiet_from", NO_CLOCK))
        return {}
    start, end = (int(one[1]) * 60 + int(one[2]) for one in found if one)
    return {"quiet_from": start, "quiet_to": end}


def read_most(pairs: Pairs, problems: list[Problem]) -> dict[str, int | None]:
    said = first(pairs, "most_a_day")
    if not said:
        return {"most_a_day": None}
    if not (said.isascii() and said.isdecimal() and 1 <= int(said[:6]) <= MOST_A_DAY):
        problems.append(Problem("most_a_day", NO_NUMBER, {"most": MOST_A_DAY}))
        return {}
    return {"most_a_day": int(said)}


def read_changes(pairs: Pairs, problems: list[Problem]) -> dict[str, bool]:
    """`on_new` and the others of a subscription."""
    on = many(pairs, "changes")
    if not set(on) & set(CHANGES):
        problems.append(Problem("changes", CHOOSE_SOME))
    return {f"on_{change}": change in on for change in CHANGES}


def clock_said(minute: int | None) -> str:
    """ "22:00" as a field for a time of day takes it; "" for none."""
    return "" if minute is None else f"{minute // 60:02}:{minute % 60:02}"
