"""Type-ahead: the places that a person may mean, best first.

The words are looked up in the vocabulary (in memory), which gives a few names; one indexed statement then
reads their places. Nothing here scans the places.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
import numpy as np
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.jurisdictions.geodesy import distance_m
from app.jurisdictions.models import PlaceIndex
from app.jurisdictions.place_index import held_vocabulary
from app.jurisdictions.place_query import HouseNumber, Query, parse, plain_number
from app.jurisdictions.place_statements import (
    NAMES_READ,
    address_statement,
    crossing_statement,
    names_statement,
    neighbours_statement,
    squeeze,
)
from app.jurisdictions.place_vocabulary import GOOD, POI, STREET, Floats, Scored, Vocabulary
from app.jurisdictions.place_words import word_weight

SURE, PERFECT = 0.75, 0.97
CONSIDERED = 24
# On how many streets the nearest number is looked for, where there is no such number.
NEIGHBOURHOODS = 3
# Names that answer so much worse than the best are not shown; less is allowed beside a perfect one.
FAR_BEHIND, BEHIND = 0.2, 0.1


class FoundPlace(msgspec.Struct, frozen=True):
    """A place found. `lat`, `long` in decimal degrees WGS84; `distance_m` in metres from the point that was
    asked about; `place_id` is None for one that another geocoder knows; `hint` tells equal labels apart."""

    label: str
    kind: str
    lat: float
    long: float
    zipcode: str | None = None
    place_id: int | None = None
    distance_m: float | None = None
    hint: str | None = None
    score: float = 0.0


@dataclass(slots=True)
class Wanted:
    """What the vocabulary makes of a query: names (number → score) and intersections (place id → score)."""

    addresses: list[tuple[HouseNumber, dict[int, float]]] = field(default_factory=list)
    names: dict[int, float] = field(default_factory=dict)
    crossings: dict[int, float] = field(default_factory=dict)

    @property
    def best(self) -> float:
        streets = [score for _, names in self.addresses for score in names.values()]
        return max([*streets, *self.names.values(), *self.crossings.values()], default=0.0)


async def search_places(
    session: AsyncSession,
    words: str,
    *,
    near: tuple[float, float] | None = None,
    locale: str = "en",
    limit: int = 8,
) -> list[FoundPlace]:
    """The places that `words` may mean, best first, at most `limit`; none for what nobody can mean.

    `near` is a point (lat, long): of equally good places the nearer comes first. The words are read in every
    language at once, since people mix them; `locale` is only passed on by callers that ask outside.
    """
    query = parse(words)
    seen: str | None = None
    while query is not None and (held := await held_vocabulary(session, seen=seen)) is not None:
        vocabulary, version = held
        found, seen = await read_places(session, want(vocabulary, query, near), near)
        # None: the index is gone, as while the demo city is made again.
        if seen in (version, None):
            return ranked(found, query, near)[:limit]
    return []


def want(vocabulary: Vocabulary, query: Query, near: tuple[float, float] | None) -> Wanted:
    """The names and intersections that answer the query; misspellings are tried where plain words do not."""
    if not len(vocabulary):
        return Wanted()
    if all(map(vocabulary.begins, query.said())):
        plain = wanted(vocabulary, query, near, misspelt=False)
        if plain.best >= SURE:
            return plain
    loose = wanted(vocabulary, query, near, misspelt=True)
    return loose if loose.best >= GOOD else rewritten(vocabulary, query, near)


def wanted(vocabulary: Vocabulary, query: Query, near: tuple[float, float] | None, *, misspelt: bool) -> Wanted:
    found = Wanted()
    for first, second in query.crossings:
        for place_id, score in crossing_places(vocabulary, first, second, query.ends_open, misspelt).items():
            found.crossings[place_id] = max(score, found.crossings.get(place_id, 0))
    for number, street in query.addresses:
        scores = vocabulary.scores(street, ends_open=query.ends_open, misspelt=misspelt)
        names = best_names(vocabulary, scores, street, near, kinds=STREET)
        if names:
            found.addresses.append((number, names))
    # A number may belong to a name ("12 Oaks"). What names were like it without slips has been seen before.
    numbered = any(word.isdecimal() for word in query.words)
    if found.best < GOOD or (not misspelt and found.best < (PERFECT if numbered else SURE)):
        scores = vocabulary.scores(query.words, ends_open=query.ends_open, misspelt=misspelt)
        found.names = best_names(vocabulary, scores, query.words, near, kinds=STREET | POI)
    return found


def rewritten(vocabulary: Vocabulary, query: Query, near: tuple[float, float] | None) -> Wanted:
    """The last tries: words run together ("beaconhill"), and two streets with nothing between them."""
    words = [part for word in query.words for part in taken_apart(vocabulary, word)]
    gaps = [(words[:gap], words[gap:]) for gap in range(1, len(words))][:3]
    crossings = [*query.crossings, *gaps] if not query.addresses else []
    addresses = [
        (number, [part for word in street for part in taken_apart(vocabulary, word)])
        for number, street in query.addresses
    ]
    again = Query(words, addresses, crossings, query.zipcode, query.ends_open)
    found = wanted(vocabulary, again, near, misspelt=False)
    if found.best < GOOD and query.crossings:
        # Two streets that never meet: show the first one.
        again = Query(query.crossings[0][0], [], [], query.zipcode, ends_open=False)
        found = wanted(vocabulary, again, near, misspelt=True)
    return found


def taken_apart(vocabulary: Vocabulary, word: str) -> list[str]:
    for cut in range(3, len(word) - 2):
        if all(len(vocabulary.names_with(part)) for part in (word[:cut], word[cut:])):
            return [word[:cut], word[cut:]]
    return [word]


def crossing_places(
    vocabulary: Vocabulary, first: list[str], second: list[str], ends_open: bool, misspelt: bool
) -> dict[int, float]:
    """The intersections of a street like `first` with one like `second`, from whichever side is surer."""
    sides = (
        vocabulary.scores(first, ends_open=False, misspelt=misspelt),
        vocabulary.scores(second, ends_open=ends_open, misspelt=misspelt),
    )
    found: dict[int, float] = {}
    for here, there in (sides, sides[::-1]):
        for name, score in best_names(vocabulary, here, [], None, kinds=STREET).items():
            row = slice(vocabulary.cross_starts[name], vocabulary.cross_starts[name + 1])
            scores = there.of(vocabulary.cross_names[row])
            for at in np.flatnonzero(scores >= GOOD):
                place_id = int(vocabulary.cross_places[row][at])
                found[place_id] = max(found.get(place_id, 0), (score + float(scores[at])) / 2)
    return dict(sorted(found.items(), key=lambda item: -item[1])[: 2 * NAMES_READ])


def best_names(
    vocabulary: Vocabulary, scores: Scored, words: Sequence[str], near: tuple[float, float] | None, *, kinds: int
) -> dict[int, float]:
    """The best names with their scores: those that begin as the query does, common and near ones first."""
    good = np.flatnonzero((scores.values >= GOOD) & ((vocabulary.name_kinds[scores.names] & kinds) > 0))
    candidates = scores.names[good]
    value = scores.values[good] + 0.01 * np.log10(np.maximum(vocabulary.name_sizes[candidates], 1))
    if near:
        value += nearness(vocabulary, candidates, near)
    if len(candidates) > CONSIDERED:
        first = np.argpartition(-value, CONSIDERED)[:CONSIDERED]
        candidates, value = candidates[first], value[first]
    begin = next((word for word in words if word_weight(word) == 1), None)
    for at, name in enumerate(candidates if begin else ()):
        if vocabulary.words[vocabulary.name_first_words[name]].startswith(begin or ""):
            value[at] += 0.03
    order = np.argsort(-value, kind="stable")[:NAMES_READ]
    floor = 0.0 if not len(order) else value[order[0]] - (FAR_BEHIND if value[order[0]] < PERFECT else BEHIND)
    return {int(candidates[at]): float(value[at]) for at in order if value[at] >= floor}


def nearness(vocabulary: Vocabulary, names: Any, near: tuple[float, float]) -> Floats:
    """Up to 0.04 for names whose places are near: enough to part equals, too little to beat a better match."""
    lat, long = near
    degrees = np.hypot(vocabulary.name_lats[names] - lat, (vocabulary.name_longs[names] - long) * squeeze(lat))
    bonus: Floats = (0.04 / (1 + degrees * 111)).astype(np.float32)
    return bonus


async def read_places(
    session: AsyncSession, want: Wanted, near: tuple[float, float] | None
) -> tuple[list[tuple[float, Any, HouseNumber | None]], str | None]:
    """(score, row, number asked for) of what is wanted; and the version of the index that it was read from."""
    found: list[tuple[float, Any, HouseNumber | None]] = []
    for number, names in want.addresses:
        found.extend((names[row.name_id], row, number) for row in await read_addresses(session, number, names))
    if want.names and want.best - max(want.names.values()) < FAR_BEHIND:
        result = await session.execute(*names_statement(want.names, near))
        found.extend((want.names[row.name_id], row, None) for row in result)
    if want.crossings:
        result = await session.execute(*crossing_statement(want.crossings))
        found.extend((want.crossings[row.place_id], row, None) for row in result)
    if found:
        return found, found[0][1].version
    return [], (await session.execute(select(PlaceIndex.version))).scalar()


async def read_addresses(session: AsyncSession, number: HouseNumber, names: dict[int, float]) -> list[Any]:
    """The places with this number on these streets; where the likeliest street lacks it, its next numbers too."""
    rows = list(await session.execute(*address_statement(number, names)))
    likeliest = list(names)[:NEIGHBOURHOODS]
    if not any(row.name_id == likeliest[0] for row in rows):
        rows += await session.execute(*neighbours_statement(number, likeliest))
    return rows


def ranked(
    found: Iterable[tuple[float, Any, HouseNumber | None]], query: Query, near: tuple[float, float] | None
) -> list[FoundPlace]:
    best: dict[int, FoundPlace] = {}
    for score, row, number in found:
        distance = distance_m(*near, row.lat, row.long) if near else None
        score += number_bonus(row, number)
        # A shop in the street that was asked for stands behind the street's own addresses.
        by_address = row.kind == "poi" and row.number != 0
        score -= 0.03 if by_address else 0
        score += 0.03 / (1 + distance / 500) if distance is not None else 0
        if query.zipcode and row.zipcode:
            score += 0.05 if row.zipcode.startswith(query.zipcode) else -0.05
        if row.place_id not in best or best[row.place_id].score < score:
            best[row.place_id] = FoundPlace(
                row.label,
                row.kind,
                row.lat,
                row.long,
                row.zipcode,
                row.place_id,
                None if distance is None else round(distance, 1),
                hint(row),
                round(score, 4),
            )
    return sorted(best.values(), key=lambda place: (-place.score, place.distance_m or 0, len(place.label)))


def hint(row: Any) -> str | None:
    """Where a point of interest is, or the ZIP of an address: what tells two of the same label apart."""
    if row.kind == "poi" and row.street:
        return f"{row.house_number} {row.street}" if row.house_number else str(row.street)
    return row.zipcode if row.zipcode is None else str(row.zipcode)


def number_bonus(row: Any, number: HouseNumber | None) -> float:
    """What a house number is worth beside the one asked for: nothing off when it is the very one."""
    if number is None:
        return 0
    if row.number in number.keys:
        written = plain_number(row.house_number)
        return 0.0 if written == number.text else -0.01 if written == str(number.keys[0]) else -0.02
    return -0.08 - min(abs(int(row.number) - number.keys[0]), 1000) / 10_000
