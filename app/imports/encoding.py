"""Opens a text file as what it is written in: UTF-8, with or without a byte-order mark, else Western Latin."""

from __future__ import annotations

import codecs
from pathlib import Path

CHUNK = 1 << 20
FALLBACK = "cp1252"


def text_encoding(path: Path) -> tuple[str, str | None]:
    """(codec name for `open`, a sentence for the reader when it is worth one) of a text file.

    The whole file is read once, in pieces. Bytes that are not UTF-8 make it Windows-1252, the superset of
    Latin-1 that spreadsheets write; the sentence names the first line that decided it.
    """
    with path.open("rb") as file:
        start = file.read(4)
        if start[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
            return "utf-16", "The file is UTF-16; it was read as that."
        file.seek(0)
        line, decoder = 1, codecs.getincrementaldecoder("utf-8")()
        while True:
            chunk = file.read(CHUNK)
            try:
                decoder.decode(chunk, final=not chunk)
            except UnicodeDecodeError as error:
                line += error.object[: error.start].count(b"\n")
                return FALLBACK, f"Line {line} is not UTF-8; the file was read as {FALLBACK} (Western European)."
            if not chunk:
                break
            line += chunk.count(b"\n")
    if start.startswith(codecs.BOM_UTF8):
        return "utf-8-sig", "The file begins with a byte-order mark; it was skipped."
    return "utf-8", None
