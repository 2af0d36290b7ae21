"""Real photos: upright, where and when they were taken, and with nothing of their metadata left."""

import asyncio
import io
import subprocess
import sys
import time
from datetime import datetime, timedelta, timezone

import pytest
from PIL import Image, ImageChops, ImageCms, ImageStat

from app.media.photos import PreparedPhoto, prepare_photo
from app.media.pixels import encode
from tests.media.costs import ROOT
from tests.media.hostile import encoded, picture
from tests.media.samples import FOLDER, PHOTOS, sample

GOOD = [path for kind in ("gps", "heic", "orientation", "other") for path in PHOTOS[kind]]
METADATA = [b"Exif", b"II*\x00", b"MM\x00*", b"http://ns.adobe.com", b"<x:xmpmeta", b"<rdf:", b"ICC_PROFILE"]
METADATA += [b"acsp", b"EXIF", b"XMP ", b"ICCP", b"Photoshop", b"MPF\x00", b"GPS", b"Apple", b"Nokia"]
POSITIONS = {
    "DSCN0010.jpg": (43.467448, 11.885127),
    "DSCN0012.jpg": (43.467157, 11.885395),
    "DSCN0021.jpg": (43.467082, 11.884538),
    "DSCN0025.jpg": (43.468365, 11.881635),
    "DSCN0027.jpg": (43.468442, 11.881515),
    "DSCN0029.jpg": (43.468243, 11.880172),
    "DSCN0038.jpg": (43.467255, 11.879213),
    "DSCN0040.jpg": (43.466012, 11.879112),
    "DSCN0042.jpg": (43.464455, 11.881478),
    "HMD_Nokia_8.3_5G.jpg": (60.146706, 24.906772),
    "HMD_Nokia_8.3_5G.heif": (40.788685, -4.005141),
    "HMD_Nokia_8.3_5G_hdr.heif": (40.662994, -3.763741),
    "IMG_5195.HEIC": (39.051344, -94.288772),
    "jolla.jpg": (None, None),
    "iphone_13_pro_max.HEIC": (None, None),
    "samplefilehub.heif": (None, None),
}


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data)).convert("RGB")


def difference(one: Image.Image, other: Image.Image) -> float:
    """Mean difference of two pictures at thumbnail size, 0 to 255."""
    small = [image.convert("RGB").resize((64, 64)) for image in (one, other)]
    return sum(ImageStat.Stat(ImageChops.difference(*small)).mean) / 3


def assert_clean(prepared: PreparedPhoto) -> None:
    for file in (prepared.master, prepared.large, prepared.small):
        image = Image.open(io.BytesIO(file.data))
        assert (image.width, image.height) == (file.width, file.height)
        assert not set(image.info) & {"exif", "xmp", "icc_profile", "comment", "photoshop"}
        assert not [mark for mark in METADATA if mark in file.data]


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.name)
async def test_a_real_photo_becomes_three_clean_files(path):
    prepared = await prepare_photo(sample(path).read_bytes())
    assert_clean(prepared)
    assert prepared.master.media_type == "image/jpeg" and prepared.master.data[:3] == b"\xff\xd8\xff"
    assert prepared.large.media_type == prepared.small.media_type == "image/webp"
    assert prepared.large.data[8:12] == prepared.small.data[8:12] == b"WEBP"
    sides = [max(file.width, file.height) for file in (prepared.master, prepared.large, prepared.small)]
    assert sides == [min(limit, sides[0]) for limit in (2048, 1280, 320)]
    assert difference(opened(prepared.master.data), opened(prepared.small.data)) < 6


@pytest.mark.parametrize("path", PHOTOS["gps"] + PHOTOS["heic"], ids=lambda path: path.name)
async def test_the_position_is_read_before_it_is_dropped(path):
    prepared = await prepare_photo(sample(path).read_bytes())
    expected = POSITIONS[path.name]
    if expected == (None, None):
        assert (prepared.lat, prepared.long) == expected
    else:
        assert (prepared.lat, prepared.long) == pytest.approx(expected, abs=1e-6)


async def test_an_iphone_says_how_sure_it_is_where_it_looked_and_when(shared_data):
    prepared = await prepare_photo((shared_data / "photos/heic/IMG_5195.HEIC").read_bytes())
    assert prepared.accuracy == pytest.approx(38.813, abs=0.001)
    assert prepared.heading == pytest.approx(348.055, abs=0.001)
    assert prepared.taken_datetime == datetime(2021, 4, 11, 15, 47, 53, tzinfo=timezone(timedelta(hours=-5)))
    assert (prepared.width, prepared.height) == (1586, 2048)


async def test_a_camera_without_an_offset_states_local_time(shared_data):
    prepared = await prepare_photo((shared_data / "photos/gps/DSCN0010.jpg").read_bytes())
    assert prepared.taken_datetime == datetime(2008, 10, 22, 16, 28, 39)  # noqa: DTZ001


@pytest.mark.parametrize("path", PHOTOS["orientation"], ids=lambda path: path.name)
async def test_a_photo_held_in_any_way_is_shown_upright(path):
    upright = Image.open(FOLDER / "orientation" / f"{sample(path).stem[:-2]}_1.jpg")
    prepared = await prepare_photo(path.read_bytes())
    assert (prepared.width, prepared.height) == upright.size
    for file in (prepared.master, prepared.large, prepared.small):
        assert difference(opened(file.data), upright) < 6


@pytest.mark.parametrize("path", PHOTOS["heic"], ids=lambda path: path.name)
async def test_a_heic_is_turned_once_and_not_twice(path):
    # Pillow's HEIF plugin applies the container's own turn; its picture is the reference.
    reference = Image.open(sample(path))
    prepared = await prepare_photo(path.read_bytes())
    assert prepared.width / prepared.height == pytest.approx(reference.width / reference.height, rel=0.01)
    assert difference(opened(prepared.small.data), reference) < 8


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "AVIF"])
@pytest.mark.parametrize("orientation", range(1, 9))
async def test_other_formats_are_turned_too(kind, orientation):
    scene = Image.new("RGB", (120, 80), "white")
    scene.paste("red", (0, 0, 60, 40))
    scene.paste("blue", (60, 0, 120, 20))
    exif = Image.Exif()
    exif[0x0112] = orientation
    # The turn that a viewer makes, undone: Pillow's own list is the oracle.
    backwards = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}
    stored = scene.transpose(Image.Transpose(backwards[orientation])) if orientation > 1 else scene
    prepared = await prepare_photo(encoded(stored, kind, exif=exif.tobytes(), quality=95))
    assert (prepared.width, prepared.height) == (120, 80)
    assert difference(opened(prepared.master.data), scene) < 8


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16"])
async def test_every_kind_of_pixel_keeps_its_look(mode):
    grey = picture(400, 300, "L")
    if mode == "I;16":
        # 257 = 65535 / 255: the same grey in sixteen bits.
        image = Image.frombytes("I;16", grey.size, b"".join(bytes((v, v)) for v in grey.tobytes()))
    else:
        image = grey.convert("RGB").convert(mode)
    prepared = await prepare_photo(encoded(image, "JPEG" if mode == "CMYK" else "PNG"))
    assert difference(opened(prepared.master.data), image.convert("RGB") if mode == "1" else grey) < 8


async def test_what_is_transparent_becomes_white():
    image = Image.new("RGBA", (64, 64), (255, 0, 0, 0))
    for kind in ("PNG", "WEBP", "AVIF"):
        prepared = await prepare_photo(encoded(image, kind))
        assert min(low for low, _ in opened(prepared.master.data).getextrema()) > 250
    palette = Image.new("P", (64, 64), 0)
    prepared = await prepare_photo(encoded(palette, "PNG", transparency=0))
    assert min(low for low, _ in opened(prepared.master.data).getextrema()) > 250


def swapped_profile() -> bytes:
    """An ICC profile whose red is blue and whose blue is red: unlike sRGB beyond any doubt."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    for at in range(132, 132 + 12 * int.from_bytes(profile[128:132], "big"), 12):
        name = bytes(profile[at : at + 4])
        if name in (b"rXYZ", b"bXYZ"):
            profile[at : at + 4] = {b"rXYZ": b"bXYZ", b"bXYZ": b"rXYZ"}[name]
    return bytes(profile).replace(b"sRGB IEC61966-2.1", b"swapped colours..")


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF", "HEIF"])
async def test_colours_are_brought_to_srgb(kind):
    red = Image.new("RGB", (64, 64), (220, 20, 20))
    prepared = await prepare_photo(encoded(red, kind, icc_profile=swapped_profile()))
    r, _g, b = opened(prepared.master.data).getpixel((32, 32))
    assert b > 180 and r < 80
    assert_clean(prepared)


@pytest.mark.parametrize("profile", [b"nonsense", swapped_profile()[:200], bytes(1000)])
async def test_a_broken_colour_profile_is_ignored(profile):
    red = Image.new("RGB", (64, 64), (220, 20, 20))
    prepared = await prepare_photo(encoded(red, "JPEG", icc_profile=profile))
    assert opened(prepared.master.data).getpixel((32, 32)) == pytest.approx((220, 20, 20), abs=4)


async def test_only_the_first_picture_of_an_animation_is_kept():
    frames = [Image.new("RGB", (64, 64), colour) for colour in ("red", "blue")]
    for kind in ("PNG", "WEBP", "AVIF"):
        raw = encoded(frames[0], kind, save_all=True, append_images=frames[1:])
        prepared = await prepare_photo(raw)
        r, _g, b = opened(prepared.large.data).getpixel((32, 32))
        assert r > 230 and b < 30


async def test_a_sliver_keeps_at_least_one_pixel():
    prepared = await prepare_photo(encoded(picture(12_000, 3), "JPEG"))
    assert (prepared.width, prepared.height) == (2048, 1)
    assert prepared.small.height == 1


async def test_the_same_upload_gives_the_same_files():
    raw = encoded(picture(3000, 2000), "JPEG", comment=b"taken by Ann", dpi=(300, 300))
    one, other = await asyncio.gather(prepare_photo(raw), prepare_photo(raw))
    assert one == other
    assert b"Ann" not in one.master.data
    assert len({one.content_hash, one.master.sha256, one.large.sha256, one.small.sha256}) == 4


@pytest.mark.parametrize("media_type", ["image/jpeg", "image/webp"])
async def test_encoding_carries_nothing_over(media_type):
    image = picture(64, 64)
    image.info.update(comment=b"Ann", exif=b"Exif\x00\x00Ann", xmp=b"Ann", icc_profile=b"Ann" * 100)
    assert b"Ann" not in encode(image, media_type, 85)


async def test_the_event_loop_stays_free_while_photos_are_prepared():
    raw = encoded(picture(4000, 3000), "JPEG")
    delays = []
    work = asyncio.gather(*(prepare_photo(raw) for _ in range(6)))
    while not work.done():
        start = time.perf_counter()
        await asyncio.sleep(0.005)
        delays.append(time.perf_counter() - start)
    assert len(await work) == 6
    # The 95th percentile is the benchmark's; here a machine may be busy, but a blocked loop has no ticks at all.
    assert len(delays) >= 10 and sorted(delays)[len(delays) // 2] < 0.1


def test_memory_is_given_back_when_no_photo_is_in_hand():
    done = subprocess.run(
        [sys.executable, "-m", "tests.media.measure_rest"], capture_output=True, text=True, cwd=ROOT, timeout=60
    )
    before, peak, after = (float(figure) for figure in done.stdout.split())
    assert peak > before + 100
    assert after < before + 80
