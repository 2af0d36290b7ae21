"""Reads GeoReport v2's GET services as XML, each value with its place."""

from __future__ import annotations

from typing import Any
from xml.sax import SAXParseException
from xml.sax.handler import ContentHandler
from xml.sax.xmlreader import Locator

from defusedxml import sax
from defusedxml.common import DefusedXmlException

from app.imports.placed import Placed, refusal


def read_xml(content: bytes, file: str) -> Placed:
    """GeoReport's `<services>` as a list of records. Blank lines before `<?xml`, which is no XML, are passed over.

    Raises ImportRefused for what is no XML, another document, or one with entities (which could be a bomb).
    """
    document = content.lstrip()
    skipped = content[: len(content) - len(document)].count(b"\n")
    handler = ServicesHandler(skipped)
    try:
        sax.parseString(document, handler)
    except SAXParseException as error:
        line, column = (error.getLineNumber() or 1) + skipped, (error.getColumnNumber() or 0) + 1
        raise refusal(file, line, column, f"this is not XML: {error.getMessage()}") from error
    except DefusedXmlException as error:
        raise refusal(file, None, None, "XML with entities or external references is not read") from error
    if handler.root != "services":
        raise refusal(file, skipped + 1, 1, f"the document is <{handler.root}>, not Open311's <services>")
    return Placed(handler.records, skipped + 1, 1)


class ServicesHandler(ContentHandler):
    """Gathers each `<service>` and the text of its children, with their places."""

    def __init__(self, skipped: int) -> None:
        super().__init__()
        self.root = ""
        self.records: list[Placed] = []
        self._skipped = skipped
        self._path: list[str] = []
        self._text: list[str] = []
        self._place = (1, 1)
        self._locator: Locator

    def setDocumentLocator(self, locator: Locator) -> None:
        self._locator = locator

    def startElement(self, name: str, attrs: Any) -> None:
        tag = name.rpartition(":")[2]
        self.root = self.root or tag
        self._path.append(tag)
        place = (self._locator.getLineNumber() or 1) + self._skipped, (self._locator.getColumnNumber() or 0) + 1
        if len(self._path) == 2 and tag == "service":
            self.records.append(Placed({}, *place))
        elif len(self._path) == 3:
            self._text, self._place = [], place

    def characters(self, content: str) -> None:
        self._text.append(content)

    def endElement(self, name: str) -> None:
        if len(self._path) == 3 and self._path[1] == "service":
            text = "".join(self._text).strip()
            self.records[-1].value[self._path[-1]] = Placed(text or None, *self._place, text)
        self._path.pop()
