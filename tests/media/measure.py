"""Prepare the files named on stdin, one a line, in this process alone, and print what each cost as JSON lines.

Seconds are those of the processor: other tests that run meanwhile are no fault of the file.
"""

import json
import re
import sys
import time
from pathlib import Path

from app.media.photos import prepare_photo_now
from app.media.refusals import PhotoRefused


def cost(path: str) -> dict[str, object]:
    raw = Path(path).read_bytes()
    start = time.process_time()
    try:
        outcome = "taken" if prepare_photo_now(raw).master.data else "nothing"
        message = ""
    except PhotoRefused as refusal:
        outcome, message = refusal.code.value, refusal.message
    return {
        "path": path,
        "outcome": outcome,
        "message": message,
        "seconds": time.process_time() - start,
        "megabytes": peak_megabytes(),
    }


def peak_megabytes() -> float:
    """The most this process has held. Not getrusage: its figure begins with that of whoever started it."""
    status = Path("/proc/self/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+)", status)[1]) / 1024


for line in sys.stdin:
    print(json.dumps(cost(line.rstrip("\n"))), flush=True)
