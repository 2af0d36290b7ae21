"""The few things that our XML documents about announcements share."""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element, SubElement, tostring

# XML 1.0 §2.2: characters that no document may hold, not even escaped.
NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def add(parent: Element, name: str, words: str | None = None, **attributes: str) -> Element:
    """A child with its text and attributes, without what XML cannot hold."""
    made = SubElement(parent, name, {key: NOT_XML.sub("", value) for key, value in attributes.items()})
    made.text = words and NOT_XML.sub("", words)
    return made


def document(root: Element) -> bytes:
    """The whole of it in UTF-8."""
    return b'<?xml version="1.0" encoding="utf-8"?>\n' + tostring(root, encoding="unicode").encode()
