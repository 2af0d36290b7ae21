"""The drawn photos pass through the same pipeline as those of a phone."""

from __future__ import annotations

from datetime import datetime
from io import BytesIO

import pytest
from PIL import Image, ImageChops

from app.demo.canvas import HEIGHT, WIDTH
from app.demo.pictures import PICTURES, photograph
from app.media.photos import prepare_photo_now

TAKEN = datetime(2026, 3, 9, 17, 45, 10)  # noqa: DTZ001 - a camera writes local time


def test_a_drawn_photo_gives_its_position_and_time_and_loses_them_in_what_is_kept() -> None:
    raw = photograph("pothole-0", 41.0712345, -71.2398765, TAKEN)
    photo = prepare_photo_now(raw)
    assert photo.lat == pytest.approx(41.0712345, abs=2e-6)
    assert photo.long == pytest.approx(-71.2398765, abs=2e-6)
    assert photo.taken_datetime is not None
    assert photo.taken_datetime.replace(tzinfo=None) == TAKEN
    assert (photo.width, photo.height) == (WIDTH, HEIGHT)
    for kept in (photo.master, photo.large, photo.small):
        assert not Image.open(BytesIO(kept.data)).getexif()


def test_the_same_picture_is_the_same_bytes() -> None:
    assert photograph("graffiti-1", 41.0, -71.0, TAKEN) == photograph("graffiti-1", 41.0, -71.0, TAKEN)


@pytest.mark.parametrize("kind", sorted(PICTURES))
def test_each_picture_says_that_it_is_made_up_and_differs_by_variant(kind: str) -> None:
    first, second = (Image.open(BytesIO(photograph(f"{kind}-{n}", 41.0, -71.0, TAKEN))) for n in (0, 1))
    caption = (24, HEIGHT - 74, 500, HEIGHT - 22)
    for picture in (first, second):
        # White words on a dark ground, never mirrored: the same in both.
        darkest, brightest = picture.crop(caption).convert("L").getextrema()
        assert darkest < 60 < 230 < brightest
    words = [picture.crop(caption).convert("L").point(lambda v: 255 * (v > 200)) for picture in (first, second)]
    changed = ImageChops.difference(*words).histogram()[255]
    assert changed < 600
    if kind not in ("radiator", "mould"):
        assert ImageChops.difference(first, second).getbbox() is not None


def test_a_picture_that_nobody_draws_is_refused() -> None:
    with pytest.raises(KeyError):
        photograph("unicorn-0", 41.0, -71.0, TAKEN)
