"""What a picture looks like, in 64 bits: two of the same thing differ in few of them, whatever their size or quality.

The lowest frequencies of the grey picture, each above or below their median (discrete cosine transform of type II).
"""

from __future__ import annotations

import numpy as np
from PIL import Image

SIDE = 32
KEPT = 8
# Half of 64 bits differ between pictures that have nothing in common; as few as this hardly ever do.
ALIKE = 14


def cosines() -> np.ndarray:
    """The first frequencies of the transform, as rows."""
    frequency, place = np.arange(KEPT)[:, None], np.arange(SIDE)[None, :]
    return np.cos(np.pi * frequency * (2 * place + 1) / (2 * SIDE))


COSINES = cosines()


def likeness(image: Image.Image) -> int:
    """A signed number of 64 bits, as a database keeps it."""
    small = np.asarray(image.convert("L").resize((SIDE, SIDE), Image.Resampling.BOX), dtype=np.float64)
    found = (COSINES @ small @ COSINES.T).ravel()
    # The first is the brightness of the whole, which says nothing of what is in it.
    bits = found > np.median(found[1:])
    return int(np.packbits(bits).view(">i8")[0])


def bits_apart(one: int, other: int) -> int:
    """How many of the 64 bits differ."""
    return ((one ^ other) & 0xFFFF_FFFF_FFFF_FFFF).bit_count()
