"""The intake of past requests, from wherever they come: checked, compared, and written a batch at a time."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import aclosing
from dataclasses import dataclass, field
from itertools import islice
from typing import TypeVar

from app.db import Database
from app.imports.bulk import POSTGRESQL
from app.imports.progress import Pace
from app.imports.request_changes import any_known, compare, update_requests
from app.imports.request_ground import Ground, Sifted, areas_of_now, lay_ground, name, sift
from app.imports.request_links import Links, Seen, link_duplicates
from app.imports.request_row import LeftOut, RequestRow, TakeOptions
from app.imports.request_store import NewRequest, Prepared, insert_requests, next_ids, prepare, take_turns
from app.service_requests.counts import fold

# Rows of a file: the larger, the fewer sums are added to; but the longer somebody else waits to write, on SQLite.
BATCH = 10_000
# Rows that come page by page.
ARRIVING = 5_000
# Batches after which the counts are summed up: what waits is read by everybody until then.
FOLD_AFTER = 10
FOLDED_AT_ONCE = 200_000

Item = RequestRow | LeftOut
T = TypeVar("T")


@dataclass(slots=True)
class Summary:
    """What became of the rows. `left_out` and `mended` count by the keys of `request_reasons`; `older` rows tell of
    a moment before what is here, `here` were changed in this city since: both were left as they are."""

    taken: int = 0
    changed: int = 0
    unchanged: int = 0
    older: int = 0
    here: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    mended: Counter[str] = field(default_factory=Counter)
    services_made: int = 0
    departments_made: int = 0
    links: Links = field(default_factory=Links)
    seconds: float = 0.0

    @property
    def rows(self) -> int:
        kept = self.taken + self.changed + self.unchanged + self.older + self.here
        return kept + sum(self.left_out.values())


@dataclass(frozen=True, slots=True)
class Batch:
    """The rows of a batch that can be written, what else became of it, and how many rows it was of.

    `prepared` is there where none of the rows was known when they were made."""

    sifted: Sifted
    rows: list[NewRequest]
    size: int
    prepared: Prepared | None


async def take_rows(
    database: Database, rows: AsyncIterator[Item] | Iterator[Item], options: TakeOptions | None = None
) -> Summary:
    """Takes past requests: each `import_key` once, however often it comes; what differs is brought up to date.

    A batch is one transaction: whoever stops it keeps whole batches, and goes on by running it again. Memory does
    not grow with the number of rows. A plain iterator is read in a thread, a batch ahead. An asynchronous one is
    asked for the row after a batch when that batch has been kept. Raises NoCity before there is a city.
    """
    options = options or TakeOptions()
    summary, started = Summary(), time.monotonic()
    ground = await lay_ground(database, options)
    pace = Pace(options.progress, "taking", options.total)
    seen = Seen()
    turn = 0
    if isinstance(rows, AsyncIterator):
        batches = named(database, sift_arriving(rows, ground), ground)
    else:
        batches = ahead(named(database, ahead(sift_read(rows, ground)), ground))
    async with aclosing(batches):
        async for batch in batches:
            await take_batch(database, batch, ground, summary)
            seen.see(row for row, _ in batch.sifted.rows)
            pace.add(batch.size)
            turn += 1
            if turn % FOLD_AFTER == 0:
                await sum_up(database)
    pace.tell()
    summary.links = await link_duplicates(database, seen, options.progress)
    await sum_up(database)
    summary.seconds = time.monotonic() - started
    return summary


async def sum_up(database: Database) -> None:
    """Folds what the batches changed into the counts: many at once cost less than many times a few."""
    folded = FOLDED_AT_ONCE
    while folded == FOLDED_AT_ONCE:
        async with database.writing() as session:
            folded = await fold(session, FOLDED_AT_ONCE)


async def sift_arriving(rows: AsyncIterator[Item], ground: Ground) -> AsyncIterator[tuple[Sifted, int]]:
    """(a batch that was checked, how many rows it was of)."""
    batch: list[Item] = []
    async for row in rows:
        batch.append(row)
        if len(batch) == ARRIVING:
            yield sift(batch, ground), len(batch)
            batch = []
    if batch:
        yield sift(batch, ground), len(batch)


async def sift_read(rows: Iterator[Item], ground: Ground) -> AsyncIterator[tuple[Sifted, int]]:
    """The same of rows that are read from a file."""

    def read() -> tuple[Sifted, int]:
        batch = list(islice(rows, BATCH))
        return sift(batch, ground), len(batch)

    while (found := await asyncio.to_thread(read))[1]:
        yield found


async def named(
    database: Database, batches: AsyncIterator[tuple[Sifted, int]], ground: Ground
) -> AsyncGenerator[Batch]:  # fmt: skip
    """The same with their services and departments, ready to be written."""
    async for sifted, size in batches:
        rows = await name(database, sifted, ground)
        yield Batch(sifted, rows, size, await prepare_new(database, rows))


async def prepare_new(database: Database, rows: list[NewRequest]) -> Prepared | None:
    """What of new requests can be made while others are written: all, where numbers are drawn from a sequence."""
    if database.is_sqlite or not rows:
        return None
    async with database.reading() as session:
        if await any_known(session, [row.import_key for row in rows]):
            return None
        ids = await next_ids(session, len(rows))
    return await asyncio.to_thread(prepare, rows, ids, POSTGRESQL)


async def ahead(batches: AsyncIterator[T]) -> AsyncGenerator[T]:
    """The same, with the next one being made while the last one is written."""
    coming = asyncio.ensure_future(anext(batches, None))
    try:
        while (batch := await coming) is not None:
            coming = asyncio.ensure_future(anext(batches, None))
            yield batch
    finally:
        coming.cancel()
        # Whatever became of it is not asked for any more.
        await asyncio.gather(coming, return_exceptions=True)


async def take_batch(database: Database, batch: Batch, ground: Ground, summary: Summary) -> None:
    """Writes a batch in one transaction; what is counted was committed."""
    async with database.writing() as session:
        await take_turns(session)
        are_moved = await areas_of_now(session, batch.rows, batch.sifted, ground)
        found = await compare(session, batch.rows)
        are_ready = len(found.new) == len(batch.rows) and not are_moved
        await insert_requests(session, found.new, batch.prepared if are_ready else None)
        await update_requests(session, found.changed)
    summary.taken += len(found.new)
    summary.changed += len(found.changed)
    summary.unchanged += found.unchanged
    summary.older += found.older
    summary.here += found.here
    summary.mended += batch.sifted.mended
    summary.services_made += batch.sifted.made.services
    summary.departments_made += batch.sifted.made.departments
    for item in batch.sifted.left_out:
        summary.left_out[item.reason] += 1
        ground.options.left_out(item)
