"""One thing that a person is told, in the words of the moment's locale: what, why, what next, and where to see it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.notifications.announcement_models import Announcement
from app.notifications.announcement_telling import told_of
from app.service_requests.masking import masked, masked_address
from app.service_requests.models import Photo, ServiceRequest, Update
from app.service_requests.said import next_said, promise_said
from app.service_requests.timeline import title_of
from app.service_requests.workflow import STATUSES
from app.settings import Settings
from app.templating import gettext, mark

RECEIVED = "received"
TITLES = {
    "late": mark("The promised date has passed"),
    "explained": mark("The city says why it is late"),
    "redress": mark("What the city owes you for being late"),
}
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


def news_of(settings: Settings, update: Update, request: ServiceRequest, service: str, photos: Sequence[Photo]) -> News:
    """What an entry of a timeline tells. Words that are not for the public are not in it, whoever reads."""
    status = STATUSES.get(update.status or "")
    heading = gettext(TITLES[update.kind]) if update.kind in TITLES else title_of(update)
    received = update.kind == RECEIVED
    if received:
        subject = gettext("We have your report: %(service)s", service=service)
    elif status:
        subject = f"{service}: {heading}"
    else:
        subject = gettext("News of your report: %(service)s", service=service)
    # What stands now, and not what stood when it happened.
    stands = update.status is None or update.status == request.status
    promised = request.expected_datetime if stands and request.closed_datetime is None else None
    return News(
        kind=update.kind,
        subject=subject,
        heading=heading,
        url=f"{settings.public_url}/requests/{request.service_request_id}",
        number=request.service_request_id,
        service=service,
        address=masked_address(request.address_string),
        meaning=gettext(status.meaning) if status else "",
        words=masked(update.text) if update.text_public else "",
        next=next_said(request) if stands else "",
        promise=gettext("Promised %(when)s", when=promise_said(promised)) if promised else "",
        photo=next((photo for photo in photos if photo.public), None),
    )


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
