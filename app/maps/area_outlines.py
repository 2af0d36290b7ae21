"""The outlines of a layer, simplified for a screen, so that neighbours still share their border."""

from __future__ import annotations

import asyncio
import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from weakref import WeakKeyDictionary

import msgspec
import numpy as np
import shapely
from numpy.typing import NDArray
from sqlalchemy import Engine
from sqlalchemy.ext.asyncio import AsyncSession

from app.jurisdictions.area_index import AreaShape
from app.jurisdictions.geodesy import METRES_PER_DEGREE
from app.jurisdictions.queries import areas_index, engine_of, get_jurisdiction
from app.maps.area_sketch import Sketch, make_sketch

# Half a street's width, and under a pixel at the zooms at which whole areas are looked at.
TOLERANCE_M = 10.0
# About a metre.
DECIMALS = 5
# Raised when what the answer looks like changes.
SHAPE = 1
MOST_KEPT = 32

Shapes = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Outlines:
    """A layer's outlines as GeoJSON with a tag that changes when they do, and as a small drawing."""

    tag: str
    body: bytes
    sketch: Sketch


@dataclass(slots=True)
class Kept:
    layers: dict[tuple[int, tuple[int, ...]], Outlines] = field(default_factory=dict)
    making: asyncio.Lock = field(default_factory=asyncio.Lock)


_kept: WeakKeyDictionary[Engine, Kept] = WeakKeyDictionary()


async def layer_outlines(session: AsyncSession, layer: str, on: date) -> Outlines:
    """The outlines of the areas of a day, made once for each version of the areas. One small read."""
    city = await get_jurisdiction(session)
    areas = (await areas_index(session, city)).shapes(layer, on)
    kept = _kept.setdefault(engine_of(session), Kept())
    key = (city.areas_version, tuple(area.ref.id for area in areas))
    if key not in kept.layers:
        async with kept.making:
            if key not in kept.layers:
                made = await asyncio.to_thread(outlines_of, areas)
                while len(kept.layers) >= MOST_KEPT:
                    del kept.layers[next(iter(kept.layers))]
                kept.layers[key] = made
    return kept.layers[key]


def outlines_of(areas: Sequence[AreaShape]) -> Outlines:
    shapes = simplified(np.array([area.shape for area in areas], dtype=object))
    features = [
        {
            "type": "Feature",
            "properties": {"code": area.ref.code, "name": area.ref.name},
            "geometry": msgspec.Raw(shapely.to_geojson(shape).encode()),
        }
        for area, shape in zip(areas, shapes, strict=True)
    ]
    body = msgspec.json.encode({"type": "FeatureCollection", "features": features})
    tag = hashlib.sha256(b"%d " % SHAPE + body).hexdigest()[:20]
    codes = [area.ref.code for area in areas]
    # Weak, since the answer may be compressed on its way.
    return Outlines(f'W/"{tag}"', body, make_sketch(codes, shapes))


def simplified(shapes: Shapes) -> Shapes:
    """The shapes with what nobody sees left out. A border of two areas is simplified once, for both.

    What two drawings of one border leave between them stays as it is. RFC 7946 wants outer rings to turn left.
    """
    if not len(shapes):
        return shapes
    scale = np.array([math.cos(math.radians(shapely.total_bounds(shapes)[1])), 1.0]) * METRES_PER_DEGREE
    metres = shapely.transform(shapes, lambda xy: xy * scale)
    fewer = shapely.coverage_simplify(metres, TOLERANCE_M)
    degrees = shapely.transform(fewer, lambda xy: np.round(xy / scale, DECIMALS))
    return shapely.orient_polygons(degrees, exterior_cw=False)
