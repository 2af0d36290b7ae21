"""What staff writes of an announcement, read and checked: all that is wrong at once."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from app.errors import Problem
from app.notifications.announcement_words import CATEGORIES, CERTAINTIES, PLACE_KINDS, REACHES, SEVERITIES, URGENCIES
from app.service_requests.forms import TOO_LONG, clean
from app.templating import DEFAULT_LOCALE, LOCALES, mark

WORDS = {"headline": 160, "description": 4000, "instruction": 2000}
PLACE_WORDS = {"name": 120, "where": 300, "note": 300}
CHOSEN = {"severity": SEVERITIES, "category": CATEGORIES, "urgency": URGENCIES, "certainty": CERTAINTIES}
OTHERS = tuple(code for code in LOCALES if code != DEFAULT_LOCALE)
MOST_PLACES = 40
LEAST_RADIUS_M, MOST_RADIUS_M = 50, 50_000
LONGEST = timedelta(days=366)
YEARS = range(2000, 2101)
FIELD_OF_PLACE = re.compile(r"place-(\d{1,3})-\w+")
MISSING = mark("Write something here: nobody can follow a notice without it.")
CHOOSE = mark("Choose one of these.")
BOTH = mark("Give headline and text in this language, or leave out all three.")
NO_TIME = mark("Give a day and a time.")
NO_SUCH_TIME = mark("The clocks change then, and this time does not exist. Choose an hour later.")
BACKWARDS = mark("The end must come after the start.")
TOO_LONG_A_TIME = mark("A notice holds for a year at most. Choose an earlier end.")
NO_AREAS = mark("Choose at least one area, or the whole city.")
NO_RADIUS = mark("Give metres from %(least)d to %(most)d.")
TOO_MANY_PLACES = mark("Name at most %(most)d places.")


@dataclass(frozen=True, slots=True)
class WrittenPlace:
    """A place as it was typed; `row` is its number in the form, `where` an address or "lat, long".

    `known` is "lat, long address" of what stood there before: the same words still mean the same position.
    """

    row: int
    kind: str
    name: str
    where: str
    note: str
    translations: dict[str, Any]
    known: str = ""


@dataclass(frozen=True, slots=True)
class Written:
    """An announcement as it was typed. `facts` are columns of its row; areas, circle and places are still words."""

    facts: dict[str, Any]
    department: str
    areas: list[str]
    centre: str
    centre_known: str = ""
    places: list[WrittenPlace] = field(default_factory=list)


def read_announcement(pairs: Sequence[tuple[str, str]], zone: ZoneInfo) -> tuple[Written, list[Problem]]:
    """What a form says, and what is wrong with it. Times are those of the city's clock (`zone`)."""
    given = {name: clean(value) for name, value in pairs}
    problems: list[Problem] = []
    facts: dict[str, Any] = {}
    for name, choices in CHOSEN.items():
        facts[name] = chosen(given, name, choices, problems)
    facts.update(read_words(given, problems))
    facts.update(read_times(given, zone, problems))
    facts["reach"] = chosen(given, "reach", REACHES, problems)
    areas = list(dict.fromkeys(value for name, value in pairs if name == "area"))
    if facts["reach"] == "areas" and not areas:
        problems.append(Problem("area", NO_AREAS))
    facts["radius_m"] = read_radius(given, problems) if facts["reach"] == "circle" else None
    places = read_places(given, problems)
    centre, known = given.get("centre", ""), given.get("centre_known", "")
    return Written(facts, given.get("department", ""), areas, centre, known, places), problems


def chosen(given: Mapping[str, str], name: str, known: Mapping[str, Any], problems: list[Problem]) -> str:
    code = given.get(name, "")
    if code not in known:
        problems.append(Problem(name, CHOOSE))
    return code


def read_words(given: Mapping[str, str], problems: list[Problem]) -> dict[str, Any]:
    words = {name: bounded(given, name, most, problems) for name, most in WORDS.items()}
    for name in ("headline", "description"):
        if not words[name]:
            problems.append(Problem(name, MISSING))
    translations: dict[str, Any] = {}
    for locale in OTHERS:
        said = {name: bounded(given, f"{name}_{locale}", most, problems) for name, most in WORDS.items()}
        if any(said.values()):
            translations[locale] = said
            missing = [name for name in ("headline", "description") if not said[name]]
            problems += [Problem(f"{name}_{locale}", BOTH) for name in missing]
            if words["instruction"] and not said["instruction"] and not missing:
                problems.append(Problem(f"instruction_{locale}", MISSING))
    return {**words, "translations": translations}


def bounded(given: Mapping[str, str], name: str, most: int, problems: list[Problem]) -> str:
    text = given.get(name, "")
    if len(text) > most:
        problems.append(Problem(name, TOO_LONG, {"length": len(text), "most": most}))
    long_text = name.startswith(("description", "instruction"))
    return text[:most] if long_text else " ".join(text[:most].split())


def read_times(given: Mapping[str, str], zone: ZoneInfo, problems: list[Problem]) -> dict[str, datetime | None]:
    starts, ends = (read_time(given, name, zone, problems) for name in ("starts", "ends"))
    if starts and ends and ends <= starts:
        problems.append(Problem("ends", BACKWARDS))
    elif starts and ends and ends - starts > LONGEST:
        problems.append(Problem("ends", TOO_LONG_A_TIME))
    return {"starts_datetime": starts, "ends_datetime": ends}


def read_time(given: Mapping[str, str], name: str, zone: ZoneInfo, problems: list[Problem]) -> datetime | None:
    """The instant of a time on the city's clock. Of an hour that comes twice the first one is meant."""
    try:
        local = datetime.fromisoformat(given.get(name, ""))
    except ValueError:
        local = None
    if local is None or local.tzinfo is not None or local.year not in YEARS:
        problems.append(Problem(name, NO_TIME))
        return None
    instant = local.replace(tzinfo=zone).astimezone(UTC)
    if instant.astimezone(zone).replace(tzinfo=None) != local:
        problems.append(Problem(name, NO_SUCH_TIME))
        return None
    return instant


def read_radius(given: Mapping[str, str], problems: list[Problem]) -> float | None:
    try:
        metres = float(given.get("radius_m", ""))
    except ValueError:
        metres = 0.0
    if LEAST_RADIUS_M <= metres <= MOST_RADIUS_M:
        return metres
    problems.append(Problem("radius_m", NO_RADIUS, {"least": LEAST_RADIUS_M, "most": MOST_RADIUS_M}))
    return None


def read_places(given: Mapping[str, str], problems: list[Problem]) -> list[WrittenPlace]:
    """The rows in which anything was written, in their order."""
    rows = sorted({int(found[1]) for name in given if (found := FIELD_OF_PLACE.fullmatch(name))})
    places = [place for row in rows if (place := read_place(given, row, problems))]
    if len(places) > MOST_PLACES:
        problems.append(Problem("places", TOO_MANY_PLACES, {"most": MOST_PLACES}))
    return places[:MOST_PLACES]


def read_place(given: Mapping[str, str], row: int, problems: list[Problem]) -> WrittenPlace | None:
    start = f"place-{row}-"
    if not any(given.get(start + name) for name in ("name", "where", "note", *(f"note_{code}" for code in OTHERS))):
        return None
    name, where, note = (bounded(given, start + part, most, problems) for part, most in PLACE_WORDS.items())
    for part, said in (("name", name), ("where", where)):
        if not said:
            problems.append(Problem(start + part, MISSING))
    kind = chosen(given, start + "kind", PLACE_KINDS, problems)
    notes = {code: bounded(given, f"{start}note_{code}", PLACE_WORDS["note"], problems) for code in OTHERS}
    translations = {code: {"note": said} for code, said in notes.items() if said}
    return WrittenPlace(row, kind, name, where, note, translations, given.get(start + "known", ""))
