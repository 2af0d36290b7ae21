"""Numbers that can be read out, and never guessed or mistyped into another."""

from __future__ import annotations

import pytest

from app.service_requests.identifiers import (
    DIGITS,
    is_reporter_key,
    new_service_request_id,
    read_service_request_id,
    reporter_key,
)


def test_a_new_number_reads_as_itself() -> None:
    made = {new_service_request_id() for _ in range(2000)}
    assert len(made) == 2000
    for number in made:
        assert read_service_request_id(number) == number
        assert [len(group) for group in number.split("-")] == [4, 4, 4]


def test_it_is_read_however_it_is_written_or_heard() -> None:
    number = new_service_request_id()
    spoken = number.replace("0", "o").replace("1", "l")
    for said in (number.lower(), number.replace("-", " "), number.replace("-", ""), f"  {number}\n", spoken):
        assert read_service_request_id(said) == number


def test_one_changed_character_never_makes_another_valid_number() -> None:
    for _ in range(20):
        number = new_service_request_id()
        for place, right in enumerate(number):
            if right == "-":
                continue
            for digit in DIGITS:
                changed = f"{number[:place]}{digit}{number[place + 1 :]}"
                assert (read_service_request_id(changed) is not None) is (digit == right)


def test_two_neighbours_swapped_are_noticed() -> None:
    for _ in range(50):
        number = new_service_request_id().replace("-", "")
        for place in range(11):
            if number[place] != number[place + 1]:
                swapped = number[:place] + number[place + 1] + number[place] + number[place + 2 :]
                assert read_service_request_id(swapped) is None


@pytest.mark.parametrize("said", ["", "x", "7KF2-M9QX", "U" * 12, "7KF2-M9QX-T3A\x00", "٧KF2-M9QX-T3AB", "A" * 10_000])
def test_what_is_no_number_is_none(said: str) -> None:
    assert read_service_request_id(said) is None


def test_a_key_opens_one_report_of_one_city() -> None:
    key = reporter_key("secret", "7KF2-M9QX-T3AB")
    assert is_reporter_key("secret", "7KF2-M9QX-T3AB", f" {key.lower()} ")
    assert not is_reporter_key("secret", "7KF2-M9QX-T3AC", key)
    assert not is_reporter_key("another", "7KF2-M9QX-T3AB", key)
    assert not is_reporter_key("secret", "7KF2-M9QX-T3AB", "")
    assert not is_reporter_key("secret", "7KF2-M9QX-T3AB", "é")
    assert len(key) == 26
