"""What is read from EXIF, and what is not believed."""

import math
import random
import struct
from datetime import UTC, datetime, timedelta

import pytest
from PIL import Image
from PIL.TiffImagePlugin import IFDRational

from app.media.containers import open_photo
from app.media.exif import PhotoFacts, read_facts
from tests.media.samples import BROKEN, PHOTOS, sample

HERE = {1: "N", 2: (40.0, 30.0, 36.0), 3: "W", 4: (74.0, 15.0, 0.0)}
ALL = [path for kind in ("gps", "heic", "orientation", "other", "invalid") for path in PHOTOS[kind]]


def exif_of(gps: dict[int, object] | None = None, camera: dict[int, object] | None = None, **main: object) -> bytes:
    exif = Image.Exif()
    for name, value in main.items():
        exif[{"orientation": 0x0112, "changed": 0x0132}[name]] = value
    if gps:
        exif[0x8825] = gps
    if camera:
        exif[0x8769] = camera
    return exif.tobytes()


@pytest.mark.parametrize("path", ALL, ids=lambda path: path.name)
async def test_ours_reads_what_pillows_reader_reads(path):
    raw = sample(path).read_bytes()
    if path.name in BROKEN:
        pytest.skip("not a whole picture")
    try:
        theirs = Image.open(path).getexif()
        gps, camera = theirs.get_ifd(0x8825), theirs.get_ifd(0x8769)
    except Exception as error:
        pytest.skip(f"Pillow does not read this one: {error}")
    ours = read_facts(open_photo(raw, 2048).exif)
    if isinstance(gps.get(2), tuple) and gps.get(1) in ("N", "S"):
        degrees = sum(float(part) / 60**n for n, part in enumerate(gps[2]))
        assert ours.lat == pytest.approx(degrees if gps[1] == "N" else -degrees, abs=1e-9)
    taken = str(camera.get(0x9003, "")).strip("\x00")
    if taken and not taken.startswith("2099"):
        assert f"{ours.taken_datetime:%Y:%m:%d %H:%M:%S}" == taken
    if path.parent.name == "orientation":
        assert ours.orientation == int(path.stem[-1])


async def test_degrees_minutes_and_seconds_become_decimal_degrees():
    facts = read_facts(exif_of(gps={**HERE, 17: 360.0, 31: 4.5}))
    assert (facts.lat, facts.long) == pytest.approx((40.51, -74.25))
    assert (facts.heading, facts.accuracy) == (0, 4.5)


@pytest.mark.parametrize(
    "change",
    [
        {2: (0.0, 0.0, 0.0), 4: (0.0, 0.0, 0.0)},
        {2: (91.0, 0.0, 0.0)},
        {4: (180.0, 0.0, 1.0)},
        {2: (40.0, 99.0, 0.0)},
        {2: (IFDRational(40, 0), 0.0, 0.0)},
        {2: (IFDRational(0, 0), 0.0, 0.0)},
        {1: "X"},
        {1: ""},
        {2: ()},
        {2: (1.0, 2.0, 3.0, 4.0)},
        {3: "N"},
    ],
)
async def test_a_position_that_cannot_be_true_is_no_position(change):
    facts = read_facts(exif_of(gps={**HERE, **change}))
    assert (facts.lat, facts.long) == (None, None)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
async def test_a_position_in_floating_point_nonsense_is_no_position(value):
    # Rationals cannot hold these; a file may state latitude as doubles (type 12).
    numbers = struct.pack("<3d", value, 0, 0)
    gps = struct.pack("<H", 4)
    gps += struct.pack("<HHI4s", 1, 2, 2, b"N\x00") + struct.pack("<HHII", 2, 12, 3, 100)
    gps += struct.pack("<HHI4s", 3, 2, 2, b"W\x00") + struct.pack("<HHII", 4, 12, 3, 124)
    head = b"II*\x00\x08\x00\x00\x00" + struct.pack("<HHHII", 1, 0x8825, 4, 1, 26) + bytes(4)
    tiff = (head + gps).ljust(100, b"\x00")
    assert read_facts(tiff + numbers + struct.pack("<3d", 74, 15, 0)).lat is None
    good = read_facts(tiff + struct.pack("<3d", 40, 30, 36) + struct.pack("<3d", 74, 15, 0))
    assert (good.lat, good.long) == pytest.approx((40.51, -74.25))


@pytest.mark.parametrize("heading", [360.5, 4000.0, IFDRational(1, 0)])
@pytest.mark.parametrize("accuracy", [0.0, IFDRational(5, 0), 2e6])
async def test_nonsense_beside_the_position_does_not_spoil_it(heading, accuracy):
    facts = read_facts(exif_of(gps={**HERE, 17: heading, 31: accuracy}))
    assert facts.lat == pytest.approx(40.51)
    assert facts.heading is None and facts.accuracy is None


async def test_the_time_is_the_cameras_own_and_keeps_its_offset():
    facts = read_facts(exif_of(camera={0x9003: "2024:02:29 23:59:59"}))
    assert facts.taken_datetime == datetime(2024, 2, 29, 23, 59, 59)  # noqa: DTZ001
    facts = read_facts(exif_of(camera={0x9003: "2024:07:01 12:00:00", 0x9011: "-04:00"}))
    assert facts.taken_datetime == datetime(2024, 7, 1, 16, tzinfo=UTC)
    assert read_facts(exif_of(changed="2024:07:01 12:00:00")).taken_datetime.year == 2024


@pytest.mark.parametrize(
    "stated",
    [
        "0000:00:00 00:00:00",
        "    :  :     :  :  ",
        "2023:02:29 12:00:00",
        "1970:01:01 00:00:00",
        "2024-07-01",
        "yesterday",
        pytest.param(f"{datetime.now(UTC) + timedelta(days=3):%Y:%m:%d %H:%M:%S}", id="in three days"),
    ],
)
async def test_a_time_that_cannot_be_true_is_no_time(stated):
    assert read_facts(exif_of(camera={0x9003: stated})).taken_datetime is None


async def test_an_impossible_offset_leaves_the_local_time():
    facts = read_facts(exif_of(camera={0x9003: "2024:07:01 12:00:00", 0x9011: "+99:00"}))
    assert facts.taken_datetime == datetime(2024, 7, 1, 12)  # noqa: DTZ001


@pytest.mark.parametrize("orientation", [0, 9, 65_535])
async def test_an_unknown_orientation_is_upright(orientation):
    assert read_facts(exif_of(orientation=orientation)).orientation == 1


async def test_no_damage_to_the_block_raises_anything():
    chance = random.Random(311)
    good = exif_of(gps={**HERE, 17: 90.0, 31: 4.5}, camera={0x9003: "2024:07:01 12:00:00"}, orientation=6, changed="x")
    for _ in range(20_000):
        bad = bytearray(good[: chance.randrange(len(good))] if chance.random() < 0.3 else good)
        for _ in range(min(len(bad), chance.randrange(1, 6))):
            bad[chance.randrange(len(bad))] = chance.choice((0, 255, chance.randrange(256)))
        facts = read_facts(bytes(bad))
        assert isinstance(facts, PhotoFacts)
        assert facts.lat is None or (-90 <= facts.lat <= 90 and -180 <= facts.long <= 180)
