"""Prepare a few large photos at once and print the megabytes held before, at most, and a second after."""

import asyncio
import re
import time
from pathlib import Path

from app.media.photos import prepare_photo
from tests.media.hostile import encoded, picture


def megabytes(figure: str) -> float:
    return int(re.search(rf"{figure}:\s+(\d+)", Path("/proc/self/status").read_text())[1]) / 1024


async def prepare(raw: bytes) -> None:
    await asyncio.gather(*(prepare_photo(raw) for _ in range(6)))


big = picture(4000, 3000)
photo = encoded(big, "JPEG")
del big
held = megabytes("VmRSS")
asyncio.run(prepare(photo))
time.sleep(1)
print(held, megabytes("VmHWM"), megabytes("VmRSS"))
