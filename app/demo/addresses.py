"""Houses along the streets: numbers by the hundred, odd on the left, and the ground they cover.

Numbers follow the usual North American rule: each block begins a new hundred, and rise away from
the street's base line or from Market Square; odd numbers stand on the left of that way.
"""

import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from shapely import LineString, Point, Polygon, STRtree
from shapely.geometry.base import BaseGeometry

from app.demo.layout import ELSEWHERE, Plan, Quarter
from app.demo.naming import Street
from app.demo.network import Network

XY = tuple[float, float]
CORNER = 15.0  # metres from a crossing to the first lot
NEW_HUNDRED = 60.0  # metres: shorter stretches between two crossings share a hundred
ARTERIAL_WIDTH = {"primary": 4.0, "secondary": 3.0, "tertiary": 1.5, "residential": 0.0}


@dataclass(frozen=True)
class Address:
    """`at` is the middle of the building; `heading` the street's direction there, in radians."""

    number: int
    street: str
    at: XY
    heading: float
    link: int
    side: int  # 1 is left of the way in which numbers rise (odd), -1 right (even)
    people: int
    building: Polygon

    @property
    def text(self) -> str:
        return f"{self.number} {self.street}"


@dataclass(frozen=True)
class Lot:
    street: int
    link: int
    number: int
    side: int
    at: XY
    heading: float
    width: float
    quarter: Quarter


def make_addresses(
    network: Network, streets: Sequence[Street], plan: Plan, built_over: BaseGeometry, dice: random.Random
) -> list[Address]:
    """Addresses whose building stands clear of streets, of each other and of `built_over`."""
    lots = [lot for i, street in enumerate(streets) for lot in _lots(network, i, street, plan, dice)]
    lots = _clear_of_streets(lots, network, streets)
    shapely.prepare(built_over)
    lots = [lot for lot in lots if not built_over.contains(Point(lot.at))]
    footprints = [_footprint(lot, dice) for lot in lots]
    keep = _apart(footprints, network)
    return [
        Address(lot.number, streets[lot.street].name, lot.at, lot.heading, lot.link, lot.side,
                _people(lot.quarter, dice), footprints[i])
        for i, lot in enumerate(lots)
        if keep[i]
    ]  # fmt: skip


def _lots(network: Network, index: int, street: Street, plan: Plan, dice: random.Random) -> Iterator[Lot]:
    hundred, since, used = 100, 0.0, {1: 0, -1: 0}
    for number, forward in street.path:
        line = network.links[number].line if forward else network.links[number].line.reverse()
        if since > NEW_HUNDRED:
            hundred, since, used = hundred + 100, 0.0, {1: 0, -1: 0}
        for side in (1, -1):
            stands = list(_stands(line, side, plan, dice, ARTERIAL_WIDTH[street.kind]))
            free = 49 - used[side]
            step = max(1, min(3, free // max(1, len(stands))))
            for at, heading, width, quarter in stands[:free]:
                house = hundred + 2 * used[side] + (1 if side == 1 else 2)
                yield Lot(index, number, house, side, at, heading, width, quarter)
                used[side] += step if dice.random() < 0.8 else max(1, step - 1)
        since += line.length


def _stands(
    line: LineString, side: int, plan: Plan, dice: random.Random, extra: float
) -> Iterator[tuple[XY, float, float, Quarter]]:
    at = CORNER + dice.uniform(0, 4)
    while at < line.length - CORNER:
        here = line.interpolate(at)
        quarter = plan.quarter(here.x, here.y) or ELSEWHERE
        width = quarter.lot * dice.uniform(0.86, 1.22)
        at += width / 2
        if at > line.length - CORNER + 4:
            return
        a, b = line.interpolate(at - 3), line.interpolate(at + 3)
        heading = math.atan2(b.y - a.y, b.x - a.x)
        off = _setback(quarter) + extra + dice.uniform(-1, 1) * (0.2 if quarter.rows else 1.5)
        x = (a.x + b.x) / 2 - side * math.sin(heading) * off
        y = (a.y + b.y) / 2 + side * math.cos(heading) * off
        yield (round(x, 2), round(y, 2)), heading, width, quarter
        at += width / 2


def _setback(quarter: Quarter) -> float:
    """Metres from the middle of the street to the middle of a building."""
    return 12.5 if quarter.lot < 14 else 15.5 if quarter.rows else 18.0 if quarter.lot < 24 else 21.0


def _clear_of_streets(lots: list[Lot], network: Network, streets: Sequence[Street]) -> list[Lot]:
    """The lots whose nearest street is their own."""
    owner = {number: i for i, street in enumerate(streets) for number, _ in street.path}
    tree = STRtree([link.line for link in network.links])
    places = [Point(lot.at) for lot in lots]
    of, nearest = tree.query_nearest(places, all_matches=False)
    return [lots[i] for i, link in zip(of.tolist(), nearest.tolist(), strict=True) if owner.get(link) == lots[i].street]


def _footprint(lot: Lot, dice: random.Random) -> Polygon:
    """The building: row houses fill the lot's width, houses two thirds, some with a wing."""
    row = lot.quarter.rows
    width = lot.width * 0.97 if row else min(lot.width * dice.uniform(0.5, 0.7), dice.uniform(13, 19))
    depth = dice.uniform(9, 12) if row else dice.uniform(8.5, 12.5)
    w, d, s = width / 2, depth / 2, lot.side
    corners = [(-w, -d), (w, -d), (w, d), (-w, d)]
    if not row and dice.random() < 0.45:
        wing, cut = dice.uniform(-0.2, 0.3) * width, dice.uniform(2, 4)
        corners = [(-w, -d), (w, -d), (w, d), (wing, d), (wing, d - cut), (-w, d - cut)]
    elif lot.quarter.homes > 4 and dice.random() < 0.3:
        corners = [(-w, -d), (w, -d), (w, d + 5), (-w, d + 5)]
    c, n = math.cos(lot.heading), math.sin(lot.heading)
    turned = [(lot.at[0] + x * c - s * y * n, lot.at[1] + x * n + s * y * c) for x, y in corners]
    return Polygon([(round(x, 2), round(y, 2)) for x, y in turned])


def _apart(footprints: list[Polygon], network: Network) -> list[bool]:
    """For each building, whether it keeps off the streets and off every building before it."""
    shapes = np.array(footprints)
    streets = STRtree([link.line for link in network.links])
    keep = [True] * len(footprints)
    for i in streets.query(shapes, predicate="dwithin", distance=4.5)[0].tolist():
        keep[i] = False
    left, right = STRtree(shapes).query(shapely.buffer(shapes, -0.4), predicate="intersects")
    for a, b in sorted(zip(left.tolist(), right.tolist(), strict=True)):
        if a < b and keep[a] and keep[b]:
            keep[b] = False
    return keep


def _people(quarter: Quarter, dice: random.Random) -> int:
    spread = dice.random() + dice.random()
    return max(0, round(quarter.homes * spread))


def intersections(network: Network, streets: Sequence[Street]) -> list[tuple[str, str, XY]]:
    """(street, street, where) for each pair of named streets that meet; larger streets first."""
    rank = {"primary": 0, "secondary": 1, "tertiary": 2, "residential": 3}
    at: dict[int, dict[str, int]] = {}
    for street in streets:
        for number, _ in street.path:
            for node in network.links[number].nodes:
                at.setdefault(node, {})[street.name] = rank[street.kind]
    out: list[tuple[str, str, XY]] = []
    for node in sorted(at):
        meeting = sorted(at[node], key=lambda name: (at[node][name], name))
        pairs = [(a, b) for i, a in enumerate(meeting) for b in meeting[i + 1 :] if _base(a) != _base(b)]
        out.extend((a, b, network.nodes[node]) for a, b in pairs)
    return out


def _base(name: str) -> str:
    return name.removeprefix("North ").removeprefix("South ").removeprefix("East ").removeprefix("West ")
