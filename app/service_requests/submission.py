"""What a report is on its way in, from whichever door: plain values, checked by `submit`."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from app.media.storage import PhotoKeys
from app.service_requests.models import ServiceRequest

PLACE_SOURCES = ("photo", "device", "search", "pin", "api")


@dataclass(frozen=True, slots=True)
class ContactDetails:
    name: str = ""
    email: str = ""
    phone: str = ""
    # "email" or "none"
    notify: str = "none"

    def __bool__(self) -> bool:
        return bool(self.name or self.email or self.phone)


@dataclass(frozen=True, slots=True)
class StoredPhoto:
    """A photo that the media store already holds. `content_hash` is that of the bytes as they were uploaded."""

    content_hash: str
    keys: PhotoKeys
    width: int
    height: int
    taken_datetime: datetime | None = None
    likeness: int | None = None

    def columns(self) -> dict[str, Any]:
        """As columns: those of `PhotoFiles`, and `content_hash`."""
        return {
            "content_hash": self.content_hash,
            "master_key": self.keys.master,
            "large_key": self.keys.large,
            "small_key": self.keys.small,
            "width": self.width,
            "height": self.height,
            "taken_datetime": self.taken_datetime,
            "likeness": self.likeness,
        }


@dataclass(frozen=True, slots=True)
class Submission:
    """A report. `lat` and `long` in decimal degrees (WGS84); `answers` by attribute code, as they were sent."""

    service_code: str
    source: str
    lat: float | None = None
    long: float | None = None
    accuracy_m: float | None = None
    place_source: str = "api"
    address_string: str = ""
    address_id: str = ""
    zipcode: str = ""
    description: str = ""
    answers: Mapping[str, list[str]] = field(default_factory=dict)
    photos: tuple[StoredPhoto, ...] = ()
    contact: ContactDetails = ContactDetails()
    client_request_id: uuid.UUID | None = None
    observed_datetime: datetime | None = None
    device_hash: str | None = None
    account_id: int | None = None
    locale: str = "en"


@dataclass(frozen=True, slots=True)
class Submitted:
    """The request that a submission made, or (`created` False) the one that the same submission made before.

    `own` says whether the sender may have the reporter's own link: not when somebody else's device sends the
    same `client_request_id`.
    """

    request: ServiceRequest
    created: bool
    own: bool
