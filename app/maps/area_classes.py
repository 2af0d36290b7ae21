"""The classes of a choropleth: natural breaks.

Why not quantiles: figures of areas are skewed, a few stand far from the rest. Quantiles put areas that differ
fivefold under one colour and part others that are all but equal, only so that each colour is used as often.
Natural breaks (Fisher 1958, "On grouping for maximum homogeneity") leave the least difference within a class, so
areas of one colour are alike. They are worked out over distinct values, so that equal areas are never parted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MOST_CLASSES = 5
# Of more distinct values than this, neighbours are taken together first: the work grows with their square.
MOST_DISTINCT = 600

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ValueClass:
    """`low` and `high` are the least and the greatest value in the class: nothing lies between two classes."""

    low: float
    high: float

    def holds(self, value: float) -> bool:
        return self.low <= value <= self.high


def natural_breaks(values: Iterable[float], most: int = MOST_CLASSES) -> list[ValueClass]:
    """At most `most` classes, in rising order, that together hold every value; none for no values."""
    counted = Counter(values)
    distinct = sorted(counted)
    if len(distinct) <= most:
        return [ValueClass(value, value) for value in distinct]
    groups = grouped(distinct)
    weights = np.array([sum(counted[value] for value in group) for group in groups], dtype=float)
    starts = best_starts(np.array([sum(group) / len(group) for group in groups]), weights, most)
    ends = [*starts[1:], len(groups)]
    return [ValueClass(groups[start][0], groups[end - 1][-1]) for start, end in zip(starts, ends, strict=True)]


def grouped(distinct: list[float]) -> list[list[float]]:
    if len(distinct) <= MOST_DISTINCT:
        return [[value] for value in distinct]
    return [group.tolist() for group in np.array_split(distinct, MOST_DISTINCT)]


def best_starts(values: Floats, weights: Floats, most: int) -> list[int]:
    """Where each class begins, so that the sum of squared differences within the classes is the least."""
    spread = within(values, weights)
    count = len(values)
    cost = spread[0].copy()
    choices: list[NDArray[np.int64]] = []
    for _ in range(1, most):
        # cost[i] of the classes so far up to value i - 1, and one more class from i to j.
        before = np.concatenate(([np.inf], cost[:-1]))
        together = before[:, None] + spread
        choices.append(together.argmin(axis=0))
        cost = together.min(axis=0)
    starts, end = [], count - 1
    for chosen in reversed(choices):
        start = int(chosen[end])
        starts.append(start)
        end = start - 1
    return [0, *reversed(starts)]


def within(values: Floats, weights: Floats) -> Floats:
    """[i, j]: the weighted sum of squared differences from their mean of the values i to j; infinite for i > j."""
    weight, total, square = (np.concatenate(([0.0], np.cumsum(weights * values**power))) for power in (0, 1, 2))
    start, end = np.arange(len(values))[:, None], np.arange(1, len(values) + 1)[None, :]
    sums = weight[end] - weight[start]
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = square[end] - square[start] - (total[end] - total[start]) ** 2 / sums
    return np.where(start < end, np.maximum(spread, 0.0), np.inf)
