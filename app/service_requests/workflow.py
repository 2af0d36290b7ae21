"""The workflow as data. Imports nothing but the marker of texts; everything else asks here."""

from __future__ import annotations

from dataclasses import dataclass

from app.templating import mark


@dataclass(frozen=True, slots=True)
class Status:
    """A status: its code, its label and what it means to the public, and its GeoReport `open` or `closed`.

    `reasons` are codes of REASONS: what was done, or why nothing will be.
    """

    code: str
    label: str
    meaning: str
    open311: str
    next: tuple[str, ...]
    reasons: tuple[str, ...] = ()

    @property
    def is_open(self) -> bool:
        return self.open311 == "open"


# What a status leaves unsaid. The public reads it in place of what the status means.
REASONS = {
    "contractor_told": mark("A contractor was told to do the work. It is not fixed yet."),
    "inspected": mark("An inspector was there. It is not fixed yet."),
    "made_safe": mark("The place was made safe. It is not fixed yet."),
    "part_ordered": mark("What the work needs was ordered. It is not fixed yet."),
    "gone": mark("Somebody went there, and the problem was gone."),
    "place_unclear": mark("Somebody went there, and the place was not clear."),
    "private_ground": mark("It is on private ground, where the city may not act."),
    "within_standard": mark("Somebody looked at it. It is within what the city’s standard allows."),
    "planned_work": mark("Work that is planned anyway will take care of it."),
    "no_duty": mark("The law gives the city no duty here."),
}
FINAL = ("reopened",)
WORKING = (
    "assigned",
    "scheduled",
    "in_progress",
    "acted_upon",
    "fixed",
    "referred",
    "duplicate",
    "not_found",
    "no_action",
    "withdrawn",
)
FIRST_LOOK = ("triaged", "accepted", *WORKING)
# Work that was given or planned may be taken back.
HANDED_BACK = ("accepted", *WORKING)

STATUSES: dict[str, Status] = {
    status.code: status
    for status in (
        Status("received", mark("Received"), mark("The city has it."), "open", FIRST_LOOK),
        Status("triaged", mark("Looked at"), mark("It is with those who can act on it."), "open", FIRST_LOOK[1:]),
        Status("accepted", mark("Accepted"), mark("The department has looked at it."), "open", WORKING),
        Status("assigned", mark("Assigned"), mark("Somebody has been given the work."), "open", HANDED_BACK),
        Status("scheduled", mark("Scheduled"), mark("A day for the work is planned."), "open", HANDED_BACK),
        Status("in_progress", mark("In progress"), mark("Work is under way."), "open", WORKING),
        # Told a contractor, inspected, ordered a part: acted upon is not closed.
        Status(
            "acted_upon",
            mark("Acted upon"),
            mark("A step was taken. It is not fixed yet."),
            "open",
            WORKING,
            ("contractor_told", "inspected", "made_safe", "part_ordered"),
        ),
        Status("reopened", mark("Reopened"), mark("It was not fixed, so it is open again."), "open", FIRST_LOOK),
        Status("fixed", mark("Fixed"), mark("The work is done."), "closed", FINAL),
        Status("referred", mark("Referred"), mark("Another agency acts here, and has been told."), "closed", FINAL),
        Status("duplicate", mark("Duplicate"), mark("It is the same problem as an earlier report."), "closed", FINAL),
        Status(
            "not_found",
            mark("Could not be found"),
            mark("Nobody found the problem at this place."),
            "closed",
            FINAL,
            ("gone", "place_unclear"),
        ),
        Status(
            "no_action",
            mark("No action"),
            mark("The city will not act, and says why."),
            "closed",
            FINAL,
            ("private_ground", "within_standard", "planned_work", "no_duty"),
        ),
        Status("withdrawn", mark("Withdrawn"), mark("The reporter took it back."), "closed", FINAL),
    )
}
FIRST = "received"
OPEN = tuple(code for code, status in STATUSES.items() if status.is_open)
CLOSED = tuple(code for code, status in STATUSES.items() if not status.is_open)
# What a promise was made for: only these count as kept or missed.
ANSWERED = ("fixed", "not_found", "no_action")
# These need a reason, or words.
NEEDS_REASON = ("no_action",)


def may_change(before: str, after: str) -> bool:
    return after in STATUSES[before].next
