"""An announcement as a message of the Common Alerting Protocol 1.2 (OASIS Standard, 1 July 2010).

The order of the elements is the standard's; an <info> block for each language, in the same order.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from xml.etree.ElementTree import Element
from zoneinfo import ZoneInfo

from shapely import Polygon

from app.notifications.announcement_models import Announcement, AnnouncementMessage
from app.notifications.announcement_words import CATEGORIES, CERTAINTIES, MESSAGES, SEVERITIES, URGENCIES
from app.notifications.announcement_xml import add, document
from app.templating import DEFAULT_LOCALE, current_locale, gettext, translated

CAP = "urn:oasis:names:tc:emergency:cap:1.2"
# "MUST NOT include spaces, commas or restricted characters (< and &)" (§3.2.1).
NOT_AN_ID = re.compile(r"[\s,<>&]+")


@dataclass(frozen=True, slots=True)
class Sender:
    """Who speaks: `id` as CAP's sender, `url` the city's address, `is_demo` for a city that nobody lives in."""

    id: str
    name: str
    url: str
    contact: str
    zone: ZoneInfo
    is_demo: bool


@dataclass(frozen=True, slots=True)
class Where:
    """Whom it concerns: in words (locale → words), in polygons of WGS84 (long, lat), and areas as (layer, code)."""

    words: dict[str, str]
    polygons: list[Polygon]
    areas: list[tuple[str, str]]


def cap_alert(announcement: Announcement, sender: Sender, where: Where) -> bytes:
    """The last message about an announcement, with all before it as references."""
    message = announcement.messages[-1]
    root = Element("alert", {"xmlns": CAP})
    add(root, "identifier", identifier(sender, message))
    add(root, "sender", sender_of(sender))
    add(root, "sent", moment(message.sent_datetime, sender.zone))
    add(root, "status", "Test" if sender.is_demo else "Actual")
    add(root, "msgType", MESSAGES[message.kind])
    add(root, "scope", "Public")
    if message.note:
        add(root, "note", message.note)
    if earlier := announcement.messages[:-1]:
        add(root, "references", " ".join(reference(sender, one) for one in earlier))
    locale = current_locale.get()
    for language in [DEFAULT_LOCALE, *announcement.translations]:
        current_locale.set(language)
        info(root, announcement, message, sender, where)
    current_locale.set(locale)
    return document(root)


def info(root: Element, announcement: Announcement, message: AnnouncementMessage, sender: Sender, where: Where) -> None:
    """One <info> in the locale of the moment."""
    category = CATEGORIES[announcement.category]
    is_over = message.kind == "cancel"
    made = add(root, "info")
    add(made, "language", current_locale.get())
    add(made, "category", category.cap)
    add(made, "event", gettext(category.label))
    add(made, "urgency", "Past" if is_over else URGENCIES[announcement.urgency].cap)
    add(made, "severity", SEVERITIES[announcement.severity].cap)
    add(made, "certainty", CERTAINTIES[announcement.certainty].cap)
    add(made, "effective", moment(max(message.sent_datetime, announcement.starts_datetime), sender.zone))
    add(made, "onset", moment(announcement.starts_datetime, sender.zone))
    add(made, "expires", moment(announcement.ends_datetime, sender.zone))
    add(made, "senderName", sender.name)
    add(made, "headline", translated(announcement, "headline"))
    add(
        made,
        "description",
        translated(*((message, "note") if is_over and message.note else (announcement, "description"))),
    )
    if announcement.instruction and not is_over:
        add(made, "instruction", translated(announcement, "instruction"))
    add(made, "web", f"{sender.url}/announcements/{announcement.id}")
    if sender.contact:
        add(made, "contact", sender.contact)
    for place in announcement.places:
        words = ", ".join(filter(None, (place.name, place.address, translated(place, "note"))))
        pair(made, "parameter", place.kind, f"{words} ({place.lat:.5f},{place.long:.5f})")
    area(made, announcement, where)


def area(made: Element, announcement: Announcement, where: Where) -> None:
    """Latitude comes before longitude, and a polygon ends where it began; a circle's radius is in kilometres."""
    found = add(made, "area")
    add(found, "areaDesc", where.words[current_locale.get()])
    for polygon in where.polygons:
        add(found, "polygon", " ".join(f"{lat:.5f},{long:.5f}" for long, lat in polygon.exterior.coords))
    if announcement.reach == "circle" and announcement.radius_m:
        add(found, "circle", f"{announcement.lat:.5f},{announcement.long:.5f} {announcement.radius_m / 1000:.3f}")
    for layer, code in where.areas:
        pair(found, "geocode", layer, code)


def pair(parent: Element, name: str, value_name: str, value: str) -> None:
    made = add(parent, name)
    add(made, "valueName", value_name)
    add(made, "value", value)


def identifier(sender: Sender, message: AnnouncementMessage) -> str:
    return f"{sender_of(sender)}-{message.announcement_id}-{message.version}"


def sender_of(sender: Sender) -> str:
    return NOT_AN_ID.sub("-", sender.id)


def reference(sender: Sender, message: AnnouncementMessage) -> str:
    """ "sender,identifier,sent" of an earlier message."""
    return ",".join((sender_of(sender), identifier(sender, message), moment(message.sent_datetime, sender.zone)))


def moment(instant: datetime, zone: ZoneInfo) -> str:
    """With its offset from UTC, never "Z", and without fractions of seconds (§3.3.2)."""
    return instant.astimezone(zone).replace(microsecond=0).isoformat()
