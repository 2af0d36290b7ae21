"""Distances and boxes on the globe, good to 0.5 % at the size of a city (sphere of the mean Earth radius)."""

from __future__ import annotations

import math

EARTH_RADIUS_M = 6_371_008.8
METRES_PER_DEGREE = math.radians(1) * EARTH_RADIUS_M


def distance_m(lat: float, long: float, other_lat: float, other_long: float) -> float:
    """Great-circle distance in metres between two points in decimal degrees (the haversine formula)."""
    φ1, φ2 = math.radians(lat), math.radians(other_lat)
    half_φ, half_λ = (φ2 - φ1) / 2, math.radians(other_long - long) / 2
    h = math.sin(half_φ) ** 2 + math.cos(φ1) * math.cos(φ2) * math.sin(half_λ) ** 2
    return 2 * EARTH_RADIUS_M * math.asin(min(1.0, math.sqrt(h)))


def box_around(lat: float, long: float, radius_m: float) -> tuple[float, float, float, float]:
    """(west, south, east, north) in degrees, holding every point within `radius_m` metres."""
    reach_lat = radius_m / METRES_PER_DEGREE
    reach_long = reach_lat / max(math.cos(math.radians(lat)), 0.01)
    return long - reach_long, lat - reach_lat, long + reach_long, lat + reach_lat


def boxes_around(lat: float, long: float, radius_m: float) -> list[tuple[float, float, float, float]]:
    """`box_around` between -180 and 180 degrees: one box, or the two sides of the date line."""
    west, south, east, north = box_around(lat, long, radius_m)
    if west < -180:
        return [(west + 360, south, 180.0, north), (-180.0, south, east, north)]
    if east > 180:
        return [(west, south, 180.0, north), (-180.0, south, east - 360, north)]
    return [(west, south, east, north)]
