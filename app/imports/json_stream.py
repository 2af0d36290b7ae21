"""Reads a JSON file value by value in bounded memory, knowing the line and column of each."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, TextIO

from app.imports.problems import ImportProblem, ImportRefused

CHUNK = 1 << 18
# RS begins each text of a GeoJSON sequence (RFC 8142).
SPACE = re.compile(r"[ \t\r\n\x1e]*")
# No single value of a map file is this long: a file without an end must not fill the memory.
LONGEST_VALUE = 1 << 28


class JsonStream:
    """A reader that is told what to expect next. Raises ImportRefused, with the place, for what is not JSON."""

    def __init__(self, file: TextIO, name: str) -> None:
        self.name = name
        self._file = file
        self._text = ""
        self._at = 0
        self._ended = False
        self._line = 1
        self._column = 1
        self._decoder = json.JSONDecoder(parse_constant=refuse_constant)

    def peek(self) -> str:
        """The next character that is not white space, or "" at the end of the file."""
        while True:
            self._advance(SPACE.match(self._text, self._at).end())  # type: ignore[union-attr]
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._read_on():
                return ""

    def position(self) -> tuple[int, int]:
        """(line, column) of the next value, from 1."""
        self.peek()
        return self._line, self._column

    def value(self) -> Any:
        """The next value, whole."""
        self.peek()
        while True:
            try:
                value, end = self._decoder.raw_decode(self._text, self._at)
                # A number may go on in what has not been read yet.
                if end < len(self._text) or not self._read_on():
                    self._advance(end)
                    return value
            except json.JSONDecodeError as error:
                into = error.pos - self._at
                if not self._read_on():
                    self._advance(min(self._at + into, len(self._text)))
                    raise self.refusal(f"this is not JSON: {error.msg}") from error
            except (ValueError, RecursionError) as error:
                raise self.refusal(f"this value cannot be read: {error}") from error

    def members(self) -> Iterator[str]:
        """The keys of the next object; the caller reads the value of each before it asks for the next."""
        self._take("{")
        if self.peek() == "}":
            self._take("}")
            return
        while True:
            key = self.value()
            if not isinstance(key, str):
                raise self.refusal("a key of an object must be a text in quotation marks")
            self._take(":")
            yield key
            if self._separator("}"):
                return

    def elements(self) -> Iterator[tuple[int, int]]:
        """(line, column) of each element of the next array; the caller reads each before it asks for the next."""
        self._take("[")
        if self.peek() == "]":
            self._take("]")
            return
        while True:
            yield self.position()
            if self._separator("]"):
                return

    def refusal(self, reason: str) -> ImportRefused:
        return ImportRefused([ImportProblem(self.name, self._line, self._column, reason)])

    def _separator(self, end: str) -> bool:
        if self.peek() == end:
            self._take(end)
            return True
        self._take(",")
        return False

    def _take(self, character: str) -> None:
        if self.peek() != character:
            found = repr(self.peek()) if self.peek() else "the end of the file"
            raise self.refusal(f"expected {character!r}, found {found}")
        self._advance(self._at + 1)

    def _advance(self, end: int) -> None:
        lines = self._text.count("\n", self._at, end)
        if lines:
            self._line += lines
            self._column = end - self._text.rindex("\n", self._at, end)
        else:
            self._column += end - self._at
        self._at = end

    def _read_on(self) -> bool:
        """Reads on, twice as far as what is held, so that a long value is not decoded again and again."""
        if self._ended or len(self._text) - self._at > LONGEST_VALUE:
            return False
        rest = self._text[self._at :]
        more = self._file.read(max(CHUNK, len(rest)))
        self._ended = not more
        self._text, self._at = rest + more, 0
        return bool(more)


def refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not a JSON number")
