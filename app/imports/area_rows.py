"""From the features of a file to the areas of a layer: fields read, shapes mended, parts joined, overlaps found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import shapely

from app.imports.area_fields import (
    AreaFields,
    FieldsUnclear,
    as_text,
    choose_fields,
    population_of,
    slug,
)
from app.imports.area_shapes import NoArea, Shaper, geodesic_km2, union
from app.imports.area_versions import NewArea
from app.imports.features import Feature, FeatureFile
from app.imports.problems import ImportProblem, ImportRefused
from app.imports.progress import Pace

LONGEST_NAME = 200
# A smaller share of the smaller area is the noise of two drawings of one border.
LEAST_OVERLAP = 0.001
PAIRS_TOLD = 20


@dataclass(slots=True)
class AreaRows:
    """The areas of a file, with what is wrong (each feature left out) and what was mended."""

    areas: list[NewArea] = field(default_factory=list)
    properties: dict[str, dict[str, object]] = field(default_factory=dict)
    problems: list[ImportProblem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def area_rows(file: str, read: FeatureFile, layer_name: str, told: AreaFields, pace: Pace) -> AreaRows:
    """All areas of a file. Raises ImportRefused when the fields cannot be told."""
    try:
        fields = choose_fields(read.features, told.code, told.name, told.population)
    except FieldsUnclear as error:
        raise ImportRefused([ImportProblem(file, None, None, str(error))]) from error
    rows = AreaRows(notes=[*read.notes, said(fields)])
    shaper = Shaper(read.crs)
    for feature in read.features:
        take(rows, file, feature, fields, layer_name, shaper)
        pace.add(1)
    rows.areas = join_parts(rows.areas, rows.notes)
    rows.notes.extend(overlap_notes(rows.areas))
    return rows


def take(rows: AreaRows, file: str, feature: Feature, fields: AreaFields, layer_name: str, shaper: Shaper) -> None:
    code, name = code_and_name(feature, fields, layer_name)
    which = f"feature {feature.number} ({name or code or 'without a name'})"
    if not code or len(code) > 80:
        reason = f"{which} has no code of 1 to 80 characters in {fields.code or fields.name!r}"
        rows.problems.append(ImportProblem(file, feature.line, feature.column, reason))
        return
    try:
        shaped = shaper.shape(feature.geometry)
    except NoArea as error:
        rows.problems.append(ImportProblem(file, feature.line, feature.column, f"{which}: {error}"))
        return
    place = ":".join(str(part) for part in (file, feature.line, feature.column) if part is not None)
    rows.notes.extend(f"{place}: {which}: {repair}" for repair in shaped.repairs)
    population = population_of(feature.properties.get(fields.population)) if fields.population else None
    rows.areas.append(NewArea(code, name, population, shaped.shape, shaped.km2, feature.line))
    rows.properties.setdefault(code, feature.properties)


def code_and_name(feature: Feature, fields: AreaFields, layer_name: str) -> tuple[str, str]:
    """The code, made from the name where there is none; the name, with the layer's where it is a bare code."""
    code = as_text(feature.properties.get(fields.code)) if fields.code else ""
    name = as_text(feature.properties.get(fields.name)) if fields.name else ""
    if not fields.code:
        return slug(name), name[:LONGEST_NAME]
    if not name or name == code:
        name = f"{layer_name} {code}" if code else ""
    return code, name[:LONGEST_NAME]


def join_parts(areas: Sequence[NewArea], notes: list[str]) -> list[NewArea]:
    """One area for each code: several features with the same code are its parts."""
    by_code: dict[str, list[NewArea]] = {}
    for area in areas:
        by_code.setdefault(area.code, []).append(area)
    joined = []
    for code, parts in by_code.items():
        if len(parts) > 1:
            notes.append(f"{code} stands on {len(parts)} features; they were joined to one area.")
            shape = union([part.shape for part in parts])
            counted = [part.population for part in parts if part.population is not None]
            people = sum(counted) if len(set(counted)) > 1 else next(iter(counted), None)
            parts = [NewArea(code, parts[0].name, people, shape, geodesic_km2(shape), parts[0].line)]
        joined.append(parts[0])
    return joined


def overlap_notes(areas: Sequence[NewArea]) -> list[str]:
    """A sentence for each pair that overlaps, with the share of the smaller one. Overlaps are allowed."""
    shapes = [area.shape for area in areas]
    tree = shapely.STRtree(shapes)
    left, right = tree.query(shapes, predicate="intersects")
    found: list[tuple[float, str]] = []
    for first, second in zip(left.tolist(), right.tolist(), strict=True):
        if first >= second:
            continue
        # As planar areas: at one latitude the ratio of two areas in square degrees is that of the land.
        shared = shapely.intersection(shapes[first], shapes[second]).area
        share = shared / min(shapes[first].area, shapes[second].area)
        if share >= LEAST_OVERLAP:
            pair = f"{areas[first].name} and {areas[second].name} overlap ({share:.1%} of the smaller)."
            found.append((share, pair))
    found.sort(reverse=True)
    more = [f"{len(found) - PAIRS_TOLD} more pairs overlap."] if len(found) > PAIRS_TOLD else []
    return [pair for _, pair in found[:PAIRS_TOLD]] + more


def said(fields: AreaFields) -> str:
    code = f"code from {fields.code!r}" if fields.code else f"code made from {fields.name!r}"
    name = f"name from {fields.name!r}" if fields.name else "name made from the code"
    people = f", population from {fields.population!r}" if fields.population else ""
    return f"Fields: {code}, {name}{people}."
