"""How long something took, in steps that can be added up: by the hour, later by six hours and by the day."""

from __future__ import annotations

from collections.abc import Mapping

HOURS_UNTIL, QUARTERS_UNTIL = 48, 30 * 24
FIRST_QUARTER = HOURS_UNTIL
FIRST_DAY = FIRST_QUARTER + (QUARTERS_UNTIL - HOURS_UNTIL) // 6
# Two years; whatever took longer stands in the last step.
LAST = FIRST_DAY + 730 - 30


def step_sql(hours: str) -> str:
    """The step of a whole number of hours, as an expression of both databases."""
    return (
        f"CASE WHEN {hours} < {HOURS_UNTIL} THEN {hours}"
        f" WHEN {hours} < {QUARTERS_UNTIL} THEN {FIRST_QUARTER} + ({hours} - {HOURS_UNTIL}) / 6"
        f" WHEN {hours} / 24 - 30 < {LAST - FIRST_DAY} THEN {FIRST_DAY} + {hours} / 24 - 30 ELSE {LAST} END"
    )


def hours_of(step: int) -> int:
    """The end of a step in hours: what is told is never shorter than it was."""
    if step < FIRST_QUARTER:
        return step + 1
    if step < FIRST_DAY:
        return HOURS_UNTIL + (step - FIRST_QUARTER + 1) * 6
    return (step - FIRST_DAY + 31) * 24


def quantile_hours(took: Mapping[int, int], share: float) -> float | None:
    """Within how many hours so large a share was done; None of nothing."""
    left = sum(took.values()) * share
    for step in sorted(took):
        left -= took[step]
        if left <= 0:
            return hours_of(step)
    return None
