"""The local plane of the made-up city: metres east (x) and north (y) of its centre."""

import math
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

G = TypeVar("G", bound=BaseGeometry)

METRES_PER_DEGREE_NORTH = 111_045.0  # of a meridian at 41 degrees, GRS 80
METRES_PER_DEGREE_EQUATOR = 111_319.49


@dataclass(frozen=True)
class Frame:
    """An equirectangular plane around `lon`, `lat` (degrees): good to a metre over a city."""

    lon: float
    lat: float

    @property
    def metres_per_degree_east(self) -> float:
        return METRES_PER_DEGREE_EQUATOR * math.cos(math.radians(self.lat))

    def to_lonlat(self, geometry: G) -> G:
        """The same geometry in degrees, at seven decimals (a centimetre)."""
        return shapely.transform(geometry, self.degrees)

    def to_metres(self, geometry: G) -> G:
        return shapely.transform(geometry, self.metres)

    def degrees(self, xy: Any) -> Any:
        """An (n, 2) array of metres as (n, 2) degrees: longitude, latitude."""
        scale = (1 / self.metres_per_degree_east, 1 / METRES_PER_DEGREE_NORTH)
        return np.round(xy * np.array(scale) + np.array((self.lon, self.lat)), 7)

    def metres(self, degrees: Any) -> Any:
        scale = (self.metres_per_degree_east, METRES_PER_DEGREE_NORTH)
        return (degrees - np.array((self.lon, self.lat))) * np.array(scale)


HARBOR_POINT = Frame(lon=-71.24, lat=41.07)  # open sea south of New England: no real town is near
