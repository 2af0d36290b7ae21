"""What becomes of the drafts of a catalogue: what is counted, and what is refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from app.imports.problems import ImportProblem
from app.imports.progress import Pace


@dataclass(slots=True)
class Outcome:
    """What became of the drafts. `missing` names areas that are not there: those rows wait, refusing nothing."""

    pace: Pace
    taken: int = 0
    changed: int = 0
    unchanged: int = 0
    refused: list[ImportProblem] = field(default_factory=list)
    missing: list[ImportProblem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def count(self, *, new: bool, changed: bool) -> None:
        self.taken += new
        self.changed += changed and not new
        self.unchanged += not changed and not new
        self.pace.add(1)


def assign(row: Any, fields: Mapping[str, Any]) -> bool:
    """Sets the columns that differ. Says whether any did."""
    differing = {name: value for name, value in fields.items() if getattr(row, name) != value}
    for name, value in differing.items():
        setattr(row, name, value)
    return bool(differing)
