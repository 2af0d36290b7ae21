"""What a request says of itself in plain words, in the locale and the time zone of the moment."""

from __future__ import annotations

from datetime import UTC, date, datetime

from babel.dates import format_timedelta

from app.service_requests.models import ServiceRequest
from app.service_requests.promise_kept import Kept
from app.service_requests.workflow import ANSWERED, STATUSES, Status
from app.services.promises import END_OF_DAY
from app.templating import current_locale, gettext, local, mark, say_date, say_day, say_time

# What happens next, by status; the others are closed and say all in their meaning.
NEXT = {
    "received": mark("The department looks at it and decides who goes. You see each step here."),
    "triaged": mark("The department plans the work. You see each step here."),
    "accepted": mark("The department gives the work to a crew. You see each step here."),
    "assigned": mark("A crew goes there. You see here what they did."),
    "scheduled": mark("A crew comes on that day. You see here what they did."),
    "in_progress": mark("The crew finishes the work and says so here."),
    "acted_upon": mark("One step is done. The report stays open until the problem is fixed."),
    "reopened": mark("The department looks at it again. You see each step here."),
}


def status_of(request: ServiceRequest) -> Status:
    return STATUSES[request.status]


def promise_said(expected: datetime) -> str:
    """ "by Thursday, November 26", with the time of day unless the promise runs to the day's end."""
    here = local(expected)
    if here.time().replace(microsecond=0) == END_OF_DAY:
        return gettext("by %(day)s", day=say_day(expected))
    return gettext("by %(day)s at %(time)s", day=say_day(expected), time=say_time(expected))


def planned_said(day: date | None) -> str:
    """ "Planned for Thursday, November 26"; nothing where no day is planned."""
    return gettext("Planned for %(day)s", day=say_date(day)) if day else ""


def kept_said(kept: Kept | None) -> str:
    """ "9 of 10 are done in time"; nothing where too few are known."""
    return gettext("%(count)d of 10 are done in time", count=kept.in_ten) if kept else ""


def late_said(request: ServiceRequest, now: datetime | None = None) -> str:
    """ "3 days late" for an open request whose promise has passed; nothing otherwise."""
    expected, now = request.expected_datetime, request.paused_datetime or now or datetime.now(UTC)
    if expected is None or not status_of(request).is_open or now <= expected:
        return ""
    return gettext("%(time)s late", time=time_between(expected, now))


def new_promise_said(request: ServiceRequest) -> str:
    """Until when the city means to act since it has missed its promise; nothing where it has not said."""
    if request.new_expected_datetime is None or not late_said(request):
        return ""
    return gettext("The city now means to act %(when)s.", when=promise_said(request.new_expected_datetime))


def paused_said(request: ServiceRequest, *, own: bool = False) -> str:
    """That the clock of the promise stands, and what starts it again; nothing while it runs."""
    if request.paused_datetime is None or not status_of(request).is_open:
        return ""
    if request.suspension_id is not None:
        return gettext("An event keeps the city from its usual work. Until it is over the promised date moves on.")
    if own:
        return gettext("The city has asked you something: see the timeline. Answer with a comment or a photo.")
    return gettext("The city waits for an answer from the reporter. Until then the promised date moves on.")


def outcome_said(request: ServiceRequest) -> str:
    """Whether the promise was kept, once the request is answered; nothing before, or where there was none."""
    expected, closed = request.expected_datetime, request.closed_datetime
    if expected is None or closed is None or request.status not in ANSWERED:
        return ""
    if closed <= expected:
        return gettext("Done in time. Promised %(promise)s.", promise=promise_said(expected))
    late = time_between(expected, closed)
    return gettext("Done %(time)s late. Promised %(promise)s.", time=late, promise=promise_said(expected))


def next_said(request: ServiceRequest) -> str:
    return gettext(NEXT[request.status]) if request.status in NEXT else ""


def time_between(start: datetime, end: datetime) -> str:
    return format_timedelta(end - start, locale=current_locale.get())
