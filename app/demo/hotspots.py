"""Where things are reported: near homes, at crossings, in parks, and again and again at the same corners."""

import math
import random
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

import shapely
from shapely import Point, STRtree
from shapely.geometry.base import BaseGeometry

from app.demo.addresses import Address
from app.demo.city import City
from app.demo.themes import Theme

XY = tuple[float, float]
HOT = 0.46  # share of a theme's reports that come from its hot spots
HOT_RADIUS = 170.0  # metres
ON_STATE_LAND = 0.018  # share that lies on an outside agency's land inside the city

EVERYWHERE = ("water", "animals", "housing")  # groups for which the city answers on all land: see responsibilities.yaml


@dataclass(frozen=True)
class Spot:
    """A place as it was reported: metres of the plane, and the words and names that belong to it."""

    at: XY
    address: str
    zipcode: str
    street: str
    cross: str
    number: int
    near: str
    agency: str | None = None


class Spots:
    """Chooses places for themes. Each theme has hot spots of its own, drawn once."""

    def __init__(self, city: City, dice: random.Random) -> None:
        self.city = city
        self._homes = city.addresses
        self._weights = list(accumulate(a.people + 0.4 for a in city.addresses))
        self._tree = STRtree([Point(a.at) for a in city.addresses])
        self._meeting = self._cross_streets()
        self._parks = [m for m in city.landmarks if m.kind in ("park", "playground", "beach")]
        self._marks = STRtree([Point(m.at) for m in city.landmarks])
        self._crossing_near = STRtree([Point(c.at) for c in city.crossings])
        self._agencies = _agency_grounds(city)
        self._clear = shapely.union_all([shape for _, shape in self._agencies]).buffer(30)
        shapely.prepare(self._clear)
        self._hot: dict[str, list[int]] = defaultdict(list)

    def choose(self, theme: Theme, dice: random.Random) -> Spot:
        if dice.random() < ON_STATE_LAND and theme.services[0].group not in EVERYWHERE:
            return self._on_agency_land(dice)
        if theme.where == "park" and dice.random() < 0.8:
            return self._in_park(theme, dice)
        while True:
            home = self._homes[self._home(theme, dice)]
            crossing = theme.where == "crossing"
            spot = self._at_crossing(home) if crossing else self._by(home, theme.where == "street", dice)
            if not shapely.contains_xy(self._clear, *spot.at):
                return spot

    def beside(self, spot: Spot, dice: random.Random) -> Spot:
        """The same place as somebody else points at it: up to 35 metres off, with the address found there."""
        x, y = spot.at[0] + dice.gauss(0, 9), spot.at[1] + dice.gauss(0, 9)
        if not shapely.contains_xy(self.city.terrain.land, x, y) or shapely.contains_xy(self._clear, x, y):
            return spot
        home = self._nearest(self._tree, (x, y))
        return self._spot((x, y), self._homes[home])

    def _home(self, theme: Theme, dice: random.Random) -> int:
        hot = self._hot[theme.name]
        if not hot:
            hot += [self._any_home(dice) for _ in range(dice.randint(6, 10))]
        if dice.random() > HOT:
            return self._any_home(dice)
        # The first of them are the worst.
        middle = hot[min(len(hot) - 1, int(dice.expovariate(0.4)))]
        near = self._tree.query(Point(self._homes[middle].at), predicate="dwithin", distance=HOT_RADIUS)
        return int(dice.choice(sorted(near.tolist())))

    def _any_home(self, dice: random.Random) -> int:
        return bisect_left(self._weights, dice.random() * self._weights[-1])

    def _by(self, home: Address, on_street: bool, dice: random.Random) -> Spot:
        """In front of a house, or on the street beside it."""
        line = self.city.network.links[home.link].line
        foot = line.interpolate(line.project(Point(home.at)))
        share = dice.uniform(0.75, 1.0) if on_street else dice.uniform(0.25, 0.6)
        x = home.at[0] + (foot.x - home.at[0]) * share + dice.uniform(-2, 2)
        y = home.at[1] + (foot.y - home.at[1]) * share + dice.uniform(-2, 2)
        return self._spot((x, y), home)

    def _at_crossing(self, home: Address) -> Spot:
        number = self._nearest(self._crossing_near, home.at)
        crossing = self.city.crossings[number]
        return Spot(crossing.at, crossing.text, self.city.crossing_zips[number], crossing.street,
                    crossing.cross_street, home.number, self._near(crossing.at))  # fmt: skip

    def _in_park(self, theme: Theme, dice: random.Random) -> Spot:
        park = self._parks[min(len(self._parks) - 1, int(dice.expovariate(0.13)))]
        turn, far = dice.uniform(0, math.tau), dice.uniform(0, 40)
        at = (park.at[0] + far * math.cos(turn), park.at[1] + far * math.sin(turn))
        if shapely.contains_xy(self._clear, *at):
            at = park.at
        home = self._homes[self._nearest(self._tree, at)]
        spot = self._spot(at, home)
        return Spot(spot.at, park.name, spot.zipcode, spot.street, spot.cross, spot.number, park.name)

    def _on_agency_land(self, dice: random.Random) -> Spot:
        code, shape = dice.choices(self._agencies, [5, 2, 3][: len(self._agencies)])[0]
        west, south, east, north = shape.bounds
        while True:
            x, y = dice.uniform(west, east), dice.uniform(south, north)
            if shapely.contains_xy(shape, x, y):
                spot = self._spot((x, y), self._homes[self._nearest(self._tree, (x, y))])
                return Spot(spot.at, spot.address, spot.zipcode, spot.street, spot.cross, spot.number, spot.near, code)

    def _spot(self, at: XY, home: Address) -> Spot:
        at = (round(at[0], 2), round(at[1], 2))
        return Spot(at, home.text, self.city.zips[self._index[home.text]], home.street,
                    self._meeting.get(home.link, home.street), home.number, self._near(at))  # fmt: skip

    def _near(self, at: XY) -> str:
        return self.city.landmarks[self._nearest(self._marks, at)].name

    @staticmethod
    def _nearest(tree: STRtree, at: XY) -> int:
        return int(tree.nearest(Point(at)))

    def _cross_streets(self) -> dict[int, str]:
        """For each link of the network, a street that crosses at one of its ends."""
        self._index = {home.text: number for number, home in enumerate(self.city.addresses)}
        at_node: dict[int, list[str]] = defaultdict(list)
        own: dict[int, str] = {}
        for street in self.city.streets:
            for link, _ in street.path:
                own[link] = street.name
                for node in self.city.network.links[link].nodes:
                    at_node[node].append(street.name)
        out = {}
        for link, name in own.items():
            others = [n for node in self.city.network.links[link].nodes for n in at_node[node] if n != name]
            if others:
                out[link] = others[0]
        return out


def _agency_grounds(city: City) -> Sequence[tuple[str, BaseGeometry]]:
    """The land of outside agencies that lies inside the city."""
    inside = city.boundary.intersection(city.terrain.land)
    return [
        (area.agency, area.shape.intersection(inside))
        for area in city.agency_areas
        if area.agency and not area.agency.startswith("town-")
    ]
