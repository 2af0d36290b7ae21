"""Makes the derived rows of the place index from `places`, and holds its vocabulary in each process."""

from __future__ import annotations

import asyncio
from array import array
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4
from weakref import WeakKeyDictionary

import numpy as np
from sqlalchemy import Connection, Engine, delete, func, insert, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.jurisdictions.models import Place, PlaceIndex, PlaceKey
from app.jurisdictions.place_query import NUMBER_BEFORE, SIGN, stored_numbers
from app.jurisdictions.place_vocabulary import POI, STREET, Vocabulary, letter_pairs, rows
from app.jurisdictions.place_words import folded, name_words, word_weight

INTERSECTION_NUMBER = -1
CHUNK = 50_000
KEY_COLUMNS = "name_id, number, place_id, lat, long"


@dataclass(slots=True)
class Names:
    """The distinct names met so far, with what is to be known of each; and the keys that lead to places."""

    numbers: dict[str, int] = field(default_factory=dict)
    heard: dict[str, int] = field(default_factory=dict)
    kinds: bytearray = field(default_factory=bytearray)
    sizes: array[int] = field(default_factory=lambda: array("i"))
    lats: array[float] = field(default_factory=lambda: array("d"))
    longs: array[float] = field(default_factory=lambda: array("d"))
    keys: tuple[array[int], array[int], array[int], array[float], array[float]] = field(
        default_factory=lambda: (array("i"), array("i"), array("q"), array("d"), array("d"))
    )
    crossings: list[tuple[int, int, int]] = field(default_factory=list)

    def number_of(self, name: str, kind: int) -> int | None:
        """The number of a name as it was written; None when it holds no letter or digit."""
        number = self.heard.get(name)
        if number is None:
            words = " ".join(name_words(name))
            if not words:
                return None
            number = self.heard[name] = self.numbers.setdefault(words, len(self.numbers))
            if number == len(self.kinds):
                self.kinds.append(0)
                self.sizes.append(0)
                self.lats.append(0.0)
                self.longs.append(0.0)
        self.kinds[number] |= kind
        return number

    def file(self, number: int, house: int, place_id: int, lat: float, long: float) -> None:
        """Files a place under a name."""
        names, houses, places, lats, longs = self.keys
        names.append(number)
        houses.append(house)
        places.append(place_id)
        lats.append(lat)
        longs.append(long)
        self.sizes[number] += 1
        self.lats[number] += lat
        self.longs[number] += long


async def refresh_place_index(session: AsyncSession) -> None:
    """Rebuilds the derived rows from `places`, in the caller's transaction. Call it after places changed.

    Takes about 20 seconds and 250 MB for a million places. Searches in other processes go on with what was
    there until the transaction is committed, and read the new vocabulary with their next search.
    """
    names = Names()
    async for chunk in place_chunks(session):
        await asyncio.to_thread(file_places, names, chunk)
    vocabulary = await asyncio.to_thread(make_vocabulary, names)
    await session.execute(delete(PlaceKey))
    await insert_keys(session, names)
    await session.execute(delete(PlaceIndex))
    await session.execute(insert(PlaceIndex).values(id=1, version=uuid4().hex, data=vocabulary.to_bytes()))
    for table in ("place_keys", "places"):
        await session.execute(text(f"ANALYZE {table}"))


async def place_chunks(session: AsyncSession) -> AsyncIterator[list[Any]]:
    last = 0
    wanted = (
        select(
            Place.id,
            Place.kind,
            Place.label,
            Place.house_number,
            Place.street,
            Place.cross_street,
            func.ST_Y(Place.location),
            func.ST_X(Place.location),
        )
        .order_by(Place.id)
        .limit(CHUNK)
    )
    while chunk := (await session.execute(wanted.where(Place.id > last))).all():
        yield list(chunk)
        last = chunk[-1][0]


def file_places(names: Names, chunk: Iterable[Any]) -> None:
    for place_id, kind, label, house_number, street, cross_street, lat, long in chunk:
        if kind == "intersection":
            file_intersection(names, place_id, label, street, cross_street, lat, long)
            continue
        if kind == "poi" and (name := names.number_of(label, POI)) is not None:
            names.file(name, 0, place_id, lat, long)
        if kind == "address" and not street:
            house_number, street = split_label(label)
        if street and (name := names.number_of(street, STREET)) is not None and (house_number or kind == "address"):
            for number in stored_numbers(house_number):
                names.file(name, number, place_id, lat, long)


def file_intersection(
    names: Names, place_id: int, label: str, street: str | None, cross_street: str | None, lat: float, long: float
) -> None:
    """Files it under every street that meets there; the label of some sources is all that names them."""
    streets = [street, cross_street] if street and cross_street else SIGN.split(label)
    numbers = {number for street in streets if (number := names.number_of(street, STREET)) is not None}
    for number in numbers:
        names.file(number, INTERSECTION_NUMBER, place_id, lat, long)
        names.crossings.extend((number, other, place_id) for other in numbers if other != number)


def split_label(label: str) -> tuple[str | None, str]:
    """House number and street of an address that has only its label: "120 Beacon Street"."""
    found = NUMBER_BEFORE.match(folded(label))
    return (found[0].strip(" ,"), label[found.end() :]) if found else (None, label)


def make_vocabulary(names: Names) -> Vocabulary:
    spelled = [name.split(" ") for name in names.numbers]
    words = sorted({word for name in spelled for word in name})
    index = {word: number for number, word in enumerate(words)}
    bearers: list[list[int]] = [[] for _ in words]
    for number, name in enumerate(spelled):
        for word in set(name):
            bearers[index[word]].append(number)
    pairs: dict[int, list[int]] = {}
    for number, word in enumerate(words):
        for code in letter_pairs(word):
            pairs.setdefault(code, []).append(number)
    word_starts, word_names = rows(bearers)
    pair_starts, pair_words = rows(pairs[code] for code in sorted(pairs))
    sizes = np.array(names.sizes, np.int32)
    crossings = np.array(sorted(names.crossings), np.int32).reshape(-1, 3)
    return Vocabulary(
        spelling=np.frombuffer("\n".join(words).encode(), np.uint8),
        word_starts=word_starts,
        word_names=word_names,
        pair_codes=np.array(sorted(pairs), np.int32),
        pair_starts=pair_starts,
        pair_words=pair_words,
        name_kinds=np.frombuffer(bytes(names.kinds), np.uint8),
        name_weights=np.array([sum(map(word_weight, set(name))) for name in spelled], np.float32),
        name_first_words=np.array([index[telling_word(name)] for name in spelled], np.int32),
        name_sizes=sizes,
        name_lats=(np.array(names.lats) / np.maximum(sizes, 1)).astype(np.float32),
        name_longs=(np.array(names.longs) / np.maximum(sizes, 1)).astype(np.float32),
        cross_starts=np.searchsorted(crossings[:, 0], np.arange(len(spelled) + 1)).astype(np.int32),
        cross_names=crossings[:, 1].copy(),
        cross_places=crossings[:, 2].copy(),
    )


def telling_word(words: list[str]) -> str:
    """The first word that tells a name from others: "beacon" of "n beacon st"."""
    return next((word for word in words if word_weight(word) == 1), words[0])


async def insert_keys(session: AsyncSession, names: Names) -> None:
    """Writes the keys in the order of their primary key: an index filled in order is small and quick."""
    columns = [np.asarray(column) for column in names.keys]
    order = np.lexsort((columns[2], columns[1], columns[0]))
    # A place may come under the same name and number twice (named as its street is): the second is dropped.
    same = np.logical_and.reduce([column[order][1:] == column[order][:-1] for column in columns[:3]])
    order = np.delete(order, np.flatnonzero(same) + 1)
    connection = await session.connection()
    for start in range(0, len(order), CHUNK):
        part = order[start : start + CHUNK]
        records = list(zip(*(column[part].tolist() for column in columns), strict=True))
        if connection.dialect.name == "sqlite":
            statement = f"INSERT INTO place_keys ({KEY_COLUMNS}) VALUES (?, ?, ?, ?, ?)"
            await connection.exec_driver_sql(statement, records)
        else:
            await copy_records(connection, records)


async def copy_records(connection: Any, records: list[tuple[Any, ...]]) -> None:
    raw = await connection.get_raw_connection()
    lines = "".join("\t".join(map(repr, record)) + "\n" for record in records)
    statement = f"COPY place_keys ({KEY_COLUMNS}) FROM STDIN"
    async with raw.driver_connection.cursor() as cursor, cursor.copy(statement) as copy:
        await copy.write(lines)


@dataclass(slots=True)
class Held:
    """What a process keeps of one database's place index."""

    version: str | None = None
    vocabulary: Vocabulary | None = None
    loading: asyncio.Lock = field(default_factory=asyncio.Lock)


held_by_engine: WeakKeyDictionary[Engine | Connection, Held] = WeakKeyDictionary()


async def held_vocabulary(session: AsyncSession, *, seen: str | None = None) -> tuple[Vocabulary, str] | None:
    """The vocabulary and its version, read from the database once; None when no index was ever made.

    `seen` is the version that the database was just seen to have: when another is held, it is read again.
    """
    engine = session.get_bind()
    held = held_by_engine.get(engine) or held_by_engine.setdefault(engine, Held())
    async with held.loading:
        if held.vocabulary is None or held.version is None or seen not in (None, held.version):
            row = (await session.execute(select(PlaceIndex.version, PlaceIndex.data))).one_or_none()
            if row is None:
                return None
            held.version, held.vocabulary = row.version, await asyncio.to_thread(Vocabulary.from_bytes, row.data)
        return held.vocabulary, held.version
