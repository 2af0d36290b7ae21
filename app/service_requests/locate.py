"""The two halves of a place: who sent only a position gets its address, who sent only words gets the position."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy.ext.asyncio import AsyncSession

from app.jurisdictions.place_nearest import nearest_place
from app.jurisdictions.place_search import SURE, FoundPlace, search_places
from app.service_requests.submission import Submission
from app.services.models import Service
from app.templating import gettext, mark

PLACE_IN_WORDS = mark("The place in their words: %(words)s")


async def locate(session: AsyncSession, submission: Submission) -> Submission:
    """The submission with what the place index knows; unchanged where it knows nothing."""
    if submission.lat is not None and submission.long is not None:
        if submission.address_string:
            return submission
        nearest = await nearest_place(session, submission.lat, submission.long)
        if nearest is None:
            return submission
        return replace(submission, address_string=nearest.label, zipcode=submission.zipcode or nearest.zipcode or "")
    if not submission.address_string:
        return submission
    found = await sure_place(session, submission.address_string)
    if found is None:
        return submission
    return replace(submission, lat=found.lat, long=found.long, place_source="search")


async def sure_place(session: AsyncSession, words: str) -> FoundPlace | None:
    """The place that these words mean beyond doubt: nobody is there to choose between guesses."""
    found = await search_places(session, words, limit=1) if words else []
    return found[0] if found and found[0].score >= SURE else None


async def words_apart(session: AsyncSession, service: Service, place: Submission) -> tuple[Submission, str]:
    """(the place under the index's own address, what the person called it) where the service's texts wait for staff.

    An address that the index knows is no text of theirs. Where texts are public at once, or the request is on no
    public page at all, the place stays as it came, and the words are "".
    """
    words = place.address_string
    if service.text_rule == "public" or service.private or not words or place.lat is None or place.long is None:
        return place, ""
    known = await sure_place(session, words)
    if known is not None and known.label == words:
        return place, ""
    nearest = await nearest_place(session, place.lat, place.long)
    return replace(place, address_string=nearest.label if nearest else ""), words


def with_place_words(description: str, words: str) -> str:
    """The description with what the person called the place, for staff to read; unchanged for no words."""
    said = gettext(PLACE_IN_WORDS, words=words) if words else ""
    return description if not said or said in description else f"{description}\n\n{said}".strip()
