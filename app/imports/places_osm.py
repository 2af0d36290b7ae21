"""Places from an OpenStreetMap extract: addresses, named points of interest, and intersections.

Tags: https://wiki.openstreetmap.org/wiki/Key:addr and Map features.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import osmium
import shapely
from shapely import Polygon

from app.imports.osm_intersections import intersections
from app.imports.place_rows import BadPlace, PlaceOrProblem, PlaceRow, make, place_from, tidy
from app.imports.problems import ImportProblem, ImportRefused

POI_KEYS = ("amenity", "shop", "leisure", "tourism", "public_transport", "railway", "building")
TAGS = ("name", "addr:housenumber", "addr:street", "addr:place", "addr:postcode", *POI_KEYS)
# Of a stop, only the platform or the station is a place; of a railway, only the station.
NOT_POIS = {"public_transport": ("stop_position", "stop_area"), "amenity": ("parking_space", "bench")}


def extract_format(start: bytes) -> str | None:
    """osmium's name for the format of a file that begins so, or None when it is no OpenStreetMap file."""
    if b"OSMHeader" in start[:32]:
        return "pbf"
    return "osm" if start.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<") and b"<osm" in start else None


def osm_places(path: Path, file_format: str) -> Iterator[PlaceOrProblem]:
    """Every place of an extract. Raises ImportRefused for a damaged file."""
    file = osmium.io.File(str(path), file_format)
    try:
        yield from tagged_places(path.name, file)
        yield from intersections(file)
    except (RuntimeError, struct.error, osmium.InvalidLocationError) as error:
        raise ImportRefused([ImportProblem(path.name, None, None, f"the extract is damaged: {error}")]) from error


def tagged_places(name: str, file: osmium.io.File) -> Iterator[PlaceOrProblem]:
    keys = osmium.filter.KeyFilter("addr:housenumber", *POI_KEYS)
    items: Iterable[Any] = osmium.FileProcessor(file).with_areas(keys).with_filter(keys)
    for item in items:
        if item.is_node():
            source, spot = f"n{item.id}", (item.location.lat, item.location.lon) if item.location.valid() else None
        elif item.is_area():
            source = f"{'w' if item.from_way() else 'r'}{item.orig_id()}"
            spot = middle(item)
        else:
            continue
        tags = {key: tidy(item.tags.get(key)) for key in TAGS}
        try:
            yield from places_of(source, spot, tags)
        except BadPlace as error:
            yield ImportProblem(name, None, None, f"OpenStreetMap's {source}: {error}")


def places_of(source: str, spot: tuple[float, float] | None, tags: Mapping[str, str]) -> Iterator[PlaceRow]:
    street = tags["addr:street"] or tags["addr:place"]
    addressed, poi = bool(tags["addr:housenumber"] and street), is_poi(tags)
    if not (addressed or poi):
        return
    if spot is None:
        raise BadPlace("", "its position is not in the extract")
    fields = {"number": tags["addr:housenumber"], "street": street, "zipcode": tags["addr:postcode"]}
    lat, long = (round(degrees, 7) for degrees in spot)
    if addressed:
        yield place_from({**fields, "kind": "address", "source_id": f"osm:{source}"}, lat, long)
    if poi:
        yield make(
            "poi", {**fields, "source_id": f"osm:{source}:poi"}, lat, long, tags["name"],
            number=fields["number"], street=street,
        )  # fmt: skip


def is_poi(tags: Mapping[str, str]) -> bool:
    if not tags["name"]:
        return False
    if tags["railway"] == "station":
        return True
    return any(tags[key] and tags[key] not in NOT_POIS.get(key, ()) for key in POI_KEYS if key != "railway")


def middle(area: Any) -> tuple[float, float] | None:
    """(lat, long) of the centre of the largest outer ring, or of a point inside where the centre is not."""
    rings = [[(node.lon, node.lat) for node in ring if node.location.valid()] for ring in area.outer_rings()]
    shapes = [Polygon(ring) for ring in rings if len(ring) >= 4]
    if not shapes:
        return None
    largest = max(shapes, key=lambda shape: shape.area)
    centre = largest.centroid
    if largest.is_valid and not largest.contains(centre):
        centre = shapely.point_on_surface(largest)
    return (centre.y, centre.x) if not centre.is_empty else None
