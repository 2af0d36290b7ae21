"""Areas have dates: what a new file of a layer does to the areas that are already there. Touches no database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

import shapely
from shapely import MultiPolygon

# Degrees, about a hundredth of a millimetre: a projection's last digit is no change of shape.
SAME = 1e-10


@dataclass(slots=True)
class NewArea:
    """An area as the file has it, in WGS84."""

    code: str
    name: str
    population: int | None
    shape: MultiPolygon
    km2: float
    line: int | None = None
    department_id: int | None = None


@dataclass(slots=True)
class KeptArea:
    """An area as the database has it."""

    id: int
    code: str
    name: str
    population: int | None
    valid_from: date | None
    valid_to: date | None
    shape: MultiPolygon
    department_id: int | None = None


@dataclass(slots=True)
class Plan:
    """What to do. `correct` pairs a kept row with its new values; `end` and `begin` are rows that get that day."""

    insert: list[NewArea] = field(default_factory=list)
    correct: list[tuple[KeptArea, NewArea]] = field(default_factory=list)
    end: list[KeptArea] = field(default_factory=list)
    begin: list[KeptArea] = field(default_factory=list)
    replaced: int = 0
    unchanged: int = 0
    missing: list[KeptArea] = field(default_factory=list)

    @property
    def moves_requests(self) -> bool:
        """Whether a request may lie in other areas afterwards: not where names or figures alone are other ones."""
        reshaped = any(row.shape.wkb != area.shape.wkb for row, area in self.correct)
        return bool(self.insert or self.end or self.begin or reshaped)


class DatesOverlap(ValueError):
    """The layer already has areas in that time; the message says which and what to do."""


def plan_import(
    kept: Sequence[KeptArea], new: Sequence[NewArea], valid_from: date | None, valid_to: date | None
) -> Plan:
    """How the areas of a file, valid from a day (inclusive) to a day (exclusive), fit among those of their layer.

    Without dates, a shape that differs is a correction of the row. With a new `valid_from`, the rows that are
    not in the file or differ end on that day. With a `valid_to`, the file is the past of what is there.
    Raises DatesOverlap.
    """
    plan = Plan()
    current = [row for row in kept if is_in_force(row, valid_from, valid_to)]
    rest = [row for row in kept if row not in current and overlaps(row, valid_from, valid_to)]
    if valid_to is not None:
        plan.begin = [row for row in rest if row.valid_from is None and row.valid_to is None]
        rest = [row for row in rest if row not in plan.begin]
    undated = valid_from is None and valid_to is None
    if rest and not (undated and current):
        raise DatesOverlap(f"the layer has {len(rest)} areas valid {span(rest[0])}, which overlaps these dates")
    by_code = {row.code: row for row in current}
    for area in new:
        row = by_code.pop(area.code, None)
        if row is None:
            plan.insert.append(area)
        elif same_shape(row, area):
            settle(plan, row, area)
        elif begins_before(row, valid_from):
            plan.end.append(row)
            plan.insert.append(area)
            plan.replaced += 1
        else:
            plan.correct.append((row, area))
    for row in by_code.values():
        (plan.end if begins_before(row, valid_from) else plan.missing).append(row)
    return plan


def is_in_force(row: KeptArea, valid_from: date | None, valid_to: date | None) -> bool:
    """Whether a row is what the new one continues or corrects: it ends with it and begins no later."""
    if row.valid_to != valid_to:
        return False
    if valid_to is not None:
        return row.valid_from == valid_from
    return valid_from is None or row.valid_from is None or row.valid_from <= valid_from


def overlaps(row: KeptArea, valid_from: date | None, valid_to: date | None) -> bool:
    return (row.valid_to or date.max) > (valid_from or date.min) and (valid_to or date.max) > (
        row.valid_from or date.min
    )


def begins_before(row: KeptArea, valid_from: date | None) -> bool:
    return valid_from is not None and (row.valid_from is None or row.valid_from < valid_from)


def same_shape(row: KeptArea, area: NewArea) -> bool:
    return bool(shapely.equals_exact(row.shape, area.shape, tolerance=SAME, normalize=True))


def settle(plan: Plan, row: KeptArea, area: NewArea) -> None:
    told = (area.name, area.population, area.department_id or row.department_id)
    if told == (row.name, row.population, row.department_id):
        plan.unchanged += 1
    else:
        plan.correct.append((row, area))


def span(row: KeptArea) -> str:
    start = f"from {row.valid_from}" if row.valid_from else "from the beginning"
    return f"{start} to {row.valid_to}" if row.valid_to else f"{start} on"
