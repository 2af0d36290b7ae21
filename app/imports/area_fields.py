"""Which fields of a file of areas hold the code, the name and the population: as told, or guessed."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from app.imports.features import Feature

# In the order in which they are believed; compared in lower case.
CODE_FIELDS = (
    "code",
    "area_code",
    "boro_cd",
    "borocd",
    "modzcta",
    "zcta",
    "zcta5ce20",
    "zcta5ce10",
    "zip",
    "zipcode",
    "zip_code",
    "postcode",
    "postal_code",
    "ntacode",
    "nta2020",
    "nta_code",
    "coun_dist",
    "coundist",
    "council_district",
    "borough_code",
    "boro_code",
    "borocode",
    "ward",
    "ward_id",
    "area_numbe",
    "area_num_1",
    "area_number",
    "nc_id",
    "district_number",
    "district",
    "dist",
    "precinct",
    "geoid",
    "external_id",
    "number",
    "id",
)
NAME_FIELDS = (
    "name",
    "area_name",
    "community",
    "neighborhood",
    "neighbourhood",
    "nhood",
    "hood",
    "pri_neigh",
    "ntaname",
    "boro_name",
    "boroname",
    "borough",
    "namelsad",
    "district_name",
    "label",
    "title",
)
POPULATION_FIELDS = (
    "population",
    "population_estimate",
    "pop_est",
    "pop2020",
    "pop2010",
    "pop_2020",
    "pop_2010",
    "pop",
    "total_pop",
    "totpop",
    "pop_total",
)
# What an export numbers its rows with changes with the next export: never a code.
ROW_NUMBERS = re.compile(
    r"^(objectid(_\d+)?|fid|gid|ogc_fid|cartodb_id|globalid|oid)$|shape|area$|_area|len|perimeter|date|created|updated|"
    r"uri|url|address|color|colour|lat|lon|the_geom|geom",
    re.IGNORECASE,
)
# A code may stand on several records, the parts of one area, as long as it is hardly ever so.
NEARLY_UNIQUE = 0.9
LONGEST_CODE = 80


class FieldsUnclear(ValueError):
    """The fields cannot be told; the message lists what there is to choose from."""


@dataclass(frozen=True, slots=True)
class AreaFields:
    """Names of fields. `code` None: the code is made from the name. `name` None: the name is made from the code."""

    code: str | None
    name: str | None
    population: str | None


def choose_fields(
    features: Sequence[Feature], code: str | None, name: str | None, population: str | None
) -> AreaFields:
    """The fields that were told, and a guess for those that were not. Raises FieldsUnclear."""
    table = {key: [feature.properties.get(key) for feature in features] for key in every_field(features)}
    for told in (code, name, population):
        if told is not None and told not in table:
            raise FieldsUnclear(f"there is no field {told!r}; {listed(table)}")
    name = name or first_known(table, NAME_FIELDS, lambda values: True)
    if code is None:
        code = guess_code(table, name)
        if code is None and (name is None or uniqueness(table[name]) < NEARLY_UNIQUE):
            raise FieldsUnclear(f"it is not clear which field is the code of an area; {listed(table)}")
    population = population or first_known(table, POPULATION_FIELDS, lambda values: True)
    return AreaFields(code, name if name != code else None, population)


def guess_code(table: dict[str, list[Any]], name: str | None) -> str | None:
    """A known field that is unique; else None when the name will do; else the only unique field there is."""
    known = first_known(table, CODE_FIELDS, lambda values: uniqueness(values) == 1)
    known = known or first_known(table, CODE_FIELDS, lambda values: uniqueness(values) >= NEARLY_UNIQUE)
    if known or (name is not None and uniqueness(table[name]) == 1):
        return known
    unique = [key for key, values in table.items() if not ROW_NUMBERS.search(key) and uniqueness(values) == 1]
    return unique[0] if len(unique) == 1 else None


def first_known(table: dict[str, list[Any]], names: Sequence[str], fits: Any) -> str | None:
    by_lower = {key.lower(): key for key in table}
    found = (by_lower[known] for known in names if known in by_lower)
    return next((key for key in found if fits(table[key])), None)


def every_field(features: Sequence[Feature]) -> list[str]:
    return list(dict.fromkeys(key for feature in features for key in feature.properties))


def uniqueness(values: Sequence[Any]) -> float:
    """Share of the values that are there and different; 0 when one of them cannot be a code."""
    texts = [as_text(value) for value in values]
    if not texts or any(not text or len(text) > LONGEST_CODE for text in texts):
        return 0.0
    return len(set(texts)) / len(texts)


def listed(table: dict[str, list[Any]]) -> str:
    """The fields with how many different values each has and an example, for a person to choose from."""
    rows = [
        f"{key} ({len(set(map(as_text, values)))} different, such as {as_text(values[0])[:30]!r})"
        for key, values in table.items()
    ]
    return f"name it with --code-field or --name-field. The fields are: {', '.join(rows) or 'none at all'}"


def as_text(value: Any) -> str:
    """A value as a code or a name is written: 101.0 is "101", white space is single, nothing is ""."""
    if value is None or isinstance(value, (dict, list, bool)):
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return " ".join(str(value).replace("\0", "").split())


def slug(text: str) -> str:
    """ "Mt. Washington" → "mt-washington", for a code that is made from a name."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")[:LONGEST_CODE]


def population_of(value: Any) -> int | None:
    """A number of people, or None for what is none."""
    try:
        number = float(as_text(value).replace(",", ""))
    except ValueError:
        return None
    return round(number) if 0 <= number < 1e9 else None
