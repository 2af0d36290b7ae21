"""Type-ahead and nearest address over a million places, each beside the bare indexed query of the same run.

The bare query of a search reads eight rows by (street, number) from `place_keys` joined to `places`, through the
same driver and session: what is left of a search when the street's number is known beforehand and nothing has to
be understood. The bare query of "nearest" is one box of 40 m by the spatial index, ordered by distance, one row.
Bare and real alternate, so that both meet the same machine.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import random
import resource
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import text

from app.db import Database
from app.jurisdictions.geodesy import box_around
from app.jurisdictions.place_index import held_vocabulary, refresh_place_index
from app.jurisdictions.place_nearest import nearest_place
from app.jurisdictions.place_search import search_places
from app.schema import migrate
from tests.bench.million import LAT, LONG, SPAN, Million, Record, insert_million
from tests.servers import postgres_cluster

SEARCHES = 1500
LIMIT = 3.0
SHORT = {
    "Street": "st",
    "Avenue": "ave",
    "Road": "rd",
    "Place": "pl",
    "Drive": "dr",
    "Court": "ct",
    "Lane": "ln",
    "Boulevard": "blvd",
    "Terrace": "ter",
    "North": "n",
    "South": "s",
    "East": "e",
    "West": "w",
}
BARE_SEARCH = text("""SELECT k.name_id, k.number, p.id, p.kind, p.label, p.zipcode, k.lat, k.long
    FROM place_keys k JOIN places p ON p.id = k.place_id
    WHERE k.name_id = :name_id AND k.number >= :number ORDER BY k.number LIMIT 8""")
BARE_NEAREST = {
    "sqlite": text("""SELECT p.id, p.label, p.zipcode FROM places p WHERE p.id IN (SELECT pkid
        FROM idx_places_location WHERE xmin <= :east AND xmax >= :west AND ymin <= :north AND ymax >= :south)
        ORDER BY ST_Distance(p.location, MakePoint(:long, :lat, 4326)) LIMIT 1"""),
    "postgresql": text("""SELECT p.id, p.label, p.zipcode FROM places p
        WHERE p.location && ST_MakeEnvelope(:west, :south, :east, :north, 4326)
        ORDER BY ST_Distance(p.location, ST_SetSRID(ST_MakePoint(:long, :lat), 4326)) LIMIT 1"""),
}

Row = dict[str, Any]


def run() -> list[Row]:
    return asyncio.run(run_all())


async def run_all() -> list[Row]:
    found: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="blockwise-places-") as folder:
        found += await measure("SpatiaLite", f"sqlite+aiosqlite:///{Path(folder) / 'million.sqlite'}")
    with postgres_cluster(durable=True) as cluster:
        with psycopg.connect(f"{cluster}/postgres", autocommit=True) as connection:
            connection.execute("CREATE DATABASE million")
        found += await measure("PostGIS", f"{cluster}/million".replace("postgresql://", "postgresql+psycopg://"))
    return found


async def measure(where: str, url: str) -> list[Row]:
    async with a_million_places(url) as (database, city, made):
        return [
            *made,
            *await measure_memory(database, where),
            *await measure_searches(database, city, where),
            await measure_nearest(database, city, where),
        ]


@contextlib.asynccontextmanager
async def a_million_places(url: str) -> AsyncIterator[tuple[Database, Million, list[Row]]]:
    database, city = Database(url), Million()
    where = "SpatiaLite" if database.is_sqlite else "PostGIS"
    try:
        await migrate(database)
        started = time.perf_counter()
        async with database.writing() as session:
            count = await insert_million(session, city)
        inserted = time.perf_counter()
        async with database.writing() as session:
            await refresh_place_index(session)
        rebuilt = time.perf_counter() - inserted
        insertion = inserted - started
        yield (
            database,
            city,
            [
                row(f"places, {where}: bulk insert", insertion, "s", "60 s", insertion / 60, 1, f"{count:,} places"),
                row(f"places, {where}: rebuild index", rebuilt, "s", "60 s", rebuilt / 60, 1, "refresh_place_index"),
            ],
        )
    finally:
        await database.close()


async def measure_memory(database: Database, where: str) -> list[Row]:
    """How much this process grows by holding the vocabulary; the building above is done and freed."""
    gc.collect()
    before = resident_mb()
    async with database.reading() as session:
        held = await held_vocabulary(session)
        await search_places(session, "120 bea")
    assert held is not None
    vocabulary = held[0]
    size = len(vocabulary.to_bytes()) / 1e6
    detail = f"{len(vocabulary):,} names, {len(vocabulary.words):,} words; process grew {resident_mb() - before:.0f} MB"
    return [row(f"places, {where}: vocabulary", size, "MB", "40 MB", size / 40, 1, detail)]


def resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / 1e6


async def measure_searches(database: Database, city: Million, where: str) -> list[Row]:
    dice = random.Random(7)
    tasks = list(queries(dice, city.sample))[:SEARCHES]
    async with database.reading() as session:
        known = [(await bare_values(session, record)) for _, _, record in tasks]
    times: dict[str, list[float]] = {"bare": []}
    hits: dict[str, list[bool]] = {}
    for warm in (True, False):
        for (kind, words, record), values in list(zip(tasks, known, strict=True))[: 100 if warm else None]:
            bare = await timed(database, lambda session, values=values: eight_rows(session, values))
            near = (record[7], record[8]) if kind.endswith("near") else None
            real = await timed(database, partial(search_places, words=words, near=near))
            if not warm:
                times["bare"].append(bare[0])
                times.setdefault(kind, []).append(real[0])
                hits.setdefault(kind, []).append(any(place.label == record[2] for place in real[1]))
    base = p95(times.pop("bare"))
    everything = [value for values in times.values() for value in values]
    misspelt = [value for kind, values in times.items() if "misspelt" in kind for value in values]
    out = [
        row(
            f"places, {where}: type-ahead p95",
            p95(everything),
            "ms",
            f"3 × {base:.2f} ms",
            p95(everything) / base,
            LIMIT,
            f"median {median(everything):.2f} ms, {len(everything)} searches",
        )
    ]
    out.append(
        row(
            f"places, {where}: misspelt p95",
            p95(misspelt),
            "ms",
            f"3 × {base:.2f} ms",
            p95(misspelt) / base,
            LIMIT,
            f"median {median(misspelt):.2f} ms",
        )
    )
    for kind, values in sorted(times.items()):
        share = sum(hits[kind]) / len(hits[kind])
        wanted = WANTED[kind]
        out.append(
            row(
                f"places, {where}: found, {kind}",
                100 * share,
                "%",
                f"at least {100 * wanted:.0f} %",
                wanted / share if share else 9,
                1,
                f"p95 {p95(values):.2f} ms",
            )
        )
    return out


async def bare_values(session: Any, record: Record) -> dict[str, int]:
    found = await session.execute(
        text("SELECT name_id, number FROM place_keys WHERE place_id = :id LIMIT 1"), {"id": record[0]}
    )
    name_id, number = found.one()
    return {"name_id": name_id, "number": number}


async def eight_rows(session: Any, values: dict[str, int]) -> Any:
    return (await session.execute(BARE_SEARCH, values)).all()


WANTED = {
    "address": 1.0,
    "address begun": 0.9,
    "address misspelt": 0.85,
    "address that is not there": 0.97,
    "address elsewhere, near": 0.95,
    "intersection": 0.97,
    "intersection misspelt": 0.8,
    "place": 0.97,
    "place misspelt": 0.85,
}


def queries(dice: random.Random, sample: list[Record]) -> Iterator[tuple[str, str, Record]]:
    """(kind, words, the place meant), in the mix of a day: mostly addresses, three in ten misspelt."""
    by_kind = {kind: [record for record in sample if record[1] == kind] for kind in ("address", "intersection", "poi")}
    for records in by_kind.values():
        dice.shuffle(records)
    addresses, corners, others = (iter(records) for records in by_kind.values())
    while True:
        for kind in (
            "address",
            "address begun",
            "address misspelt",
            "address elsewhere, near",
            "address misspelt",
            "address that is not there",
        ):
            record = next(addresses, None)
            if record is None:
                return
            yield kind, address_words(dice, kind, record), record
        record = next(corners, None) or dice.choice(by_kind["intersection"])
        streets = [str(record[4]), str(record[5])]
        dice.shuffle(streets)
        said = dice.choice(["{} & {}", "corner of {} and {}", "{}/{}"])
        yield "intersection", said.format(*map(short, streets)), record
        yield "intersection misspelt", " and ".join(misspelt(dice, short(street)) for street in streets), record
        record = next(others, None) or dice.choice(by_kind["poi"])
        yield "place", record[2].lower()[: dice.randint(len(record[2]) - 3, len(record[2]))], record
        yield "place misspelt", misspelt(dice, record[2].lower()), record


def address_words(dice: random.Random, kind: str, record: Record) -> str:
    number, street = str(record[3]), short(str(record[4]))
    if kind == "address that is not there":
        # House numbers go 1, 4, 5, 8, 9…: the next one, on the side where there is a gap.
        number = str(int(number) + (1 if int(number) % 4 else -1))
    if kind == "address begun":
        telling = max(range(len(street.split())), key=lambda at: len(street.split()[at]))
        words = street.split()[: telling + 1]
        words[-1] = words[-1][: max(4, len(words[-1]) - 2)]
        return f"{number} {' '.join(words)}"
    return f"{number} {misspelt(dice, street) if 'misspelt' in kind else street}"


def short(street: str) -> str:
    return " ".join(SHORT.get(word, word.lower()) for word in street.split())


def misspelt(dice: random.Random, words: str) -> str:
    """One slip in the longest word: a letter lost, doubled, changed, or two swapped; numbers are left alone."""
    parts = words.split()
    at = max(range(len(parts)), key=lambda index: (parts[index].isalpha(), len(parts[index])))
    word = parts[at]
    if not word.isalpha() or len(word) < 4:
        return words
    spot = dice.randrange(1, len(word) - 1)
    parts[at] = dice.choice(
        [
            word[:spot] + word[spot + 1 :],
            word[:spot] + word[spot] + word[spot:],
            word[:spot] + dice.choice("aeiourstn") + word[spot + 1 :],
            word[:spot] + word[spot + 1] + word[spot] + word[spot + 2 :],
        ]
    )
    return " ".join(parts)


async def measure_nearest(database: Database, city: Million, where: str) -> Row:
    dice = random.Random(9)
    dialect = "sqlite" if database.is_sqlite else "postgresql"
    bare_times, times, found = [], [], 0
    for _ in range(SEARCHES):
        lat, long = somewhere(dice, city.sample)
        values = dict(zip(("west", "south", "east", "north"), box_around(lat, long, 40), strict=True))
        values |= {"lat": lat, "long": long}
        bare = await timed(database, lambda session, values=values: one_row(session, BARE_NEAREST[dialect], values))
        real = await timed(database, lambda session, lat=lat, long=long: nearest_place(session, lat, long))
        bare_times.append(bare[0])
        times.append(real[0])
        found += real[1] is not None
    base = p95(bare_times)
    return row(
        f"places, {where}: nearest p95",
        p95(times),
        "ms",
        f"3 × {base:.2f} ms",
        p95(times) / base,
        LIMIT,
        f"median {median(times):.2f} ms; a place within 250 m for {100 * found / SEARCHES:.0f} %",
    )


def somewhere(dice: random.Random, sample: list[Record]) -> tuple[float, float]:
    """Nine in ten within some 50 m of a place, as reports are; the others anywhere in the city."""
    if dice.random() < 0.1:
        return LAT + dice.random() * SPAN, LONG + dice.random() * SPAN
    record = dice.choice(sample)
    return record[7] + dice.uniform(-0.0005, 0.0005), record[8] + dice.uniform(-0.0005, 0.0005)


async def one_row(session: Any, statement: Any, values: dict[str, float]) -> Any:
    return (await session.execute(statement, values)).all()


async def timed(database: Database, work: Callable[[Any], Awaitable[Any]]) -> tuple[float, Any]:
    """(milliseconds, answer) of `work` with a session, whose opening is not counted on either side."""
    async with database.reading() as session:
        await session.connection()
        started = time.perf_counter()
        answer = await work(session)
        return (time.perf_counter() - started) * 1000, answer


def p95(values: list[float]) -> float:
    return sorted(values)[int(len(values) * 0.95)]


def median(values: list[float]) -> float:
    return sorted(values)[len(values) // 2]


def row(name: str, value: float, unit: str, limit: str, ratio: float, most: float, detail: str) -> Row:
    ok = ratio <= most
    return {"name": name, "value": value, "unit": unit, "limit": limit, "ratio": ratio, "ok": ok, "detail": detail}
