"""Writing answers: one document, as JSON or as the XML of GeoReport v2."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from typing import Any
from xml.etree.ElementTree import Element, SubElement, tostring

import msgspec
from litestar import Request, Response

JSON, XML = "json", "xml"
# Litestar adds the charset of a text type by itself.
MEDIA_TYPES = {JSON: "application/json; charset=utf-8", XML: "text/xml"}
# The element of each item of a list (GeoReport v2; the last four are of our extensions).
ITEMS = {
    "services": "service",
    "service_requests": "request",
    "attributes": "attribute",
    "values": "value",
    "errors": "error",
    "endpoints": "endpoint",
    "formats": "format",
    "updates": "update",
    "service_request_updates": "request_update",
    "photos": "photo",
    "areas": "area",
    "keys": "key",
}
DECLARATION = b'<?xml version="1.0" encoding="utf-8"?>\n'
# XML 1.0 §2.2: characters that no document may hold, not even escaped.
NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

Document = Mapping[str, Any] | Sequence[Mapping[str, Any]]


def format_of(request: Request[Any, Any, Any]) -> str:
    """The format that a path ends in; without one, XML for who asks for XML only, else JSON."""
    extension = request.url.path.rpartition(".")[2]
    if extension in MEDIA_TYPES:
        return extension
    accept = request.headers.get("accept", "")
    return XML if "xml" in accept and "json" not in accept and "html" not in accept else JSON


def written(root: str, document: Document, form: str) -> bytes:
    """A document in a format, UTF-8. `root` names the XML's root element; JSON has none."""
    return to_xml(root, document) if form == XML else msgspec.json.encode(document)


def to_xml(root: str, document: Document) -> bytes:
    element = Element(root)
    fill(element, document)
    return DECLARATION + tostring(element, encoding="unicode").encode()


def fill(element: Element, value: Any) -> None:
    """Writes a value into an element: an object as children, a list as its items, None as nothing."""
    if isinstance(value, Mapping):
        for name, part in value.items():
            fill(SubElement(element, name), part)
    elif isinstance(value, (list, tuple)):
        for part in value:
            fill(SubElement(element, ITEMS[element.tag]), part)
    elif value is not None:
        element.text = said(value)


def said(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return NOT_XML.sub("", str(value))


def answer(
    request: Request[Any, Any, Any],
    root: str,
    document: Document,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> Response[bytes]:
    """The answer to a request in the format that its path asks for."""
    form = format_of(request)
    return Response(
        written(root, document, form), status_code=status, headers=dict(headers or {}), media_type=MEDIA_TYPES[form]
    )


def unless_known(
    request: Request[Any, Any, Any], root: str, document: Document, headers: Mapping[str, str] | None = None
) -> Response[bytes]:
    """The answer with its weak `ETag`, or 304 for who has it already (RFC 9110 §8.8.3, §13.1.2)."""
    full = answer(request, root, document, headers=headers)
    tag = f'W/"{hashlib.sha256(full.content).hexdigest()[:32]}"'
    full.headers["ETag"] = tag
    full.headers.setdefault("Vary", "Accept-Language")
    known = {item.strip() for item in request.headers.get("if-none-match", "").split(",")}
    if tag in known or tag.removeprefix("W/") in known:
        return Response(b"", status_code=304, headers=dict(full.headers), media_type=MEDIA_TYPES[format_of(request)])
    return full
