"""A feed's newest rows as Atom (RFC 4287), each with its point (GeoRSS)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from xml.etree.ElementTree import Element, SubElement, register_namespace, tostring

from app.service_requests.workflow import STATUSES
from app.templating import gettext

ATOM, GEORSS = "http://www.w3.org/2005/Atom", "http://www.georss.org/georss"
LANG = "{http://www.w3.org/XML/1998/namespace}lang"
# XML 1.0 §2.2: characters that no document may hold, not even escaped.
NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
register_namespace("", ATOM)
register_namespace("georss", GEORSS)


@dataclass(frozen=True, slots=True)
class AtomHead:
    """What a feed says of itself; `url` is its own address, `page` that of the same for people."""

    title: str
    author: str
    url: str
    page: str
    locale: str
    # For a feed of nothing.
    otherwise_updated: datetime


def atom(head: AtomHead, rows: Sequence[dict[str, Any]], public_url: str) -> bytes:
    """The document, UTF-8. `rows` are public_fields, in the order in which they stand in the feed."""
    feed = Element(f"{{{ATOM}}}feed", {LANG: head.locale})
    add(feed, "id", head.url)
    add(feed, "title", head.title)
    updated = [datetime.fromisoformat(row["updated_datetime"]) for row in rows]
    add(feed, "updated", max(updated, default=head.otherwise_updated).isoformat(timespec="seconds"))
    add(SubElement(feed, f"{{{ATOM}}}author"), "name", head.author)
    add(feed, "link", rel="self", href=head.url, type="application/atom+xml")
    add(feed, "link", rel="alternate", href=head.page, type="text/html")
    for row in rows:
        entry(feed, row, public_url)
    return b'<?xml version="1.0" encoding="utf-8"?>\n' + tostring(feed, encoding="unicode").encode()


def entry(feed: Element, row: dict[str, Any], public_url: str) -> None:
    made = SubElement(feed, f"{{{ATOM}}}entry")
    page = f"{public_url}/requests/{row['service_request_id']}"
    add(made, "id", page)
    add(made, "title", ", ".join(filter(None, (row["service_name"], row["address"]))))
    add(made, "published", row["requested_datetime"])
    add(made, "updated", row["updated_datetime"])
    add(made, "link", rel="alternate", href=page, type="text/html")
    add(made, "category", term=row["service_code"], label=row["service_name"])
    label = STATUSES[row["status_detail"]].label
    told = [text for text in (row["description"], row["status_notes"]) if text]
    add(made, "summary", "\n\n".join([gettext(label), *told]))
    SubElement(made, f"{{{GEORSS}}}point").text = f"{row['lat']} {row['long']}"


def add(parent: Element, name: str, words: str | None = None, **attributes: str) -> None:
    clean = {key: NOT_XML.sub("", value) for key, value in attributes.items()}
    SubElement(parent, f"{{{ATOM}}}{name}", clean).text = words and NOT_XML.sub("", words)
