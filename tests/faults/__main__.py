"""`make faults`, or `python -m tests.faults --reports 1000 --seed 1 2 3 --database sqlite postgis`.

Exit status 1 when a report was lost, doubled, spoilt or lied about; with --break-policy, when the run did not see it.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
from pathlib import Path

from tests.faults.broken_policy import build_broken
from tests.faults.city import OURS
from tests.faults.run import run


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description="Reports over a network that breaks.")
    parser.add_argument("--reports", type=int, default=1000)
    parser.add_argument("--seed", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--database", nargs="+", choices=["sqlite", "postgis"], default=["sqlite", "postgis"])
    parser.add_argument("--break-policy", action="store_true", help="take a 500 for sent, and see the run fail")
    return parser.parse_args()


async def main() -> int:
    given, bad = arguments(), 0
    with tempfile.TemporaryDirectory(prefix="blockwise-broken-") as folder:
        build = build_broken(Path(folder)) if given.break_policy else OURS
        for database in given.database:
            for seed in given.seed:
                print(f"seed {seed}, {database}:", flush=True)
                outcome = await run(
                    given.reports, seed, database, build=build, say=lambda words: print(words, flush=True)
                )
                print(outcome.told(), flush=True)
                bad += len(outcome.wrong)
    return verdict(bad, broken=given.break_policy)


def verdict(bad: int, *, broken: bool) -> int:
    """Says it in a line; the exit status."""
    if broken:
        print("\nThe broken policy was found out." if bad else "\nThe policy is broken, and the run did not see it.")
        return 0 if bad else 1
    print(
        f"\n{bad} wrong in all" if bad else "\nEvery report that was said to be saved arrived, once, with its photos."
    )
    return 1 if bad else 0


if __name__ == "__main__":
    raise SystemExit(asyncio.run(main()))
