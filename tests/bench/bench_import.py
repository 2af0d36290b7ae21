"""Past requests coming in through the command: rows a second, with areas, timelines and counts, and the memory.

The file is New York's October 2019 (../shared/data), several times over with other numbers and other days. Each
figure is a whole run of `blockwise import requests`, its start and its first reading of the file included.
"""

from __future__ import annotations

import csv
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg

from tests.servers import postgres_cluster

ROOT = Path(__file__).resolve().parent.parent.parent
DATA = ROOT.parent / "shared" / "data"
COPIES = 3
LAYERS = {
    "borough": ["--boundary", "--city-name", "New York", "--timezone", "America/New_York"],
    "community_district": [],
    "council_district": [],
    "zcta": ["--name-field", "modzcta"],
}
GOALS = {"SpatiaLite": 3_000, "PostGIS": 5_000}
MOST_MB = 500
TIMES = "%m/%d/%Y %I:%M:%S %p"

Row = dict[str, Any]


def run() -> list[Row]:
    found: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="blockwise-import-") as folder:
        small, large = copies(Path(folder), 1), copies(Path(folder), COPIES)
        found += measure("SpatiaLite", f"sqlite:///{folder}/import.sqlite", small, large)
        with postgres_cluster(durable=True) as cluster:
            with psycopg.connect(f"{cluster}/postgres", autocommit=True) as connection:
                connection.execute("CREATE DATABASE import")
            found += measure("PostGIS", f"{cluster}/import", small, large)
    return found


def copies(folder: Path, count: int) -> Path:
    """The file so many times over: copy n has its own numbers, and is n months older."""
    path = folder / f"requests-{count}.csv"
    source = DATA / "requests" / "nyc_2019-10.csv"
    with source.open(encoding="utf-8", newline="") as file, path.open("w", encoding="utf-8", newline="") as target:
        rows = csv.reader(file)
        head = next(rows)
        table = csv.writer(target)
        table.writerow(head)
        moments = [head.index(name) for name in ("Created", "Closed", "ResolutionUpdated")]
        for cells in rows:
            table.writerows(aged(cells, moments, number) for number in range(count))
    return path


def aged(cells: list[str], moments: list[int], number: int) -> list[str]:
    older = list(cells)
    older[0] = f"{number}-{cells[0]}" if number else cells[0]
    for place in moments:
        if cells[place] and number:
            older[place] = (datetime.strptime(cells[place], TIMES) - timedelta(days=30 * number)).strftime(TIMES)  # noqa: DTZ007
    return older


def measure(name: str, url: str, small: Path, large: Path) -> Iterator[Row]:
    command(url, "setup")
    for layer, options in LAYERS.items():
        command(url, "import", "areas", str(DATA / "areas" / f"nyc_{layer}.geojson"), "--layer", layer, *options)
    seconds, little = taken(url, large)
    rows = sum(1 for _ in large.open(encoding="utf-8")) - 1
    yield pace(f"{name}: import requests, new", rows / seconds, GOALS[name], f"{rows:,} rows in {seconds:.0f} s")
    seconds, much = taken(url, small)
    again = sum(1 for _ in small.open(encoding="utf-8")) - 1
    yield pace(f"{name}: the first part of them again", again / seconds, GOALS[name], f"{again:,} rows, all known")
    most = max(little, much)
    yield {
        "name": f"{name}: memory of an import", "value": most, "unit": "MB", "limit": f"≤ {MOST_MB} MB",
        "ratio": most / MOST_MB, "ok": most <= MOST_MB, "detail": f"{rows:,} rows",
    }  # fmt: skip


def pace(name: str, value: float, goal: int, detail: str) -> Row:
    return {
        "name": name, "value": value, "unit": "rows/s", "limit": f"≥ {goal:,} rows/s", "ratio": value / goal,
        "ok": value >= goal, "detail": detail,
    }  # fmt: skip


def taken(url: str, path: Path) -> tuple[float, float]:
    """(seconds, MB at most) of one import."""
    started = time.perf_counter()
    command(url, "import", "requests", str(path), "--format", "nyc", "--create-services")
    return time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


def command(url: str, *arguments: str) -> None:
    environment = {**os.environ, "BLOCKWISE_DATABASE_URL": url}
    said = subprocess.run(
        [sys.executable, "-m", "app.cli", *arguments], cwd=ROOT, env=environment, capture_output=True, check=False
    )
    if said.returncode:
        raise RuntimeError(said.stderr.decode())
