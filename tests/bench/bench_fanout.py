"""Fan-out: push messages to a push service on loopback, beside a bare loop that encrypts, signs and posts.

Each beside the other by turns. Memory while one run sends all; and a run that is killed in the middle and started
again. `BLOCKWISE_BENCH_PUSHES` messages in all (100,000).
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from app.notifications.vapid import make_vapid_key
from app.settings import load_settings
from tests.bench.push_books import make_books
from tests.servers import ROOT, free_port

ROUNDS = 4
LEAST_SHARE, MOST_GROWTH = 0.8, 1.1
COUNT = int(os.environ.get("BLOCKWISE_BENCH_PUSHES", "100000"))
KILLED = max(COUNT // 5, 2000)


def run() -> Iterator[dict[str, object]]:
    """Rows `{name, value, unit, limit, ratio, ok, detail}`; every figure is from this run."""
    with tempfile.TemporaryDirectory(prefix="blockwise-push-") as name:
        folder = Path(name)
        make_vapid_key(load_settings({"BLOCKWISE_VAR": str(folder)}))
        yield from rates(folder)
        yield killed(folder)


def rates(folder: Path) -> Iterator[dict[str, object]]:
    bare, ours, growth = list[float](), list[float](), list[float]()
    size = COUNT // ROUNDS
    for number in range(ROUNDS):
        table = folder / f"round-{number}.sqlite"
        with push_service() as address:
            make_books(table, address, size)
            bare.append(size / bare_run(table, folder))
            took, early, late = our_run(table, folder)
            ours.append(size / took)
            growth.append(late / early)
            # Each came twice: without a topic from the bare loop, with one from us.
            assert counted(address) == {"posts": 2 * size, "messages": 2 * size}, counted(address)
    share = median(mine / theirs for mine, theirs in zip(ours, bare, strict=True))
    yield {
        "name": "push messages sent",
        "value": round(median(ours), 1),
        "unit": "/s",
        "limit": f"at least {LEAST_SHARE:.0%} of a bare loop ({median(bare):.0f}/s)",
        "ratio": round(share, 3),
        "ok": share >= LEAST_SHARE,
        "detail": f"{COUNT:,} messages in {ROUNDS} rounds by turns, on {os.cpu_count()} cores",
    }
    yield {
        "name": "memory while push messages are sent",
        "value": round(max(growth), 3),
        "unit": "times",
        "limit": f"at most {MOST_GROWTH} times from the first quarter on",
        "ratio": round(max(growth), 3),
        "ok": max(growth) <= MOST_GROWTH,
        "detail": f"{size:,} messages, the worst of {ROUNDS} rounds",
    }


def killed(folder: Path) -> dict[str, object]:
    """Killed when about half is sent, senders and all, and started again."""
    table = folder / "killed.sqlite"
    with push_service() as address:
        make_books(table, address, KILLED)
        running = subprocess.Popen(command("push_books", table, folder), cwd=ROOT, start_new_session=True)
        while counted(address)["posts"] < KILLED // 2:
            time.sleep(0.05)
        os.killpg(running.pid, signal.SIGKILL)
        running.wait()
        our_run(table, folder)
        count = counted(address)
    return {
        "name": "push messages after a kill in the middle",
        "value": count["messages"],
        "unit": "",
        "limit": f"each of {KILLED:,} once",
        "ratio": round(count["messages"] / KILLED, 6),
        "ok": count["messages"] == KILLED,
        "detail": f"{count['posts'] - KILLED} were posted again, and are one with the first by their topic",
    }


def bare_run(table: Path, folder: Path) -> float:
    cores = os.cpu_count() or 1
    started = time.perf_counter()
    loops = [
        subprocess.Popen([*command("bare_push", table, folder), str(number), str(cores)], cwd=ROOT)
        for number in range(cores)
    ]
    assert [loop.wait() for loop in loops] == [0] * cores
    return time.perf_counter() - started


def our_run(table: Path, folder: Path) -> tuple[float, float, float]:
    """(seconds with the start of all processes, megabytes at a quarter, megabytes near the end)."""
    started = time.perf_counter()
    done = subprocess.run(command("push_books", table, folder), cwd=ROOT, capture_output=True, check=True, text=True)
    _, early, late, left = (float(word) for word in done.stdout.split()[-4:])
    assert left == 0, f"{left:.0f} were not sent"
    return time.perf_counter() - started, early, late


def command(module: str, table: Path, folder: Path) -> list[str]:
    return [sys.executable, "-m", f"tests.bench.{module}", str(table), str(folder)]


@contextlib.contextmanager
def push_service() -> Iterator[str]:
    port = free_port()
    program = [sys.executable, "-m", "tests.bench.push_service", str(port)]
    with subprocess.Popen(program, cwd=ROOT, stdout=subprocess.PIPE) as service:
        assert service.stdout is not None and service.stdout.readline() == b"ready\n"
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            service.kill()


def counted(address: str) -> dict[str, int]:
    with urllib.request.urlopen(f"{address}/count", timeout=30) as answer:
        counts: dict[str, int] = json.load(answer)
    return counts


if __name__ == "__main__":
    for row in run():
        print(row)
