"""The hours of a notice are those of the city's clock, on the days too on which it is changed."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from app.errors import Problem
from app.notifications.announcement_form import read_time

NEW_YORK = ZoneInfo("America/New_York")


def read(text: str, zone: ZoneInfo = NEW_YORK) -> tuple[datetime | None, list[Problem]]:
    problems: list[Problem] = []
    return read_time({"starts": text}, "starts", zone, problems), problems


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-11-23T17:30", datetime(2026, 11, 23, 22, 30, tzinfo=UTC)),
        ("2026-07-04T17:30:15", datetime(2026, 7, 4, 21, 30, 15, tzinfo=UTC)),
        ("2028-02-29T00:00", datetime(2028, 2, 29, 5, 0, tzinfo=UTC)),
        # It comes twice; the first one is meant.
        ("2026-11-01T01:30", datetime(2026, 11, 1, 5, 30, tzinfo=UTC)),
        ("2026-03-08T03:00", datetime(2026, 3, 8, 7, 0, tzinfo=UTC)),
    ],
)
def test_a_time_is_an_instant_of_the_citys_clock(text: str, instant: datetime) -> None:
    assert read(text) == (instant, [])


@pytest.mark.parametrize(
    "text", ["", "soon", "2026-02-29T10:00", "2026-03-08T02:30", "2026-11-23T17:30Z", "1999-12-31T10:00", "²⁰²⁶"]
)
def test_a_time_that_cannot_be_is_a_problem_of_its_field(text: str) -> None:
    instant, problems = read(text)
    assert instant is None
    assert [problem.field for problem in problems] == ["starts"]
