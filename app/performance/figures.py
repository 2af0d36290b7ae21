"""The figures of promises, added up: how many were kept, and how long it took."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from app.performance.durations import quantile_hours
from app.performance.models import PromiseFigure

# With fewer, a share says nothing.
TOO_FEW = 20


@dataclass(slots=True)
class Figures:
    """How many promises were kept and missed, and how many of the missed ones are still open."""

    kept: int = 0
    missed: int = 0
    still_open: int = 0
    took: Counter[int] = field(default_factory=Counter)

    @property
    def of(self) -> int:
        return self.kept + self.missed + self.still_open

    @property
    def percent(self) -> int | None:
        """Rounded down: a promise is never flattered. None of too few."""
        return self.kept * 100 // self.of if self.of >= TOO_FEW else None

    @property
    def median_hours(self) -> float | None:
        return quantile_hours(self.took, 0.5) if self.took.total() >= TOO_FEW else None

    @property
    def ninetieth_hours(self) -> float | None:
        return quantile_hours(self.took, 0.9) if self.took.total() >= TOO_FEW else None

    def add(self, row: PromiseFigure) -> None:
        self.kept += row.kept
        if row.still_open:
            self.still_open += row.missed
        else:
            self.missed += row.missed
        self.took.update({int(step): n for step, n in row.took.items()})


def together(rows: Iterable[PromiseFigure]) -> Figures:
    found = Figures()
    for row in rows:
        found.add(row)
    return found
