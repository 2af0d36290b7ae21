"""The place index of a box, for a phone that searches without a connection: columns, with the rules of its words."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.errors import Problem, Refused
from app.jurisdictions.area_box import Box
from app.jurisdictions.models import Place, PlaceIndex
from app.jurisdictions.place_words import CANONICAL, TENS, telling_little
from app.sql import InBox
from app.templating import mark

# More than the densest 25 km² of addresses; what a phone still searches in a blink.
MOST_PLACES = 100_000
# A hundred-thousandth of a degree is about a metre.
STEPS = 100_000
# Measured on the demo city from 1 to 25 km², compressed and unpacked: a place's share, and what an empty index takes.
BYTES_EACH, BYTES_ONCE = 8, 1_200
PLAIN_EACH, PLAIN_ONCE = 26, 2_000
TOO_MANY = mark("There are more than %(most)s addresses in this area: choose a smaller one.")


@dataclass(slots=True)
class Names:
    """Distinct names in the order in which they were met."""

    numbers: dict[str, int] = field(default_factory=dict)

    def number(self, name: str | None) -> int:
        return self.numbers.setdefault(name, len(self.numbers)) if name else -1


def columns(*names: str) -> dict[str, Any]:
    return {name: [] for name in ("id", "north", "east", "zip", *names)} | {"labels": {}}


async def count_places(session: AsyncSession, box: Box) -> int:
    return (
        await session.execute(select(func.count()).select_from(Place).where(InBox(Place.location, box)))
    ).scalar_one()


async def index_version(session: AsyncSession) -> str:
    """Changes whenever the places do; "" before there are any."""
    return (await session.execute(select(PlaceIndex.version).where(PlaceIndex.id == 1))).scalar() or ""


async def extract_places(session: AsyncSession, box: Box) -> dict[str, Any]:
    """The places of a box as columns (see `PlaceIndex` in frontend/src/area/types.ts). Raises Refused (413)."""
    rows = (await session.execute(in_box(box))).all()
    if len(rows) > MOST_PLACES:
        raise Refused(Problem("box", TOO_MANY, {"most": MOST_PLACES}), status=413)
    return await asyncio.to_thread(as_columns, rows, box)


def as_columns(rows: Sequence[Any], box: Box) -> dict[str, Any]:
    west, south, _, _ = box
    streets, zipcodes = Names(), Names()
    groups = {"addresses": columns("street", "number"), "corners": columns("street", "cross")}
    groups["pois"] = columns("label", "hint")
    for row in rows:
        group = groups[group_of(row)]
        said = put_name(group, row, streets)
        if row.label != said:
            group["labels"][str(len(group["id"]))] = row.label
        group["id"].append(row.id)
        group["north"].append(round((row.lat - south) * STEPS))
        group["east"].append(round((row.long - west) * STEPS))
        group["zip"].append(zipcodes.number(row.zipcode))
    words = {"spellings": CANONICAL, "tens": TENS, "weights": telling_little()}
    return {"box": box, "words": words, "streets": list(streets.numbers), "zipcodes": list(zipcodes.numbers), **groups}


def group_of(row: Any) -> str:
    if row.kind == "address" and row.street:
        return "addresses"
    return "corners" if row.kind == "intersection" and row.street and row.cross_street else "pois"


def put_name(group: dict[str, Any], row: Any, streets: Names) -> str:
    """Adds what a row is called to the columns; returns the label that the phone makes of it."""
    if "number" in group:
        group["street"].append(streets.number(row.street))
        group["number"].append(short_number(row.house_number))
        return f"{row.house_number} {row.street}" if row.house_number else str(row.street)
    if "cross" in group:
        group["street"].append(streets.number(row.street))
        group["cross"].append(streets.number(row.cross_street))
        return f"{row.street} & {row.cross_street}"
    group["label"].append(row.label)
    group["hint"].append(where(row))
    return str(row.label)


def in_box(box: Box) -> Select[*tuple[Any, ...]]:
    names = (Place.id, Place.kind, Place.label, Place.house_number, Place.street, Place.cross_street, Place.zipcode)
    position = (func.ST_Y(Place.location).label("lat"), func.ST_X(Place.location).label("long"))
    wanted = select(*names, *position).where(InBox(Place.location, box))
    # Neighbours beside each other: rows that differ little are compressed well.
    return wanted.order_by(Place.street, Place.id).limit(MOST_PLACES + 1)


def short_number(number: str | None) -> int | str:
    plain = number is not None and number.isascii() and number.isdigit() and not number.startswith("0")
    return int(number) if plain and number and len(number) < 9 else number or ""


def where(row: Any) -> str | None:
    """Where a point of interest is: what tells two of the same label apart."""
    if row.street:
        return f"{row.house_number} {row.street}" if row.house_number else str(row.street)
    return None
