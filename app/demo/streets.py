"""The streets of Harbor Point: grown, joined, thinned, and opened for parks."""

import random

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from app.demo import mainroads
from app.demo.field import make_field
from app.demo.layout import Plan, influences, parks, wander
from app.demo.network import Link, Network, Way, make_network, thin, tidy
from app.demo.streamlines import Grower
from app.demo.terrain import Terrain

LEVEL_CROSSINGS = 0.3  # share of the small streets that meet the railway and go over it


def make_streets(terrain: Terrain, plan: Plan, dice: random.Random) -> Network:
    """The network inside and around the city, every link with two nodes, all hanging together."""
    roads = mainroads.main_roads()
    field = make_field(influences(terrain, roads), wander(), dice)
    grower = Grower(field, plan.spacing, dice)
    for road in roads:
        grower.add_existing(road.family, road.line)
    ways = [Way(road.kind, road.line, road.name) for road in roads]
    ways += [Way("residential", line) for _, line in grower.grow()]
    railway = shapely.union_all(mainroads.railway())
    network = make_network(ways, shapely.union_all([terrain.water, mainroads.highway(), railway]))
    _open_up(network, terrain, railway, dice)
    thin(network, _shares(network, plan), dice)
    tidy(network)
    return network


def _open_up(network: Network, terrain: Terrain, railway: BaseGeometry, dice: random.Random) -> None:
    """Take away the small streets inside parks, over open water, and most of those over the railway."""
    lines = np.array([link.line for link in network.links])
    inside = shapely.union_all([park.shape.buffer(-12) for park in parks()])
    wet = shapely.union_all([terrain.water.buffer(8), mainroads.highway().buffer(20)])
    in_park = shapely.length(shapely.intersection(lines, inside)) > 14
    over = shapely.intersects(lines, wet)
    rails = shapely.intersects(lines, railway)
    network.links = [
        link
        for link, park, water, rail in zip(network.links, in_park, over, rails, strict=True)
        if not _small(link) or not (park or water or (rail and dice.random() > LEVEL_CROSSINGS))
    ]


def _shares(network: Network, plan: Plan) -> dict[int, float]:
    out = {}
    for number, link in enumerate(network.links):
        middle = link.line.interpolate(0.5, normalized=True)
        quarter = plan.quarter(middle.x, middle.y)
        if quarter and quarter.thinned and _small(link):
            out[number] = quarter.thinned * (1.4 if link.line.length < 140 else 0.6)
    return out


def _small(link: Link) -> bool:
    return link.kind == "residential"
