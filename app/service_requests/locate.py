"""The two halves of a place: who sent only a position gets its address, who sent only words gets the position."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy.ext.asyncio import AsyncSession

from app.jurisdictions.place_nearest import nearest_place
from app.jurisdictions.place_search import search_places
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
    found = await search_places(session, submission.address_string, limit=1)
    if not found:
        return submission
    return replace(submission, lat=found[0].lat, long=found[0].long, place_source="search")
