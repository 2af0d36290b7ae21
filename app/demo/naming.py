"""Every street gets its own name, and its links in the order in which its houses are numbered."""

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass

import shapely
from shapely.geometry.base import BaseGeometry

from app.demo import names
from app.demo.layout import ELSEWHERE, Plan
from app.demo.network import Network

XY = tuple[float, float]
CENTRE: XY = (-470.0, -1560.0)  # Market Square: numbers rise away from it
LONG = 260.0  # metres on either side of a base line for a street to be East and West of it


@dataclass(frozen=True)
class Street:
    """`path` holds (link, forward) from the low numbers to the high ones."""

    name: str
    kind: str
    path: tuple[tuple[int, bool], ...]


Path = list[tuple[int, bool]]


def name_streets(network: Network, plan: Plan, limits: BaseGeometry, dice: random.Random) -> list[Street]:
    """Streets with unique names; each link of the network inside `limits` is in exactly one."""
    inside = [limits.intersects(shapely.Point(_middle(network, i))) for i in range(len(network.links))]
    paths = list(_paths(network, inside))
    mains = {way.name: number for number, way in enumerate(network.ways) if way.name}
    base_nodes = {name: _nodes_of(network, mains[name]) for name in ("Main Street", "Broadway", "Washington Avenue")}
    pool = _Names(dice)
    streets: list[Street] = []
    taken: set[str] = set()
    for path in sorted(paths, key=lambda path: (-_length(network, path), path)):
        way = network.ways[network.links[path[0][0]].way]
        if way.name == "Main Street":
            streets += _divided(network, path, base_nodes["Washington Avenue"], ("South", "North"), way.name, way.kind)
        elif way.name:
            name = way.name if way.name not in taken else pool.arterial()
            taken.add(name)
            streets.append(Street(name, way.kind, tuple(_outward(network, path))))
        else:
            streets += _small_street(network, path, plan, base_nodes, pool)
    return _numbered(network, streets, base_nodes["Broadway"])


class _Names:
    def __init__(self, dice: random.Random) -> None:
        town = [*names.TOWN, *(name for name in names.SPANISH if name not in names.TOWN)]
        dice.shuffle(town)
        country = [f"{a} {b}" for a in names.FIRST for b in names.SECOND if a != b]
        dice.shuffle(country)
        self.dice = dice
        self._town, self._country = town, country
        self._paseos = list(names.PASEOS)

    def arterial(self) -> str:
        return f"{self._town.pop()} Avenue"

    def town(self) -> str:
        return self._town.pop() if self._town else self.country().split(" ")[0]

    def street(self) -> str:
        return f"{self.town()} {self.dice.choice(names.STREET_SUFFIXES)}" if self._town else self.lane()

    def lane(self) -> str:
        if self._paseos and self.dice.random() < 0.12:
            return self._paseos.pop()
        if self._town and self.dice.random() < 0.45:
            return f"{self._town.pop()} {self.dice.choice(names.LANE_SUFFIXES)}"
        return f"{self.country()} {self.dice.choice(names.LANE_SUFFIXES)}"

    def closed(self) -> str:
        return f"{self.country()} {self.dice.choice(names.CLOSED_SUFFIXES)}"

    def country(self) -> str:
        return self._country.pop()


def _small_street(network: Network, path: Path, plan: Plan, bases: dict[str, set[int]], pool: _Names) -> list[Street]:
    x, y = _middle(network, path[len(path) // 2][0])
    quarter = plan.quarter(x, y) or ELSEWHERE
    for base in ("Main Street", "Broadway"):
        halves = _split(network, path, bases[base])
        if halves and min(_length(network, half) for half in halves) > LONG:
            return _divided(network, path, bases[base], ("West", "East"), f"{pool.town()} Street", "residential")
    if quarter.thinned == 0:
        name = pool.street()
    elif _length(network, path) < 190:
        name = pool.closed()
    else:
        name = pool.lane()
    return [Street(name, "residential", tuple(_outward(network, path)))]


def _divided(
    network: Network, path: Path, base: set[int], sides: tuple[str, str], name: str, kind: str
) -> list[Street]:
    """Two streets from one, numbered away from the base line; `sides`: of the lower, the higher end."""
    halves = _split(network, path, base)
    if not halves:
        return [Street(name, kind, tuple(_outward(network, path)))]
    axis = 1 if sides == ("South", "North") else 0
    ordered = sorted(halves, key=lambda half: _end(network, half)[axis])
    return [Street(f"{side} {name}", kind, tuple(half)) for side, half in zip(sides, ordered, strict=True)]


def _numbered(network: Network, streets: list[Street], broadway: set[int]) -> list[Street]:
    """The streets across Broadway south of Alvarado Boulevard are numbered from the shore up."""
    across: dict[str, float] = {}
    for street in streets:
        side, _, base = street.name.partition(" ")
        if side in ("East", "West") and street.kind == "residential":
            x, y = _start(network, list(street.path))
            if x > 400 and y < 600:
                across[base] = y
    new = {base: f"{names.ordinal(i + 1)} Street" for i, base in enumerate(sorted(across, key=lambda b: across[b]))}
    out = []
    for street in streets:
        side, _, base = street.name.partition(" ")
        renamed = f"{side} {new[base]}" if side in ("East", "West") and base in new else street.name
        out.append(Street(renamed, street.kind, street.path))
    return out


def _paths(network: Network, inside: list[bool]) -> Iterator[Path]:
    """The unbroken runs of each way's links; a run is a street."""
    run: Path = []
    for number, link in enumerate(network.links):
        before = network.links[run[-1][0]] if run else None
        if run and (before is None or before.way != link.way or before.nodes[1] != link.nodes[0] or not inside[number]):
            yield run
            run = []
        if inside[number]:
            run.append((number, True))
    if run:
        yield run


def _split(network: Network, path: Path, base: set[int]) -> tuple[Path, Path] | None:
    """The path's two parts on either side of a base line, each leading away from it."""
    for i in range(1, len(path)):
        if network.links[path[i][0]].nodes[0] in base:
            return [(number, False) for number, _ in path[:i]][::-1], path[i:]
    return None


def _outward(network: Network, path: Path) -> Path:
    if math.dist(_start(network, path), CENTRE) <= math.dist(_end(network, path), CENTRE):
        return path
    return [(number, not forward) for number, forward in path[::-1]]


def _start(network: Network, path: Path) -> XY:
    number, forward = path[0]
    return network.nodes[network.links[number].nodes[0 if forward else 1]]


def _end(network: Network, path: Path) -> XY:
    number, forward = path[-1]
    return network.nodes[network.links[number].nodes[1 if forward else 0]]


def _length(network: Network, path: Path) -> float:
    return sum(network.links[number].line.length for number, _ in path)


def _middle(network: Network, number: int) -> XY:
    point = network.links[number].line.interpolate(0.5, normalized=True)
    return point.x, point.y


def _nodes_of(network: Network, way: int) -> set[int]:
    return {node for link in network.links if link.way == way for node in link.nodes}
