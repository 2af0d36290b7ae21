"""The rows of a table, however large, one after the other; what is no table is refused in one line."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from app.imports.encoding import text_encoding
from app.imports.problems import ImportProblem, ImportRefused

SEPARATORS = ",;\t|"
LONGEST_CELL = 100_000
# No city's row is longer; a file without line ends must not fill the memory.
LONGEST_LINE = 1_000_000
MOST_COLUMNS = 2_000
MAGIC = {
    b"PK\x03\x04": "this is a zip archive or a workbook: unpack it, or save the sheet as CSV",
    b"PK\x05\x06": "this is an empty zip archive",
    b"\x1f\x8b": "this is compressed with gzip: unpack it first",
    b"%PDF": "this is a PDF, no table",
}


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that cannot be read: a reason of `request_reasons.LEFT_OUT`, and what exactly is wrong."""

    reason: str
    detail: str


@dataclass(frozen=True, slots=True)
class Table:
    """A table's columns, how it is written, and a note worth telling."""

    path: Path
    encoding: str
    separator: str
    names: list[str]
    note: str | None

    @property
    def is_json(self) -> bool:
        return not self.separator


def open_table(path: Path) -> Table:
    """A table's head. Raises ImportRefused for what is empty, an archive, binary, or has no columns."""
    with path.open("rb") as file:
        start = file.read(4096)
    if not start.strip():
        raise refused(path, None, "the file is empty")
    for magic, reason in MAGIC.items():
        if start.startswith(magic):
            raise refused(path, None, reason)
    encoding, note = text_encoding(path)
    if b"\0" in start and encoding != "utf-16":
        raise refused(path, None, "this is no text: a table in CSV is expected")
    first = start.decode(encoding, "ignore").lstrip()
    if first.startswith("<"):
        raise refused(path, 1, "this is a web page or XML: a table in CSV is expected")
    with path.open(encoding=encoding, newline="") as file:
        if first.startswith("{"):
            return Table(path, encoding, "", list(json_object(path, 1, next(lines(path, file)))), note)
        separator, names = header(path, next(lines(path, file)))
    return Table(path, encoding, separator, [name.strip() for name in names], note)


def header(path: Path, line: str) -> tuple[str, list[str]]:
    """(the separator, the names of the columns) of a table's first line. Raises ImportRefused."""
    csv.field_size_limit(LONGEST_CELL)
    separator = max(SEPARATORS, key=line.count)
    if line.count(separator) >= MOST_COLUMNS:
        raise refused(path, 1, f"the header has more than {MOST_COLUMNS:,} columns")
    try:
        return separator, next(csv.reader([line], delimiter=separator), [])
    except csv.Error as error:
        raise refused(path, 1, f"the header cannot be read: {error}") from error


def table_rows(table: Table) -> Iterator[tuple[int, list[str] | BadRow]]:
    """(the line on which it begins, from 1; its cells, as many as there are columns) of each row that is not empty.

    Raises ImportRefused where the file ends within a row, and for a quote that nothing closes.
    """
    with table.path.open(encoding=table.encoding, newline="") as file:
        yield from json_rows(table, file) if table.is_json else csv_rows(table, file)


def csv_rows(table: Table, file: IO[str]) -> Iterator[tuple[int, list[str] | BadRow]]:
    width, ended = len(table.names), Ended()
    reader = csv.reader(ended.watch(lines(table.path, file)), delimiter=table.separator, strict=True)
    next(reader, None)
    while True:
        begins = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield begins, broken_row(table.path, begins, reader.line_num, error, ended)
            continue
        if len(cells) == width:
            yield begins, cells
        elif any(cells):
            if len(cells) < width and ended.without_line_end:
                reason = f"the file ends within this row, after {len(cells)} of {width} cells: it was cut off"
                raise refused(table.path, begins, reason)
            reason = "short_row" if len(cells) < width else "long_row"
            yield begins, BadRow(reason, f"{len(cells)} of {width}")


class Ended:
    """Whether the last line that was read had no line end, as only the last of a file may."""

    without_line_end = False

    def watch(self, found: Iterator[str]) -> Iterator[str]:
        for line in found:
            self.without_line_end = not line.endswith(("\n", "\r"))
            yield line


def broken_row(path: Path, begins: int, line: int, error: csv.Error, ended: Ended) -> BadRow:
    if "unexpected end" in str(error) or "field larger" in str(error):
        raise refused(path, begins, "a quote is opened in this row and never closed") from error
    return BadRow("unreadable", f"lines {begins} to {line}: {error}" if line > begins else str(error))


def json_rows(table: Table, file: IO[str]) -> Iterator[tuple[int, list[str] | BadRow]]:
    """JSON lines: an object on each line, its keys the columns of the first."""
    for number, line in enumerate(lines(table.path, file), 1):
        if line.strip():
            try:
                found = json_object(table.path, number, line)
            except ImportRefused as error:
                yield number, BadRow("unreadable", error.problems[0].reason)
                continue
            yield number, ["" if found.get(name) is None else str(found[name]) for name in table.names]


def json_object(path: Path, number: int, line: str) -> dict[str, object]:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise refused(path, number, f"this is no JSON: {error}") from error
    if not isinstance(found, dict):
        raise refused(path, number, "this is no JSON object")
    return found


def lines(path: Path, file: IO[str]) -> Iterator[str]:
    """Lines with their ends, none longer than LONGEST_LINE."""
    number = 0
    while True:
        number += 1
        try:
            line = file.readline(LONGEST_LINE)
        except UnicodeDecodeError as error:
            raise refused(path, number, f"the text is broken here: {error.reason}") from error
        if not line:
            return
        if len(line) == LONGEST_LINE:
            raise refused(path, number, f"the line is longer than {LONGEST_LINE:,} characters: is this a table?")
        yield line


def refused(path: Path, line: int | None, reason: str) -> ImportRefused:
    return ImportRefused([ImportProblem(path.name, line, None, reason)])
