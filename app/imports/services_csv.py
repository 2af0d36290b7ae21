"""Reads a table of services: one row for each service, and one more for each further question of it."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterator

from app.imports.placed import Placed, refusal
from app.imports.problems import ImportProblem

TEXTS = ("service_name", "description", "service_notice", "keywords")
PLAIN = [
    "service_code",
    "type",
    "contact_rule",
    "text_rule",
    "private",
    "nearby_radius_m",
    "promise_hours",
    "promise_days",
    "promise_clock",
    "active",
    "position",
]
ATTRIBUTE_TEXTS = ("description", "datatype_description")
ATTRIBUTE_PLAIN = ("code", "datatype", "required", "variable", "order")
TRANSLATED = re.compile(r"(.+)_([a-z]{2})")
DELIMITERS = ",;\t"


def is_table(text: str) -> bool:
    """Whether the first line is a row of column names, and no YAML."""
    head = next((line for line in text.splitlines() if line.strip()), "")
    names = [cell.strip().strip('"').lower() for cell in re.split(f"[{DELIMITERS}]", head)]
    return len(names) > 1 and ("service_code" in names or not re.search(r"^[#%-]|:", head))


def read_table(text: str, file: str) -> tuple[Placed, list[ImportProblem]]:
    """The services of a table in the shape of a YAML catalogue, with the rows that cannot be read.

    Raises ImportRefused for a table whose head row names an unknown column or lacks service_code.
    """
    rows = numbered_rows(text, file)
    line, head = next(rows)
    names = [name.strip().lower() for name in head]
    if "service_code" not in names:
        raise refusal(file, line, None, "this is no catalogue: the column service_code is missing")
    for column, name in enumerate(names, start=1):
        if not is_known(name) or names.index(name) != column - 1:
            reason = "stands here twice" if is_known(name) else "is no column of a catalogue: see docs/catalogue.md"
            raise refusal(file, line, column, f"{name!r} {reason}")
    services: dict[str, Placed] = {}
    groups: dict[str, Placed] = {}
    problems: list[ImportProblem] = []
    for line, cells in rows:
        if len(cells) > len(names):
            reason = f"the row has {len(cells)} cells, but there are {len(names)} columns"
            problems.append(ImportProblem(file, line, len(names) + 1, reason))
            continue
        row = {
            name: Placed(text.strip() or None, line, column, text.strip(), name)
            for column, (name, text) in enumerate(zip(names, cells, strict=False), start=1)
        }
        add_row(services, groups, row, line)
    found = {"groups": Placed(list(groups.values()), 1, 1), "services": Placed(list(services.values()), 1, 1)}
    return Placed(found, 1, 1), problems


def numbered_rows(text: str, file: str) -> Iterator[tuple[int, list[str]]]:
    """(the line on which it begins, cells) of each row that is not empty."""
    head = next((line for line in text.splitlines() if line.strip()), "")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(DELIMITERS, key=head.count), strict=True)
    begins = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield begins, cells
            begins = reader.line_num + 1
    except csv.Error as error:
        raise refusal(file, begins, None, f"this row is not CSV: {error}") from error


def is_known(name: str) -> bool:
    if name in (*PLAIN, *TEXTS, "group", *(f"attribute_{plain}" for plain in (*ATTRIBUTE_PLAIN, "values", "show_if"))):
        return True
    base = match[1] if (match := TRANSLATED.fullmatch(name)) else name
    return base in (*TEXTS, "group") or base.removeprefix("attribute_") in (*ATTRIBUTE_TEXTS, "values")


def add_row(services: dict[str, Placed], groups: dict[str, Placed], row: dict[str, Placed], line: int) -> None:
    """Adds a service, or to a service that stands there already its next question."""
    key = row["service_code"].raw or f"line {line}"
    first = key not in services
    question = attribute_of(row)
    if first:
        services[key] = Placed({name: row[name] for name in PLAIN if name in row}, line, 1)
        services[key].value.update({name: words_of(row, name) for name in TEXTS if name in row})
        add_group(groups, services[key].value, row)
        if "attribute_code" in row:
            services[key].value["attributes"] = Placed([], line, 1)
    elif question is None:
        # The same service again, without a question: kept apart, so that the check names the second.
        services[f"{key} line {line}"] = Placed({"service_code": row["service_code"]}, line, 1)
    if question is not None:
        services[key].value["attributes"].value.append(question)


def add_group(groups: dict[str, Placed], service: dict[str, Placed], row: dict[str, Placed]) -> None:
    """The service's group by its code, which is made of its name where the table has names."""
    name = row.get("group")
    if name is None or not name.raw:
        return
    code = slug(name.raw)[:40]
    service["group"] = Placed(code, name.line, name.column, code, "group")
    made = Placed({"code": service["group"], "name": words_of(row, "group")}, name.line, name.column)
    groups.setdefault(code, made)


def words_of(row: dict[str, Placed], name: str) -> Placed:
    """A text with its translations, from the columns `name` and `name_es`."""
    own = row[name]
    found = {"en": own}
    for other, cell in row.items():
        if (match := TRANSLATED.fullmatch(other)) and match[1] == name and cell.raw:
            found[match[2]] = cell
    return Placed(found, own.line, own.column, own.raw, name)


def attribute_of(row: dict[str, Placed]) -> Placed | None:
    code = row.get("attribute_code")
    if code is None or not code.raw:
        return None
    found = {name: row[f"attribute_{name}"] for name in ATTRIBUTE_PLAIN if f"attribute_{name}" in row}
    found.update({n: words_of(row, f"attribute_{n}") for n in ATTRIBUTE_TEXTS if f"attribute_{n}" in row})
    if row.get("attribute_values") and row["attribute_values"].raw:
        found["values"] = values_of(row)
    if (condition := row.get("attribute_show_if")) and condition.raw:
        question, _, keys = condition.raw.partition("=")
        values = [placed_as(condition, key.strip()) for key in keys.split("|")]
        shown = {"code": placed_as(condition, question.strip()), "values": placed_as(condition, values)}
        found["show_if"] = placed_as(condition, shown)
    return Placed(found, code.line, code.column)


def values_of(row: dict[str, Placed]) -> Placed:
    """`key=Name|key=Name`, or names only, from which the keys are made; translations in the same order."""
    cell = row["attribute_values"]
    keyed = [part.strip().partition("=") for part in cell.raw.split("|")]
    names = [name.strip() if equals else key for key, equals, name in keyed]
    others = {
        match[2]: other.raw.split("|")
        for column, other in row.items()
        if (match := TRANSLATED.fullmatch(column)) and match[1] == "attribute_values" and other.raw
    }
    values: list[Placed] = []
    used: set[str] = set()
    for place, (key, equals, _) in enumerate(keyed):
        words = {language: said[place].strip() for language, said in others.items() if place < len(said)}
        name = {"en": names[place], **words}
        code = key.strip() if equals else unused(slug(key), used)
        used.add(code)
        value = {
            "key": placed_as(cell, code),
            "name": placed_as(cell, {language: placed_as(cell, text) for language, text in name.items()}),
        }
        values.append(placed_as(cell, value))
    return placed_as(cell, values)


def unused(code: str, used: set[str]) -> str:
    return next(tried for tried in (code, *(f"{code}-{n}" for n in range(2, len(used) + 3))) if tried not in used)


def placed_as(cell: Placed, value: object) -> Placed:
    return Placed(value, cell.line, cell.column, value if isinstance(value, str) else "", cell.name)


def slug(text: str) -> str:
    """A code of a name: "Streets, Parking & Traffic" → "streets-parking-traffic"."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))
    return re.sub(r"[^\w]+", "-", plain).strip("-")[:80]
