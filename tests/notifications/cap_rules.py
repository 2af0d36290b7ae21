"""The rules of the Common Alerting Protocol 1.2 (OASIS Standard, 1 July 2010), written from its text (§3.2 to §3.4).

`complaints` says where a document breaks them; none for one that keeps them all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element, ParseError, fromstring

CAP = "urn:oasis:names:tc:emergency:cap:1.2"
ANY = 10_000
PAIR = [("valueName", 1, 1), ("value", 1, 1)]
# Element → its children in their order, each with how often it must and may stand there.
ORDER: dict[str, list[tuple[str, int, int]]] = {
    "alert": [
        ("identifier", 1, 1), ("sender", 1, 1), ("sent", 1, 1), ("status", 1, 1), ("msgType", 1, 1), ("source", 0, 1),
        ("scope", 1, 1), ("restriction", 0, 1), ("addresses", 0, 1), ("code", 0, ANY), ("note", 0, 1),
        ("references", 0, 1), ("incidents", 0, 1), ("info", 0, ANY),
    ],
    "info": [
        ("language", 0, 1), ("category", 1, ANY), ("event", 1, 1), ("responseType", 0, ANY), ("urgency", 1, 1),
        ("severity", 1, 1), ("certainty", 1, 1), ("audience", 0, 1), ("eventCode", 0, ANY), ("effective", 0, 1),
        ("onset", 0, 1), ("expires", 0, 1), ("senderName", 0, 1), ("headline", 0, 1), ("description", 0, 1),
        ("instruction", 0, 1), ("web", 0, 1), ("contact", 0, 1), ("parameter", 0, ANY), ("resource", 0, ANY),
        ("area", 0, ANY),
    ],
    "resource": [
        ("resourceDesc", 1, 1), ("mimeType", 1, 1), ("size", 0, 1), ("uri", 0, 1), ("derefUri", 0, 1), ("digest", 0, 1),
    ],
    "area": [
        ("areaDesc", 1, 1), ("polygon", 0, ANY), ("circle", 0, ANY), ("geocode", 0, ANY), ("altitude", 0, 1),
        ("ceiling", 0, 1),
    ],
    "eventCode": PAIR,
    "parameter": PAIR,
    "geocode": PAIR,
}  # fmt: skip
VALUES = {
    "status": "Actual Exercise System Test Draft",
    "msgType": "Alert Update Cancel Ack Error",
    "scope": "Public Restricted Private",
    "category": "Geo Met Safety Security Rescue Fire Health Env Transport Infra CBRNE Other",
    "responseType": "Shelter Evacuate Prepare Execute Avoid Monitor Assess AllClear None",
    "urgency": "Immediate Expected Future Past Unknown",
    "severity": "Extreme Severe Moderate Minor Unknown",
    "certainty": "Observed Likely Possible Unlikely Unknown",
}
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[-+]\d\d:\d\d")
LANGUAGE = re.compile(r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*")
NAMED = re.compile(r"[^\s,<&]+")
NUMBER = r"-?\d+(?:\.\d+)?"
POINT = re.compile(rf"({NUMBER}),({NUMBER})")
CIRCLE = re.compile(rf"({NUMBER},{NUMBER}) (\d+(?:\.\d+)?)")
FEWEST_POINTS = 4


def complaints(document: bytes) -> list[str]:
    try:
        root = fromstring(document)
    except ParseError as error:
        return [f"no XML: {error}"]
    if root.tag != f"{{{CAP}}}alert":
        return [f"the root is {root.tag}"]
    return [*of_order(root), *of_values(root), *of_moments(root), *of_messages(root), *of_areas(root)]


def name_of(element: Element) -> str:
    return element.tag.removeprefix(f"{{{CAP}}}")


def of_order(element: Element) -> Iterator[str]:
    """Unknown elements, such as stand out of their order, too many, too few, attributes, and empty ones."""
    name, children = name_of(element), [name_of(child) for child in element]
    known = ORDER.get(name, [])
    if element.attrib:
        yield f"{name} has attributes"
    if not known and (children or not (element.text or "").strip()):
        yield f"{name} is empty, or holds elements"
    places = {child: place for place, (child, _, _) in enumerate(known)}
    yield from (f"{name} holds {child}" for child in children if child not in places)
    in_order = [places[child] for child in children if child in places]
    if in_order != sorted(in_order):
        yield f"{name} is out of order: {children}"
    for child, least, most in known:
        if not least <= children.count(child) <= most:
            yield f"{name} holds {child} {children.count(child)} times"
    for child in element:
        yield from of_order(child)


def of_values(root: Element) -> Iterator[str]:
    for name, known in VALUES.items():
        for element in each(root, name):
            if element.text not in known.split():
                yield f"{name} is {element.text!r}"
    for element in each(root, "language"):
        if not LANGUAGE.fullmatch(element.text or ""):
            yield f"language is {element.text!r}"
    for element in each(root, "web"):
        address = urlsplit(element.text or "")
        if not (address.scheme in ("http", "https") and address.netloc):
            yield f"web is no full address: {element.text!r}"


def of_moments(root: Element) -> Iterator[str]:
    for name in ("sent", "effective", "onset", "expires"):
        for element in each(root, name):
            try:
                fits = bool(MOMENT.fullmatch(element.text or "") and datetime.fromisoformat(element.text or ""))
            except ValueError:
                fits = False
            if not fits:
                yield f"{name} is {element.text!r}"


def of_messages(root: Element) -> Iterator[str]:
    """What names a message, what it names of others, and what its scope asks for."""
    said = {name_of(child): child.text or "" for child in root}
    for name in ("identifier", "sender"):
        if not NAMED.fullmatch(said.get(name, "")):
            yield f"{name} is {said.get(name)!r}"
    references = said.get("references", "").split()
    if said.get("msgType") in ("Update", "Cancel", "Ack", "Error") and not references:
        yield f"{said['msgType']} names no earlier message"
    for one in references:
        parts = one.split(",")
        if len(parts) != 3 or not all(parts) or not MOMENT.fullmatch(parts[2]):
            yield f"references hold {one!r}"
        elif parts[1] == said.get("identifier"):
            yield "the message names itself"
    for scope, needed in (("Restricted", "restriction"), ("Private", "addresses")):
        if said.get("scope") == scope and needed not in said:
            yield f"{scope} without {needed}"
        if needed == "restriction" and needed in said and said.get("scope") != scope:
            yield f"{needed} without {scope}"


def of_areas(root: Element) -> Iterator[str]:
    """WGS 84, latitude first; a polygon ends where it began; a circle's radius in kilometres stands after a space."""
    for element in each(root, "polygon"):
        points = (element.text or "").split()
        if not all(map(is_point, points)):
            yield "a polygon holds what is no point"
        if len(points) < FEWEST_POINTS or points[0] != points[-1]:
            yield "a polygon is open, or has too few points"
    for element in each(root, "circle"):
        found = CIRCLE.fullmatch(element.text or "")
        if not found or not is_point(found[1]):
            yield f"circle is {element.text!r}"
    for element in each(root, "area"):
        names = {name_of(child) for child in element}
        if "ceiling" in names and "altitude" not in names:
            yield "a ceiling without an altitude"


def is_point(text: str) -> bool:
    found = POINT.fullmatch(text)
    return bool(found) and abs(float(found[1])) <= 90 and abs(float(found[2])) <= 180  # type: ignore[index]


def each(root: Element, name: str) -> Iterator[Element]:
    return root.iter(f"{{{CAP}}}{name}")
