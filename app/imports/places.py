"""`blockwise import places`: addresses, intersections and points of interest.

A file is read whole and compared before anything is written, so that the database is locked only for what is
new, and a refused file has changed nothing. What is to be written waits in a temporary file, not in memory.
"""

from __future__ import annotations

import asyncio
import pickle
import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import IO

from sqlalchemy.ext.asyncio import AsyncSession

from app.db import Database
from app.imports.city import check_timezone, city_for_import
from app.imports.encoding import text_encoding
from app.imports.place_rows import PlaceOrProblem, PlaceRow
from app.imports.place_store import count_places, new_and_changed, write_places
from app.imports.places_csv import csv_places
from app.imports.places_geojson import geojson_places
from app.imports.places_osm import extract_format, osm_places
from app.imports.problems import ImportProblem, ImportRefused, ImportSummary
from app.imports.progress import Pace, Progress, no_progress
from app.jurisdictions.place_index import refresh_place_index
from app.jurisdictions.queries import NoCity, areas_index, get_jurisdiction

BATCH = 5_000
# More would tell nobody more, and could be a million.
PROBLEMS_TOLD = 200


@dataclass(slots=True)
class Tally:
    """What the first reading of a file found."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    bad: int = 0
    outside: int = 0
    problems: list[ImportProblem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    south: float = 90.0
    west: float = 180.0
    north: float = -90.0
    east: float = -180.0


async def import_places(
    database: Database,
    path: Path,
    *,
    city_name: str | None = None,
    timezone: str | None = None,
    skip_bad: bool = False,
    progress: Progress = no_progress,
) -> ImportSummary:
    """Brings the places of a GeoJSON, a table or an OpenStreetMap extract in, and renews the place index.

    A place that came before, by its `source_id`, is updated; none is removed. `city_name` and `timezone` make
    the city when there is none. Raises ImportRefused, and keeps nothing; with `skip_bad` only for the whole file.
    """
    path = Path(path)
    if timezone is not None:
        check_timezone(path.name, timezone)
    with tempfile.TemporaryFile() as spool:
        tally = await first_reading(database, path, spool, progress, skip_bad)
        if tally.bad and not (skip_bad and (tally.new or tally.changed or tally.unchanged)):
            raise ImportRefused(with_count(tally))
        if not (tally.new or tally.changed or tally.unchanged):
            raise ImportRefused([ImportProblem(path.name, None, None, "the file has no places in it")])
        await keep(database, path.name, spool, tally, city_name, timezone, progress)
    if tally.outside:
        tally.notes.append(f"{tally.outside} places lie outside the city's boundary.")
    return ImportSummary(
        tally.new, tally.changed, tally.unchanged, tally.bad, tuple(with_count(tally)), tuple(tally.notes)
    )


def with_count(tally: Tally) -> list[ImportProblem]:
    """The problems that are told, and how many more there are."""
    more = tally.bad - len(tally.problems)
    if not more:
        return tally.problems
    return [*tally.problems, ImportProblem(tally.problems[0].file, None, None, f"{more} more rows are wrong")]


async def first_reading(database: Database, path: Path, spool: IO[bytes], progress: Progress, skip_bad: bool) -> Tally:
    """Reads and compares everything; what is new or changed goes into `spool`, unless it will be refused anyway."""
    tally, pace = Tally(), Pace(progress, "reading")
    async with database.reading() as session:
        fresh = not await count_places(session)
        try:
            index = await areas_index(session, await get_jurisdiction(session))
        except NoCity:
            index = None
        async for batch in batches(path, tally):
            rows = [item for item in batch if isinstance(item, PlaceRow)]
            bad = [item for item in batch if isinstance(item, ImportProblem)]
            tally.bad += len(bad)
            tally.problems.extend(bad[: PROBLEMS_TOLD - len(tally.problems)])
            new, changed = (rows, []) if fresh else await new_and_changed(session, rows)
            tally.new += len(new)
            tally.changed += len(changed)
            tally.unchanged += len(rows) - len(new) - len(changed)
            if (new or changed) and (skip_bad or not tally.bad):
                pickle.dump([*new, *changed], spool)
            measure(tally, rows)
            if index is not None:
                tally.outside += sum(not index.contains_city(row.lat, row.long) for row in rows)
            pace.add(len(batch))
    pace.tell()
    return tally


def measure(tally: Tally, rows: list[PlaceRow]) -> None:
    for row in rows:
        tally.south, tally.north = min(tally.south, row.lat), max(tally.north, row.lat)
        tally.west, tally.east = min(tally.west, row.long), max(tally.east, row.long)


async def batches(path: Path, tally: Tally) -> AsyncIterator[list[PlaceOrProblem]]:
    """The file in lists of BATCH, read in a thread. Raises ImportRefused for what is no file of places."""
    reader = await asyncio.to_thread(open_reader, path, tally)
    while batch := await asyncio.to_thread(next_batch, reader):
        yield batch


def next_batch(reader: Iterator[PlaceOrProblem]) -> list[PlaceOrProblem]:
    return list(islice(reader, BATCH))


def open_reader(path: Path, tally: Tally) -> Iterator[PlaceOrProblem]:
    """The reader for what is in the file, whatever its name."""
    if not path.is_file():
        raise ImportRefused([ImportProblem(path.name, None, None, "there is no such file")])
    with path.open("rb") as file:
        start = file.read(4096)
    if not start:
        raise ImportRefused([ImportProblem(path.name, None, None, "the file is empty")])
    if file_format := extract_format(start):
        return osm_places(path, file_format)
    encoding, note = text_encoding(path)
    if note:
        tally.notes.append(note)
    if start.decode(encoding, "ignore").lstrip(" \t\r\n\x1e").startswith("{"):
        return geojson_places(path, encoding)
    if b"\0" in start and not encoding.startswith("utf-16"):
        reason = "this is neither GeoJSON, nor a table, nor an OpenStreetMap extract"
        raise ImportRefused([ImportProblem(path.name, None, None, reason)])
    return csv_places(path, encoding)


async def keep(
    database: Database, file: str, spool: IO[bytes], tally: Tally,
    city_name: str | None, timezone: str | None, progress: Progress,
) -> None:  # fmt: skip
    """Writes what is in `spool`, and makes the city where it is named, in one transaction."""
    named = bool(city_name or timezone)
    if not (tally.new or tally.changed or named):
        return
    spool.seek(0)
    async with database.writing() as session:
        if named:
            lat, long = (tally.south + tally.north) / 2, (tally.west + tally.east) / 2
            _, notes = await city_for_import(session, file, name=city_name, timezone=timezone, lat=lat, long=long)
            tally.notes.extend(notes)
        if tally.new or tally.changed:
            await write_spool(session, spool, tally, progress)
            indexed = Pace(progress, "making the place index")
            await refresh_place_index(session)
            indexed.add(await count_places(session))
            indexed.tell()


async def write_spool(session: AsyncSession, spool: IO[bytes], tally: Tally, progress: Progress) -> None:
    pace = Pace(progress, "writing", tally.new + tally.changed)
    before = await count_places(session)
    while True:
        try:
            rows: list[PlaceRow] = pickle.load(spool)
        except EOFError:
            break
        await write_places(session, rows)
        pace.add(len(rows))
    pace.tell()
    repeated = tally.new - (await count_places(session) - before)
    if repeated > 0:
        tally.new -= repeated
        tally.notes.append(f"{repeated} rows repeat another row of the file.")
