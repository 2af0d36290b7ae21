"""Where a report says that it is, corrected: the pin, the address in words, and the areas that follow from the pin."""

from __future__ import annotations

from dataclasses import replace
from zoneinfo import ZoneInfo

from sqlalchemy import delete, insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import point
from app.errors import Problem
from app.jurisdictions.geodesy import distance_m
from app.jurisdictions.local_clock import local_day
from app.jurisdictions.queries import areas_index, get_jurisdiction
from app.service_requests.cells import cell_key
from app.service_requests.check import place_problems
from app.service_requests.locate import locate, sure_place
from app.service_requests.models import RequestArea, ServiceRequest
from app.service_requests.submission import Submission
from app.templating import mark

# A pin that comes back this near, in metres, was not moved: numbers lose digits on their way through a form.
NOT_MOVED_M = 0.5
UNKNOWN_ADDRESS = mark("We do not know this address. Move the pin on the map, or leave the pin where it is.")


async def corrected_place(
    session: AsyncSession,
    request: ServiceRequest,
    sent: Submission,
    problems: list[Problem],
    *,
    address: str,
    to_address: bool,
) -> Submission:
    """The place as it will be: a moved pin with its address, or other words for the same pin.

    `address` is what the reporter calls the place now. `to_address` moves an unmoved pin there. Adds to
    `problems` where that is no place in the city.
    """
    same = replace(sent, lat=request.lat, long=request.long, address_string=address, zipcode=request.zipcode or "")
    if sent.lat is not None and sent.long is not None:
        if distance_m(sent.lat, sent.long, request.lat, request.long) <= NOT_MOVED_M:
            return same if not to_address else await at_address(session, same, problems)
        # The old address does not belong to the new pin: the index is asked, unless they wrote another one.
        words = address if address != request.address_string else ""
        moved = await locate(session, replace(sent, address_string=words, place_source="pin"))
        return await inside(session, moved, problems)
    return await at_address(session, same, problems) if to_address else same


async def at_address(session: AsyncSession, place: Submission, problems: list[Problem]) -> Submission:
    best = await sure_place(session, place.address_string)
    if best is None:
        problems.append(Problem("address_string", UNKNOWN_ADDRESS))
        return place
    there = replace(place, lat=best.lat, long=best.long, zipcode=best.zipcode or "", place_source="search")
    return await inside(session, there, problems)


async def inside(session: AsyncSession, place: Submission, problems: list[Problem]) -> Submission:
    city = await get_jurisdiction(session)
    problems += place_problems(place, city, await areas_index(session, city))
    return place


async def move(session: AsyncSession, request: ServiceRequest, place: Submission) -> bool:
    """Writes the place; its areas follow a moved pin. Returns whether anything changed."""
    lat, long = place.lat or 0.0, place.long or 0.0
    pin_moved = distance_m(lat, long, request.lat, request.long) > NOT_MOVED_M
    if not pin_moved and place.address_string == request.address_string:
        return False
    request.address_string = place.address_string
    if not pin_moved:
        return True
    request.location, request.cell = point(lat, long), cell_key(lat, long)
    request.place_source, request.accuracy_m, request.address_id = place.place_source, None, None
    city = await get_jurisdiction(session)
    filed = local_day(request.requested_datetime, ZoneInfo(city.timezone))
    areas = (await areas_index(session, city)).find(lat, long, filed)
    request.zipcode = next((area.code for area in areas if area.layer == "zip"), place.zipcode) or None
    await session.execute(delete(RequestArea).where(RequestArea.request_id == request.id))
    if areas:
        links = [{"request_id": request.id, "area_id": area.id} for area in areas]
        await session.execute(insert(RequestArea), links)
    return True
