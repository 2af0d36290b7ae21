"""`make bench`: every benchmark, one table. Each figure stands beside a limit measured in the same run.

`make bench ONLY=photos,places` runs some of them. Exit status 1 when one is over its limit.
"""

from __future__ import annotations

import importlib
import sys
import time
from pathlib import Path
from typing import TypedDict


class Row(TypedDict):
    """A figure: `ratio` is its value against what it is compared with, `limit` says what the ratio must be."""

    name: str
    value: float
    unit: str
    limit: str
    ratio: float | None
    ok: bool
    detail: str


def names() -> list[str]:
    found = sorted(path.stem.removeprefix("bench_") for path in Path(__file__).parent.glob("bench_*.py"))
    wanted = [name for argument in sys.argv[1:] for name in argument.split(",") if name]
    unknown = set(wanted) - set(found)
    if unknown:
        sys.exit(f"no such benchmark: {', '.join(sorted(unknown))} (there are {', '.join(found)})")
    return wanted or found


def line(row: Row) -> str:
    ratio = "" if row["ratio"] is None else f"{row['ratio']:.2f}"
    verdict = "ok" if row["ok"] else "OVER"
    figure = f"{row['value']:>10.1f} {row['unit']:<6} {ratio:>7}"
    return f"{row['name']:<58} {figure}  {row['limit']:<26} {verdict:<5} {row['detail']}"


def main() -> None:
    over = 0
    print(f"{'what':<58} {'figure':>10} {'unit':<6} {'ratio':>7}  {'limit':<26} {'':<5} how", flush=True)
    for name in names():
        started = time.perf_counter()
        for row in importlib.import_module(f"tests.bench.bench_{name}").run():
            print(line(row), flush=True)
            over += not row["ok"]
        print(f"  ({name}: {time.perf_counter() - started:.0f} s)", flush=True)
    print(f"{over} over their limits" if over else "all within their limits")
    sys.exit(bool(over))


if __name__ == "__main__":
    main()
