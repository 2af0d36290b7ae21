"""An uploaded photo in, what is kept of it out: position and time read, then pixels and nothing else."""

import asyncio
import ctypes
import hashlib
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

from PIL import Image

from app.media.containers import OpenedPhoto, open_photo
from app.media.exif import read_facts
from app.media.likeness import likeness
from app.media.pixels import encode, finish, fit
from app.media.refusals import PhotoRefused, RefusalCode

MASTER_SIDE, LARGE_SIDE, SMALL_SIDE = 2048, 1280, 320


@dataclass(frozen=True, slots=True)
class PhotoLimits:
    """`max_memory` (bytes) holds for the upload and its decoding together; `max_work` is pixels times passes.

    The defaults take the 108-megapixel JPEG and the 48-megapixel HEIC of today's phones, and keep the
    process under 400 MB and a refusal under 2 s.
    """

    max_bytes: int = 40_000_000
    max_pixels: int = 110_000_000
    max_memory: int = 355_000_000
    max_work: int = 600_000_000


@dataclass(frozen=True, slots=True)
class EncodedPhoto:
    """One file as it is stored: its bytes, their SHA-256 in hex, and the size of the picture in pixels."""

    data: bytes
    sha256: str
    media_type: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class PreparedPhoto:
    """`content_hash` is the SHA-256 of the upload as it came; `width` and `height` are the master's.
    For the rest see `exif.PhotoFacts`. `master` is private; `large` and `small` may be public."""

    content_hash: str
    width: int
    height: int
    lat: float | None
    long: float | None
    accuracy: float | None
    heading: float | None
    taken_datetime: datetime | None
    master: EncodedPhoto
    large: EncodedPhoto
    small: EncodedPhoto
    # See `likeness.py`.
    likeness: int = 0


DEFAULT_LIMITS = PhotoLimits()
threads = ThreadPoolExecutor(max_workers=os.cpu_count() or 1, thread_name_prefix="photo")
_malloc_trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
_in_hand = 0


async def prepare_photo(raw: bytes, *, limits: PhotoLimits = DEFAULT_LIMITS) -> PreparedPhoto:
    """Check, read, turn upright, shrink and re-encode one upload, in a thread (one per core).

    Raises PhotoRefused for whatever is not a whole, decodable picture within the limits.
    """
    global _in_hand
    _in_hand += 1
    try:
        return await asyncio.get_running_loop().run_in_executor(threads, prepare_photo_now, raw, limits)
    finally:
        _in_hand -= 1
        # glibc keeps what big pictures needed, some 200 MB, until it is told that nobody wants it.
        if not _in_hand and _malloc_trim:
            threads.submit(_malloc_trim, 0)


def prepare_photo_now(raw: bytes, limits: PhotoLimits = DEFAULT_LIMITS) -> PreparedPhoto:
    """What `prepare_photo` does, in the calling thread: for commands and jobs."""
    opened = _open_within(raw, limits)
    facts = read_facts(opened.exif)
    upright = finish(
        _decode(opened),
        MASTER_SIDE,
        facts.orientation if opened.orientation is None else opened.orientation,
        opened.icc,
    )
    large = fit(upright, LARGE_SIDE)
    small = fit(large, SMALL_SIDE)
    return PreparedPhoto(
        content_hash=hashlib.sha256(raw).hexdigest(),
        width=upright.width,
        height=upright.height,
        lat=facts.lat,
        long=facts.long,
        accuracy=facts.accuracy,
        heading=facts.heading,
        taken_datetime=facts.taken_datetime,
        # JPEG: the master is for staff, who print it, mail it and open it anywhere; it is also made
        # in a fifth of WebP's time, and nobody waits for it on a phone.
        master=encoded(upright, "image/jpeg", 85),
        large=encoded(large, "image/webp", 80),
        small=encoded(small, "image/webp", 75),
        likeness=likeness(small),
    )


def _open_within(raw: bytes, limits: PhotoLimits) -> OpenedPhoto:
    if not raw:
        raise PhotoRefused(RefusalCode.EMPTY)
    if len(raw) > limits.max_bytes:
        raise PhotoRefused(RefusalCode.TOO_MANY_BYTES)
    try:
        opened = open_photo(raw, MASTER_SIDE)
    except Image.DecompressionBombError as error:
        raise PhotoRefused(RefusalCode.TOO_MANY_PIXELS) from error
    except Exception as error:  # Decoders meet a hostile file with whatever they happen to raise.
        raise PhotoRefused(RefusalCode.BROKEN) from error
    if opened is None:
        raise PhotoRefused(RefusalCode.NOT_A_PHOTO)
    pixels = opened.size[0] * opened.size[1]
    if (
        pixels > limits.max_pixels
        or opened.memory + 2 * len(raw) > limits.max_memory
        or pixels * opened.passes > limits.max_work
    ):
        raise PhotoRefused(RefusalCode.TOO_MANY_PIXELS)
    return opened


def _decode(opened: OpenedPhoto) -> Image.Image:
    try:
        return opened.load()
    except MemoryError as error:
        raise PhotoRefused(RefusalCode.TOO_MANY_PIXELS) from error
    except Exception as error:  # As above.
        raise PhotoRefused(RefusalCode.BROKEN) from error


def encoded(image: Image.Image, media_type: str, quality: int) -> EncodedPhoto:
    data = encode(image, media_type, quality)
    return EncodedPhoto(data, hashlib.sha256(data).hexdigest(), media_type, image.width, image.height)
