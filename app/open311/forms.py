"""What a program sends with a new request: a form, JSON or XML, read into fields and photos."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import Any

from litestar import Request
from litestar.datastructures import UploadFile
from litestar.enums import RequestEncodingType
from litestar.exceptions import ClientException
from sqlalchemy.ext.asyncio import AsyncSession

from app.open311.bodies import Field, fields_of_json, fields_of_xml
from app.open311.errors import DESCRIPTIONS, Fault
from app.open311.queries import find_place
from app.service_requests.submission import Submission

# A request without photos is some kilobytes: 4,000 characters of description and the answers.
MAX_DOCUMENT_BYTES = 1_000_000
FORMS = (RequestEncodingType.URL_ENCODED, RequestEncodingType.MULTI_PART)
XML_TYPES = ("application/xml", "text/xml")


@dataclass(frozen=True, slots=True)
class Sent:
    """The fields in their order, and the photos in theirs."""

    fields: list[Field]
    photos: list[UploadFile]

    def value(self, name: str) -> str:
        return next((value.strip() for given, value in reversed(self.fields) if given == name), "")


async def read_sent(request: Request[Any, Any, Any]) -> Sent:
    """What the body holds. Raises Fault (400, 413, 415)."""
    kind = request.content_type[0]
    if kind in FORMS:
        return await read_form(request)
    if kind == "application/json":
        return Sent(fields_of_json(await read_document(request)), [])
    if kind in XML_TYPES:
        return Sent(fields_of_xml(await read_document(request)), [])
    raise Fault(415, DESCRIPTIONS[415])


async def read_form(request: Request[Any, Any, Any]) -> Sent:
    """A file in any field is a photo: programs call it `media`, `media[]`, `media_url` or `file`."""
    try:
        form = await request.form()
    except (ClientException, ValueError) as error:
        status = getattr(error, "status_code", 400)
        raise Fault(status, DESCRIPTIONS.get(status, DESCRIPTIONS[400])) from error
    fields, photos = [], []
    for name, value in form.multi_items():
        if isinstance(value, UploadFile):
            photos.append(value)
        else:
            fields.append((name, str(value)))
    return Sent(fields, photos)


async def read_document(request: Request[Any, Any, Any]) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_DOCUMENT_BYTES:
            raise Fault(413, DESCRIPTIONS[413])
    return bytes(body)


def device_hash(client_id: int, device_id: str) -> str | None:
    """Under which a program's device is known. The program's own number is in it: none can pass for another's."""
    if not device_id:
        return None
    return hashlib.sha256(f"open311:{client_id}:{device_id}".encode(errors="replace")).hexdigest()


async def at_address(session: AsyncSession, submission: Submission) -> Submission:
    """The submission with the place that its `address_id` names, where it came without a position."""
    if submission.lat is not None or not submission.address_id:
        return submission
    found = await find_place(session, submission.address_id)
    if found is None:
        return submission
    place, lat, long = found
    return replace(
        submission,
        lat=lat,
        long=long,
        address_string=submission.address_string or place.label,
        zipcode=submission.zipcode or place.zipcode or "",
    )
