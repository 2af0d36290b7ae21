"""What stands at each place of a street: the one request, or how many there are."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, and_, case, func, select

from app.maps.figures import cells_of_tile
from app.maps.filter_rows import is_standing
from app.maps.filters import MapFilter
from app.maps.grid import END, FIRST
from app.service_requests.cells import CELL_ZOOM
from app.service_requests.count_figures import shifted
from app.service_requests.count_models import STANDINGS
from app.service_requests.models import ServiceRequest
from app.services.models import Service

Request = ServiceRequest


def places_of_tile(asked: MapFilter, z: int, level: int, *, in_region: bool = False) -> Select[Any]:
    """One row for each cell of a level in a tile (`values_of_tile`).

    Where n = 1 the request itself, where there are more their counts.

    (cell, n, open, late, closed, duplicate, id, standing, group, service, lat, long)
    """
    found = cells_of_tile(asked, z, level, in_region=in_region).subquery("found")
    bits = 2 * (CELL_ZOOM - level)
    # No cell for a stack: its requests, of which there may be any number, are not looked at.
    single_cell = case((found.c.n == 1, found.c.cell))
    here = Request.cell == single_cell
    if bits:
        here = and_(Request.cell >= shifted(single_cell, -bits), Request.cell < shifted(single_cell + 1, -bits))
    alone = and_(here, Request.cell >= FIRST, Request.cell < END, *asked.where(box=False))
    standing = case(*((is_so, name) for name, is_so in is_standing().items()))
    single = {
        "id": Request.service_request_id,
        "standing": standing,
        "group": Service.group,
        "service": Service.service_code,
        "lat": func.ST_Y(Request.location),
        "long": func.ST_X(Request.location),
    }
    return (
        select(
            found.c.cell,
            found.c.n,
            *(case((found.c.n > 1, found.c[name])).label(name) for name in STANDINGS),
            *(case((found.c.n == 1, column)).label(name) for name, column in single.items()),
        )
        .select_from(found)
        .outerjoin(Request, alone)
        .outerjoin(Service, Service.id == Request.service_id)
    )
