"""`blockwise import requests FILE`: a table of past requests comes in, as a mapping says; see docs/history.md."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from app.db import Database
from app.imports.city import city_zone
from app.imports.crowds import Crowds
from app.imports.mapped_rows import RowReader
from app.imports.mapping import Mapping
from app.imports.progress import Pace, Progress, no_progress
from app.imports.rejects import rejects_file
from app.imports.repeated_keys import RepeatedKeys
from app.imports.request_reasons import LEFT_OUT
from app.imports.request_row import LeftOut, RequestRow, TakeOptions
from app.imports.request_rows import Summary, take_rows
from app.imports.table_rows import BadRow, Table, open_table, refused, table_rows

# With so many rows and none that can be read, the mapping is of another file.
ALL_BAD = 1_000
MOST_NOTES = 5
GARBAGE_AFTER = 200_000
TURN_SECONDS = 0.001


@dataclass(frozen=True, slots=True)
class History:
    """What came of a file: the summary of its rows, and notes about the file."""

    summary: Summary
    notes: list[str]


async def import_requests(
    database: Database, path: Path, mapping: Mapping,
    *, create_services: bool = False, rejects: Path | None = None, progress: Progress = no_progress,
) -> History:  # fmt: skip
    """Takes the rows of a table. The whole file is read through once before anything is written.

    Raises ImportRefused for a file that is no whole table, for a mapping that does not fit it, and before there is
    a city.
    """
    zone = await city_zone(database, path.name)
    table = await asyncio.to_thread(open_table, path)
    reader = RowReader(mapping, table.names, zone, path.name)
    repeated = await asyncio.to_thread(read_through, table, reader, progress)
    crowds = Crowds()
    with rejects_file(rejects) as left_out, undisturbed():
        options = TakeOptions(
            create_services=create_services, services=mapping.services, not_places=mapping.not_places,
            left_out=left_out, progress=progress, total=repeated.rows,
        )  # fmt: skip
        summary = await take_rows(database, rows_of(table, reader, repeated, crowds), options)
    return History(summary, notes_of(table, crowds, mapping))


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
    """Within it the garbage of cycles is seldom looked for: a batch holds none, and hundreds of thousands of objects,
    which would all be looked at again and again. Threads take turns more often: a database's answer would wait for
    the one that reads the file."""
    before, turns = gc.get_threshold(), sys.getswitchinterval()
    gc.freeze()
    gc.set_threshold(GARBAGE_AFTER, *before[1:])
    sys.setswitchinterval(TURN_SECONDS)
    try:
        yield
    finally:
        sys.setswitchinterval(turns)
        gc.set_threshold(*before)
        gc.unfreeze()


def read_through(table: Table, reader: RowReader, progress: Progress) -> RepeatedKeys:
    """Reads the file to its end, so that a broken one is refused before anything is written; finds repeated keys.

    Raises ImportRefused for a file without rows, and where none of many rows can be read.
    """
    keys, pace = RepeatedKeys(), Pace(progress, "reading")
    good, first_bad = 0, None
    for line, cells in table_rows(table):
        keys.add(key_of(cells, reader))
        pace.add(1)
        if not good and keys.rows <= ALL_BAD:
            item = item_of(line, cells, reader)
            good += isinstance(item, RequestRow)
            first_bad = first_bad or (item if isinstance(item, LeftOut) else None)
        elif not good:
            break
    if not keys.rows:
        raise refused(table.path, None, "the file has a header, but no rows")
    if first_bad and not good:
        raise refused(table.path, first_bad.line, nothing_fits(first_bad))
    pace.tell()
    keys.close()
    return keys


def key_of(cells: list[str] | BadRow, reader: RowReader) -> str:
    return "" if isinstance(cells, BadRow) else reader.key(cells)


def item_of(line: int, cells: list[str] | BadRow, reader: RowReader) -> RequestRow | LeftOut:
    return LeftOut(line, "", cells.reason, cells.detail) if isinstance(cells, BadRow) else reader.row(line, cells)


def nothing_fits(first: LeftOut) -> str:
    detail = f" ({first.detail})" if first.detail else ""
    return f"not one row can be read with this mapping; of the first, {LEFT_OUT[first.reason]}{detail}"


def rows_of(table: Table, reader: RowReader, repeated: RepeatedKeys, crowds: Crowds) -> Iterator[RequestRow | LeftOut]:
    for line, cells in table_rows(table):
        key = key_of(cells, reader)
        if key and not repeated.is_last(key):
            yield LeftOut(line, key, "repeated")
            continue
        item = item_of(line, cells, reader)
        if isinstance(item, RequestRow):
            crowds.see(item)
        yield item


def notes_of(table: Table, crowds: Crowds, mapping: Mapping) -> list[str]:
    notes = [table.note] if table.note else []
    for lat, long, rows in crowds.suspicious(mapping.not_places)[:MOST_NOTES]:
        notes.append(
            f"{rows:,} requests of different addresses stand at exactly {lat!r}, {long!r}: if the source puts there"
            f" what has no place, name it in the mapping (not_places: [[{lat!r}, {long!r}]]), and it is left out."
        )
    return notes
