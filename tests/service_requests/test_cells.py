"""The cell key sorts by nearness, and a tile is one range of keys."""

from __future__ import annotations

import math
import random

from app.service_requests.cells import cell_key, interleave, separate, tile_range


def tile_of(zoom: int, lat: float, long: float) -> tuple[int, int]:
    """OpenStreetMap's own formula, written out again."""
    n = 2**zoom
    x = int((long + 180) / 360 * n)
    y = int((1 - math.log(math.tan(math.radians(lat)) + 1 / math.cos(math.radians(lat))) / math.pi) / 2 * n)
    return x, y


def test_a_tile_holds_the_keys_of_the_points_in_it_and_no_others() -> None:
    chance = random.Random(311)
    points = [(chance.uniform(-80, 80), chance.uniform(-179, 179)) for _ in range(300)]
    for zoom in (0, 1, 5, 12, 16, 20):
        for lat, long in points[:60]:
            x, y = tile_of(zoom, lat, long)
            first, after = tile_range(zoom, x, y)
            inside = [point for point in points if first <= cell_key(*point) < after]
            assert inside == [point for point in points if tile_of(zoom, *point) == (x, y)]


def test_a_key_is_taken_apart_again() -> None:
    chance = random.Random(311)
    for _ in range(100):
        x, y = chance.randrange(1 << 24), chance.randrange(1 << 24)
        assert separate(interleave(x, y)) == (x, y)


def test_the_whole_world_fits_and_its_edges_do_not_leave_it() -> None:
    first, after = tile_range(0, 0, 0)
    for lat, long in ((90, 180), (-90, -180), (90, -180), (-90, 180), (0, 0)):
        assert first <= cell_key(lat, long) < after
    assert after == 2**48
