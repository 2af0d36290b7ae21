"""From crossing lines to a street network: crossings, links between them, and no loose ends."""

import math
import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np
import shapely
from shapely import LineString, Point, STRtree
from shapely.geometry.base import BaseGeometry

XY = tuple[float, float]
MERGED = 17.0  # metres: crossings nearer than this are one
STUB = 42.0  # a dead end shorter than this is cut off
REACH = 115.0  # how far a street that stopped short is led on to the next one


@dataclass(frozen=True)
class Way:
    """One continuous road before it is cut at its crossings."""

    kind: str  # primary, secondary, tertiary, residential
    line: LineString
    name: str = ""  # the arterials have theirs; the others are named later


@dataclass(frozen=True)
class Link:
    """A stretch of `way` between two nodes, `coords` running from the first to the second."""

    way: int
    kind: str
    nodes: tuple[int, int]
    coords: tuple[XY, ...]

    @property
    def line(self) -> LineString:
        return LineString(self.coords)


@dataclass
class Network:
    ways: list[Way]
    nodes: list[XY]
    links: list[Link] = field(default_factory=list)

    def ends(self) -> dict[int, list[int]]:
        """The links at each node."""
        out: dict[int, list[int]] = defaultdict(list)
        for number, link in enumerate(self.links):
            for node in link.nodes:
                out[node].append(number)
        return out


def make_network(ways: Sequence[Way], barrier: BaseGeometry) -> Network:
    """`barrier` is what no street is led across to meet another: water, the highway, the railway."""
    led_on = _lead_on([replace(way, line=LineString(way.line.simplify(1.5).coords)) for way in ways], barrier)
    cuts = _crossings(led_on)
    nodes, of_cut = _merge([xy for _, _, xy in cuts], [led_on[way].kind for way, _, _ in cuts])
    network = Network(led_on, nodes)
    along: dict[int, list[tuple[float, int]]] = defaultdict(list)
    for (way, at, _), node in zip(cuts, of_cut, strict=True):
        along[way].append((at, node))
    for way in range(len(led_on)):
        network.links.extend(_cut(network, way, sorted(along[way])))
    _drop_twins(network)
    return network


def _lead_on(ways: list[Way], barrier: BaseGeometry) -> list[Way]:
    tree = STRtree([way.line for way in ways])
    shapely.prepare(barrier)
    out = []
    for number, way in enumerate(ways):
        coords: list[XY] = [(x, y) for x, y in way.line.coords]
        if not way.name:
            coords = _led(coords, number, ways, tree, barrier)
            coords = _led(coords[::-1], number, ways, tree, barrier)[::-1]
        out.append(replace(way, line=LineString(coords)))
    return out


def _led(coords: list[XY], number: int, ways: list[Way], tree: STRtree, barrier: BaseGeometry) -> list[XY]:
    """`coords` with a last point on the nearest street ahead, when there is one in reach."""
    (ax, ay), (bx, by) = coords[-2][:2], coords[-1][:2]
    size = math.dist((ax, ay), (bx, by))
    ahead = LineString([(bx, by), (bx + (bx - ax) / size * REACH, by + (by - ay) / size * REACH)])
    end = Point(bx, by)
    best: tuple[float, XY] | None = None
    for other in sorted(int(i) for i in tree.query(ahead, predicate="intersects")):
        if other == number:
            continue
        for point in shapely.get_parts(ways[other].line.intersection(ahead)):
            distance = end.distance(point)
            if isinstance(point, Point) and (best is None or distance < best[0]):
                best = (distance, (point.x, point.y))
    if best is None or best[0] < 1 or LineString([(bx, by), best[1]]).intersects(barrier):
        return coords
    x, y = best[1]
    past = 0.5 / best[0]
    return [*coords, (x + (x - bx) * past, y + (y - by) * past)]


def _crossings(ways: list[Way]) -> list[tuple[int, float, XY]]:
    """(way, metres along it, where) twice for each crossing: once for either road."""
    lines = np.array([way.line for way in ways])
    left, right = STRtree(lines).query(lines, predicate="intersects")
    pairs = sorted((int(a), int(b)) for a, b in zip(left, right, strict=True) if a < b)
    shared = shapely.intersection(lines[[a for a, _ in pairs]], lines[[b for _, b in pairs]])
    out: list[tuple[int, float, XY]] = []
    for (a, b), meeting in zip(pairs, shared, strict=True):
        for part in shapely.get_parts(meeting):
            point = part if isinstance(part, Point) else part.interpolate(0.5, normalized=True)
            out.extend((way, ways[way].line.project(point), (point.x, point.y)) for way in (a, b))
    return out


RANK = {"primary": 8, "secondary": 4, "tertiary": 2, "residential": 1}


def _merge(points: list[XY], kinds: list[str]) -> tuple[list[XY], list[int]]:
    """Nodes, and the node of each of `points`; larger roads draw the node towards them."""
    group = list(range(len(points)))

    def root(i: int) -> int:
        while group[i] != i:
            group[i] = group[group[i]]
            i = group[i]
        return i

    shapes = [Point(at) for at in points]
    near, far = STRtree(shapes).query(shapes, predicate="dwithin", distance=MERGED)
    for a, b in sorted(zip(near.tolist(), far.tolist(), strict=True)):
        if a < b:
            first, second = sorted((root(a), root(b)))
            group[second] = first
    members: dict[int, list[int]] = defaultdict(list)
    for i in range(len(points)):
        members[root(i)].append(i)
    nodes: list[XY] = []
    number: dict[int, int] = {}
    for leader, inside in members.items():
        weights = [RANK[kinds[i]] ** 3 for i in inside]
        number[leader] = len(nodes)
        nodes.append((
            sum(points[i][0] * w for i, w in zip(inside, weights, strict=True)) / sum(weights),
            sum(points[i][1] * w for i, w in zip(inside, weights, strict=True)) / sum(weights),
        ))  # fmt: skip
    return nodes, [number[root(i)] for i in range(len(points))]


def _cut(network: Network, way: int, cuts: list[tuple[float, int]]) -> list[Link]:
    line, kind = network.ways[way].line, network.ways[way].kind
    stops = [cut for i, cut in enumerate(cuts) if i == 0 or cut[1] != cuts[i - 1][1]]
    if not stops or stops[0][0] > STUB:
        stops.insert(0, (0.0, _new_node(network, line, 0.0)))
    if line.length - stops[-1][0] > STUB:
        stops.append((line.length, _new_node(network, line, line.length)))
    at = [line.project(Point(p)) for p in line.coords]
    out = []
    for (start, u), (end, v) in pairwise(stops):
        inner = [p for p, d in zip(line.coords, at, strict=True) if start + MERGED / 2 < d < end - MERGED / 2]
        out.append(Link(way, kind, (u, v), (network.nodes[u], *((x, y) for x, y in inner), network.nodes[v])))
    return out


def _new_node(network: Network, line: LineString, at: float) -> int:
    point = line.interpolate(at)
    network.nodes.append((point.x, point.y))
    return len(network.nodes) - 1


def _drop_twins(network: Network) -> None:
    """Leave one of two links that run side by side between the same nodes, and no loop."""
    best: dict[tuple[int, int], Link] = {}
    kept = []
    for link in network.links:
        key = (min(link.nodes), max(link.nodes))
        twin = best.get(key)
        if link.nodes[0] == link.nodes[1] or (twin and twin.line.hausdorff_distance(link.line) < 30):
            continue
        best.setdefault(key, link)
        kept.append(link)
    network.links = kept


def thin(network: Network, share_at: dict[int, float], dice: random.Random) -> None:
    """Leave out links at random, each by its share, where both ends keep at least two others."""
    degree = {node: len(links) for node, links in network.ends().items()}
    gone = set()
    for number in sorted(share_at, key=lambda _: dice.random()):
        u, v = network.links[number].nodes
        if degree[u] > 2 and degree[v] > 2 and dice.random() < share_at[number]:
            gone.add(number)
            degree[u] -= 1
            degree[v] -= 1
    network.links = [link for number, link in enumerate(network.links) if number not in gone]


def tidy(network: Network) -> None:
    """Cut short dead ends off, and whatever does not hang together with the rest."""
    while True:
        ends = network.ends()
        loose = {
            number
            for number, link in enumerate(network.links)
            if link.kind == "residential" and link.line.length < STUB and any(len(ends[n]) == 1 for n in link.nodes)
        }
        if not loose:
            break
        network.links = [link for number, link in enumerate(network.links) if number not in loose]
    _keep_largest_part(network)


def _keep_largest_part(network: Network) -> None:
    part: dict[int, int] = {}
    ends = network.ends()
    for start in sorted(ends):
        stack = [start] if start not in part else []
        while stack:
            node = stack.pop()
            if node in part:
                continue
            part[node] = start
            stack.extend(n for number in ends[node] for n in network.links[number].nodes if n not in part)
    sizes: dict[int, int] = defaultdict(int)
    for leader in part.values():
        sizes[leader] += 1
    largest = max(sizes, key=lambda leader: (sizes[leader], -leader))
    network.links = [link for link in network.links if part[link.nodes[0]] == largest]
