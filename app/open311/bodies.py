"""A request that is sent as JSON or XML, read into the same fields that a form has."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator
from typing import Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from app.open311.errors import Fault
from app.templating import mark

Field = tuple[str, str]

NOT_JSON = mark("The body is not JSON: %(reason)s.")
NOT_AN_OBJECT = mark("The body must be one JSON object with the fields of a request.")
TWICE = mark("%(name)s stands twice. Which one counts is anybody's guess, so nothing was kept.")
NOT_A_VALUE = mark("%(name)s must be a text, a number, true, false or null.")
NOT_XML = mark("The body is not well-formed XML in UTF-8.")
FORBIDDEN_XML = mark("A document type, entities or references to elsewhere are not taken.")
NOT_A_REQUEST = mark("The XML's root must be service_request, or service_requests with one request.")


def fields_of_json(body: bytes) -> list[Field]:
    """The fields of a JSON object; `attribute` (or `attributes`) is an object of code → value or values.

    Raises Fault (400) for what is not JSON (RFC 8259), for NaN, and for a name that stands twice in one object.
    """
    try:
        document = json.loads(body.decode(), object_pairs_hook=once, parse_constant=no_constant)
    except (ValueError, RecursionError) as error:
        reason = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise Fault(400, NOT_JSON, reason=reason[:200]) from error
    if not isinstance(document, dict):
        raise Fault(400, NOT_AN_OBJECT)
    return list(flattened(document))


def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        name = whole(name)
        if name in found:
            raise Fault(400, TWICE, field=name[:100], name=name[:100])
        found[name] = whole(value) if isinstance(value, str) else value
    return found


def whole(text: str) -> str:
    """The text with "?" for each half of a surrogate pair: JSON can escape one alone, UTF-8 cannot say it."""
    return text.encode(errors="replace").decode()


def no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not a JSON value")


def flattened(document: dict[str, Any]) -> Iterator[Field]:
    for name, value in document.items():
        if name in ("attribute", "attributes") and isinstance(value, dict):
            for code, given in value.items():
                yield from texts(f"attribute[{code}]", given)
        else:
            yield from texts(name, value)


def texts(name: str, value: Any) -> Iterator[Field]:
    """A field for each value; only an attribute may have several."""
    if isinstance(value, list) and name.startswith("attribute["):
        for one in value:
            yield from texts(name, None if isinstance(one, list) else one)
    elif isinstance(value, bool):
        yield name, "true" if value else "false"
    elif isinstance(value, float) and not math.isfinite(value):
        raise Fault(400, NOT_A_VALUE, field=name[:100], name=name[:100])
    elif isinstance(value, (str, int, float)):
        yield name, str(value)
    elif value is not None:
        raise Fault(400, NOT_A_VALUE, field=name[:100], name=name[:100])


def fields_of_xml(body: bytes) -> list[Field]:
    """The fields of a `<service_request>` (or `<request>`), attributes as `<attribute><code/><value/>…</attribute>`.

    Raises Fault (400) for what is not XML, for a document type or an entity, and for an element that stands twice.
    """
    try:
        root = fromstring(body, forbid_dtd=True)
    except DefusedXmlException as error:
        raise Fault(400, FORBIDDEN_XML) from error
    except (ParseError, ValueError, LookupError) as error:
        raise Fault(400, NOT_XML) from error
    if root.tag == "service_requests" and len(root) == 1:
        root = root[0]
    if root.tag not in ("service_request", "request", "service_request_update", "request_update"):
        raise Fault(400, NOT_A_REQUEST)
    return list(fields_of_element(root))


def fields_of_element(root: Element) -> Iterator[Field]:
    seen: set[str] = set()
    for child in root:
        if child.tag == "attributes":
            yield from fields_of_attributes(child)
        elif child.tag == "attribute":
            yield from fields_of_attributes([child])
        elif child.tag in seen:
            raise Fault(400, TWICE, field=child.tag[:100], name=child.tag[:100])
        else:
            seen.add(child.tag)
            yield child.tag, child.text or ""


def fields_of_attributes(attributes: Iterable[Element]) -> Iterator[Field]:
    for attribute in attributes:
        code = attribute.findtext("code") or ""
        values = [value for value in attribute.iter() if value.tag in ("value", "key") and not len(value)]
        for value in values:
            yield f"attribute[{code}]", value.text or ""
