"""What the phone said, word for word: the run holds it to that."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.faults.reports import MadePhoto, MadeReport


@dataclass
class Ledger:
    """All by `client_request_id`.

    `put` holds every report that the phone was asked to keep, `saved` those of which it said that they are.
    `deleted` holds what it answered to being asked to delete: "deleted", "deleting" (the city is still to be told),
    "sent" (too late: nothing is deleted), or "" when the page died before it answered.
    `shown` are those whose form ended on the request's own page: their receipt is put away.
    """

    put: dict[str, MadeReport] = field(default_factory=dict)
    saved: set[str] = field(default_factory=set)
    deleted: dict[str, str] = field(default_factory=dict)
    shown: set[str] = field(default_factory=set)
    refused: list[str] = field(default_factory=list)

    @property
    def owed(self) -> set[str]:
        """What the phone said is saved, and nobody deleted: the city must have it."""
        return {one for one in self.saved if self.deleted.get(one, "sent") == "sent"}

    def photos_of(self, client_request_id: str) -> dict[str, MadePhoto]:
        return {photo.hash: photo for photo in self.put[client_request_id].photos}

    def add(self, other: Ledger) -> None:
        self.put |= other.put
        self.saved |= other.saved
        self.deleted |= other.deleted
        self.shown |= other.shown
        self.refused += other.refused
