"""Text that was UTF-8 and read as Latin-1 or Windows-1252: "donâ€™t" → "don’t". Mended only where it is certain."""

from __future__ import annotations

import re

# Windows-1252 has letters where Latin-1 has control characters: either may stand for a byte.
BYTES = {chr(byte): byte for byte in range(0x80, 0x100)}
BYTES |= {character: byte for byte in range(0x80, 0xA0) if (character := bytes([byte]).decode("cp1252", "ignore"))}
FOLLOWING = "[" + "".join(re.escape(character) for character, byte in BYTES.items() if byte < 0xC0) + "]"
TWO, THREE, FOUR = f"[\xc2-\xdf]{FOLLOWING}", f"[\xe0-\xef]{FOLLOWING}{{2}}", f"[\xf0-\xf4]{FOLLOWING}{{3}}"
RUN = re.compile(f"(?:{TWO}|{THREE}|{FOUR})+")
# One pair alone may be two real characters ("É »"); these two letters hardly ever stand before a sign.
TELLING = "ÂÃ"


def mended(text: str) -> str:
    """The text with every certain run put right; the same object where there is none."""
    return text if text.isascii() else RUN.sub(put_right, text)


def put_right(run: re.Match[str]) -> str:
    said = run[0]
    if len(said) == 2 and said[0] not in TELLING:
        return said
    try:
        return bytes(BYTES[character] for character in said).decode("utf-8")
    except UnicodeDecodeError:
        return said
