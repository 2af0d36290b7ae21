"""The workflow as data. Imports nothing but the marker of texts; everything else asks here."""

from __future__ import annotations

from dataclasses import dataclass

from app.templating import mark


@dataclass(frozen=True, slots=True)
class Status:
    """A status: its code, its label and what it means to the public, and its GeoReport `open` or `closed`."""

    code: str
    label: str
    meaning: str
    open311: str
    next: tuple[str, ...]

    @property
    def is_open(self) -> bool:
        return self.open311 == "open"


FINAL = ("reopened",)
WORKING = (
    "assigned",
    "in_progress",
    "acted_upon",
    "fixed",
    "referred",
    "duplicate",
    "not_found",
    "no_action",
    "withdrawn",
)

STATUSES: dict[str, Status] = {
    status.code: status
    for status in (
        Status("received", mark("Received"), mark("The city has it."), "open", ("accepted", *WORKING)),
        Status("accepted", mark("Accepted"), mark("The department has looked at it."), "open", WORKING),
        Status("assigned", mark("Assigned"), mark("Somebody has been given the work."), "open", WORKING),
        Status("in_progress", mark("In progress"), mark("Work is under way."), "open", WORKING),
        # Told a contractor, inspected, ordered a part: acted upon is not closed.
        Status("acted_upon", mark("Acted upon"), mark("A step was taken. It is not fixed yet."), "open", WORKING),
        Status(
            "reopened", mark("Reopened"), mark("It was not fixed, so it is open again."), "open", ("accepted", *WORKING)
        ),
        Status("fixed", mark("Fixed"), mark("The work is done."), "closed", FINAL),
        Status("referred", mark("Referred"), mark("Another agency acts here, and has been told."), "closed", FINAL),
        Status("duplicate", mark("Duplicate"), mark("It is the same problem as an earlier report."), "closed", FINAL),
        Status(
            "not_found", mark("Could not be found"), mark("Nobody found the problem at this place."), "closed", FINAL
        ),
        Status("no_action", mark("No action"), mark("The city will not act, and says why."), "closed", FINAL),
        Status("withdrawn", mark("Withdrawn"), mark("The reporter took it back."), "closed", FINAL),
    )
}
FIRST = "received"
OPEN = tuple(code for code, status in STATUSES.items() if status.is_open)
CLOSED = tuple(code for code, status in STATUSES.items() if not status.is_open)
# What a promise was made for: only these count as kept or missed.
ANSWERED = ("fixed", "not_found", "no_action")


def may_change(before: str, after: str) -> bool:
    return after in STATUSES[before].next
