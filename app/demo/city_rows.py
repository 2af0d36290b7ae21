"""The made-up city as rows of the database: its areas and its places."""

from collections.abc import Iterator

from geoalchemy2 import WKTElement
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.demo.city import City
from app.imports.area_shapes import geodesic_km2
from app.imports.place_rows import PlaceRow
from app.imports.place_store import write_places
from app.jurisdictions.models import Area, AreaLayer
from app.jurisdictions.place_index import refresh_place_index

LAYERS = (
    ("board", "Community boards", "Juntas comunitarias"),
    ("council", "Council districts", "Distritos del concejo"),
    ("neighborhood", "Neighborhoods", "Vecindarios"),
    ("zip", "ZIP codes", "Códigos postales"),
    ("agency", "Outside agencies", "Otras agencias"),
)
CHUNK = 5000


async def write_areas(session: AsyncSession, city: City) -> None:
    """Layers and areas. Which department answers for an agency's land is written when there are departments."""
    layers = [
        {"code": code, "name": name, "position": position, "translations": {"es": {"name": name_es}}}
        for position, (code, name, name_es) in enumerate(LAYERS)
    ]
    await session.execute(insert(AreaLayer), layers)
    rows = []
    for area in [*city.areas, *city.agency_areas]:
        shape = city.frame.to_lonlat(area.shape)
        rows.append({
            "layer": area.layer, "code": area.code, "name": area.name, "population": area.population,
            "area_km2": round(geodesic_km2(shape), 3), "location": WKTElement(shape.wkt, srid=4326),
        })  # fmt: skip
    await session.execute(insert(Area), rows)


async def write_city_places(session: AsyncSession, city: City) -> int:
    """Every address, intersection and point of interest, and the index to find them by; how many."""
    rows = list(place_rows(city))
    for start in range(0, len(rows), CHUNK):
        await write_places(session, rows[start : start + CHUNK])
    await refresh_place_index(session)
    return len(rows)


def place_rows(city: City) -> Iterator[PlaceRow]:
    for number, (home, zipcode) in enumerate(zip(city.addresses, city.zips, strict=True)):
        long, lat = city.lonlat(home.at)
        yield PlaceRow(f"demo:a{number}", "address", home.text, str(home.number), home.street, None, zipcode, lat, long)
    for number, (crossing, zipcode) in enumerate(zip(city.crossings, city.crossing_zips, strict=True)):
        long, lat = city.lonlat(crossing.at)
        yield PlaceRow(f"demo:x{number}", "intersection", crossing.text, None, crossing.street, crossing.cross_street,
                       zipcode, lat, long)  # fmt: skip
    for number, mark in enumerate(city.landmarks):
        long, lat = city.lonlat(mark.at)
        house = str(mark.address.number) if mark.address else None
        street = mark.address.street if mark.address else None
        yield PlaceRow(f"demo:p{number}", "poi", mark.name, house, street, None, None, lat, long)
