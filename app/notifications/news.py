"""One thing that a person is told, in the words of the moment's locale: what, why, what next, and where to see it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from app.notifications.announcement_models import Announcement
from app.notifications.announcement_telling import told_of
from app.service_requests.masking import masked_address
from app.service_requests.models import Photo, ServiceRequest, Update
from app.service_requests.said import new_promise_said, next_said, paused_said, promise_said
from app.service_requests.timeline import entry, explained_note
from app.service_requests.workflow import STATUSES
from app.settings import Settings
from app.templating import gettext, mark

RECEIVED = "received"
OWN_RECEIVED, A_NEW_ONE = mark("We have your report: %(service)s"), mark("New report: %(service)s")
NEWS_OF_YOURS, NEWS_OF_ONE = mark("News of your report: %(service)s"), mark("News of a report: %(service)s")
FOR_STAFF = {
    "at_risk": mark("A promise is at risk"),
    "late": mark("A promise was missed"),
    "assigned": mark("You have been given a report"),
    "mentioned": mark("Somebody mentioned you in a note"),
    "returned": mark("A report came back"),
}
SOMETHING_FOR_STAFF = mark("A report needs you")


@dataclass(frozen=True, slots=True)
class News:
    """`subject` stands alone, as in a list of messages; `heading` is said where the report is named beside it.

    `number` is the service_request_id, "" for what is about none; `asked`: the addresses behind “Is it fixed?”, Yes
    and No. `urls` are absolute.
    """

    kind: str
    subject: str
    heading: str
    url: str
    number: str = ""
    service: str = ""
    address: str = ""
    meaning: str = ""
    words: str = ""
    next: str = ""
    promise: str = ""
    asked: tuple[str, str] | None = None
    photo: Photo | None = None

    def body(self) -> str:
        """A few lines for a phone's screen."""
        parts = (self.address, self.words or self.meaning, self.promise)
        return "\n".join(part for part in parts if part)


def news_of(
    settings: Settings, update: Update, request: ServiceRequest, service: str, photos: Sequence[Photo], *, own: bool
) -> News:
    """What an entry of a timeline tells, as the report's page says it. Words that are not public are not in it.

    `own`: the reader has reported this.
    """
    said = entry(update, [], own=False)
    other_new = update.kind == RECEIVED and not own
    heading = gettext("New report") if other_new else said.title
    # What stands now, and not what stood when it happened.
    stands = update.status is None or update.status == request.status
    promised = request.expected_datetime if stands and request.closed_datetime is None else None
    return News(
        kind=update.kind,
        subject=subject_of(update, service, heading, own=own),
        heading=heading,
        url=f"{settings.public_url}/requests/{request.service_request_id}",
        number=request.service_request_id,
        service=service,
        address=masked_address(request.address_string),
        meaning="" if other_new else said.meaning or explained_note(update),
        words=said.text,
        next=paused_said(request, own=own) or next_said(request) if stands else "",
        promise=promise_of(request, promised),
        photo=next((photo for photo in photos if photo.public), None),
    )


def subject_of(update: Update, service: str, heading: str, *, own: bool) -> str:
    if update.kind == RECEIVED:
        return gettext(OWN_RECEIVED if own else A_NEW_ONE, service=service)
    if update.status in STATUSES:
        return f"{service}: {heading}"
    return gettext(NEWS_OF_YOURS if own else NEWS_OF_ONE, service=service)


def promise_of(request: ServiceRequest, promised: datetime | None) -> str:
    """Until when the city acts: once it has missed its promise, the new date that it gave."""
    if promised is None:
        return ""
    return new_promise_said(request) or gettext("Promised %(when)s", when=promise_said(promised))


def announced(settings: Settings, announcement: Announcement) -> News:
    told = told_of(announcement)
    return News(
        kind="announcement",
        subject=told.title,
        heading=told.title,
        url=f"{settings.public_url}{told.path}",
        words=told.text,
    )


def noticed(settings: Settings, kind: str, request: ServiceRequest, service: str) -> News:
    """What a member of staff is told of a report."""
    heading = gettext(FOR_STAFF.get(kind, SOMETHING_FOR_STAFF))
    promised = request.expected_datetime
    return News(
        kind="notice",
        subject=f"{heading}: {service}",
        heading=heading,
        url=f"{settings.public_url}/staff/requests/{request.service_request_id}",
        number=request.service_request_id,
        service=service,
        address=request.address_string,
        promise=gettext("Promised %(when)s", when=promise_said(promised)) if promised else "",
    )
