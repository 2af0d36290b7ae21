import json
from typing import Any

import pytest

from app.services.answers import (
    NOT_A_DATETIME,
    NOT_A_NUMBER,
    NOT_IN_LIST,
    ONLY_ONE,
    REQUIRED,
    TOO_LONG,
    parse_answers,
    raw_answers,
)
from tests.services.made import question, service

GAS = {
    "key": "gas",
    "name": "Smell of gas",
    "translations": {"es": {"name": "Olor a gas"}},
    "stop": {
        "message": "Leave and call 911.",
        "phone": "911",
        "url": None,
        "department": None,
        "translations": {"es": {"message": "Salga y llame al 911."}},
    },
}


def one_problem(asked: Any, *given: str) -> str:
    answers = parse_answers(service(asked), {asked.code: list(given)}, "en")
    assert asked.code not in answers.values
    [problem] = answers.problems
    assert problem.field == f"attribute[{asked.code}]"
    assert problem.said()
    return problem.message


def value_of(asked: Any, *given: str) -> Any:
    answers = parse_answers(service(asked), {asked.code: list(given)}, "en")
    assert answers.problems == ()
    return answers.values.get(asked.code)


def test_a_missing_required_answer_is_named() -> None:
    assert one_problem(question("pole", "string", required=True)) == REQUIRED
    assert one_problem(question("pole", "string", required=True), "  ", "\x00") == REQUIRED


def test_a_question_that_may_be_passed_over_gives_nothing() -> None:
    assert value_of(question("pole", "string")) is None


def test_an_answer_outside_the_list_is_refused() -> None:
    assert one_problem(question("light", "singlevaluelist", keys=["out", "flickering"]), "purple") == NOT_IN_LIST
    assert one_problem(question("lanes", "multivaluelist", keys=["left", "right"]), "left", "up") == NOT_IN_LIST


def test_a_list_of_one_takes_one_and_a_list_of_many_takes_each_once() -> None:
    assert one_problem(question("light", "singlevaluelist", keys=["out", "on"]), "out", "on") == ONLY_ONE
    assert value_of(question("lanes", "multivaluelist", keys=["left", "right"]), "right", "left", "right") == [
        "right",
        "left",
    ]


@pytest.mark.parametrize("given", ["nan", "inf", "1e400", "-1e999", "1_000", "٣", "three", "0x10", "1" * 5000, "1,5"])
def test_what_is_no_finite_number_is_refused(given: str) -> None:
    assert one_problem(question("depth", "number"), given) == NOT_A_NUMBER


@pytest.mark.parametrize(("given", "number"), [("3", 3), (" 2.5 ", 2.5), ("-.5", -0.5), ("1e3", 1000)])
def test_a_number_is_read(given: str, number: float) -> None:
    assert value_of(question("depth", "number"), given) == number


@pytest.mark.parametrize(
    "given", ["yesterday", "2026-13-01", "26/11/2026", "2026-11-26T25:00", "0001-01-01T00:00+14:00"]
)
def test_what_is_no_datetime_is_refused(given: str) -> None:
    assert one_problem(question("when", "datetime"), given) == NOT_A_DATETIME


def test_a_datetime_keeps_its_instant_and_one_without_zone_stays_local() -> None:
    assert value_of(question("when", "datetime"), "2026-11-26T14:30") == "2026-11-26T14:30:00"
    assert value_of(question("when", "datetime"), "2026-11-26T14:30:00-05:00") == "2026-11-26T19:30:00+00:00"
    assert value_of(question("when", "datetime"), "2026-11-26T14:30:00Z") == "2026-11-26T14:30:00+00:00"


def test_a_string_is_one_line_and_a_text_keeps_its_lines() -> None:
    assert value_of(question("pole", "string"), "HP\r\n 1042") == "HP 1042"
    assert value_of(question("what", "text"), "first\r\nsecond") == "first\nsecond"


def test_too_long_an_answer_is_refused() -> None:
    assert one_problem(question("pole", "string"), "x" * 256) == TOO_LONG
    assert one_problem(question("what", "text"), "x" * 100_000) == TOO_LONG


def test_what_no_database_can_hold_is_taken_out() -> None:
    kept = value_of(question("what", "text"), "a\x00b\ud800c 🕳️ مرحبا")
    assert kept == "abc 🕳️ مرحبا"
    json.dumps(kept).encode("utf-8")


def test_an_answer_to_a_question_that_was_not_asked_is_dropped() -> None:
    street = service(
        question("whose", "singlevaluelist", keys=["city", "private"], required=True),
        question("owner", "string", required=True, show_if={"code": "whose", "values": ["private"]}),
    )
    asked = parse_answers(street, {"whose": ["private"], "owner": ["A. Landlord"]}, "en")
    assert asked.values == {"whose": "private", "owner": "A. Landlord"}
    unasked = parse_answers(street, {"whose": ["city"], "owner": ["A. Landlord"], "other": ["x"]}, "en")
    assert unasked.values == {"whose": "city"}
    assert unasked.problems == ()


def test_a_question_behind_an_unasked_question_is_not_asked_either() -> None:
    chain = service(
        question("a", "singlevaluelist", keys=["yes", "no"]),
        question("b", "singlevaluelist", keys=["yes"], show_if={"code": "a", "values": ["yes"]}),
        question("c", "string", required=True, show_if={"code": "b", "values": ["yes"]}),
    )
    answers = parse_answers(chain, {"a": ["no"], "b": ["yes"], "c": ["x"]}, "en")
    assert (answers.values, answers.problems) == ({"a": "no"}, ())


def test_one_of_several_answers_is_enough_to_ask_the_next_question() -> None:
    heat = service(
        question("what", "multivaluelist", keys=["heat", "water"]),
        question("since", "number", show_if={"code": "what", "values": ["heat"]}),
    )
    assert parse_answers(heat, {"what": ["water", "heat"], "since": ["2"]}, "en").values["since"] == 2


@pytest.mark.parametrize("datatype", ["singlevaluelist", "multivaluelist"])
@pytest.mark.parametrize(("locale", "message"), [("en", "Leave and call 911."), ("es-MX", "Salga y llame al 911.")])
def test_an_answer_that_stops_says_whom_to_call_in_the_readers_language(
    datatype: str, locale: str, message: str
) -> None:
    leak = service(question("what", datatype, values=[GAS, {"key": "water", "name": "Water", "translations": {}}]))
    stop = parse_answers(leak, {"what": ["gas"]}, locale).stop
    assert stop is not None
    assert (stop.code, stop.key, stop.message, stop.phone) == ("what", "gas", message, "911")
    assert parse_answers(leak, {"what": ["water"]}, locale).stop is None


def test_a_text_that_only_informs_takes_no_answer() -> None:
    notice = question("note", "string", variable=False, required=True)
    answers = parse_answers(service(notice), {"note": ["x"]}, "en")
    assert (answers.values, answers.problems) == ({}, ())


def test_the_fields_of_a_form_are_gathered_by_attribute() -> None:
    fields = [
        ("attribute[light]", "out"),
        ("attribute[lanes][]", "left"),
        ("attribute[lanes][1]", "right"),
        ("description", "attribute[x]"),
        ("attribute[]", "nothing"),
    ]
    assert raw_answers(fields) == {"light": ["out"], "lanes": ["left", "right"]}
