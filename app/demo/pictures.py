"""Drawn photos for the made-up city: JPEG files with a position and a time, as a phone makes them."""

import io
from datetime import datetime

from PIL import Image
from PIL.ExifTags import GPS, IFD, Base

from app.demo import objects, objects_outdoors
from app.demo.scenes import DAY, EVENING

PICTURES = objects.PICTURES | objects_outdoors.PICTURES


def photograph(name: str, lat: float, long: float, taken: datetime) -> bytes:
    """A JPEG of the picture `name`, such as "pothole-1": the variants differ in light and side.

    `taken` is local time. Raises KeyError for a name that nobody draws.
    """
    kind, _, variant = name.rpartition("-")
    number = int(variant)
    canvas = PICTURES[kind](EVENING if number % 2 else DAY)
    image = canvas.finished(mirrored=number % 2 == 1 and kind not in ("sign", "question", "radiator"))
    file = io.BytesIO()
    image.save(file, "JPEG", quality=86, exif=_exif(lat, long, taken))
    return file.getvalue()


def _exif(lat: float, long: float, taken: datetime) -> Image.Exif:
    """Position and time as EXIF 2.32 has them, and nothing else but who made it."""
    exif = Image.Exif()
    exif[Base.Make] = "Blockwise"
    exif[Base.Model] = "Drawn, not taken"
    exif.get_ifd(IFD.Exif)[Base.DateTimeOriginal] = taken.strftime("%Y:%m:%d %H:%M:%S")
    gps = exif.get_ifd(IFD.GPSInfo)
    gps[GPS.GPSLatitudeRef], gps[GPS.GPSLongitudeRef] = "N" if lat >= 0 else "S", "E" if long >= 0 else "W"
    gps[GPS.GPSLatitude], gps[GPS.GPSLongitude] = _sexagesimal(abs(lat)), _sexagesimal(abs(long))
    return exif


def _sexagesimal(degrees: float) -> tuple[float, float, float]:
    minutes = degrees % 1 * 60
    return float(int(degrees)), float(int(minutes)), round(minutes % 1 * 60, 4)
