"""Places from a table: CSV, or text separated by semicolons, tabs or bars. HEADERS lists the column names."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path

from app.imports.place_rows import BadPlace, PlaceOrProblem, PlaceRow, known_fields, place_from, tidy
from app.imports.problems import ImportProblem, ImportRefused
from app.imports.table_rows import header, lines


def csv_places(path: Path, encoding: str) -> Iterator[PlaceOrProblem]:
    """Each row's place or problem; the column of a problem is the number of the cell.

    Raises ImportRefused when the columns cannot be told.
    """
    with path.open(encoding=encoding, newline="") as file:
        separator, names = header(path, next(lines(path, file), ""))
        columns = {field: names.index(name) for field, name in known_fields(names).items()}
        check_columns(path, columns, names)
        rows = csv.reader(file, delimiter=separator)
        while True:
            line = rows.line_num + 2
            try:
                cells = next(rows)
            except StopIteration:
                return
            except csv.Error as error:
                yield ImportProblem(path.name, line, None, f"the row cannot be read: {error}")
                continue
            if any(cells):
                yield place_of(path.name, line, cells, columns, len(names))


def check_columns(path: Path, columns: dict[str, int], names: Sequence[str]) -> None:
    missing = [field for field in ("lat", "long") if field not in columns]
    named = columns.keys() & {"name", "label"} or {"number", "street"} <= columns.keys()
    if not named and not {"street", "cross_street"} <= columns.keys():
        missing.append("number and street, or street and cross_street, or name")
    if missing:
        reason = f"there is no column for {', '.join(missing)}; the columns are: {', '.join(names) or 'none'}"
        raise ImportRefused([ImportProblem(path.name, 1, 1, reason)])


def place_of(
    file: str, line: int, cells: Sequence[str], columns: dict[str, int], width: int
) -> PlaceRow | ImportProblem:
    if len(cells) < width and max(columns.values()) >= len(cells):
        return ImportProblem(file, line, None, f"the row has {len(cells)} cells, the header {width}")
    fields = {field: tidy(cells[column]) for field, column in columns.items()}
    try:
        return place_from(fields, degrees(fields, "lat"), degrees(fields, "long"))
    except BadPlace as error:
        column = columns.get(error.field)
        return ImportProblem(file, line, None if column is None else column + 1, str(error))


def degrees(fields: dict[str, str], field: str) -> float:
    text = fields[field]
    if "," in text and "." not in text:
        text = text.replace(",", ".")
    try:
        return float(text)
    except ValueError as error:
        reason = f"{text[:40]!r} is not a number of degrees" if text else "the position is missing"
        raise BadPlace(field, reason) from error
