"""The reports of a run, each with its own words and photos, made from the seed."""

from __future__ import annotations

import base64
import hashlib
import io
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from random import Random
from typing import Any

from PIL import Image, ImageDraw

from app.media.photos import PreparedPhoto, prepare_photo_now
from tests.service_requests.city import LAT, LONG

KINDS = ("pothole", "graffiti", "tree")
MOST_PHOTOS = 5


@dataclass(frozen=True)
class MadePhoto:
    id: str
    data: bytes

    @cached_property
    def hash(self) -> str:
        return hashlib.sha256(self.data).hexdigest()

    @cached_property
    def prepared(self) -> PreparedPhoto:
        """What the city makes of these very bytes."""
        return prepare_photo_now(self.data)

    def told(self) -> dict[str, str]:
        return {"id": self.id, "base64": base64.b64encode(self.data).decode()}


@dataclass(frozen=True)
class MadeReport:
    """`words` are found in no other report; `lat` and `long` in decimal degrees."""

    client_request_id: str
    words: str
    service_code: str
    lat: float
    long: float
    photos: tuple[MadePhoto, ...]

    def told(self) -> dict[str, Any]:
        """For the page's driver, which puts it as the form does."""
        fields = [
            ["client_request_id", self.client_request_id],
            ["lat", f"{self.lat:.6f}"],
            ["long", f"{self.long:.6f}"],
            ["place_source", "device"],
            ["service_code", self.service_code],
            ["description", self.words],
            ["notify", "none"],
        ]
        photos = [photo.told() for photo in self.photos]
        return {"id": self.client_request_id, "title": self.words, "fields": fields, "photos": photos}


def make_reports(count: int, chance: Random, mark: str) -> Iterator[MadeReport]:
    """So many reports with 0 to 5 photos; `mark` tells the runs and phones apart."""
    for number in range(count):
        yield MadeReport(
            client_request_id=str(uuid.UUID(int=chance.getrandbits(128), version=4)),
            words=f"Loose stone {mark}-{spelled(number)}",
            service_code=chance.choice(KINDS),
            lat=LAT + chance.uniform(-0.04, 0.04),
            long=LONG + chance.uniform(-0.02, 0.04),
            photos=tuple(make_photo(chance) for _ in range(chance.randint(0, MOST_PHOTOS))),
        )


def spelled(number: int) -> str:
    """A number in letters: digits in a row may be taken for a telephone's."""
    return "".join("abcdefghij"[int(digit)] for digit in str(number))


def make_photo(chance: Random) -> MadePhoto:
    """A small JPEG that no other is like."""
    size = chance.choice([(64, 48), (120, 160), (160, 120), (240, 180)])
    picture = Image.effect_noise(size, chance.uniform(20, 90)).convert("RGB")
    pen = ImageDraw.Draw(picture)
    for _ in range(6):
        x, y = chance.randrange(size[0]), chance.randrange(size[1])
        colour = (chance.randrange(256), chance.randrange(256), chance.randrange(256))
        pen.rectangle((x, y, x + chance.randrange(8, 80), y + chance.randrange(8, 80)), fill=colour)
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=chance.choice([60, 85, 95]))
    return MadePhoto(str(uuid.UUID(int=chance.getrandbits(128), version=4)), out.getvalue())
