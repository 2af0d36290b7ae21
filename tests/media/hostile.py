"""Files made to hurt a decoder: each builder returns the bytes of one."""

import io
import struct
import zlib
from collections.abc import Callable

import pillow_heif
from PIL import Image

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def picture(width: int, height: int, mode: str = "RGB") -> Image.Image:
    return Image.radial_gradient("L").resize((width, height)).convert(mode)


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def with_chunk(png: bytes, *chunks: bytes) -> bytes:
    return png[:33] + b"".join(chunks) + png[33:]


def overlapping_exif(size: int = 1_000_000) -> bytes:
    """65,535 entries that each claim the same large piece: 65 GB for a reader that copies them."""
    entries = b"".join(struct.pack("<HHII", 40_000 + n % 20_000, 7, size, 8) for n in range(65_535))
    block = b"II*\x00\x08\x00\x00\x00" + struct.pack("<H", 65_535) + entries
    return b"Exif\x00\x00" + block.ljust(size + 16, b"\x00")


def empty() -> bytes:
    return b""


def text_named_jpg() -> bytes:
    return b"There is a pothole in front of my house.\n" * 100


def nul_bytes() -> bytes:
    return bytes(100_000)


def sixty_megabytes() -> bytes:
    return encoded(picture(64, 64), "JPEG") + bytes(60_000_000)


def png_of_one_colour() -> bytes:
    """30,000 × 30,000 pixels in some 100 kB, and every one of them is there."""
    row = bytes(1 + 30_000 // 8)
    squeeze = zlib.compressobj(9)
    data = b"".join(squeeze.compress(row * 1000) for _ in range(30)) + squeeze.flush()
    header = struct.pack(">IIBBBBB", 30_000, 30_000, 1, 0, 0, 0, 0)
    return PNG_SIGNATURE + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def png_in_a_million_chunks() -> bytes:
    return with_chunk(encoded(picture(64, 64), "PNG"), chunk(b"prVt", b"") * 1_000_000)


def png_text_that_inflates() -> bytes:
    blown = zlib.compress(bytes(200_000_000), 9)
    return with_chunk(encoded(picture(64, 64), "PNG"), chunk(b"zTXt", b"Comment\x00\x00" + blown))


def png_profile_that_inflates() -> bytes:
    blown = zlib.compress(bytes(200_000_000), 9)
    return with_chunk(encoded(picture(64, 64), "PNG"), chunk(b"iCCP", b"ICC\x00\x00" + blown))


def png_with_overlapping_exif() -> bytes:
    return with_chunk(encoded(picture(64, 64), "PNG"), chunk(b"eXIf", overlapping_exif()[6:]))


def webp_with_overlapping_exif() -> bytes:
    return encoded(picture(64, 64), "WEBP", exif=overlapping_exif())


def avif_with_overlapping_exif() -> bytes:
    hostile = overlapping_exif()[6:]
    harmless = b"II*\x00\x08\x00\x00\x00\x00\x00".ljust(len(hostile), b"\x00")
    file = encoded(picture(64, 64), "AVIF", exif=harmless)
    assert harmless in file
    return file.replace(harmless, hostile)


def heic_with_overlapping_exif() -> bytes:
    return encoded(picture(64, 64), "HEIF", exif=overlapping_exif())


def jpeg_with_exif_in_pieces() -> bytes:
    """One EXIF block over many segments, which Pillow puts together again."""
    block = overlapping_exif()
    pieces = [b"Exif\x00\x00" + block[at : at + 60_000] for at in range(6, len(block), 60_000)]
    segments = b"".join(b"\xff\xe1" + struct.pack(">H", len(piece) + 2) + piece for piece in pieces)
    return b"\xff\xd8" + segments + encoded(picture(64, 64), "JPEG")[20:]


def jpeg_in_a_million_segments() -> bytes:
    return b"\xff\xd8" + b"\xff\xfe\x00\x02" * 1_000_000 + encoded(picture(64, 64), "JPEG")[2:]


def jpeg_of_padding() -> bytes:
    return b"\xff\xd8" + b"\xff" * 30_000_000 + encoded(picture(64, 64), "JPEG")[3:]


def jpeg_of_padding_to_nowhere() -> bytes:
    return b"\xff\xd8" + b"\xff" * 30_000_000 + b"\x00" * 9_000_000


def jpeg_of_two_hundred_scans() -> bytes:
    file = encoded(picture(4000, 3000), "JPEG", progressive=True)
    last = file.rindex(b"\xff\xda")
    return file[:-2] + file[last:-2] * 200 + b"\xff\xd9"


def jpeg_with_a_lying_header() -> bytes:
    """65,500 × 65,500 says the header; there is a thumbnail's worth of data."""
    file = encoded(picture(64, 64), "JPEG")
    at = file.index(b"\xff\xc0") + 5
    return file[:at] + struct.pack(">HH", 65_500, 65_500) + file[at + 4 :]


def progressive_jpeg_of_a_hundred_megapixels() -> bytes:
    file = encoded(picture(64, 64), "JPEG", progressive=True, subsampling=0)
    at = file.index(b"\xff\xc2") + 5
    return file[:at] + struct.pack(">HH", 10_000, 10_000) + file[at + 4 :]


def gif_named_jpg() -> bytes:
    frames = [Image.new("P", (6000, 6000), colour) for colour in range(3)]
    return encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])


def webp_canvas_of_268_megapixels() -> bytes:
    return webp_canvas(16_383)


def webp_canvas_of_25_megapixels() -> bytes:
    """Few pixels for a JPEG; the decoder of WebP would take 500 MB for them."""
    return webp_canvas(5_000)


def webp_canvas(side: int) -> bytes:
    frames = [picture(64, 64), Image.new("RGB", (64, 64), "red")]
    file = encoded(frames[0], "WEBP", save_all=True, append_images=frames[1:])
    at = file.index(b"VP8X") + 12
    return file[:at] + (side - 1).to_bytes(3, "little") * 2 + file[at + 6 :]


def heic_that_lies_about_its_size() -> bytes:
    pillow_heif.register_heif_opener()
    file = encoded(picture(4096, 4096), "HEIF", quality=10)
    at = file.index(b"ispe") + 8
    return file[:at] + struct.pack(">II", 64, 64) + file[at + 8 :]


def heic_that_is_noise() -> bytes:
    return b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + bytes(range(256)) * 400


def tiff_named_heic() -> bytes:
    return encoded(picture(64, 64), "TIFF")


REFUSED: dict[Callable[[], bytes], set[str]] = {
    empty: {"empty"},
    text_named_jpg: {"not_a_photo"},
    nul_bytes: {"not_a_photo"},
    sixty_megabytes: {"too_many_bytes"},
    png_of_one_colour: {"too_many_pixels"},
    png_in_a_million_chunks: {"broken"},
    jpeg_in_a_million_segments: {"broken"},
    jpeg_of_padding: {"broken"},
    jpeg_of_padding_to_nowhere: {"broken"},
    jpeg_of_two_hundred_scans: {"too_many_pixels"},
    jpeg_with_a_lying_header: {"too_many_pixels"},
    progressive_jpeg_of_a_hundred_megapixels: {"too_many_pixels"},
    gif_named_jpg: {"not_a_photo"},
    webp_canvas_of_268_megapixels: {"too_many_pixels"},
    webp_canvas_of_25_megapixels: {"too_many_pixels"},
    heic_that_is_noise: {"broken"},
    heic_that_lies_about_its_size: {"broken", "too_many_pixels"},
    tiff_named_heic: {"not_a_photo"},
}
TAKEN: list[Callable[[], bytes]] = [
    png_text_that_inflates,
    png_profile_that_inflates,
    png_with_overlapping_exif,
    webp_with_overlapping_exif,
    avif_with_overlapping_exif,
    heic_with_overlapping_exif,
    jpeg_with_exif_in_pieces,
]
