"""The two halves of a place: who sent only a position gets its address, who sent only words gets the position."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy.ext.asyncio import AsyncSession

from app.jurisdictions.place_nearest import nearest_place
from app.jurisdictions.place_search import SURE, FoundPlace, search_places
from app.service_requests.submission import Submission


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
