"""The indexed reads of the place index, as (statement, values). They run alike on both databases.

PostgreSQL keeps the plan of a statement that it meets again in the same words and types. So whole numbers go in as
text (psycopg would send 300 and 70,000 as different types), and lists are filled up to a few lengths with NOTHING.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from math import cos, radians

from sqlalchemy import TextClause, text

from app.jurisdictions.place_query import HouseNumber

Statement = tuple[TextClause, dict[str, object]]

NAMES_READ = 8
# At one address: many people, shops and entrances may share it; more would tell nobody more.
AT_ONE_NUMBER = 12
NOTHING = "-1"
PLACE = "p.id AS place_id, p.kind, p.label, p.house_number, p.street, p.zipcode"
VERSION = "(SELECT version FROM place_index WHERE id = 1) AS version"
KEYED = f"k.name_id, k.number, {PLACE}, k.lat, k.long, {VERSION}"
FAR = "(lat - :lat) * (lat - :lat) + (long - :long) * (long - :long) * :squeeze * :squeeze"


def squeeze(lat: float) -> float:
    """How much shorter a degree of longitude is than one of latitude at `lat`."""
    return cos(radians(lat))


def address_statement(number: HouseNumber, names: Iterable[int]) -> Statement:
    """The places with this number on these streets."""
    values = numbered("name", names)
    return address_text(len(values), len(number.keys)), values | numbered_keys(number)


@lru_cache
def address_text(names: int, keys: int) -> TextClause:
    streets = ", ".join(whole(f"name{at}") for at in range(names))
    numbers = ", ".join(whole(f"key{at}") for at in range(keys))
    return text(f"""SELECT {KEYED} FROM place_keys k JOIN places p ON p.id = k.place_id
        WHERE k.name_id IN ({streets}) AND k.number IN ({numbers}) LIMIT {AT_ONE_NUMBER * NAMES_READ}""")


def neighbours_statement(number: HouseNumber, names: Iterable[int]) -> Statement:
    """The next numbers up and down that exist on these streets."""
    values = numbered("name", names)
    return neighbours_text(len(values)), values | {"key0": str(number.keys[0])}


@lru_cache
def neighbours_text(names: int) -> TextClause:
    up = (f"number > {whole('key0')}", "number", "1")
    down = (f"number < {whole('key0')} AND number > 0", "number DESC", "1")
    return keyed_places(some_keys(at, *way) for at in range(names) for way in (up, down))


def numbered_keys(number: HouseNumber) -> dict[str, object]:
    return {f"key{at}": str(key) for at, key in enumerate(number.keys)}


def names_statement(names: dict[int, float], near: tuple[float, float] | None) -> Statement:
    """A few places of each name (number → score): the nearest ones to `near`, else intersections and low numbers."""
    values = numbered("name", names)
    counts = shares(list(names.values()))
    values |= {f"count{at}": str(counts[at] if at < len(counts) else 0) for at in range(len(values))}
    if near:
        values |= {"lat": near[0], "long": near[1], "squeeze": squeeze(near[0])}
    return names_text(padded(len(names)), near is not None), values


@lru_cache
def names_text(names: int, near: bool) -> TextClause:
    order = FAR if near else "number"
    return keyed_places(some_keys(at, "number >= -1", order, whole(f"count{at}")) for at in range(names))


def shares(scores: list[float]) -> list[int]:
    """How many places each name may show: most for one that stands out, else alike."""
    if len(scores) > 1 and scores[0] - scores[1] < 0.1:
        return [-(-NAMES_READ // len(scores))] * len(scores)
    return [NAMES_READ] + [1] * (len(scores) - 1)


def crossing_statement(places: Iterable[int]) -> Statement:
    values = numbered("place", places)
    return crossing_text(len(values)), values


@lru_cache
def crossing_text(places: int) -> TextClause:
    ids = ", ".join(whole(f"place{at}") for at in range(places))
    position = "ST_Y(p.location) AS lat, ST_X(p.location) AS long"
    columns = f"-1 AS name_id, -1 AS number, {PLACE}, {position}, {VERSION}"
    return text(f"SELECT {columns} FROM places p WHERE p.id IN ({ids})")


def some_keys(at: int, which: str, order: str, count: str) -> str:
    return f"""SELECT name_id, number, place_id, lat, long FROM place_keys
        WHERE name_id = {whole(f"name{at}")} AND {which} ORDER BY {order} LIMIT {count}"""


def keyed_places(parts: Iterable[str]) -> TextClause:
    union = " UNION ALL ".join(f"SELECT * FROM ({part}) part{at}" for at, part in enumerate(parts))
    return text(f"SELECT {KEYED} FROM ({union}) k JOIN places p ON p.id = k.place_id")


def whole(key: str) -> str:
    return f"CAST(:{key} AS INTEGER)"


def numbered(key: str, numbers: Iterable[int]) -> dict[str, object]:
    """{"name0": "17", "name1": "-1", …}"""
    given = [str(number) for number in numbers]
    given += [NOTHING] * (padded(len(given)) - len(given))
    return {f"{key}{at}": number for at, number in enumerate(given)}


def padded(count: int) -> int:
    return next(length for length in (1, 3, NAMES_READ, 2 * NAMES_READ) if length >= count)
