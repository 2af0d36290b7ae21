"""`blockwise import requests URL --format open311`: takes the requests of a GeoReport v2 endpoint, and keeps up."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from app.agencies.georeport_documents import Record
from app.db import Database
from app.imports.city import city_zone
from app.imports.open311_endpoint import Endpoint, EndpointFailed
from app.imports.open311_pages import CHANGED, FILED, Axis, Found, NotHonoured, Reader
from app.imports.open311_requests import Words, request_row, words_of
from app.imports.open311_state import Standing, load_standing, save_standing
from app.imports.request_row import LeftOut, RequestRow, TakeOptions
from app.imports.request_rows import ARRIVING, Summary, take_rows

# Before any city's open data.
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
# What clocks, zones and servers that know only days may be off.
OVERLAP = timedelta(days=1)
# Where an endpoint cannot say what has changed, what was filed in these days is read again.
LOOK_BACK = timedelta(days=90)
CANNOT_SAY_CHANGES = (
    "The endpoint cannot say what has changed: each run reads the last 90 days again, and a change in an older "
    "request is not seen."
)


@dataclass(slots=True)
class Outcome:
    """What was taken, what is worth knowing, and, where the reading had to stop, why: run again, it goes on."""

    summary: Summary = field(default_factory=Summary)
    notes: list[str] = field(default_factory=list)
    stopped: str | None = None
    standing: Standing | None = None


async def harvest(
    database: Database, endpoint: Endpoint, options: TakeOptions, *, since: date | None = None
) -> Outcome:
    """Reads what the database does not have yet, or what has changed, and takes it.

    The first run reads all that was filed `since` a day (from the beginning if not given); a later one what was filed
    and changed since then. Where it stands is kept in the database. Raises EndpointFailed when the endpoint cannot
    be read at all, and ImportRefused before there is a city.
    """
    zone = await city_zone(database, endpoint.base.host)
    began = datetime.now(UTC)
    # So that a wrong address is told at once.
    await endpoint.requests({})
    words = await services_of(endpoint)
    first = datetime.combine(since, time.min, zone).astimezone(UTC) if since else None
    standing = await load_standing(database, endpoint)
    if standing is None:
        standing = Standing(first or EARLIEST, first or EARLIEST, began)
    elif first is not None:
        standing.reach_back(first)
    outcome = Outcome(standing=standing)
    reading = Reading(database, endpoint, zone, words, standing, outcome)
    outcome.summary = await take_rows(database, reading.rows(began), options)
    await save_standing(database, endpoint, standing)
    return outcome


async def services_of(endpoint: Endpoint) -> Words:
    """The endpoint's words for its services; without such a list, those in the requests must do."""
    try:
        return words_of((await endpoint.services()).records)
    except EndpointFailed:
        return words_of([])


class Reading:
    """One run over an endpoint: gives rows, and notes how far it is as soon as they are kept."""

    def __init__(
        self, database: Database, endpoint: Endpoint, zone: ZoneInfo, words: Words, standing: Standing, outcome: Outcome
    ) -> None:
        self.database, self.endpoint, self.zone, self.words = database, endpoint, zone, words
        self.standing, self.outcome = standing, outcome
        self._given = 0
        # (rows given by then, what to note once they are kept)
        self._marks: list[tuple[int, Callable[[], None]]] = []
        # What was given in this batch: an end that two windows share brings the same twice.
        self._batch: dict[str, Record] = {}

    async def rows(self, began: datetime) -> AsyncIterator[RequestRow | LeftOut]:
        """The rows to take. An endpoint that fails ends them: what came before it is kept."""
        known_to = self.standing.filed_to
        try:
            async for row in self._filed(known_to - OVERLAP, began):
                yield row
            async for row in self._changed(began, known_to):
                yield row
        except EndpointFailed as error:
            self.outcome.stopped = str(error)
        # Who asks for more than the last row has kept all before it, or will before anything is saved.
        self._note(self._given)

    async def _filed(self, start: datetime, began: datetime) -> AsyncIterator[RequestRow | LeftOut]:
        async for until, found in self._windows(FILED, start, began + OVERLAP):
            async for row in self._give(found):
                yield row
            self._mark("filed_to", min(until, began))

    async def _changed(self, began: datetime, known_to: datetime) -> AsyncIterator[RequestRow | LeftOut]:
        """What has changed; `known_to` is when the last run ended."""
        try:
            async for until, found in self._windows(CHANGED, self.standing.changed_to - OVERLAP, began + OVERLAP):
                async for row in self._give(found):
                    yield row
                self._mark("changed_to", min(until, began))
        except NotHonoured:
            self.outcome.notes.append(CANNOT_SAY_CHANGES)
            start = max(self.standing.filed_from, began - LOOK_BACK)
            async for _until, found in self._windows(FILED, start, known_to):
                async for row in self._give(found):
                    yield row
            self._mark("changed_to", began)

    async def _windows(self, axis: Axis, start: datetime, end: datetime) -> AsyncIterator[tuple[datetime, Found]]:
        reader = Reader(self.endpoint, self.zone, axis)
        async for window in reader.windows(start, end):
            yield window
        self.outcome.notes += [note for note in reader.notes if note not in self.outcome.notes]

    async def _give(self, found: Found) -> AsyncIterator[RequestRow | LeftOut]:
        for number, record in found.items():
            if self._batch.get(number) == record:
                continue
            self._batch[number] = record
            self._given += 1
            yield request_row(record, self.endpoint.source, self.zone, self.words)
            if self._given % ARRIVING == 0:
                # We are asked for more, so the batch is kept.
                self._batch.clear()
                if self._note(self._given):
                    await save_standing(self.database, self.endpoint, self.standing)

    def _mark(self, name: str, moment: datetime) -> None:
        self._marks.append((self._given, partial(setattr, self.standing, name, moment)))

    def _note(self, kept: int) -> bool:
        """Notes how far the reading is with so many rows kept; says whether that is farther than before."""
        ripe = [mark for given, mark in self._marks if given <= kept]
        del self._marks[: len(ripe)]
        for mark in ripe:
            mark()
        return bool(ripe)
