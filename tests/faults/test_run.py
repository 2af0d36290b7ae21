"""The fault run, short: `make faults` does the same with a thousand reports and three seeds."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.breaks import BREAKS
from tests.faults.broken_policy import build_broken
from tests.faults.run import run

REPORTS = 24
# So many that a 500 falls on the last request of some report.
ENOUGH = 60
SEED = 11


@pytest.mark.parametrize("database", ["sqlite", pytest.param("postgis", marks=pytest.mark.postgis)])
async def test_every_report_that_was_said_to_be_saved_arrives_once_with_its_photos(database: str) -> None:
    outcome = await run(REPORTS, SEED, database)
    assert not outcome.wrong, outcome.told()
    assert not outcome.server_failed
    assert len(outcome.ledger.owed) > REPORTS / 2, outcome.told()
    assert all(outcome.tally.injected[fault] for fault in BREAKS), outcome.told()


async def test_a_policy_that_takes_a_500_for_sent_is_found_out(tmp_path: Path) -> None:
    outcome = await run(ENOUGH, SEED, "sqlite", build=build_broken(tmp_path))
    assert any(line.startswith("loss") for line in outcome.wrong), outcome.told()
    assert any(line.startswith("lie") for line in outcome.wrong), outcome.told()
