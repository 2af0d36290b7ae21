"""Reads what a GeoReport v2 server answers, JSON or XML, as records of texts: a dictionary for each item of a list."""

from __future__ import annotations

import codecs
import re
from typing import Any
from xml.etree.ElementTree import Element, ParseError

import msgspec
from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

# A value as text, a list or object of an extension as it is, None for what is not there in any of its spellings.
Record = dict[str, Any]
# Western European: what is not UTF-8 is nearly always that.
FALLBACK = "cp1252"
NOTHING = ("", "null", "none", "nil", "n/a", "undefined")
DECLARED = re.compile(rb"^<\?xml[^>]*\?>")
NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"


class Unreadable(Exception):
    """What came is no list of records; the message says what it is. `cut`: it looks as if its end were missing."""

    def __init__(self, reason: str, *, cut: bool = False) -> None:
        super().__init__(reason)
        self.cut = cut


def read_records(content: bytes, charset: str | None = None) -> list[Record]:
    """The records of an answer, told by its content; `charset` is the one of its Content-Type.

    Blank lines before the document, a byte-order mark, a list inside an object and a wrong encoding are borne.
    """
    content = without_mark(content).strip(b"\0 \t\r\n\xa0")
    if content.startswith((b"[", b"{")):
        return json_records(content, charset)
    if content.startswith(b"<"):
        return xml_records(content)
    raise Unreadable("the answer is empty" if not content else "the answer is neither JSON nor XML", cut=not content)


def without_mark(content: bytes) -> bytes:
    """UTF-8 of what says by its mark that it is UTF-16; else the content without its mark."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        content = content.decode("utf-16", "replace").encode()
        return DECLARED.sub(b"", content.lstrip())
    return content.lstrip().removeprefix(codecs.BOM_UTF8)


def json_records(content: bytes, charset: str | None) -> list[Record]:
    try:
        tree = msgspec.json.decode(in_utf8(content, charset))
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        cut = "truncated" in str(error) or not content.endswith((b"]", b"}"))
        raise Unreadable(f"the answer is no whole JSON ({error})", cut=cut) from error
    items = listed(tree)
    if items is None:
        raise Unreadable(f"the answer is no list of records{said_error(tree)}")
    return [{key: plain(value) for key, value in item.items()} for item in items if isinstance(item, dict)]


def in_utf8(content: bytes, charset: str | None) -> bytes:
    """The same text in UTF-8: what is not UTF-8 already is in the charset that was said, or else Western European."""
    try:
        content.decode()
        return content
    except UnicodeDecodeError:
        pass
    try:
        return content.decode(charset or FALLBACK).encode()
    except (LookupError, UnicodeDecodeError):
        return content.decode(FALLBACK, "replace").encode()


def listed(tree: Any) -> list[Any] | None:
    """A list, also where it is the one list inside an object: {"service_requests": […]}."""
    if isinstance(tree, dict) and not is_error(tree):
        lists = [value for value in tree.values() if isinstance(value, list)]
        if "service_request_id" in tree or "service_code" in tree:
            return [tree]
        return lists[0] if len(lists) == 1 else None
    return tree if isinstance(tree, list) and not any(map(is_error, tree)) else None


def is_error(item: Any) -> bool:
    return isinstance(item, dict) and ("errors" in item or {"code", "description"} == item.keys())


def said_error(tree: Any) -> str:
    """GeoReport's `description` of an error, where there is one."""
    items = tree if isinstance(tree, list) else [tree]
    said = [str(item["description"])[:200] for item in items if isinstance(item, dict) and item.get("description")]
    return f": {said[0]}" if said else ""


def plain(value: Any) -> Any:
    if isinstance(value, list | dict):
        return value
    text = "" if value is None else ("true" if value else "false") if isinstance(value, bool) else str(value).strip()
    return None if text.casefold() in NOTHING else text


def xml_records(content: bytes) -> list[Record]:
    if re.match(rb"<(!doctype\s+html|html)\b", content[:200], re.IGNORECASE):
        raise Unreadable("the answer is a page for people (HTML), not a list of requests")
    root = parsed(content)
    name = local(root)
    if name == "errors" or name == "error":
        raise Unreadable(f"the answer is an error: {' '.join(''.join(root.itertext()).split())[:200]}")
    if name not in ("service_requests", "services"):
        raise Unreadable(f"the answer is a document <{name[:40]}>, not a list of records")
    return [{local(field): xml_value(field) for field in item} for item in root]


def parsed(content: bytes) -> Element:
    """The root. Bytes that are not what the document says of itself are read as Western European."""
    try:
        return from_string(content)
    except ParseError as error:
        if "invalid token" not in str(error) and "encoding" not in str(error):
            cut = "no element found" in str(error) or "unclosed" in str(error)
            raise Unreadable(f"the answer is no whole XML ({error})", cut=cut) from error
    try:
        return from_string(in_utf8(DECLARED.sub(b"", content), None))
    except ParseError as error:
        raise Unreadable(f"the answer is no XML ({error})", cut=not content.rstrip().endswith(b">")) from error


def from_string(content: bytes) -> Element:
    try:
        root: Element = ElementTree.fromstring(content)
    except DefusedXmlException as error:
        raise Unreadable("the answer is XML with entities, which is not read") from error
    except (ValueError, LookupError) as error:
        raise ParseError(f"unknown encoding: {error}") from error
    return root


def local(element: Element) -> str:
    return element.tag.rpartition("}")[2]


def xml_value(element: Element) -> Any:
    if element.get(NIL) in ("true", "1"):
        return None
    if len(element):
        return [xml_value(child) for child in element]
    return plain(element.text)
