"""What must not be taken, and what must be taken in spite of what is in it; each within 2 s and 400 MB."""

from pathlib import Path

import pytest

from app.media.photos import PhotoLimits, prepare_photo
from app.media.refusals import SENTENCES, PhotoRefused, RefusalCode
from tests.media import hostile
from tests.media.costs import assert_bounded, cost_of, costs_of
from tests.media.samples import BROKEN, PHOTOS


@pytest.fixture(scope="module")
def costs(shared_data: Path) -> dict[str, dict[str, object]]:
    return costs_of(PHOTOS["hostile"] + PHOTOS["invalid"])


@pytest.mark.parametrize("path", PHOTOS["hostile"], ids=lambda path: path.name[:40])
async def test_a_file_that_crashes_decoders_is_refused_with_a_sentence(path, costs):
    cost = assert_bounded(path, costs[path.name])
    assert cost["outcome"] == "not_a_photo"
    assert cost["message"].endswith(".")


@pytest.mark.parametrize("path", PHOTOS["invalid"], ids=lambda path: path.name)
async def test_bad_metadata_is_forgiven_and_a_bad_picture_is_not(path, costs):
    cost = assert_bounded(path, costs[path.name])
    assert cost["outcome"] == ("broken" if path.name in BROKEN else "taken")


@pytest.mark.parametrize("build", hostile.REFUSED, ids=lambda build: build.__name__)
async def test_a_bomb_is_refused_before_it_goes_off(build, tmp_path: Path):
    path = tmp_path / "image.jpg"
    path.write_bytes(build())
    cost = assert_bounded(path)
    assert cost["outcome"] in hostile.REFUSED[build]
    assert cost["message"] == SENTENCES[RefusalCode(cost["outcome"])]


@pytest.mark.parametrize("build", hostile.TAKEN, ids=lambda build: build.__name__)
async def test_hostile_metadata_does_not_spoil_a_good_picture(build, tmp_path: Path):
    path = tmp_path / "image.jpg"
    path.write_bytes(build())
    assert assert_bounded(path)["outcome"] == "taken"


@pytest.mark.parametrize(
    ("kind", "width", "height", "options"),
    [
        ("JPEG", 12_000, 9_000, {}),
        ("JPEG", 8_000, 5_000, {"progressive": True, "subsampling": 0}),
        ("PNG", 8_000, 6_000, {"compress_level": 1}),
        ("WEBP", 4_600, 3_500, {"method": 0}),
        ("AVIF", 6_000, 4_000, {"speed": 10}),
    ],
)
async def test_the_largest_pictures_that_are_taken_stay_in_their_memory(kind, width, height, options, tmp_path: Path):
    path = tmp_path / "large"
    path.write_bytes(hostile.encoded(hostile.picture(width, height), kind, **options))
    cost = cost_of(path)
    assert cost["outcome"] == "taken"
    assert cost["megabytes"] <= 400


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF", "HEIF"])
async def test_a_photo_cut_short_anywhere_is_refused(kind):
    raw = hostile.encoded(hostile.picture(300, 200), kind)
    for share in (0.1, 0.5, 0.9):
        with pytest.raises(PhotoRefused):
            await prepare_photo(raw[: int(len(raw) * share)])


async def test_limits_can_be_narrower():
    raw = hostile.encoded(hostile.picture(300, 200), "JPEG")
    with pytest.raises(PhotoRefused) as refusal:
        await prepare_photo(raw, limits=PhotoLimits(max_bytes=len(raw) - 1))
    assert refusal.value.code is RefusalCode.TOO_MANY_BYTES
    with pytest.raises(PhotoRefused) as refusal:
        await prepare_photo(raw, limits=PhotoLimits(max_pixels=59_999))
    assert refusal.value.code is RefusalCode.TOO_MANY_PIXELS
    assert await prepare_photo(raw, limits=PhotoLimits(max_bytes=len(raw), max_pixels=60_000))
