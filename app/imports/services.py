"""`blockwise import services`: a catalogue from YAML, a table, or another Open311 system; see docs/catalogue.md."""

from __future__ import annotations

from codecs import BOM_UTF8
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from app.db import Database
from app.imports.encoding import text_encoding
from app.imports.placed import Placed, read_json, read_yaml, refusal
from app.imports.problems import ImportProblem, ImportRefused, ImportSummary
from app.imports.progress import Progress, no_progress
from app.imports.services_calendar import day_draft, holidays_draft, hours_draft, promise_draft
from app.imports.services_check import (
    Draft,
    department_draft,
    group_draft,
    mentioned_group_draft,
    partial_service_draft,
    read_drafts,
    repeated,
    rule_draft,
    service_draft,
)
from app.imports.services_csv import is_table, read_table, slug
from app.imports.services_store import Drafts, store
from app.imports.services_xml import read_xml

SECTIONS = (
    "departments",
    "groups",
    "services",
    "responsibilities",
    "promises",
    "working_hours",
    "own_days",
    "holidays",
)
GEOREPORT = ("service_code", "service_name", "description", "type", "keywords", "group")
# [item] → draft, per section: of a file that says all about a service, and of one that says some.
WHOLE = {"groups": group_draft, "services": service_draft}
PARTIAL = {"groups": mentioned_group_draft, "services": partial_service_draft}
ALWAYS = {
    "departments": department_draft,
    "responsibilities": rule_draft,
    "promises": promise_draft,
    "working_hours": hours_draft,
    "own_days": day_draft,
    "holidays": holidays_draft,
}


@dataclass(slots=True)
class Reading:
    """What the files hold: sound drafts by section, and for each record that was refused its problems."""

    drafts: dict[str, list[Draft]] = field(default_factory=dict)
    refused: list[list[ImportProblem]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


async def import_services(
    database: Database, path: Path, *, skip_bad: bool = False, replace: bool = False, progress: Progress = no_progress
) -> ImportSummary:
    """Takes a catalogue in, in one transaction; running it again updates by code.

    `path` is a file (YAML, JSON, CSV, Open311 services.json or services.xml, told by its content) or a folder
    of YAML files that are read as one. Raises ImportRefused, with nothing kept, when a record is bad, unless
    `skip_bad` leaves those out. `replace` makes services inactive that the file does not name.
    """
    return await take_in(database, path, SECTIONS, skip_bad=skip_bad, replace=replace, progress=progress)


async def import_departments(
    database: Database, path: Path, *, skip_bad: bool = False, replace: bool = False, progress: Progress = no_progress
) -> ImportSummary:
    """Likewise for the `departments` and `responsibilities` of a YAML file; its other sections are passed over.

    A responsibility for an area that is not there (yet) is left out and reported; it refuses nothing.
    """
    wanted = ("departments", "responsibilities")
    return await take_in(database, path, wanted, skip_bad=skip_bad, replace=replace, progress=progress)


async def take_in(
    database: Database, path: Path, wanted: tuple[str, ...], *, skip_bad: bool, replace: bool, progress: Progress
) -> ImportSummary:
    reading = Reading()
    for file in files_of(path):
        read_file(file, wanted, reading)
    for section in ("departments", "groups", "services"):
        if section in reading.drafts:
            reading.drafts[section], twice = repeated(reading.drafts[section])
            reading.refused.extend(twice)
    if reading.refused and not skip_bad:
        raise ImportRefused([problem for problems in reading.refused for problem in problems])
    async with database.writing() as session:
        outcome = await store(session, Drafts(**reading.drafts), replace=replace, progress=progress)
        if outcome.refused and not skip_bad:
            raise ImportRefused(outcome.refused)
    problems = [problem for problems in reading.refused for problem in problems]
    return ImportSummary(
        taken=outcome.taken,
        changed=outcome.changed,
        unchanged=outcome.unchanged,
        left_out=len(reading.refused) + len(outcome.refused) + len(outcome.missing),
        problems=(*problems, *outcome.refused, *outcome.missing),
        notes=(*reading.notes, *outcome.notes),
    )


def files_of(path: Path) -> list[Path]:
    if path.is_dir():
        files = sorted(file for file in path.iterdir() if file.suffix in (".yaml", ".yml"))
        if not files:
            raise refusal(path.name, None, None, "the folder has no .yaml file in it")
        return files
    if not path.is_file():
        raise refusal(path.name, None, None, "there is no such file")
    return [path]


def read_file(path: Path, wanted: tuple[str, ...], reading: Reading) -> None:
    """Adds what a file holds. Raises ImportRefused for one that cannot be read at all."""
    tree, partial, problems = parsed(path, reading.notes)
    reading.refused.extend([problem] for problem in problems)
    if not isinstance(tree.value, dict) or not tree.value.keys() & set(SECTIONS):
        raise refusal(path.name, 1, 1, f"this is no catalogue: it has none of {', '.join(SECTIONS)}")
    for section, items in tree.value.items():
        if section not in SECTIONS:
            raise refusal(path.name, items.line, items.column, f"{section!r} is not known; known are {SECTIONS}")
        if not isinstance(items.value, list):
            raise refusal(path.name, items.line, items.column, f"{section} must be a list")
        if section in wanted:
            read = (ALWAYS | (PARTIAL if partial else WHOLE))[section]
            sound, refused = read_drafts(items.value, path.name, read)
            reading.drafts.setdefault(section, []).extend(sound)
            reading.refused.extend(refused)


def parsed(path: Path, notes: list[str]) -> tuple[Placed, bool, list[ImportProblem]]:
    """(the file as a tree, whether it says only some of what a service has, the rows that could not be read)."""
    content = path.read_bytes()
    unmarked = content.removeprefix(BOM_UTF8)
    if not unmarked.strip():
        raise refusal(path.name, None, None, "the file is empty")
    if unmarked.lstrip().startswith(b"<"):
        return as_catalogue(read_xml(unmarked, path.name)), True, []
    encoding, note = text_encoding(path)
    notes.extend([note] if note else [])
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        raise refusal(path.name, None, None, f"the file is not {encoding}: {error.reason}") from error
    if text.lstrip().startswith(("[", "{")):
        tree = read_json(text, path.name)
        return (as_catalogue(tree), True, []) if is_open311(tree) else (tree, False, [])
    if is_table(text):
        tree, problems = read_table(text, path.name)
        return tree, True, problems
    return read_yaml(text, path.name), False, []


def is_open311(tree: Placed) -> bool:
    """GET services answers with a bare list; some put it under `services`, where `metadata` gives it away."""
    if isinstance(tree.value, list):
        return True
    services = tree.value.get("services")
    items = services.value if services and isinstance(services.value, list) else []
    return any(isinstance(item.value, dict) and "metadata" in item.value for item in items)


def as_catalogue(tree: Placed) -> Placed:
    """GeoReport's services in the shape of a catalogue: groups by code, and without what only its API means."""
    items = tree.value if isinstance(tree.value, list) else tree.value["services"].value
    groups: dict[str, Placed] = {}
    services: list[Placed] = []
    for item in items:
        record: Any = item.value
        if isinstance(record, dict):
            record = {key: value for key, value in record.items() if key in GEOREPORT and value.value not in (None, "")}
            if (name := record.get("group")) and (code := slug(name.raw)[:40]):
                record["group"] = Placed(code, name.line, name.column, code)
                group = {"code": record["group"], "name": Placed(name.raw, name.line, name.column, name.raw)}
                groups.setdefault(code, Placed(group, name.line, name.column))
        services.append(Placed(record, item.line, item.column))
    return Placed({"groups": Placed(list(groups.values()), 1, 1), "services": Placed(services, 1, 1)}, 1, 1)
