"""Turns the records of a catalogue file into drafts of rows, each checked by itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from app.imports.placed import Placed
from app.imports.problems import ImportProblem
from app.imports.services_form import EMAIL, WEB_ADDRESS, Form, translations
from app.imports.services_questions import attributes_of
from app.services.models import CONTACT_RULES, TEXT_RULES
from app.services.promises import CALENDAR, CLOCKS

GROUP_KEYS = ("code", "name", "position")
DEPARTMENT_KEYS = ("code", "name", "kind", "phone", "email", "url")
SERVICE_KEYS = [
    "service_code",
    "service_name",
    "description",
    "group",
    "keywords",
    "type",
    "service_notice",
    "contact_rule",
    "text_rule",
    "private",
    "nearby_radius_m",
    "promise_hours",
    "promise_days",
    "promise_clock",
    "active",
    "position",
    "attributes",
]
RULE_KEYS = ("department", "service", "group", "area")
OTHER = "other"
AFTER_THE_OTHERS = 1000
MOST_HOURS, MOST_DAYS = 87_600, 3_650


@dataclass(frozen=True, slots=True)
class Draft:
    """A row to be: its code, the columns that the file gives it, and where it stands."""

    code: str
    fields: dict[str, Any]
    file: str
    placed: Placed
    # Columns for a new row only.
    first: dict[str, Any] = field(default_factory=dict)

    def problem(self, reason: str) -> ImportProblem:
        return ImportProblem(self.file, self.placed.line, self.placed.column, reason)


def read_drafts(
    items: list[Placed], file: str, read: Callable[[str, Placed, int, list[ImportProblem]], Draft]
) -> tuple[list[Draft], list[list[ImportProblem]]]:
    """(the sound drafts, for each of the others its problems)."""
    sound: list[Draft] = []
    refused: list[list[ImportProblem]] = []
    for place, item in enumerate(items):
        problems: list[ImportProblem] = []
        draft = read(file, item, place, problems)
        if problems:
            refused.append(problems)
        else:
            sound.append(draft)
    return sound, refused


def group_draft(file: str, placed: Placed, place: int, problems: list[ImportProblem]) -> Draft:
    form = Form(file, placed, GROUP_KEYS, problems)
    name = form.words("name", 100, required=True)
    fields = {
        "name": name[0],
        "position": form.integer("position", 0, 100_000, place),
        "translations": translations(name=name),
    }
    return Draft(form.code("code", 40), fields, file, placed)


def mentioned_group_draft(file: str, placed: Placed, place: int, problems: list[ImportProblem]) -> Draft:
    """A group that a table or another system only names: one that exists keeps its name and place."""
    draft = group_draft(file, placed, place, problems)
    return Draft(draft.code, {}, file, placed, first={**draft.fields, "position": AFTER_THE_OTHERS + place})


def department_draft(file: str, placed: Placed, place: int, problems: list[ImportProblem]) -> Draft:
    form = Form(file, placed, DEPARTMENT_KEYS, problems)
    name = form.words("name", 200, required=True)
    fields = {
        "name": name[0],
        "kind": form.choice("kind", ("department", "agency"), "department"),
        "phone": form.text("phone", 40) or None,
        "email": form.text("email", 254, fits=EMAIL) or None,
        "url": form.text("url", 500, fits=WEB_ADDRESS) or None,
        "translations": translations(name=name),
    }
    return Draft(form.code("code", 40), fields, file, placed)


def service_draft(file: str, placed: Placed, place: int, problems: list[ImportProblem]) -> Draft:
    """A whole service: what its record does not say has the default."""
    form = Form(file, placed, SERVICE_KEYS, problems)
    words: dict[str, tuple[Any, dict[str, Any]]] = {
        "service_name": form.words("service_name", 200, required=True),
        "description": form.words("description", 4000),
        "keywords": form.word_lists("keywords", 100),
        "service_notice": form.words("service_notice", 2000),
    }
    fields = {
        **{key: said[0] for key, said in words.items()},
        "service_notice": words["service_notice"][0] or None,
        "group": form.text("group", 40) or OTHER,
        "type": form.choice("type", ("realtime", "batch", "blackbox"), "realtime"),
        "contact_rule": form.choice("contact_rule", CONTACT_RULES, "optional"),
        "text_rule": form.choice("text_rule", TEXT_RULES, "public"),
        "private": form.flag("private", False),
        "nearby_radius_m": form.integer("nearby_radius_m", 0, 10_000, 100),
        "promise_hours": form.integer("promise_hours", 1, MOST_HOURS),
        "promise_days": form.integer("promise_days", 1, MOST_DAYS),
        "promise_clock": form.choice("promise_clock", CLOCKS, CALENDAR),
        "active": form.flag("active", True),
        "position": form.integer("position", 0, 1_000_000, place),
        "translations": translations(**words),
        "attributes": attributes_of(form),
    }
    if fields["promise_hours"] and fields["promise_days"]:
        form.refuse(form.given("promise_days"), "promise either hours or days, not both")
    return Draft(form.code("service_code", 80), fields, file, placed)


def partial_service_draft(file: str, placed: Placed, place: int, problems: list[ImportProblem]) -> Draft:
    """A service of a table or of another system: only what its record speaks of changes; the rest stays."""
    draft = service_draft(file, placed, place, problems)
    if problems:
        return draft
    spoken = set(placed.value) | ({"translations"} if has_translations(placed) else set())
    fields = {key: value for key, value in draft.fields.items() if key in spoken}
    first = {key: value for key, value in draft.fields.items() if key not in spoken}
    return Draft(draft.code, fields, file, placed, first)


def has_translations(placed: Placed) -> bool:
    return any(isinstance(said.value, dict) and said.value.keys() - {"en"} for said in placed.value.values())


def rule_draft(file: str, placed: Placed, place: int, problems: list[ImportProblem]) -> Draft:
    """A responsibility: `area` is "layer/code", absent for the whole city."""
    form = Form(file, placed, RULE_KEYS, problems)
    fields = {
        "department": form.text("department", 40, required=True),
        "service": form.text("service", 80) or None,
        "group": form.text("group", 40) or None,
        "area": form.text("area", 121) or None,
    }
    if bool(fields["service"]) == bool(fields["group"]):
        form.refuse(None, "name either a service or a group")
    if fields["area"] and "/" not in fields["area"]:
        form.refuse(form.given("area"), "write the area as layer/code, for instance board/3")
    return Draft("", fields, file, placed)


def repeated(drafts: list[Draft]) -> tuple[list[Draft], list[list[ImportProblem]]]:
    """(the drafts whose code stands there first, a problem for each that repeats one)."""
    first: dict[str, Draft] = {}
    problems: list[list[ImportProblem]] = []
    for draft in drafts:
        if draft.code in first:
            line = first[draft.code].placed.line
            problems.append([draft.problem(f"{draft.code!r} stands twice: first on line {line}")])
        else:
            first[draft.code] = draft
    return list(first.values()), problems
