"""Tiles of both databases as the map's own decoder reads them: every feature, count and position as in the rows.

The rows are put on the map here by the projection itself (EPSG:3857), with nothing of the product's own arithmetic.
"""

from __future__ import annotations

import base64
import json
import math
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.maps.conftest import Crowded
from tests.maps.crowd import CODES, GROUPS, One

HERE = Path(__file__).parent
SHOWN = ("open", "late", "closed")
STANDINGS = (*SHOWN, "duplicate")
# From the whole world to the street.
ZOOMS = (0, 9, 12, 14, 16, 17, 18)
# The grid on which requests are at one place, and into how many parts a tile is divided.
PLACES, EXTENT = 24, 4096

Square = tuple[int, int]
Tile = tuple[int, int, int]


def on_map(long: float, lat: float) -> tuple[float, float]:
    """From 0 to 1, from the west and from the north."""
    down = 0.5 - math.log(math.tan(math.pi / 4 + math.radians(lat) / 2)) / (2 * math.pi)
    return (long + 180) / 360, down


def square(zoom: int, across: float, down: float) -> Square:
    return int(across * 2**zoom), int(down * 2**zoom)


def decoded(tiles: dict[Tile, bytes]) -> dict[Tile, dict[str, Any]]:
    node = shutil.which("node", path=Path(sys.executable).parent)
    assert node, "Node comes with the packages for development"
    asked = json.dumps([(*tile, base64.b64encode(data).decode()) for tile, data in tiles.items()])
    said = subprocess.run([node, HERE / "decode_tiles.mjs"], input=asked, capture_output=True, text=True, check=True)
    return dict(zip(tiles, json.loads(said.stdout), strict=True))


async def tiles_over(crowded: Crowded, ones: list[One], **asked: str) -> dict[Tile, bytes]:
    tiles: dict[Tile, bytes] = {}
    for one in ones:
        for z in ZOOMS:
            tile = z, *square(z, *on_map(one.long, one.lat))
            if tile not in tiles:
                answer = await crowded.client.get("/tiles/requests/{}/{}/{}.mvt".format(*tile), params=asked)
                assert answer.status_code == 200
                tiles[tile] = answer.content
    return tiles


def by_square(crowd: list[One], tile: Tile, level: int) -> dict[Square, list[One]]:
    found: dict[Square, list[One]] = {}
    for one in crowd:
        at = on_map(one.long, one.lat)
        if square(tile[0], *at) == tile[1:]:
            found.setdefault(square(level, *at), []).append(one)
    return found


def holds(layer: dict[str, Any], tile: Tile, crowd: list[One]) -> int:
    """Every square with a request has one feature, there, that says what stands in it. Returns how many are stacked."""
    features = layer["features"]
    level = int(features[0]["properties"].get("level", PLACES))
    # A request stands at the corner of its part of the tile, a cell in its middle.
    middle = 0.5 / EXTENT / 2 ** tile[0] if tile[0] > 16 else 0.0
    spots = [[part + middle for part in on_map(*feature["at"])] for feature in features]
    expected = by_square(crowd, tile, level)
    assert sorted(square(level, *spot) for spot in spots) == sorted(expected)
    for feature, spot in zip(features, spots, strict=True):
        here, said = expected[square(level, *spot)], feature["properties"]
        assert feature["type"] == "Point"
        if "id" in said:
            (one,) = here
            assert max(abs(a - b) for a, b in zip(spot, on_map(one.long, one.lat), strict=True)) <= middle * 1.01
            assert (said["id"], said["standing"], said["n"]) == (one.number, one.standing, 1)
            assert (said["service"], said["group"]) == (CODES[one.service_id], GROUPS[one.service_id])
            continue
        counted = Counter(one.standing for one in here)
        assert [said["n"], *(said[name] for name in STANDINGS)] == [len(here), *(counted[name] for name in STANDINGS)]
        assert tile[0] <= 16 or len(here) > 1
    return sum(feature["properties"]["n"] > 1 for feature in features)


@pytest.mark.parametrize("standings", [SHOWN, STANDINGS], ids=["as at first", "with duplicates"])
async def test_the_maps_own_decoder_reads_what_the_rows_say(crowded: Crowded, standings: tuple[str, ...]) -> None:
    shown = [one for one in crowded.crowd if one.public and one.standing in standings]
    doors = Counter((one.lat, one.long) for one in shown)
    fullest = max(shown, key=lambda one: doors[one.lat, one.long])
    alone = [one for one in shown if doors[one.lat, one.long] == 1][:6]
    found = decoded(await tiles_over(crowded, [fullest, *alone], status=",".join(standings)))
    seen: Counter[str] = Counter()
    for tile, layers in found.items():
        ((name, layer),) = layers.items()
        assert (name, layer["version"], layer["extent"]) == ("cells" if tile[0] <= 16 else "requests", 2, EXTENT)
        seen["stacked"] += holds(layer, tile, shown)
        seen[name] += len(layer["features"])
    assert min(seen["cells"], seen["stacked"]) > 50 and seen["requests"] > len(alone), seen
