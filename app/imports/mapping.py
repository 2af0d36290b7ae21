"""A mapping: a file in YAML that says which column of a city's table means what. See docs/history.md."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from pyproj import CRS
from pyproj.exceptions import CRSError

from app.imports.moments import reader
from app.imports.placed import Placed, read_yaml, refusal
from app.imports.problems import ImportProblem, ImportRefused
from app.imports.request_row import plain
from app.imports.services_form import CODE, Form
from app.service_requests.workflow import STATUSES

FOLDER = Path(__file__).parent / "mappings"
FIELDS = (
    "key", "requested", "closed", "updated", "expected", "service", "service_code", "group", "department",
    "department_name", "status", "status_notes", "description", "address", "street_1", "street_2", "zipcode", "lat",
    "long", "location", "x", "y", "duplicate_of",
)  # fmt: skip
NEEDED = ("key", "requested", "service", "status")
KEYS = (
    "extends", "source", "columns", "crs", "dates", "statuses", "notes_statuses", "services", "nothing", "not_places",
    "zipcode_digits",
)  # fmt: skip
SOURCE = re.compile(r"[a-z0-9][a-z0-9._-]{0,30}")
LONGEST_FILE = 1_000_000
ANY_STATUS = "*"
DIGITS = re.compile(r"[4-9]")


@dataclass(frozen=True, slots=True)
class Column:
    """The names that a column may have, and whether a file may be without it."""

    names: tuple[str, ...]
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Mapping:
    """What a city's table means. `statuses` by the source's words in lower case, "*" for all others."""

    source: str
    columns: dict[str, Column]
    dates: tuple[str, ...]
    statuses: dict[str, str]
    crs: str | None = None
    # (words in lower case, status): what the notes say of a closed request, or of any that is a duplicate.
    notes_statuses: tuple[tuple[str, str], ...] = ()
    services: dict[str, str] = field(default_factory=dict)
    # Words in lower case that mean that there is nothing: "n/a", "unspecified".
    nothing: frozenset[str] = frozenset()
    not_places: frozenset[tuple[float, float]] = frozenset()
    # How many digits a ZIP has, where the source writes it as a number and so without zeros in front; else 0.
    zipcode_digits: int = 0


def known_formats() -> list[str]:
    return sorted(path.stem for path in FOLDER.glob("*.yaml"))


def mapping_named(name: str) -> Mapping:
    """One that comes with the product. Raises ImportRefused for a name that is none."""
    if name not in known_formats():
        reason = f"there is no format {name!r}: known are {', '.join(known_formats())}; or give your own with --map"
        raise ImportRefused([ImportProblem("--format", None, None, reason)])
    return read_mapping(FOLDER / f"{name}.yaml")


def read_mapping(path: Path) -> Mapping:
    """A mapping from its file. Raises ImportRefused with every problem, each with its line."""
    keys = placed_keys(path)
    whole = Placed(keys, 1, 1)
    problems: list[ImportProblem] = []
    form = Form(path.name, whole, KEYS, problems)
    columns = columns_of(form)
    for name in NEEDED:
        if name not in columns and not problems:
            form.refuse(form.keys.get("columns"), f"columns: {name} is missing")
    if not problems and not has_place(columns):
        form.refuse(form.keys.get("columns"), "columns: lat and long are missing (or location, or x and y with crs)")
    mapping = Mapping(
        source=form.text("source", 31, required=True, fits=SOURCE),
        columns=columns,
        dates=dates_of(form),
        statuses=statuses_of(form),
        crs=crs_of(form, columns),
        notes_statuses=notes_statuses_of(form),
        services=services_of(form),
        nothing=frozenset(word.casefold() for word in form.word_lists("nothing", 100)[0]),
        not_places=not_places_of(form),
        zipcode_digits=zipcode_digits_of(form),
    )
    if problems:
        raise ImportRefused(problems)
    return mapping


def placed_keys(path: Path, depth: int = 0) -> dict[str, Placed]:
    """What the file says, over what the format says that it extends."""
    with path.open("rb") as file:
        raw = file.read(LONGEST_FILE + 1)
    if len(raw) > LONGEST_FILE:
        raise refusal(path.name, None, None, "this is too large for a mapping")
    try:
        found = read_yaml(raw.decode("utf-8-sig"), path.name)
    except UnicodeDecodeError as error:
        raise refusal(path.name, None, None, "this is not UTF-8") from error
    if not isinstance(found.value, dict):
        raise refusal(path.name, 1, 1, "this is no mapping: expected keys and values (source, columns, dates …)")
    below = found.value.get("extends")
    if below is None:
        return found.value
    if below.raw not in known_formats() or depth:
        raise refusal(path.name, below.line, below.column, f"extends: one of {', '.join(known_formats())}")
    base = placed_keys(FOLDER / f"{below.raw}.yaml", depth + 1)
    merged = {**base, **found.value}
    for key in ("columns", "statuses", "services"):
        own, theirs = found.value.get(key), base.get(key)
        if own and theirs and isinstance(own.value, dict):
            merged[key] = Placed({**theirs.value, **own.value}, own.line, own.column)
    return merged


def mapped(form: Form, key: str) -> dict[str, Placed]:
    placed = form.given(key)
    if placed is None:
        return {}
    if not isinstance(placed.value, dict):
        form.refuse(placed, f"{key} must be keys and values")
        return {}
    return placed.value


def columns_of(form: Form) -> dict[str, Column]:
    """ "Created Date", "Due Date?" (may be absent), or a list of names of which the file has one."""
    columns: dict[str, Column] = {}
    for name, placed in mapped(form, "columns").items():
        if name not in FIELDS:
            form.refuse(placed, f"columns: {name!r} is not known here; known are {', '.join(FIELDS)}")
            continue
        if placed.value in (None, ""):
            continue
        said = [item.raw for item in placed.value] if isinstance(placed.value, list) else [placed.raw]
        optional = any(words.endswith("?") for words in said)
        columns[name] = Column(tuple(words.removesuffix("?").strip() for words in said), optional)
    return columns


def has_place(columns: dict[str, Column]) -> bool:
    return {"lat", "long"} <= columns.keys() or "location" in columns or {"x", "y"} <= columns.keys()


def dates_of(form: Form) -> tuple[str, ...]:
    placed = form.given("dates")
    items = placed.value if placed and isinstance(placed.value, list) else [placed] if placed else []
    if not items:
        form.refuse(placed, 'dates is missing: patterns such as "%m/%d/%Y %I:%M:%S %p", or iso')
    for item in items:
        try:
            reader(item.raw)
        except ValueError as error:
            form.refuse(item, f"dates: {item.raw!r}: {error}")
    return tuple(item.raw for item in items)


def statuses_of(form: Form) -> dict[str, str]:
    found = mapped(form, "statuses")
    for words, code in found.items():
        check_status(form, code, f"statuses: {words}")
    if not found:
        form.refuse(form.keys.get("statuses"), "statuses is missing: the words of the status column → our codes")
    return {plain(words): code.raw for words, code in found.items()}


def check_status(form: Form, code: Placed, where: str) -> None:
    if code.raw not in STATUSES:
        form.refuse(code, f"{where}: {code.raw!r} is no status; they are {', '.join(STATUSES)}")


def notes_statuses_of(form: Form) -> tuple[tuple[str, str], ...]:
    """[{status: duplicate, words: [is a duplicate of, …]}, …], the first that fits counts."""
    found: list[tuple[str, str]] = []
    for item in form.forms("notes_statuses", ("status", "words")):
        item_status = item.given("status")
        if item_status is None:
            item.refuse(None, "notes_statuses: status is missing")
            continue
        check_status(form, item_status, "notes_statuses")
        words = item.given("words")
        phrases = words.value if words and isinstance(words.value, list) else [words] if words else []
        found += [(phrase.raw.casefold(), item_status.raw) for phrase in phrases]
    return tuple(found)


def services_of(form: Form) -> dict[str, str]:
    found = mapped(form, "services")
    for words, code in found.items():
        if not CODE.fullmatch(code.raw):
            form.refuse(code, f"services: {words}: {code.raw!r} cannot be a service_code")
    return {words: code.raw for words, code in found.items()}


def crs_of(form: Form, columns: dict[str, Column]) -> str | None:
    crs = form.text("crs", 100)
    if not crs:
        if "x" in columns:
            form.refuse(form.keys.get("columns"), "crs is missing: the survey grid of x and y, such as EPSG:2263")
        return None
    try:
        CRS.from_user_input(crs)
    except CRSError:
        form.refuse(form.keys["crs"], f"crs: {crs!r} is not known; write, for one, EPSG:2263")
    return crs


def not_places_of(form: Form) -> frozenset[tuple[float, float]]:
    placed = form.given("not_places")
    points: set[tuple[float, float]] = set()
    for item in placed.value if placed and isinstance(placed.value, list) else []:
        try:
            lat, long = (float(part.raw) for part in item.value)
            points.add((lat, long))
        except (TypeError, ValueError, AttributeError):
            form.refuse(item, "not_places: each is [lat, long] in degrees")
    return frozenset(points)


def zipcode_digits_of(form: Form) -> int:
    said = form.text("zipcode_digits", 1, fits=DIGITS)
    return int(said) if DIGITS.fullmatch(said) else 0
