"""The box of an area that a phone takes along: read from an address, bounded, and refused in words."""

from __future__ import annotations

import math

from app.errors import Problem, Refused
from app.jurisdictions.geodesy import METRES_PER_DEGREE
from app.templating import mark

Box = tuple[float, float, float, float]

# A phone, a server and a patience have room for this much; a person on foot needs less.
MOST_KM2 = 25
# The largest circle is asked for by its box of exactly so much; a rounded side may be a metre longer.
ROUNDED_KM2 = 0.1
BAD_BOX = mark("A box is four numbers in degrees: west, south, east, north.")
TOO_LARGE = mark("This area has %(km2)s km². The most that can be taken along is %(most)s km²: choose a smaller one.")


def read_box(text: str) -> Box:
    """(west, south, east, north) in degrees from "-71.1,42.3,-71.0,42.4". Raises Refused (400, 413)."""
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError as error:
        raise Refused(Problem("box", BAD_BOX), status=400) from error
    if not (-180 <= west < east <= 180 and -85 <= south < north <= 85):
        raise Refused(Problem("box", BAD_BOX), status=400)
    return bounded((west, south, east, north))


def bounded(box: Box) -> Box:
    """The box, to the metre. Raises Refused (413) for more than 25 km²."""
    km2 = square_kilometres(box)
    if km2 > MOST_KM2 + ROUNDED_KM2:
        raise Refused(Problem("box", TOO_LARGE, {"km2": math.ceil(km2), "most": MOST_KM2}), status=413)
    west, south, east, north = (round(side, 5) for side in box)
    return west, south, east, north


def square_kilometres(box: Box) -> float:
    west, south, east, north = box
    squeeze = math.cos(math.radians((south + north) / 2))
    return (east - west) * squeeze * (north - south) * (METRES_PER_DEGREE / 1000) ** 2
