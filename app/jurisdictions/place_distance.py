"""Distances on the ground between points of one city."""

from __future__ import annotations

from math import asin, cos, radians, sin, sqrt

EARTH_RADIUS_M = 6_371_008.8
METRES_PER_DEGREE = EARTH_RADIUS_M * radians(1)


def metres_between(lat: float, long: float, other_lat: float, other_long: float) -> float:
    """Metres between two WGS84 points on the mean sphere (haversine formula), within 0.6 % of the ellipsoid."""
    half_lat, half_long = radians(other_lat - lat) / 2, radians(other_long - long) / 2
    chord = sin(half_lat) ** 2 + cos(radians(lat)) * cos(radians(other_lat)) * sin(half_long) ** 2
    return 2 * EARTH_RADIUS_M * asin(min(1.0, sqrt(chord)))


def squeeze(lat: float) -> float:
    """How much shorter a degree of longitude is than one of latitude at `lat`; never quite nothing."""
    return max(cos(radians(lat)), 0.01)
