"""What an HTTP answer says of a message."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from app.notifications.outcome import (
    LONGEST_PAUSE,
    TOO_LARGE,
    Failed,
    Gone,
    Later,
    Outcome,
    Sent,
    outcome_of_status,
    retry_after,
)

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (201, Sent()),
        (202, Sent()),
        (404, Gone("404")),
        (410, Gone("410")),
        (413, Failed(TOO_LARGE)),
        (429, Later(0, "429")),
        (500, Later(0, "500")),
        (503, Later(0, "503")),
        (302, Failed("302")),
        (400, Failed("400")),
        (403, Failed("403")),
    ],
)
def test_each_status_has_its_outcome(status: int, outcome: Outcome) -> None:
    assert outcome_of_status(status, {}) == outcome


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("120", 120),
        ("Mon, 23 Nov 2026 12:01:30 GMT", 90),
        ("Mon, 23 Nov 2026 11:00:00 GMT", 0),
        ("9" * 400, LONGEST_PAUSE),
        ("Mon, 23 Nov 2027 12:00:00 GMT", LONGEST_PAUSE),
        ("-5", 0),
        ("١٢", 0),
        ("soon", 0),
        ("", 0),
    ],
)
def test_a_retry_after_of_any_form_is_a_pause_with_an_end(said: str, seconds: float) -> None:
    assert retry_after(said, NOON) == seconds
