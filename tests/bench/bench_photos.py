"""Photos: what preparing them costs over the bare Pillow steps, and what it does to everybody else's answers."""

import asyncio
import io
import os
import random
import time
from concurrent.futures import ThreadPoolExecutor
from statistics import median

from PIL import Image, ImageOps

from app.media.photos import LARGE_SIDE, MASTER_SIDE, SMALL_SIDE, prepare_photo

SEED, ROUNDS = 311, 5
LEAST_SHARE, MOST_LATENCY_MS = 0.8, 100


def run() -> list[dict[str, object]]:
    """Rows `{name, value, unit, limit, ratio, ok, detail}`; every figure is from this run."""
    photos = street_photos()
    bare, ours, delays = asyncio.run(measured(photos))
    share = median(mine / theirs for mine, theirs in zip(ours, bare, strict=True))
    p95 = sorted(delays)[int(len(delays) * 0.95)] * 1000
    return [
        {
            "name": "photos prepared",
            "value": round(median(ours), 2),
            "unit": "photos/s",
            "limit": f"at least {LEAST_SHARE:.0%} of bare Pillow ({median(bare):.2f} photos/s)",
            "ratio": round(share, 3),
            "ok": share >= LEAST_SHARE,
            "detail": f"{len(photos)} photos, {os.cpu_count()} threads, median of {ROUNDS} rounds each, by turns",
        },
        {
            "name": "event loop while photos are prepared",
            "value": round(p95, 2),
            "unit": "ms p95",
            "limit": f"at most {MOST_LATENCY_MS} ms",
            "ratio": round(p95 / MOST_LATENCY_MS, 3),
            "ok": p95 <= MOST_LATENCY_MS,
            "detail": f"{len(delays)} ticks, worst {max(delays) * 1000:.1f} ms",
        },
    ]


async def measured(photos: list[bytes]) -> tuple[list[float], list[float], list[float]]:
    """Photos a second, bare and ours, by turns so that a busy machine is busy for both; and tick delays in s."""
    bare, ours, delays = list[float](), list[float](), list[float]()
    threads = ThreadPoolExecutor(os.cpu_count())
    loop = asyncio.get_running_loop()
    for _ in range(ROUNDS):
        start = time.perf_counter()
        await asyncio.gather(*(loop.run_in_executor(threads, bare_steps, photo) for photo in photos))
        bare.append(len(photos) / (time.perf_counter() - start))
        ticking = asyncio.create_task(tick(delays))
        start = time.perf_counter()
        await asyncio.gather(*map(prepare_photo, photos))
        ours.append(len(photos) / (time.perf_counter() - start))
        ticking.cancel()
    threads.shutdown()
    return bare, ours, delays


async def tick(delays: list[float]) -> None:
    """Ask for a turn every 5 ms and note how much later it came."""
    while True:
        start = time.perf_counter()
        await asyncio.sleep(0.005)
        delays.append(time.perf_counter() - start - 0.005)


def bare_steps(raw: bytes) -> int:
    """What Pillow has to do in any case: open, turn, three sizes, three encodings."""
    image = Image.open(io.BytesIO(raw))
    image.draft("RGB", (MASTER_SIDE, MASTER_SIDE))
    image.thumbnail((MASTER_SIDE, MASTER_SIDE), Image.Resampling.LANCZOS, reducing_gap=None)
    master = ImageOps.exif_transpose(image)
    large = ImageOps.contain(master, (LARGE_SIDE, LARGE_SIDE), Image.Resampling.LANCZOS)
    small = ImageOps.contain(large, (SMALL_SIDE, SMALL_SIDE), Image.Resampling.LANCZOS)
    written = 0
    for picture, kind, quality in ((master, "JPEG", 85), (large, "WEBP", 80), (small, "WEBP", 75)):
        out = io.BytesIO()
        picture.save(out, kind, quality=quality)
        written += out.tell()
    return written


def street_photos() -> list[bytes]:
    """Six made-up 12-megapixel photos as phones write them: turned both ways, with a position, some 2 MB each."""
    chance = random.Random(SEED)
    return [street_photo(chance, turned=number % 2 == 1) for number in range(6)]


def street_photo(chance: random.Random, *, turned: bool) -> bytes:
    """Smooth light, hard edges and sensor noise: the three things that decide how long a JPEG takes."""
    light = Image.frombytes("RGB", (16, 12), chance.randbytes(16 * 12 * 3)).resize((4032, 3024))
    for _ in range(60):
        left, top = chance.randrange(4000), chance.randrange(3000)
        colour = tuple(chance.randbytes(3))
        light.paste(colour, (left, top, left + chance.randrange(20, 600), top + chance.randrange(20, 400)))
    grain = Image.frombytes("L", (1008, 756), chance.randbytes(1008 * 756)).resize((4032, 3024))
    photo = Image.blend(light, Image.merge("RGB", [grain] * 3), 0.12)
    exif = Image.Exif()
    exif[0x0112] = 6 if turned else 1
    exif[0x8825] = {1: "N", 2: (40.0, 42.0, 46.0), 3: "W", 4: (74.0, 0.0, 22.0), 31: 4.7}
    exif[0x8769] = {0x9003: "2024:07:01 12:00:00", 0x9011: "-04:00"}
    out = io.BytesIO()
    photo.save(out, "JPEG", quality=92, exif=exif)
    return out.getvalue()


if __name__ == "__main__":
    for row in run():
        print(row)
