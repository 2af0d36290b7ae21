"""A place as every format of places is read into, and how one is made of named fields."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from app.imports.problems import ImportProblem

# The names that a column or a GeoJSON property may have, in the order in which they are believed (lower case).
HEADERS: dict[str, tuple[str, ...]] = {
    "kind": ("kind", "place_kind"),
    "source_id": ("source_id",),
    "name": ("name", "poi_name", "facility_name", "title"),
    "label": ("label", "address", "full_address", "fulladdress", "full_addr", "address_full", "site_address"),
    "number": (
        "house_number", "housenumber", "addr:housenumber", "number", "street_number", "address_number", "add_number",
        "addr_num", "house_no", "hse_nbr", "house", "numero",
    ),
    "direction": ("direction", "predir", "pre_dir", "st_predir", "street_direction"),
    "street": ("street", "addr:street", "full_street_name", "street_name", "streetname", "st_name", "stname", "road"),
    "suffix": ("suffix", "street_type", "st_type", "st_postyp", "posttype", "street_suffix"),
    "cross_street": ("cross_street", "cross_street_1", "street_2", "street2", "intersection_street_2"),
    "zipcode": ("zipcode", "zip", "zip_code", "postcode", "addr:postcode", "postal_code", "postalcode"),
    "lat": ("lat", "latitude", "y", "lat_dd", "point_y"),
    "long": ("long", "lon", "lng", "longitude", "x", "long_dd", "point_x"),
}  # fmt: skip
KINDS = ("address", "intersection", "poi")
LEADING_NUMBER = re.compile(r"(\d+[\w/-]*)\s+(\S.*)")
CROSSING = re.compile(r"\s*&\s*|\s+(?:and|at)\s+", re.IGNORECASE)
LONGEST = {"label": 300, "number": 20, "street": 200, "zipcode": 12, "source_id": 100}


class PlaceRow(NamedTuple):
    """A row of `places`; lat and long in decimal degrees of WGS84."""

    source_id: str
    kind: str
    label: str
    house_number: str | None
    street: str | None
    cross_street: str | None
    zipcode: str | None
    lat: float
    long: float


# What a reader gives: a place, or what is wrong where one should be.
PlaceOrProblem = PlaceRow | ImportProblem


class BadPlace(ValueError):
    """Fields of which no place can be made: `field` is one of HEADERS, or "" for the whole."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field = field


def known_fields(names: Iterable[str]) -> dict[str, str]:
    """Which of a file's names stands for which field: {"number": "HOUSE_NO", …}."""
    by_lower = {name.strip().lower().replace(" ", "_"): name for name in names}
    found = {field: next((by_lower[known] for known in options if known in by_lower), None)
             for field, options in HEADERS.items()}  # fmt: skip
    return {field: name for field, name in found.items() if name is not None}


def place_from(fields: Mapping[str, str], lat: float, long: float) -> PlaceRow:
    """A place from the texts of its fields. Raises BadPlace."""
    check_position(lat, long)
    told = fields.get("kind", "").lower()
    if told and told not in KINDS:
        raise BadPlace("kind", f"the kind is {told!r}: it must be address, intersection or poi")
    number, cross = fields.get("number", ""), fields.get("cross_street", "")
    street = " ".join(filter(None, (fields.get(part, "") for part in ("direction", "street", "suffix"))))
    label, name = fields.get("label", ""), fields.get("name", "")
    if told != "poi" and street and cross:
        return make("intersection", fields, lat, long, f"{street} & {cross}", street=street, cross=cross)
    if told == "intersection":
        streets = CROSSING.split(label or name, maxsplit=1)
        if len(streets) != 2:
            raise BadPlace("label", "an intersection needs two streets: street and cross_street, or “A & B”")
        return make("intersection", fields, lat, long, " & ".join(streets), street=streets[0], cross=streets[1])
    if told != "poi" and not (name and not told) and not (number and street):
        found = LEADING_NUMBER.match(label)
        if found:
            number, street = found[1], found[2].partition(",")[0]
            label = f"{number} {street}"
    if told != "poi" and number and street:
        return make("address", fields, lat, long, f"{number} {street}", number=number, street=street)
    if told == "address":
        raise BadPlace("", "an address needs a house number and a street")
    if not (name or label):
        raise BadPlace("", "there is neither a house number with a street, nor two streets, nor a name")
    return make("poi", fields, lat, long, name or label, number=number, street=street)


def make(
    kind: str, fields: Mapping[str, str], lat: float, long: float, label: str,
    *, number: str = "", street: str = "", cross: str = "",
) -> PlaceRow:  # fmt: skip
    source_id = fields.get("source_id", "")
    zipcode = fields.get("zipcode", "")
    texts = (("source_id", source_id), ("number", number), ("street", street), ("label", label), ("zipcode", zipcode))
    for field, text in texts:
        if len(text) > LONGEST[field]:
            raise BadPlace(field, f"the {field} is longer than {LONGEST[field]} characters")
    return PlaceRow(
        source_id or hashed_id(kind, label, lat, long), kind, label, number or None, street or None, cross or None,
        zipcode or None, lat, long,
    )  # fmt: skip


def hashed_id(kind: str, label: str, lat: float, long: float) -> str:
    """The identity of a place that has no number of its own: what it is called and where it is, to 0.1 m."""
    text = f"{kind}\n{label}\n{lat:.6f}\n{long:.6f}"
    return "hash:" + hashlib.blake2b(text.encode(), digest_size=12).hexdigest()


def check_position(lat: float, long: float) -> None:
    if not (math.isfinite(lat) and -90 <= lat <= 90):
        raise BadPlace("lat", f"the latitude {lat} is not between -90 and 90 degrees")
    if not (math.isfinite(long) and -180 <= long <= 180):
        raise BadPlace("long", f"the longitude {long} is not between -180 and 180 degrees")
    if lat == 0 and long == 0:
        raise BadPlace("lat", "0, 0 is in the Gulf of Guinea: the position is missing")


def tidy(text: object) -> str:
    """A field as it is kept: white space single, no NUL; "" for nothing."""
    if text is None or isinstance(text, (dict, list, bool)):
        return ""
    if isinstance(text, float) and text.is_integer():
        text = int(text)
    return " ".join(str(text).replace("\0", "").split())
