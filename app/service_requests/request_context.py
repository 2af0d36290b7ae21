"""What the page of a request is filled with. Contact data is read for its reporter and for nobody else."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from sqlalchemy.ext.asyncio import AsyncSession

from app.service_requests import queries, said
from app.service_requests.flag_reasons import REASONS
from app.service_requests.forms import MAX_DESCRIPTION
from app.service_requests.masking import masked, masked_address
from app.service_requests.models import Photo, ServiceRequest
from app.service_requests.photo_urls import Size, own_photo_url, photo_url
from app.service_requests.promise_kept import promise_kept
from app.service_requests.ratings import closing_of, given_by, rater_of
from app.service_requests.timeline import entries
from app.service_requests.viewer import Viewer, own_link
from app.service_requests.withdraw import may_reopen
from app.services.catalogue import Catalogue
from app.services.queries import current_catalogue
from app.services.question_history import question_for
from app.services.words import said_in, value_said_in
from app.settings import Settings
from app.templating import current_locale, gettext, mark, ngettext

NOTICES = {
    "joined": mark("You are counted as a further reporter, and follow this report."),
    "followed": mark("You follow this report. You find it under “My reports”."),
    "unfollowed": mark("You do not follow this report any more."),
    "comment": mark("Your words were added."),
    "photo": mark("Your photo was added."),
    "corrected": mark("Your correction is kept. The city sees what changed."),
    "unchanged": mark("Nothing was different, so nothing was changed."),
    "withdrawn": mark("You took your report back. Your contact details are deleted."),
    "flagged": mark("Thank you. The city looks at it and decides what stays public."),
    "reopened": mark("Thank you. The report is open again, and the department has been told."),
}


async def page_context(
    session: AsyncSession, service_request_id: str, viewer: Viewer, settings: Settings
) -> dict[str, Any] | None:
    """Everything that `service_requests/request.html` and `correction.html` need; None where there is no such page."""
    found = await queries.find_request_page(session, service_request_id, viewer)
    if found is None:
        return None
    report, own = found.request, found.own
    photos = [photo for photo in report.photos if own or photo.public]
    updates = await queries.latest_updates(session, report.id)
    catalogue = await current_catalogue(session)
    return {
        "report": report,
        "own": own,
        "service_name": said_in(report.service, "service_name", current_locale.get()),
        "status": said.status_of(report),
        "description": description_for(report, own=own),
        "address": report.address_string if own else masked_address(report.address_string),
        "photos": photos,
        "photo_src": photo_sources(report),
        "entries": entries(updates, photos, own=own),
        "following": await queries.is_following(session, report.duplicate_of_id or report.id, viewer),
        "joined": await queries.has_reported(session, report.id, viewer),
        "people": people_said(report, await queries.count_duplicates(session, report.id)),
        "root": await queries.public_root(session, report),
        **await promise_context(session, report),
        "paused": said.paused_said(report, own=own),
        **await fixed_context(session, report, viewer),
        "contact": await queries.own_contact(session, report.id) if own else None,
        "answers": answers_said(catalogue, report) if own else [],
        "services": catalogue.services if own else (),
        "groups": catalogue.groups if own else (),
        "private_link": own_link(settings, report.service_request_id) if own else "",
        "public_link": f"{settings.public_url}/requests/{report.service_request_id}",
        "another_here": "/report?" + urlencode({"lat": report.lat, "long": report.long}),
        "notices": NOTICES,
        "flag_reasons": [(code, gettext(words)) for code, words in REASONS.items()],
        "most": MAX_DESCRIPTION,
        "said_name": lambda row, field: said_in(row, field, current_locale.get()),
    }


async def fixed_context(session: AsyncSession, report: ServiceRequest, viewer: Viewer) -> dict[str, Any]:
    """Whether this viewer is asked “Is it fixed?” now, and what they said."""
    closing = await closing_of(session, report.id) if may_reopen(report) else None
    rater = await rater_of(session, report, closing, viewer) if closing else None
    given = await given_by(session, closing, rater) if closing and rater else None
    return {"fixed_asked": rater is not None, "fixed_given": given.answer if given else ""}


async def promise_context(session: AsyncSession, report: ServiceRequest) -> dict[str, str]:
    kept = await promise_kept(session, report.service_id) if report.expected_datetime else None
    return {
        "promise": said.promise_said(report.expected_datetime) if report.expected_datetime else "",
        "kept": said.kept_said(kept),
        "late": said.late_said(report),
        "new_promise": said.new_promise_said(report),
        "outcome": said.outcome_said(report),
        "next": said.next_said(report),
    }


def description_for(report: ServiceRequest, *, own: bool) -> str:
    """The description as a reader may see it: in full to its reporter, masked to the public, or not at all."""
    if own:
        return report.description
    return masked(report.description) if report.description_public else ""


def photo_sources(report: ServiceRequest) -> Any:
    def source(photo: Photo, size: Size = "large") -> str:
        if photo.public and not report.service.private:
            return photo_url(photo, size)
        return own_photo_url(report.service_request_id, photo, size)

    return source


def people_said(report: ServiceRequest, duplicates: int) -> list[str]:
    """Reporters, reports and followers, counted apart."""
    reporters = ngettext("%(num)d person reported this", "%(num)d people reported this", report.reporter_count)
    told = [reporters]
    if duplicates:
        told.append(ngettext("%(num)d report", "%(num)d reports", duplicates + 1))
    if report.follower_count:
        told.append(ngettext("%(num)d person follows it", "%(num)d people follow it", report.follower_count))
    return told


def answers_said(catalogue: Catalogue, report: ServiceRequest) -> list[tuple[str, str]]:
    """The reporter's own answers: (question, answer) in the words of the catalogue as it was when they were given."""
    locale, service = current_locale.get(), catalogue.by_id[report.service_id]
    asked = [
        (question_for(catalogue, service, code, value, report.requested_datetime), value)
        for code, value in report.answers.items()
    ]
    told = []
    for attribute, value in sorted(asked, key=lambda pair: pair[0].order):
        names = {option["key"]: value_said_in(option, "name", locale) for option in attribute.values}
        keys = value if isinstance(value, list) else [value]
        told.append((said_in(attribute, "description", locale), ", ".join(names.get(key, str(key)) for key in keys)))
    return told
