"""The states of a work order as data. Imports nothing but the marker of texts."""

from __future__ import annotations

from dataclasses import dataclass

from app.templating import mark


@dataclass(frozen=True, slots=True)
class State:
    """`request_status`: what the order's requests become when it gets into this state; None leaves them."""

    code: str
    label: str
    is_open: bool
    next: tuple[str, ...]
    request_status: str | None = None


STATES = {
    state.code: state
    for state in (
        State("new", mark("Not planned yet"), True, ("planned", "in_progress", "done", "cancelled"), "assigned"),
        State("planned", mark("Planned"), True, ("new", "planned", "in_progress", "done", "cancelled"), "scheduled"),
        State("in_progress", mark("In progress"), True, ("planned", "done", "cancelled"), "in_progress"),
        State("done", mark("Done"), False, ()),
        State("cancelled", mark("Cancelled"), False, ()),
    )
}
UNDONE = tuple(code for code, state in STATES.items() if state.is_open)
# What may have come of the work for a request: statuses of the workflow.
OUTCOMES = ("fixed", "acted_upon", "not_found", "no_action")


def may_become(before: str, after: str) -> bool:
    return after in STATES[before].next
