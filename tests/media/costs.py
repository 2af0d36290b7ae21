"""What preparing a file takes, measured in a process that does nothing else."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
MAX_SECONDS, MAX_MEGABYTES = 2, 400


def costs_of(paths: list[Path]) -> dict[str, dict[str, Any]]:
    """By file name: outcome, message, seconds, and the most megabytes held up to then."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.media.measure"],
        input="".join(f"{path}\n" for path in paths),
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=120,
        check=True,
    )
    costs = [json.loads(line) for line in done.stdout.splitlines()]
    return {Path(cost["path"]).name: cost for cost in costs}


def cost_of(path: Path) -> dict[str, Any]:
    """The cost of one file in a process of its own."""
    return costs_of([path])[path.name]


def assert_bounded(path: Path, cost: dict[str, Any] | None = None) -> dict[str, Any]:
    """The cost of the file, which is within 2 s and 400 MB. A machine that was busy gets a second chance."""
    cost = cost or cost_of(path)
    if cost["seconds"] > MAX_SECONDS:
        cost = cost_of(path)
    assert cost["seconds"] <= MAX_SECONDS, cost
    assert cost["megabytes"] <= MAX_MEGABYTES, cost
    return cost
