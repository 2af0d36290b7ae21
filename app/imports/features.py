"""What every file of areas is read into, whatever its format."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from pyproj import CRS


@dataclass(frozen=True, slots=True)
class Feature:
    """One record: where it stands in the file, its fields, and its geometry as a GeoJSON object (or None)."""

    number: int
    line: int
    column: int | None
    properties: dict[str, Any]
    geometry: Any


@dataclass(frozen=True, slots=True)
class FeatureFile:
    """All of a file. `crs` is the projection that it declares; None where it declares none."""

    format: str
    features: list[Feature]
    crs: CRS | None
    notes: list[str] = field(default_factory=list)
