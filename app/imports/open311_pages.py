"""Reads all of an endpoint's requests of a span of time, whatever the endpoint leaves out, repeats, or moves about.

Spans are read in windows. One answer is one moment, so what lies in it is certain; a window that took several pages
is certain when nothing moved between them. Else, or where the endpoint gives only so many, the window is halved.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from app.agencies.georeport_documents import Record
from app.agencies.georeport_times import asked, moment
from app.imports.open311_endpoint import Endpoint, EndpointFailed

PAGE_SIZE = 500
MOST_PAGES = 2_000
# So many in one window are held in memory; with more of them the window is made shorter.
MOST_IN_WINDOW = 5_000
FEW, MANY = 500, 2_000
# GeoReport v2 allows a server to give no more than 90 days at once.
SHORTEST, FIRST, LONGEST = timedelta(seconds=1), timedelta(days=1), timedelta(days=90)
DAY = timedelta(days=1)
# Servers that have another idea of the zone, or know only days, are this far off.
NEAR = timedelta(hours=36)
# Whether the ends of a span belong to it is told by nobody.
TOUCH = timedelta(seconds=1)
PASSES = 5
REFUSED = (400, 416, 422)
# No honest window needs as many.
MOST_ASKED = 4_000

Found = dict[str, Record]


@dataclass(frozen=True, slots=True)
class Axis:
    """The parameters that bound a time, and the field that holds it."""

    start: str
    end: str
    field: str


FILED = Axis("start_date", "end_date", "requested_datetime")
CHANGED = Axis("updated_after", "updated_before", "updated_datetime")


class NotHonoured(Exception):
    """The endpoint passes over `updated_after`."""


class TooMany(Exception):
    """A window holds more than should be held in memory."""


class Reader:
    """Reads one endpoint along one axis, and learns what it can rely on. `notes` are sentences for people."""

    def __init__(self, endpoint: Endpoint, zone: ZoneInfo, axis: Axis = FILED) -> None:
        self.endpoint, self.zone, self.axis = endpoint, zone, axis
        self.notes: dict[str, None] = {}
        self.dated = True
        self._finest = SHORTEST
        # The most that it gives, once that is known; and how many it was seen to give without leaving any out.
        self._cap: int | None = None
        self._proven = 0
        self._pages_known: bool | None = None
        self._totals = True
        self._extras = True
        self._asked = 0

    async def windows(self, start: datetime, end: datetime) -> AsyncIterator[tuple[datetime, Found]]:
        """(until when all has been read now, the records by service_request_id) from `start` to `end`, in order.

        Raises EndpointFailed; and NotHonoured where `updated_after` is passed over.
        """
        at, length = start, FIRST
        while at < end:
            until = min(at + length, end)
            self._asked = 0
            try:
                found = await self.read(at, until)
            except TooMany:
                length = max(length / 8, self._finest)
                continue
            if not self.dated:
                yield end, found | await self._steady({self.axis.start: asked(at - TOUCH)}, Found())
                return
            yield until, found
            at = until
            length = min(length * 2, LONGEST) if len(found) < FEW else length / 2 if len(found) > MANY else length

    async def read(self, start: datetime, end: datetime, least: int | None = None) -> Found:
        """All of one window. `least`: a window around this one gave as many, so this one is not cut with fewer."""
        query = {self.axis.start: asked(start - TOUCH), self.axis.end: asked(end + TOUCH)}
        found, still = await self._pages(query, splittable=end - start > self._finest)
        self._judge(found.values(), start, end)
        if not self.dated or (still and self._is_whole(len(found), least)):
            return found
        if end - start <= self._finest:
            return await self._steady(query, found)
        middle = start + (end - start) / 2
        parts = await self.read(start, middle, len(found)) | await self.read(middle, end, len(found))
        await self._learn(query, found, parts, still)
        return found | parts

    def _is_whole(self, count: int, least: int | None) -> bool:
        if self._cap is not None or least is not None:
            return count < min(self._cap or count + 1, least or count + 1)
        # Where pages are had, only a round number looks like a limit ("the first 1,000 requests").
        return count <= self._proven or (self._pages_known is not False and count % 50 != 0)

    async def _learn(self, query: dict[str, str], found: Found, parts: Found, still: bool) -> None:
        """A window and its two halves: what do they say of the endpoint?"""
        if parts.keys() <= found.keys():
            self._proven = max(self._proven, len(found))
            self._totals = self._totals and still
        elif still and len((await self._pages(query))[0]) == len(found):
            self._cap = min(self._cap or len(found), len(found))

    async def _steady(self, query: dict[str, str], found: Found) -> Found:
        """What cannot be divided is read again until nothing new comes."""
        for _ in range(PASSES):
            again, _still = await self._pages(query)
            known, found = found, found | again
            if found.keys() == known.keys():
                if not self._is_whole(len(again), None):
                    self.notes[f"The endpoint gives {len(again)} requests of one moment and maybe not all."] = None
                return found
        self.notes["The endpoint gives something else each time it is asked; some requests may be missing."] = None
        return found

    async def _pages(self, query: dict[str, str], *, splittable: bool = False) -> tuple[Found, bool]:
        """(the records of all pages, whether nothing moved between them). Raises TooMany for a window to divide."""
        found, first, total, still = Found(), Found(), None, True
        for page in range(1, MOST_PAGES + 1):
            records, said = await self._page(query, page)
            new = records.keys() - found.keys()
            still = still and (page == 1 or said == total)
            if page > 1 and not new:
                still = still and (not records or list(records) == list(first))
                self._pages_known = False if page == 2 and records and still else self._pages_known
                break
            self._pages_known = True if page > 1 else self._pages_known
            still = still and len(new) == len(records)
            found, first, total = found | records, first or records, said
            if not records or self._pages_known is False or total == len(found):
                break
            if splittable and self.dated and len(found) > MOST_IN_WINDOW:
                raise TooMany
        short = self._totals and total is not None and len(found) < total
        return found, still and not short

    async def _page(self, query: dict[str, str], page: int) -> tuple[Found, int | None]:
        """(the records of a page by their number, how many there are in all where that is said)."""
        self._asked += 1
        if self._asked > MOST_ASKED:
            raise EndpointFailed("the endpoint gives ever more requests for the same time")
        extras = {"page": str(page), "page_size": str(PAGE_SIZE), "extensions": "true"} if self._extras else {}
        try:
            listed = await self.endpoint.requests({**query, **extras})
        except EndpointFailed as error:
            # Some answer 404 where nothing is found, or to a page behind the last.
            if error.status == 404 or (page > 1 and error.status in REFUSED):
                return Found(), None
            if error.status not in REFUSED:
                raise
            if self._extras:
                # Some refuse every parameter that they do not know.
                self._extras = self._pages_known = False
                return await self._page(query, page)
            if self.axis is CHANGED:
                raise NotHonoured from error
            raise
        records = {}
        for record in listed.records:
            number = record.get("service_request_id")
            if isinstance(number, str):
                records[number] = record
            else:
                self.notes["Some requests have no service_request_id and were left out."] = None
        return records, listed.total

    def _judge(self, records: Iterable[Record], start: datetime, end: datetime) -> None:
        """Whether the window was heeded, and how finely."""
        moments = [moment(record.get(self.axis.field), self.zone) for record in records]
        early = [at for at in moments if at is None or at < start - NEAR]
        late = [at for at in moments if at is not None and at > end + NEAR]
        if self.axis is CHANGED and early and 2 * len(early) >= len(moments):
            raise NotHonoured
        if 2 * (len(early) + len(late)) > len(moments):
            self.dated = False
        elif any(at and not start - DAY / 24 <= at <= end + DAY / 24 for at in moments):
            self._finest = DAY
