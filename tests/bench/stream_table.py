"""Streams so many requests of a database as a table, and says as JSON what that took: `stream_table URL ROWS`."""

from __future__ import annotations

import asyncio
import json
import resource
import sys
import time
from zoneinfo import ZoneInfo

from app.db import Database
from app.jurisdictions.queries import get_jurisdiction
from app.maps.feed_formats import CsvFeed
from app.maps.feeds import pieces
from app.maps.filters import read_filter


async def stream(url: str, rows: int) -> tuple[int, float]:
    """(rows, seconds) until that many rows have come, or all."""
    database, seen, started = Database(url), 0, time.perf_counter()
    async with database.reading() as session:
        asked = await read_filter(session, {"status": ["open,late,closed,duplicate"]})
        zone = ZoneInfo((await get_jurisdiction(session)).timezone)
    written = pieces(database, asked, CsvFeed(), zone, "en")
    async for piece in written:
        seen += piece.count("\r\n")
        if seen > rows:
            break
    await written.aclose()
    await database.close()
    return seen - 1, time.perf_counter() - started


def main() -> None:
    rows, seconds = asyncio.run(stream(sys.argv[1], int(sys.argv[2])))
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"rows": rows, "seconds": seconds, "memory": memory}))


if __name__ == "__main__":
    main()
