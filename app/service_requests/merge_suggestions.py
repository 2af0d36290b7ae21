"""Which reports may be the same problem, and how sure that is: by place, time, kind, and what the photos look like.

People decide; nothing is merged by itself.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from app.media.likeness import ALIKE, bits_apart
from app.service_requests.likely import likely_duplicates
from app.service_requests.models import Photo, ServiceRequest
from app.service_requests.nearby import Near, maybe_the_same
from app.service_requests.workflow import STATUSES
from app.services.queries import current_catalogue

MOST = 5
MOST_NEAR = 30
# Below this nobody is bothered.
WORTH_A_LOOK = 45
DAYS = 14.0


@dataclass(frozen=True, slots=True)
class Suggestion:
    """The other request with its service, and why: `distance_m` metres, `days` between the two, of 100 points.

    `photos_alike` is None where one of the two has no photo that was looked at.
    """

    request: ServiceRequest
    distance_m: float
    days: float
    same_kind: bool
    photos_alike: bool | None
    points: int


async def suggestions(session: AsyncSession, request: ServiceRequest) -> list[Suggestion]:
    """The likeliest first, at most five; none for a request that is closed. `request.photos` must be loaded."""
    if not STATUSES[request.status].is_open:
        return []
    catalogue = await current_catalogue(session)
    service = catalogue.by_id[request.service_id]
    near = await maybe_the_same(session, catalogue, service, request.lat, request.long, limit=MOST_NEAR)
    linked = [Near(one.request, one.distance_m) for one in await likely_duplicates(session, request.id)]
    others = {one.request.id: one for one in [*linked, *near] if one.request.id != request.id}
    loaded = select(ServiceRequest).where(ServiceRequest.id.in_(others), ServiceRequest.duplicate_of_id.is_(None))
    loaded = loaded.options(selectinload(ServiceRequest.service), selectinload(ServiceRequest.photos))
    found = (await session.execute(loaded)).scalars()
    made = [suggestion(request, one, others[one.id].distance_m, service.nearby_radius_m) for one in found]
    chosen = [one for one in made if one.points >= WORTH_A_LOOK and STATUSES[one.request.status].is_open]
    return sorted(chosen, key=lambda one: (-one.points, one.distance_m, one.request.id))[:MOST]


def suggestion(request: ServiceRequest, other: ServiceRequest, distance_m: float, radius_m: float) -> Suggestion:
    days = abs((request.requested_datetime - other.requested_datetime).total_seconds()) / 86400
    same_kind = request.service_id == other.service_id
    bits = fewest_apart(request.photos, other.photos)
    place = 40 * max(0.0, 1 - distance_m / max(radius_m, 1.0))
    time = 20 * math.exp(-days / DAYS)
    points = place + time + (20 if same_kind else 0) + looks(bits)
    return Suggestion(
        other, distance_m, days, same_kind, None if bits is None else bits <= ALIKE, min(100, round(points))
    )


def looks(bits: int | None) -> float:
    """Photos that are alike say much; others little, since one hole has many sides."""
    if bits is None:
        return 0
    return 30.0 if bits <= ALIKE else -5.0


def fewest_apart(some: Iterable[Photo], others: Sequence[Photo]) -> int | None:
    pairs = [
        bits_apart(one.likeness, other.likeness)
        for one in some
        for other in others
        if one.likeness is not None and other.likeness is not None
    ]
    return min(pairs, default=None)
