"""A service request as GeoReport tells it: what anybody may see of it, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from app.jurisdictions.models import Jurisdiction
from app.service_requests.masking import masked, masked_address
from app.service_requests.models import Photo, ServiceRequest, Update
from app.service_requests.photo_urls import Size, photo_url
from app.service_requests.workflow import REASONS, STATUSES
from app.services.catalogue import Catalogue
from app.services.words import said_in
from app.templating import gettext


@dataclass(frozen=True, slots=True)
class Teller:
    """What telling requests needs: the city, its catalogue, the reader's locale, and where this server stands."""

    city: Jurisdiction
    catalogue: Catalogue
    locale: str
    public_url: str
    extensions: bool = False

    def at(self, instant: datetime | None) -> str | None:
        """ISO 8601 (the W3C's profile) with the offset of the city."""
        if instant is None:
            return None
        return instant.astimezone(ZoneInfo(self.city.timezone)).isoformat(timespec="seconds")

    def media_url(self, photo: Photo, size: Size = "large") -> str:
        return self.public_url + photo_url(photo, size)


def request_document(request: ServiceRequest, teller: Teller) -> dict[str, Any]:
    """The photos must be loaded; with extensions the areas, the updates and the other of a duplicate too."""
    service = teller.catalogue.by_id[request.service_id]
    department = teller.catalogue.departments.get(request.department_id or 0)
    status = STATUSES[request.status]
    photo = next((photo for photo in request.photos if photo.public), None)
    document = {
        "service_request_id": request.service_request_id,
        "status": status.open311,
        "status_notes": masked(request.status_notes) if request.status_notes else gettext(status.meaning),
        "service_name": said_in(service, "service_name", teller.locale),
        "service_code": service.service_code,
        "description": public_description(request),
        "agency_responsible": said_in(department, "name", teller.locale) if department else None,
        "service_notice": said_in(service, "service_notice", teller.locale) or None,
        "requested_datetime": teller.at(request.requested_datetime),
        "updated_datetime": teller.at(request.updated_datetime),
        "expected_datetime": teller.at(request.expected_datetime),
        "address": public_address(request) or None,
        "address_id": request.address_id,
        "zipcode": request.zipcode,
        "lat": request.lat,
        "long": request.long,
        "media_url": teller.media_url(photo) if photo else None,
    }
    return {**document, **extension_document(request, teller)} if teller.extensions else document


def public_description(request: ServiceRequest) -> str | None:
    return masked(request.description) if request.description_public and request.description else None


def public_address(request: ServiceRequest) -> str:
    return masked_address(request.address_string)


def extension_document(request: ServiceRequest, teller: Teller) -> dict[str, Any]:
    service = teller.catalogue.by_id[request.service_id]
    status = STATUSES[request.status]
    return {
        "status_detail": status.code,
        "status_label": gettext(status.label),
        "closed_datetime": teller.at(request.closed_datetime),
        "planned_date": request.planned_date.isoformat() if request.planned_date else None,
        "queue_position": request.queue_position,
        "duplicate_of": public_original(request, teller),
        "group_code": service.group,
        "reporter_count": request.reporter_count,
        "follower_count": request.follower_count,
        "accuracy_m": request.accuracy_m,
        "cell": request.cell,
        "areas": [{"layer": area.layer, "code": area.code, "name": area.name} for area in request.areas],
        "photos": [photo_document(photo, teller) for photo in request.photos if photo.public],
        "updates": [update_document(update, teller) for update in request.updates],
    }


def public_original(request: ServiceRequest, teller: Teller) -> str | None:
    """The number of the request that this one repeats, unless that one is private."""
    original = request.duplicate_of
    if original is None or teller.catalogue.by_id[original.service_id].private:
        return None
    return original.service_request_id


def photo_document(photo: Photo, teller: Teller) -> dict[str, Any]:
    return {
        "media_url": teller.media_url(photo),
        "thumbnail_url": teller.media_url(photo, "small"),
        "taken_datetime": teller.at(photo.taken_datetime),
    }


def update_document(update: Update, teller: Teller) -> dict[str, Any]:
    status = STATUSES.get(update.status or "")
    return {
        "update_id": str(update.id),
        "updated_datetime": teller.at(update.updated_datetime),
        "kind": update.kind,
        "author": update.author,
        "status": status.open311 if status else None,
        "status_detail": status.code if status else None,
        "reason": gettext(REASONS[update.reason]) if update.reason in REASONS else None,
        "planned_date": update.planned_date.isoformat() if update.planned_date else None,
        "text": masked(update.text) if update.text and update.text_public else None,
    }
