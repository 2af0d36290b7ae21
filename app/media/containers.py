"""The five kinds of file that are taken, each opened by its one decoder with nothing but the picture in it."""

import io
import re
import zlib
from collections.abc import Callable
from dataclasses import dataclass

import pillow_heif
from PIL import Image, _avif

pillow_heif.register_heif_opener(thumbnails=False, depth_images=False, aux_images=False)
# Pillow's own alarm stays behind ours, which is lower: see PhotoLimits.
Image.MAX_IMAGE_PIXELS = 200_000_000

HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"}
AVIF_BRANDS = {b"avif", b"avis"}
JPEG_MARKER = re.compile(rb"\xff([^\xff\x00])", re.DOTALL)
MAX_JPEG_SEGMENTS, MAX_PNG_CHUNKS, MAX_ICC = 4_000, 40_000, 4_000_000


@dataclass(slots=True)
class OpenedPhoto:
    """A photo whose header has been read and whose pixels have not: `load` decodes them.

    `memory` is what decoding takes, in bytes, as measured for each decoder; `passes` how often it goes
    over the whole picture. `orientation` is the container's own, or None when EXIF has the say.
    """

    size: tuple[int, int]
    load: Callable[[], Image.Image]
    exif: bytes
    icc: bytes
    memory: int
    passes: int = 1
    orientation: int | None = None


def open_photo(raw: bytes, wanted_side: int) -> OpenedPhoto | None:
    """Open by content, whatever the name says; None for any other kind of file.

    A JPEG is decoded at 1/2, 1/4 or 1/8 where that leaves at least `wanted_side` pixels on the long side.
    Raises whatever the decoder raises on a broken file.
    """
    if raw.startswith(b"\xff\xd8\xff"):
        return _open_jpeg(raw, wanted_side)
    if raw.startswith(b"\x89PNG\r\n\x1a\n"):
        return _open_png(raw)
    if raw[:4] == b"RIFF" and raw[8:12] == b"WEBP":
        return _open_webp(raw)
    if raw[4:8] == b"ftyp":
        box = raw[8 : min(int.from_bytes(raw[:4], "big"), 256)]
        brands = {box[:4]} | {box[at : at + 4] for at in range(8, len(box), 4)}
        if brands & AVIF_BRANDS and box[:4] not in HEIC_BRANDS:
            return _open_avif(raw)
        if brands & HEIC_BRANDS:
            return _open_heif(raw)
    return None


def _open_jpeg(raw: bytes, wanted_side: int) -> OpenedPhoto:
    picture, exif, icc, scan = _split_jpeg(raw)
    image = Image.open(io.BytesIO(picture), formats=["JPEG"])
    size, layers = image.size, len(image.getbands())
    shrink = wanted_side / max(size)
    image.draft(None, (max(1, int(size[0] * shrink)), max(1, int(size[1] * shrink))))
    memory = 4 * image.width * image.height
    passes = 1
    # libjpeg keeps every coefficient when colours come one by one or in refinements.
    if "progressive" in image.info or picture[scan + 4] < layers:
        memory += 7 * size[0] * size[1] * max(layers, 3) // 3
        passes = picture.count(b"\xff\xda", scan)
    return OpenedPhoto(size, lambda: _loaded(image), exif, icc, memory, passes)


def _split_jpeg(raw: bytes) -> tuple[bytes, bytes, bytes, int]:
    """The JPEG without its metadata, its EXIF, its ICC profile, and where its first scan begins."""
    kept, exif, profile = [b"\xff\xd8"], b"", list[bytes]()
    at = 2
    for _ in range(MAX_JPEG_SEGMENTS):
        match = JPEG_MARKER.search(raw, at, at + 65_536)
        if not match:
            break
        marker, start = match[1][0], match.end()
        if marker == 0xDA:
            header = b"".join(kept)
            return header + raw[match.start() :], exif, b"".join(profile), len(header)
        if marker == 0x01 or 0xD0 <= marker <= 0xD9:
            at = start
            continue
        at = start + int.from_bytes(raw[start : start + 2], "big")
        body = raw[start + 2 : at]
        if marker == 0xE1 and body.startswith(b"Exif\x00") and not exif:
            exif = body
        elif marker == 0xE2 and body.startswith(b"ICC_PROFILE\x00"):
            profile.append(body[14:])
        elif (
            not 0xE0 <= marker <= 0xFE
            or (marker == 0xE0 and body.startswith(b"JFIF\x00") and len(body) >= 14)
            or (marker == 0xEE and body.startswith(b"Adobe") and len(body) >= 12)
        ):
            kept.append(raw[match.start() : at])
    raise ValueError("a JPEG without a picture")


def _open_png(raw: bytes) -> OpenedPhoto:
    picture, exif, icc = _split_png(raw)
    image = Image.open(io.BytesIO(picture), formats=["PNG"])
    plain = image.mode in ("L", "RGB", "1") and b"tRNS" not in picture[:2000]
    return OpenedPhoto(image.size, lambda: _loaded(image), exif, icc, image.width * image.height * (6 if plain else 11))


def _split_png(raw: bytes) -> tuple[bytes, bytes, bytes]:
    """The PNG's picture alone (also without its later frames), its EXIF and its ICC profile."""
    kept, exif, icc = [raw[:8]], b"", b""
    at = 8
    for _ in range(MAX_PNG_CHUNKS):
        length, kind = int.from_bytes(raw[at : at + 4], "big"), raw[at + 4 : at + 8]
        if kind in (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"):
            kept.append(raw[at : at + 12 + length])
        elif kind == b"eXIf":
            exif = raw[at + 8 : at + 8 + length]
        elif kind == b"iCCP":
            icc = _inflated(raw[at + 8 : at + 8 + length].partition(b"\x00")[2][1:])
        at += 12 + length
        if kind == b"IEND" or at >= len(raw):
            return b"".join(kept), exif, icc
    raise ValueError("a PNG in more pieces than any camera makes")


def _inflated(data: bytes) -> bytes:
    try:
        return zlib.decompressobj().decompress(data, MAX_ICC)
    except zlib.error:
        return b""


def _open_webp(raw: bytes) -> OpenedPhoto:
    image = Image.open(io.BytesIO(raw), formats=["WEBP"])
    exif, icc = image.info.get("exif") or b"", image.info.get("icc_profile") or b""
    return OpenedPhoto(image.size, lambda: _loaded(image), exif, icc, image.width * image.height * 20)


def _open_heif(raw: bytes) -> OpenedPhoto:
    image = Image.open(io.BytesIO(raw), formats=["HEIF"])
    exif, icc = image.info.get("exif") or b"", image.info.get("icc_profile") or b""
    memory = image.width * image.height * (7 if image.mode == "RGB" else 14)
    # The decoder has already turned it: the EXIF orientation of a HEIF is a leftover.
    return OpenedPhoto(image.size, lambda: _loaded(image), exif, icc, memory, orientation=1)


def _open_avif(raw: bytes) -> OpenedPhoto:
    # Not through Image.open, whose AVIF plugin reads the whole of EXIF at once: see exif.py.
    decoder = _avif.AvifDecoder(raw, "auto", 2)
    size, _frames, mode, icc, exif, orientation, _xmp = decoder.get_info()
    memory = size[0] * size[1] * (9 if mode == "RGB" else 16)

    def load() -> Image.Image:
        return Image.frombytes(mode, size, decoder.get_frame(0)[0])

    return OpenedPhoto(size, load, exif or b"", icc or b"", memory, orientation=orientation)


def _loaded(image: Image.Image) -> Image.Image:
    image.load()
    return image
