"""What people send, read into a submission: nothing they type breaks it, and each refusal has its words."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from app.service_requests.forms import read_submission
from app.service_requests.submission import Submission


def read(**fields: str) -> tuple[Submission, list[str]]:
    submission, problems = read_submission(list(fields.items()), source="web", locale="en")
    return submission, [problem.field for problem in problems]


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("  a\r\nb\rc  ", "a\nb\nc"),
        ("nul\x00bell\x07esc\x1b[0m", "nulbellesc[0m"),
        ("e\u0301", "é"),
        ("مرحبا 🕳️ <b>", "مرحبا 🕳️ <b>"),
        ("half \ud83d pair", "half  pair"),
    ],
)
def test_texts_are_kept_as_words_that_any_database_holds(sent: str, kept: str) -> None:
    submission, problems = read(description=sent)
    assert (submission.description, problems) == (kept, [])


@pytest.mark.parametrize(
    ("field", "length"), [("description", 100_000), ("address_string", 501), ("name", 201), ("email", 255)]
)
def test_what_is_too_long_is_told_and_cut(field: str, length: int) -> None:
    submission, problems = read(**{field: "x" * length})
    assert problems == [field]
    kept = getattr(submission, field, None) or getattr(submission.contact, field, "")
    assert 0 < len(kept) < length


@pytest.mark.parametrize(
    ("lat", "long"),
    [
        ("0", "0"),
        ("0.0", "-0.0"),
        ("nan", "nan"),
        ("inf", "1"),
        ("90.1", "1"),
        ("1", "180.5"),
        ("42", ""),
        ("42,3", "-71,0"),
        ("x", "y"),
        ("1" * 500, "1"),
    ],
)
def test_a_position_that_cannot_be_is_a_problem_of_the_place(lat: str, long: str) -> None:
    submission, problems = read(lat=lat, long=long)
    assert (submission.lat, submission.long, problems) == (None, None, ["location"])


def test_no_position_at_all_is_no_problem_yet() -> None:
    assert read(lat=" ", long="")[1] == []


@pytest.mark.parametrize(
    ("sent", "metres"), [("12.5", 12.5), ("0", 0), ("-1", None), ("nan", None), ("1e9", None), ("far", None)]
)
def test_an_accuracy_that_says_nothing_is_left_out(sent: str, metres: float | None) -> None:
    assert read(accuracy=sent)[0].accuracy_m == metres


def test_the_reports_own_number_must_be_one() -> None:
    assert read(client_request_id="not-a-uuid")[1] == ["client_request_id"]
    assert read(client_request_id="0192f0c0-0000-7000-8000-000000000001")[1] == []


@pytest.mark.parametrize(
    "sent",
    [
        "2099-01-01T00:00:00Z",
        "2019-01-01T00:00:00",
        "yesterday",
        "",
        "0001-01-01T00:00:00+23:59",
        "9999-12-31T23:59:59-23:59",
    ],
)
def test_a_time_in_the_future_or_without_a_zone_is_as_good_as_none(sent: str) -> None:
    assert read(observed_datetime=sent)[0].observed_datetime is None


def test_a_time_is_kept_as_the_same_instant() -> None:
    observed = read(observed_datetime="2024-05-01T08:00:00-04:00")[0].observed_datetime
    assert observed == datetime(2024, 5, 1, 12, tzinfo=UTC)


def test_nobody_is_told_by_e_mail_without_an_address() -> None:
    assert read(notify="email")[0].contact.notify == "none"
    assert read(notify="email", email="ana@example.org")[0].contact.notify == "email"


def test_a_first_and_a_last_name_make_a_name() -> None:
    assert read(first_name="Ana", last_name="Ruiz")[0].contact.name == "Ana Ruiz"


def test_of_a_field_that_stands_twice_the_last_one_counts() -> None:
    submission, _ = read_submission([("description", "a"), ("description", "b")], source="web", locale="en")
    assert submission.description == "b"
