"""What people send with a report, read into a Submission. Each field has its limit and its words."""

from __future__ import annotations

import math
import unicodedata
import uuid
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from app.errors import Problem
from app.service_requests.submission import PLACE_SOURCES, ContactDetails, StoredPhoto, Submission
from app.services.answers import raw_answers
from app.templating import mark

MAX_DESCRIPTION = 4000
LIMITS = {
    "service_code": 80,
    "description": MAX_DESCRIPTION,
    "address_string": 500,
    "address_id": 100,
    "zipcode": 12,
    "name": 200,
    "email": 254,
    "phone": 40,
}
TOO_LONG = mark("This is %(length)d characters long. Use at most %(most)d.")
NOT_A_POSITION = mark("This position cannot be read. Set the pin on the map, or type the address.")
NOT_AN_ID = mark("The report's own number cannot be read. Reload the page; your draft is kept.")


def read_submission(
    fields: Iterable[tuple[str, str]],
    *,
    source: str,
    locale: str,
    photos: tuple[StoredPhoto, ...] = (),
    device_hash: str | None = None,
    account_id: int | None = None,
) -> tuple[Submission, list[Problem]]:
    """A submission from a form's fields, with what cannot be read of them.

    Reads `service_code`, `lat`, `long`, `accuracy`, `place_source`, `address_string`, `address_id`, `zipcode`,
    `description`, `attribute[…]`, `name` (or `first_name` and `last_name`), `email`, `phone`, `notify`,
    `client_request_id` and `observed_datetime`. Where a field stands twice, the last one counts.
    """
    fields = list(fields)
    given = {name: clean(value) for name, value in fields}
    problems = [
        Problem(name, TOO_LONG, {"length": len(given[name]), "most": most})
        for name, most in LIMITS.items()
        if len(given.get(name, "")) > most
    ]
    texts = {name: given.get(name, "")[:most] for name, most in LIMITS.items()}
    lat, long = read_position(given, problems)
    submission = Submission(
        service_code=texts["service_code"],
        source=source,
        lat=lat,
        long=long,
        accuracy_m=read_metres(given.get("accuracy", "")),
        place_source=given["place_source"] if given.get("place_source") in PLACE_SOURCES else "api",
        address_string=texts["address_string"],
        address_id=texts["address_id"],
        zipcode=texts["zipcode"],
        description=texts["description"],
        answers=raw_answers(fields),
        photos=photos,
        contact=read_contact(given, texts),
        client_request_id=read_uuid(given.get("client_request_id", ""), problems),
        observed_datetime=read_datetime(given.get("observed_datetime", "")),
        device_hash=device_hash,
        account_id=account_id,
        locale=locale,
    )
    return submission, problems


def clean(text: str) -> str:
    """NFC, with single line feeds, and without control characters, half surrogates and unassigned code points."""
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    return "".join(c for c in text if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs", "Cn")).strip()


def read_position(given: Mapping[str, str], problems: list[Problem]) -> tuple[float | None, float | None]:
    """(lat, long), or (None, None) for none given or a problem. 0,0 is a broken receiver, not a place."""
    lat_text, long_text = given.get("lat", ""), given.get("long", "")
    if not lat_text and not long_text:
        return None, None
    try:
        lat, long = float(lat_text), float(long_text)
    except ValueError:
        lat = long = math.nan
    if not (-90 <= lat <= 90 and -180 <= long <= 180) or lat == long == 0:
        problems.append(Problem("location", NOT_A_POSITION))
        return None, None
    return lat, long


def read_metres(text: str) -> float | None:
    try:
        metres = float(text)
    except ValueError:
        return None
    return metres if 0 <= metres <= 1_000_000 else None


def read_uuid(text: str, problems: list[Problem]) -> uuid.UUID | None:
    if not text:
        return None
    try:
        return uuid.UUID(text)
    except ValueError:
        problems.append(Problem("client_request_id", NOT_AN_ID))
        return None


def read_datetime(text: str) -> datetime | None:
    """A time with its zone that lies in the past, in UTC; anything else is as good as none."""
    try:
        moment = datetime.fromisoformat(text)
        moment = moment.astimezone(UTC) if moment.tzinfo else datetime.max.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
    return moment if moment <= datetime.now(UTC) else None


def read_contact(given: Mapping[str, str], texts: Mapping[str, str]) -> ContactDetails:
    full = " ".join(part for part in (given.get("first_name", ""), given.get("last_name", "")) if part)
    return ContactDetails(
        name=texts["name"] or full[: LIMITS["name"]],
        email=texts["email"],
        phone=texts["phone"],
        notify="email" if given.get("notify") == "email" and texts["email"] else "none",
    )
