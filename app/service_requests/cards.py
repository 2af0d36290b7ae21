"""A request in a list: a few words, a picture, and where it leads."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from app.service_requests.masking import masked_address
from app.service_requests.models import ServiceRequest
from app.service_requests.photo_urls import own_photo_url, photo_url
from app.service_requests.said import late_said, status_of
from app.services.words import said_in
from app.templating import current_locale, gettext


@dataclass(frozen=True, slots=True)
class Card:
    """`late` is empty unless the promise has passed; `mark` is the badge's kind: open, closed or late."""

    service_request_id: str
    service_name: str
    address_string: str
    status: str
    mark: str
    late: str
    requested_datetime: datetime
    updated_datetime: datetime
    photo: str | None
    distance_m: int | None
    lat: float
    long: float


def card(request: ServiceRequest, *, own: bool = False, distance_m: float | None = None) -> Card:
    """The card of a request that was read with its service and photos. `own`: its reporter looks."""
    status, late = status_of(request), late_said(request)
    return Card(
        service_request_id=request.service_request_id,
        service_name=said_in(request.service, "service_name", current_locale.get()),
        address_string=request.address_string if own else masked_address(request.address_string),
        status=gettext(status.label),
        mark="late" if late else status.open311,
        late=late,
        requested_datetime=request.requested_datetime,
        updated_datetime=request.updated_datetime,
        photo=first_photo(request, own=own),
        distance_m=None if distance_m is None else round(distance_m),
        lat=request.lat,
        long=request.long,
    )


def first_photo(request: ServiceRequest, *, own: bool) -> str | None:
    for photo in request.photos:
        if photo.public and not request.service.private:
            return photo_url(photo, "small")
        if own:
            return own_photo_url(request.service_request_id, photo, "small")
    return None
