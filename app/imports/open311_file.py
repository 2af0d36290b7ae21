"""`blockwise import requests FILE --format open311`: an answer of a GeoReport v2 server that somebody kept."""

from __future__ import annotations

import asyncio
from pathlib import Path

from app.agencies.georeport_documents import Unreadable, read_records
from app.db import Database
from app.imports.city import city_zone
from app.imports.open311_requests import request_row, words_of
from app.imports.placed import refusal
from app.imports.request_row import TakeOptions
from app.imports.request_rows import Summary, take_rows

SOURCE = "open311:"
# It is held in memory, where it takes five times as much.
MOST_BYTES = 32_000_000


async def import_open311_file(database: Database, path: Path, options: TakeOptions) -> Summary:
    """Takes the requests of a JSON or XML answer. Raises ImportRefused for what is none, and without a city."""
    if path.stat().st_size > MOST_BYTES:
        raise refusal(path.name, None, None, f"the file is larger than {MOST_BYTES // 1_000_000} MB: keep it by pages")
    zone = await city_zone(database, path.name)
    try:
        records = await asyncio.to_thread(lambda: read_records(path.read_bytes()))
    except Unreadable as error:
        raise refusal(path.name, None, None, str(error).replace("the answer", "the file")) from error
    if not any("service_request_id" in record for record in records):
        raise refusal(path.name, None, None, "the file holds no requests: no record has a service_request_id")
    words = words_of([])
    return await take_rows(database, (request_row(record, SOURCE, zone, words) for record in records), options)
