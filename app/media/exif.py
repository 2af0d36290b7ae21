"""What a photo says about itself, from EXIF (CIPA DC-008: a TIFF directory of tags).

Pillow's own reader copies every entry, so that a few thousand overlapping ones cost gigabytes.
This one reads the dozen tags that are used here, and is bounded whatever the file says.
"""

import math
import re
import struct
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

Value = tuple[float, ...] | bytes
Directory = dict[int, Value]

ORIENTATION, CHANGED, EXIF_POINTER, GPS_POINTER = 0x0112, 0x0132, 0x8769, 0x8825
TAKEN, DIGITIZED, OFFSET_TAKEN = 0x9003, 0x9004, 0x9011
LAT_REF, LAT, LONG_REF, LONG, HEADING, ACCURACY = 1, 2, 3, 4, 17, 31
USED = {ORIENTATION, CHANGED, EXIF_POINTER, GPS_POINTER, TAKEN, DIGITIZED, OFFSET_TAKEN}
USED |= {LAT_REF, LAT, LONG_REF, LONG, HEADING, ACCURACY}

MAX_ENTRIES, MAX_COUNT = 1000, 64
BYTE_TYPES = {1, 2, 7}
NUMBER_TYPES = {3: "H", 4: "I", 5: "I", 8: "h", 9: "i", 10: "i", 11: "f", 12: "d"}
RATIONAL_TYPES = {5, 10}


@dataclass(frozen=True, slots=True)
class PhotoFacts:
    """`lat` and `long` in decimal degrees (WGS84), `accuracy` in metres, `heading` in degrees from
    north, `taken_datetime` as the camera's clock had it (aware only if the camera stated its offset).
    What is missing or cannot be true is None."""

    orientation: int = 1
    lat: float | None = None
    long: float | None = None
    accuracy: float | None = None
    heading: float | None = None
    taken_datetime: datetime | None = None


def read_facts(exif: bytes) -> PhotoFacts:
    """The facts in an EXIF block, with or without its `Exif` prefix. Raises nothing: nonsense is left out."""
    header = re.search(rb"II\*\x00|MM\x00\*", exif[:32])
    if not header:
        return PhotoFacts()
    tiff, order = exif[header.start() :], "<" if header[0].startswith(b"II") else ">"
    main = _directory(tiff, order, (float(int.from_bytes(tiff[4:8], "little" if order == "<" else "big")),))
    camera = _directory(tiff, order, main.get(EXIF_POINTER))
    gps = _directory(tiff, order, main.get(GPS_POINTER))
    orientation = int(_number(main.get(ORIENTATION), 1, 8) or 1)
    lat, long = _position(gps)
    heading = _number(gps.get(HEADING), 0, 360)
    return PhotoFacts(
        orientation=orientation,
        lat=lat,
        long=long,
        accuracy=_number(gps.get(ACCURACY), 0.001, 1_000_000),
        heading=None if heading is None else heading % 360,
        taken_datetime=_taken(main, camera),
    )


def _directory(tiff: bytes, order: str, pointer: Value | None) -> Directory:
    if not isinstance(pointer, tuple) or not 8 <= pointer[0] <= len(tiff) - 2:
        return {}
    start = int(pointer[0])
    found: Directory = {}
    (count,) = struct.unpack_from(order + "H", tiff, start)
    for entry in range(start + 2, start + 2 + 12 * min(count, MAX_ENTRIES), 12):
        if entry + 12 > len(tiff):
            break
        tag, kind, number = struct.unpack_from(order + "HHI", tiff, entry)
        if tag in USED and tag not in found:
            value = _value(tiff, order, kind, number, entry + 8)
            if value:
                found[tag] = value
    return found


def _value(tiff: bytes, order: str, kind: int, number: int, at: int) -> Value | None:
    if not 1 <= number <= MAX_COUNT or not (kind in BYTE_TYPES or kind in NUMBER_TYPES):
        return None
    pattern = f"{order}{number * (2 if kind in RATIONAL_TYPES else 1)}{NUMBER_TYPES.get(kind, 'B')}"
    size = struct.calcsize(pattern)
    if size > 4:
        (at,) = struct.unpack_from(order + "I", tiff, at)
    if at + size > len(tiff):
        return None
    if kind in BYTE_TYPES:
        return tiff[at : at + size]
    numbers = struct.unpack_from(pattern, tiff, at)
    if kind in RATIONAL_TYPES:
        return tuple(a / b if b else math.nan for a, b in zip(numbers[::2], numbers[1::2], strict=True))
    return tuple(float(number) for number in numbers)


def _number(value: Value | None, lowest: float, highest: float) -> float | None:
    if isinstance(value, tuple) and len(value) == 1 and lowest <= value[0] <= highest:
        return value[0]
    return None


def _position(gps: Directory) -> tuple[float, float] | tuple[None, None]:
    lat = _degrees(gps.get(LAT), gps.get(LAT_REF), b"N", b"S", 90)
    long = _degrees(gps.get(LONG), gps.get(LONG_REF), b"E", b"W", 180)
    # 0,0 is what cameras write before they know where they are.
    if lat is None or long is None or (abs(lat) < 1e-6 and abs(long) < 1e-6):
        return None, None
    return lat, long


def _degrees(value: Value | None, side: Value | None, plus: bytes, minus: bytes, limit: int) -> float | None:
    if not isinstance(value, tuple) or not isinstance(side, bytes) or len(value) > 3:
        return None
    side = side.strip(b"\x00 ").upper()
    # NaN fails every comparison, so it ends here as well.
    if side not in (plus, minus) or not all(part >= 0 for part in value):
        return None
    if any(part > 60 for part in value[1:]):
        return None
    degrees = sum(part / step for part, step in zip(value, (1, 60, 3600), strict=False))
    if not degrees <= limit:
        return None
    return degrees if side == plus else -degrees


def _taken(main: Directory, camera: Directory) -> datetime | None:
    stated = camera.get(TAKEN) or camera.get(DIGITIZED) or main.get(CHANGED)
    if not isinstance(stated, bytes):
        return None
    try:
        taken = datetime.strptime(stated[:19].decode("ascii"), "%Y:%m:%d %H:%M:%S")  # noqa: DTZ007
    except ValueError:
        return None
    tomorrow = datetime.now(UTC).replace(tzinfo=None) + timedelta(days=1)
    if not datetime(1990, 1, 1) <= taken <= tomorrow:  # noqa: DTZ001
        return None
    return taken.replace(tzinfo=_offset(camera.get(OFFSET_TAKEN)))


def _offset(stated: Value | None) -> timezone | None:
    if not isinstance(stated, bytes):
        return None
    match = re.match(rb"([+-])(\d\d):([0-5]\d)", stated)
    if not match or int(match[2]) > 14:
        return None
    minutes = int(match[2]) * 60 + int(match[3])
    return timezone(timedelta(minutes=-minutes if match[1] == b"-" else minutes))
