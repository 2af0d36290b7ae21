"""A made-up city of a million places, the same for a seed: 850,000 addresses, 50,000 intersections, 100,000 others.

About 20,000 street names, a few of them very long and some in several districts; places stand where real ones
could: along straight streets in a square of 33 km.
"""

from __future__ import annotations

import random
import struct
from collections.abc import Iterator
from dataclasses import dataclass

import psycopg
from sqlalchemy.ext.asyncio import AsyncSession

SEED = 311
ADDRESSES, INTERSECTIONS, POIS, STREETS = 850_000, 50_000, 100_000, 20_000
LAT, LONG, SPAN = 40.5, -74.1, 0.3
CHUNK = 50_000
COLUMNS = "id, kind, label, house_number, street, cross_street, zipcode, source_id, location"
KINDS = ["Street", "Avenue", "Road", "Place", "Drive", "Court", "Lane", "Boulevard", "Terrace", "Way"]
BEGINNINGS = ["b", "br", "c", "ch", "d", "f", "g", "gr", "h", "k", "l", "m", "n", "p", "r", "s", "st", "t", "tr", "v"]
MIDDLES = ["a", "e", "i", "o", "u", "ea", "ou", "ai"]
CODAS = ["ck", "d", "l", "ll", "m", "n", "nt", "r", "rd", "s", "st", "t", "th", "x", "ng"]
ENDS = ["", "", "er", "on", "ton", "ville", "field", "wood", "ley", "man", "ham", "ford"]
THINGS = [
    "School",
    "Library",
    "Park",
    "Playground",
    "Church",
    "Café",
    "Market",
    "Clinic",
    "Station",
    "Garden",
    "Bakery",
    "Hotel",
    "Pharmacy",
    "Theatre",
    "Fire House",
]

Record = tuple[int, str, str, str | None, str | None, str | None, str, float, float]


@dataclass(frozen=True, slots=True)
class Street:
    """A straight street: where it begins, how it runs (degrees a house), how many houses it has."""

    name: str
    lat: float
    long: float
    step_lat: float
    step_long: float
    houses: int
    zipcode: str

    def at(self, house: float) -> tuple[float, float]:
        return self.lat + self.step_lat * house, self.long + self.step_long * house


class Million:
    """The city: its streets, its records, and samples to search for."""

    def __init__(self, seed: int = SEED) -> None:
        self.dice = random.Random(seed)
        self.words = sorted({self.word() for _ in range(14_000)})
        self.dice.shuffle(self.words)
        self.streets = self.lay_streets()
        self.sample: list[Record] = []

    def word(self) -> str:
        parts = [self.dice.choice(BEGINNINGS) + self.dice.choice(MIDDLES) + self.dice.choice(CODAS)]
        if self.dice.random() < 0.3:
            parts.append(self.dice.choice(MIDDLES) + self.dice.choice(CODAS))
        return ("".join(parts) + self.dice.choice(ENDS)).capitalize()

    def lay_streets(self) -> list[Street]:
        names = [f"{number}th Street" for number in range(4, 240)] + [f"{number}th Avenue" for number in range(4, 130)]
        seen = set(names)
        while len(seen) < STREETS:
            name = f"{self.dice.choice(self.words)} {self.dice.choice(KINDS)}"
            if self.dice.random() < 0.15:
                name = f"{self.dice.choice(['North', 'South', 'East', 'West'])} {name}"
            elif self.dice.random() < 0.1:
                name = f"{self.dice.choice(self.words)} {name}"
            if name not in seen:
                seen.add(name)
                names.append(name)
        names += self.dice.sample(names, STREETS // 6)
        shares = [1 / (at + 30) for at in range(len(names))]
        self.dice.shuffle(names)
        whole = sum(shares)
        houses = [max(6, round(ADDRESSES * share / whole)) for share in shares]
        return [self.lay(name, count) for name, count in zip(names, houses, strict=True)]

    def lay(self, name: str, houses: int) -> Street:
        lat, long = LAT + self.dice.random() * SPAN, LONG + self.dice.random() * SPAN
        step = 0.00012 * self.dice.choice([-1, 1])
        across = self.dice.random() < 0.5
        zipcode = f"{10001 + int((lat - LAT) / SPAN * 12) * 12 + int((long - LONG) / SPAN * 12)}"
        return Street(name, lat, long, 0 if across else step, step if across else 0, houses, zipcode)

    def records(self) -> Iterator[Record]:
        """Every place: id, kind, label, house number, street, cross street, zip, lat, long."""
        for at, record in enumerate(self.unnumbered(), 1):
            numbered = (at, *record)
            if self.dice.random() < 0.004:
                self.sample.append(numbered)
            yield numbered

    def unnumbered(self) -> Iterator[tuple[str, str, str | None, str | None, str | None, str, float, float]]:
        for street in self.streets:
            for house in range(street.houses):
                number = str(2 * house + 1 + house % 2)
                lat, long = street.at(house)
                yield "address", f"{number} {street.name}", number, street.name, None, street.zipcode, lat, long
        for _ in range(INTERSECTIONS):
            one, two = self.dice.choice(self.streets), self.dice.choice(self.streets)
            lat, long = one.at(self.dice.random() * one.houses)
            yield "intersection", f"{one.name} & {two.name}", None, one.name, two.name, one.zipcode, lat, long
        for _ in range(POIS):
            words = self.dice.sample(self.words, 2 if self.dice.random() < 0.7 else 1)
            street = self.dice.choice(self.streets)
            lat, long = street.at(self.dice.random() * street.houses)
            yield "poi", f"{' '.join(words)} {self.dice.choice(THINGS)}", None, None, None, street.zipcode, lat, long


async def insert_million(session: AsyncSession, city: Million) -> int:
    """Writes every place by the quickest way of each database, and gives how many."""
    connection = await session.connection()
    if connection.dialect.name == "sqlite":
        return await insert_in_sqlite(connection, city)
    raw = await connection.get_raw_connection()
    return await copy_to_postgresql(raw.driver_connection, city)


async def insert_in_sqlite(connection, city: Million) -> int:
    statement = f"INSERT INTO places ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, NULL, MakePoint(?, ?, 4326))"
    # An index filled afterwards is quicker, as imports of whole cities do it too.
    await connection.exec_driver_sql("SELECT DisableSpatialIndex('places', 'location')")
    await connection.exec_driver_sql("DROP TABLE idx_places_location")
    count, chunk = 0, []
    for record in city.records():
        count += 1
        chunk.append((*record[:7], record[8], record[7]))
        if len(chunk) == CHUNK:
            await connection.exec_driver_sql(statement, chunk)
            chunk = []
    await connection.exec_driver_sql(statement, chunk)
    await connection.exec_driver_sql("SELECT CreateSpatialIndex('places', 'location')")
    return count


async def copy_to_postgresql(connection: psycopg.AsyncConnection, city: Million) -> int:
    count = 0
    lines: list[str] = []
    async with connection.cursor() as cursor:
        await cursor.execute("DROP INDEX idx_places_location")
        async with cursor.copy(f"COPY places ({COLUMNS}) FROM STDIN") as copy:
            for record in city.records():
                count += 1
                values = ["\\N" if value is None else str(value) for value in (*record[:7], None)]
                point = struct.pack("<BIIdd", 1, 0x20000001, 4326, record[8], record[7]).hex()
                lines.append("\t".join([*values, point]) + "\n")
                if len(lines) == CHUNK:
                    await copy.write("".join(lines))
                    lines = []
            await copy.write("".join(lines))
        await cursor.execute("CREATE INDEX idx_places_location ON places USING gist (location)")
    return count
