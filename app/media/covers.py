"""Parts of a photo are covered: the public renditions are made anew from the master, which stays as it is."""

from __future__ import annotations

import asyncio
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image, ImageFilter

from app.media.photos import LARGE_SIDE, SMALL_SIDE, EncodedPhoto, encoded, threads
from app.media.pixels import fit
from app.media.refusals import PhotoRefused, RefusalCode

SOLID, BLUR = "solid", "blur"
WAYS = (SOLID, BLUR)
INK = (21, 24, 29)
# A blurred part keeps so many squares along its longer side: too few to read a face or a plate from.
SQUARES = 6
# Rounding in a browser: a hair beyond the edge is the edge.
HAIR = 1e-3


@dataclass(frozen=True, slots=True)
class Cover:
    """A rectangle of an upright photo, in parts of its width and height (0 to 1), and how it is covered."""

    left: float
    top: float
    width: float
    height: float
    how: str = SOLID

    @property
    def fits(self) -> bool:
        """Whether it lies in the photo, and is something."""
        sides = (self.left, self.top, self.width, self.height)
        return (
            all(math.isfinite(side) for side in sides)
            and min(self.left, self.top) >= 0
            and max(self.left, self.top) < 1
            and min(self.width, self.height) > 0
            and max(self.left + self.width, self.top + self.height) <= 1 + HAIR
            and self.how in WAYS
        )


@dataclass(frozen=True, slots=True)
class Renditions:
    """The two files of a photo that may be public."""

    large: EncodedPhoto
    small: EncodedPhoto


async def render_covered(master: bytes, covers: Sequence[Cover]) -> Renditions:
    """The renditions of a master with these parts covered, in a photo thread. Raises PhotoRefused, ValueError."""
    return await asyncio.get_running_loop().run_in_executor(threads, render_covered_now, master, tuple(covers))


def render_covered_now(master: bytes, covers: Sequence[Cover]) -> Renditions:
    """What `render_covered` does, in the calling thread."""
    if not all(cover.fits for cover in covers):
        raise ValueError("a cover does not lie in the photo")
    try:
        with Image.open(io.BytesIO(master), formats=["JPEG"]) as opened:
            picture = opened.convert("RGB")
    except (OSError, ValueError, Image.DecompressionBombError) as error:
        raise PhotoRefused(RefusalCode.BROKEN) from error
    for cover in covers:
        put(picture, cover)
    large = fit(picture, LARGE_SIDE)
    return Renditions(encoded(large, "image/webp", 80), encoded(fit(large, SMALL_SIDE), "image/webp", 75))


def put(picture: Image.Image, cover: Cover) -> None:
    """Covers one part, to the next whole pixel outwards."""
    box = (
        math.floor(cover.left * picture.width),
        math.floor(cover.top * picture.height),
        min(picture.width, math.ceil((cover.left + cover.width) * picture.width)),
        min(picture.height, math.ceil((cover.top + cover.height) * picture.height)),
    )
    if cover.how == SOLID:
        picture.paste(INK, box)
        return
    part = picture.crop(box)
    scale = SQUARES / max(part.size)
    # What is made this small cannot be made sharp again; blurred in place it could.
    few = part.resize((max(1, round(part.width * scale)), max(1, round(part.height * scale))), Image.Resampling.BOX)
    smooth = few.resize(part.size, Image.Resampling.BILINEAR)
    picture.paste(smooth.filter(ImageFilter.GaussianBlur(max(part.size) / SQUARES / 4)), box)
