"""The timeline as people read it: newest first, in words, with nothing in it that the reader may not see."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from app.service_requests.correct import CORRECTABLE
from app.service_requests.masking import masked
from app.service_requests.models import Photo, Update
from app.service_requests.said import planned_said, promise_said
from app.service_requests.workflow import REASONS, STATUSES
from app.services.words import of_locale
from app.templating import current_locale, gettext, mark, ngettext

BY = {
    "city": mark("The city"),
    "reporter": mark("The reporter"),
    "resident": mark("A neighbor"),
}
TITLES = {
    "photo": mark("A photo was added"),
    "merged": mark("A report of the same problem was added to this one"),
    "late": mark("The promised date has passed"),
    "paused": mark("The city waits for an answer from the reporter"),
    "suspended": mark("The promise stands still"),
    "explained": mark("Why the promised date was missed"),
    "redress": mark("What the city owes for the missed date"),
    "resumed": mark("The clock of the promise runs again"),
    "unmerged": mark("A report that was added to this one stands by itself again"),
    "split": mark("It stands by itself again, as it was before it was added to another report"),
    "withdrawal": mark("The first reporter took their report back. Others reported it too, so it stays open."),
}
COMMENTS = {
    "city": mark("The city wrote"),
    "reporter": mark("The reporter wrote"),
    "resident": mark("A neighbor wrote"),
}
GIVEN = mark("The city gave what it owed for the missed date")
NOT_PUBLIC = mark("These words are for the city only.")


@dataclass(frozen=True, slots=True)
class Entry:
    """`text` is as it may be shown to this reader; `note` says why there is none, or what it comes to."""

    kind: str
    when: datetime
    title: str
    meaning: str = ""
    text: str = ""
    note: str = ""
    status: str | None = None
    photos: list[Photo] = field(default_factory=list)
    # Of the row, where it is one.
    id: int | None = None


def entries(updates: Iterable[Update], photos: Sequence[Photo], *, own: bool, staff: bool = False) -> list[Entry]:
    """What happened, newest first.

    `own`: the reader is the reporter, who sees what they wrote as they wrote it. `staff` sees all as it was written.
    """
    shown: list[Entry] = []
    joined: list[Update] = []
    for update in [*updates, None]:
        if update is not None and update.kind == "joined":
            joined.append(update)
            continue
        if joined:
            shown.append(joined_entry(joined))
            joined = []
        if update is not None:
            shown.append(
                entry(update, [photo for photo in photos if photo.update_id == update.id], own=own, staff=staff)
            )
    return shown


def joined_entry(joined: Sequence[Update]) -> Entry:
    count = len(joined)
    title = ngettext("%(num)d more person reported this", "%(num)d more people reported this", count)
    return Entry("joined", joined[0].updated_datetime, title)


def entry(update: Update, photos: list[Photo], *, own: bool, staff: bool = False) -> Entry:
    text, note = words_of(update, own=own, staff=staff)
    status = STATUSES.get(update.status or "")
    return Entry(
        kind=update.kind,
        when=update.updated_datetime,
        title=title_of(update),
        meaning=meaning_of(update),
        text=text,
        note=note or explained_note(update),
        status=status.code if status else None,
        photos=photos,
        id=update.id,
    )


def meaning_of(update: Update) -> str:
    """What the status of an entry means, with the day that was planned; where a reason was given, that in its place."""
    status = STATUSES.get(update.status or "")
    if update.planned_date:
        return f"{planned_said(update.planned_date)}."
    return gettext(REASONS.get(update.reason or "", status.meaning)) if status else ""


def title_of(update: Update) -> str:
    if update.facts and update.facts.get("given"):
        return gettext(GIVEN)
    if update.status in STATUSES and update.kind not in TITLES:
        return gettext(STATUSES[update.status].label)
    if update.kind == "correction":
        changed = [gettext(part) for part in update.text.split(", ") if part in CORRECTABLE]
        return gettext("Corrected: %(what)s", what=", ".join(changed))
    if update.kind == "comment":
        return gettext(COMMENTS.get(update.author, COMMENTS["city"]))
    return gettext(TITLES[update.kind]) if update.kind in TITLES else gettext(BY.get(update.author, BY["city"]))


def explained_note(update: Update) -> str:
    """The reason that was chosen for a missed promise, and the new date."""
    facts = update.facts or {}
    if update.kind != "explained" or "label" not in facts:
        return ""
    chosen = str(facts["label"])
    label = facts_in(facts, "label") or gettext(chosen)
    if "until" not in facts:
        return f"{label}."
    when = promise_said(datetime.fromisoformat(facts["until"]))
    return gettext("%(reason)s. The city now means to act %(when)s.", reason=label, when=when)


def facts_in(facts: Mapping[str, Any], name: str) -> str:
    """A text in the reader's language that stands with an entry; nothing where there is none."""
    return str(of_locale(facts.get("translations") or {}, current_locale.get()).get(name) or "")


def words_of(update: Update, *, own: bool, staff: bool = False) -> tuple[str, str]:
    """(text, note) for a reader: their own words in full, others' masked, and a note in place of private ones."""
    if update.kind == "correction" or not update.text:
        return "", ""
    if staff or (own and update.author == "reporter"):
        return update.text, "" if update.text_public else gettext(NOT_PUBLIC)
    if update.text_public:
        return masked(facts_in(update.facts or {}, "text") or update.text), ""
    return "", gettext(NOT_PUBLIC)
