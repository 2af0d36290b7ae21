"""Who is asked “Is it fixed?”, and what the page that asks is filled with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from litestar.exceptions import NotFoundException
from sqlalchemy.ext.asyncio import AsyncSession

from app.errors import Problem, Refused
from app.service_requests.carry_out import PageRequest
from app.service_requests.comment import shown_at_once
from app.service_requests.masking import masked_address
from app.service_requests.models import ServiceRequest, Update
from app.service_requests.queries import find_request_page
from app.service_requests.rating_links import read_answer_key
from app.service_requests.rating_models import Rating
from app.service_requests.ratings import MAX_WORDS, YES, Rater, closing_of, given_by, rater_of
from app.service_requests.request_context import photo_sources
from app.service_requests.request_page import NOT_THE_KEY
from app.service_requests.said import status_of
from app.service_requests.timeline import Entry, entry
from app.service_requests.viewer import Viewer, viewer_of
from app.service_requests.withdraw import may_reopen
from app.services.words import said_in
from app.settings import Settings
from app.templating import current_locale, mark

NOT_ASKED = mark("Only people who reported this problem, or followed it before it was fixed, are asked.")


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, who is asked about it and by what they are known (`key` of the link, or ""), and what they said."""

    request: ServiceRequest
    closing: Update | None
    rater: Rater | None
    own: bool
    key: str = ""
    given: Rating | None = None


async def find_asked(request: PageRequest, session: AsyncSession, service_request_id: str, key: str) -> Asked:
    """Raises NotFoundException for what there is not for this person, and Refused: 404 for a link that is not ours, 403
    for who is not asked.
    """
    settings: Settings = request.app.state.settings
    named = read_answer_key(settings.secret_key, service_request_id, key) if key else None
    if key and named is None:
        raise Refused(Problem("key", NOT_THE_KEY), status=404)
    viewer = viewer_of(request, service_request_id)
    found = await find_request_page(
        session, service_request_id, Viewer(viewer.device_hash, viewer.holds_key or bool(key))
    )
    if found is None:
        raise NotFoundException
    closing = await closing_of(session, found.request.id)
    if closing is None:
        if not found.own:
            raise Refused(Problem("answer", NOT_ASKED), status=403)
        return Asked(found.request, None, None, own=True, key=key)
    rater = await rater_of(session, found.request, closing, viewer, named)
    if rater is None:
        raise Refused(Problem("answer", NOT_ASKED), status=403)
    given = await given_by(session, closing, rater)
    return Asked(found.request, closing, rater, rater.author == "reporter", key, given)


def context_of(asked: Asked, said: dict[str, str]) -> dict[str, Any]:
    """What `service_requests/fixed.html` needs; `said` is what the form holds, before what was answered earlier."""
    report, given = asked.request, asked.given
    asking = asked.closing is not None and may_reopen(report)
    return {
        "report": report,
        "service_name": said_in(report.service, "service_name", current_locale.get()),
        "address": report.address_string if asked.own else masked_address(report.address_string),
        "status": status_of(report),
        "closing": closing_said(asked),
        "photo_src": photo_sources(report),
        "asking": asking,
        "late": report.status == "fixed" and not asking,
        "rater": asked.rater,
        "given": given,
        "key": asked.key,
        "said": {**said_before(given), **{name: value for name, value in said.items() if value}},
        "text_public": shown_at_once(report.service),
        "most": MAX_WORDS,
    }


def closing_said(asked: Asked) -> Entry | None:
    """What the city said and showed when it closed the report; None while it is open."""
    report = asked.request
    if asked.closing is None or report.status != "fixed":
        return None
    photos = [one for one in report.photos if one.update_id == asked.closing.id and one.public]
    return entry(asked.closing, [] if report.service.private else photos, own=asked.own)


def said_before(given: Rating | None) -> dict[str, str]:
    if given is None:
        return {}
    words = "words" if given.answer == YES else "text"
    return {"answer": given.answer, "stars": str(given.stars or ""), words: given.words}
