"""What a catalogue file may not hold, and where each refusal points."""

from pathlib import Path

import pytest

from app.imports.problems import ImportProblem, ImportRefused
from app.imports.services import SECTIONS, Reading, read_file

SERVICE = "services:\n  - service_code: a\n    service_name: A\n"
QUESTION = SERVICE + "    attributes:\n      - {{code: q, description: Q?, {}}}\n"


def problems_of(folder: Path, content: str | bytes, name: str = "c.yaml") -> list[ImportProblem]:
    file = folder / name
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    reading = Reading()
    try:
        read_file(file, SECTIONS, reading)
    except ImportRefused as refused:
        return list(refused.problems)
    return [problem for problems in reading.refused for problem in problems]


def test_a_sound_file_has_no_problems(tmp_path: Path) -> None:
    assert problems_of(tmp_path, SERVICE) == []
    assert problems_of(tmp_path, QUESTION.format("datatype: string")) == []


@pytest.mark.parametrize(
    ("wrong", "line", "column", "reason"),
    [
        ("services:\n  - service_name: A\n", 2, 5, "service_code is missing"),
        ("services:\n  - service_code: a\n", 2, 5, "service_name is missing"),
        ("services:\n  - service_code: a b\n    service_name: A\n", 2, 19, "service_code cannot be 'a b'"),
        ("services:\n  - just words\n", 2, 5, "expected keys and values"),
        ("services: yes\n", 1, 11, "must be a list"),
        ("servces: []\nservices: []\n", 1, 10, "'servces' is not known"),
        ("colour: red\n", 1, 1, "this is no catalogue"),
        ("- a\n- b\n", 1, 1, "this is no catalogue"),
        (SERVICE + "    promise_day: 3\n", 4, 18, "'promise_day' is not known"),
        (SERVICE + "    promise_days: 0\n", 4, 19, "whole number from 1"),
        (SERVICE + "    promise_days: 2.5\n", 4, 19, "not '2.5'"),
        (SERVICE + "    promise_days: 3\n    promise_hours: 4\n", 4, 19, "either hours or days"),
        (SERVICE + "    contact_rule: maybe\n", 4, 19, "never, optional, required"),
        (SERVICE + "    private: perhaps\n", 4, 14, "yes or no"),
        (SERVICE + f"    description: {'x' * 4001}\n", 4, 18, "at most 4000"),
        (SERVICE + "    description: {english: x}\n", 4, 28, "is no language"),
        (SERVICE + "    description: [x]\n", 4, 18, "must be a text"),
        (SERVICE + "    service_name: B\n", 4, 5, "stands here twice"),
        (SERVICE + "    keywords: &k [x]\n    description: *k\n", 4, 15, "aliases"),
        (SERVICE + "   bad: [\n", 4, 4, "this is not YAML"),
        (SERVICE + "    description: \x01\n", 4, None, "this is not YAML"),
        (SERVICE + "    ? [x]\n    : y\n", 4, 7, "a single word"),
        ("services: " + "[" * 50 + "]" * 50, 1, None, "nested too deep"),
        (QUESTION.format("datatype: singlevaluelist"), 5, 9, "needs values"),
        (QUESTION.format("datatype: colour"), 5, 46, "datatype must be one of"),
        (QUESTION.format("datatype: string, values: [{key: a, name: A}]"), 5, 62, "has no values"),
        (QUESTION.format("datatype: string, variable: no, required: yes"), 5, 78, "takes no answer"),
        (QUESTION.format("datatype: string, show_if: {code: x, values: [y]}"), 5, 63, "no earlier question"),
        (QUESTION.format("datatype: multivaluelist, values: [{key: a, name: A}, {key: a, name: B}]"), 5, None, "twice"),
        (
            QUESTION.format("datatype: singlevaluelist, values: [{key: a, name: A, stop: {phone: '1'}}]"),
            5,
            None,
            "message is missing",
        ),
        (
            QUESTION.format("datatype: multivaluelist, values: [{key: a, name: A, stop: {message: M, url: 'ftp:x'}}]"),
            5,
            None,
            "url cannot be",
        ),
        ("departments:\n  - {code: d, name: D, email: nobody}\n", 2, 31, "email cannot be"),
        ("responsibilities:\n  - {department: d}\n", 2, 5, "either a service or a group"),
        ("responsibilities:\n  - {department: d, group: g, area: 3}\n", 2, 37, "layer/code"),
    ],
)  # fmt: skip
def test_yaml_is_refused_at_its_place(tmp_path: Path, wrong: str, line: int, column: int | None, reason: str) -> None:
    [problem, *_] = problems_of(tmp_path, wrong)
    assert reason in problem.reason
    assert problem.line == line
    assert column in (None, problem.column)


def test_every_problem_of_a_file_is_named_at_once(tmp_path: Path) -> None:
    wrong = SERVICE + "    promise_days: x\n    type: y\n  - service_code: b\n"
    assert [problem.line for problem in problems_of(tmp_path, wrong)] == [5, 4, 6]


def test_show_if_names_an_answer_that_there_is(tmp_path: Path) -> None:
    wrong = SERVICE + (
        "    attributes:\n"
        "      - {code: q, description: Q?, datatype: singlevaluelist, values: [{key: a, name: A}]}\n"
        "      - {code: r, description: R?, datatype: string, show_if: {code: q, values: [b]}}\n"
    )
    [problem] = problems_of(tmp_path, wrong)
    assert (problem.line, "'b'" in problem.reason) == (6, True)


@pytest.mark.parametrize(
    ("wrong", "line", "column", "reason"),
    [
        ("service_code,colour\na,red\n", 1, 2, "'colour' is no column"),
        ("service_code,service_name,service_name\na,b,c\n", 1, 3, "twice"),
        ("service_name,group\na,b\n", 1, None, "service_code is missing"),
        ("service_code,service_name\na,b,c\n", 2, 3, "3 cells"),
        ("service_code,service_name,promise_days\na,A,1\n\nb,B,soon\n", 4, 3, "promise_days must be"),
        ('service_code,service_name\na,"A\nA"\n,B\n', 4, 1, "service_code is missing"),
        ('service_code,service_name\na,"A"x\n', 2, None, "not CSV"),
        ("service_code,service_name,attribute_code,attribute_datatype\na,A,q,string\n", 2, 3, "description is missing"),
    ],
)
def test_a_table_is_refused_by_line_and_column(
    tmp_path: Path, wrong: str, line: int, column: int | None, reason: str
) -> None:
    [problem, *_] = problems_of(tmp_path, wrong, "c.csv")
    assert reason in problem.reason
    assert (problem.line, problem.column) == (line, column)


@pytest.mark.parametrize(
    ("wrong", "line", "column", "reason"),
    [
        ('[{"service_code": "a",}]', 1, None, "JSON"),
        ('[{"service_code": "a",\n  "service_code": "b", "service_name": "B"}]', 2, None, "twice"),
        ('[\n  {"service_code": "a", "service_name": "A", "type": "sometimes"}]', 2, 54, "type must be one of"),
        ('[{"service_code": "a", "service_name": "A\\u0000"}]', 1, 40, "control character"),
        ('[{"service_code": "a", "service_name": "\\ud800"}]', 1, 40, "control character"),
        ('[{"service_code": {}, "service_name": "A"}]', 1, 19, "service_code is missing"),
        ('[7]', 1, 2, "expected keys and values"),
        ("[" * 100_000, 1, None, "nested too deep"),
        ('{"services": []} more', 1, None, "follows the end"),
        ('{"swagger": "2.0"}', 1, 1, "this is no catalogue"),
    ],
)  # fmt: skip
def test_json_is_refused_at_its_place(tmp_path: Path, wrong: str, line: int, column: int | None, reason: str) -> None:
    [problem, *_] = problems_of(tmp_path, wrong, "c.json")
    assert reason in problem.reason
    assert problem.line == line
    assert column in (None, problem.column)


@pytest.mark.parametrize(
    ("wrong", "line", "reason"),
    [
        ("<services><service>", 1, "not XML"),
        ("\n\n<?xml version='1.0'?>\n<services>\n<service></services>", 5, "not XML"),
        ("\n<service_requests/>", 2, "not Open311's <services>"),
        ("<services>\n<service><service_name>A</service_name></service></services>", 2, "service_code is missing"),
        (
            '<!DOCTYPE s [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>\n<services><service><service_code>&b;</service_code>'
            "</service></services>",
            None,
            "entities",
        ),
        (
            '<!DOCTYPE s [<!ENTITY x SYSTEM "file:///etc/passwd">]><services><service><service_name>&x;</service_name>'
            "</service></services>",
            None,
            "entities",
        ),
    ],
)
def test_xml_is_refused_at_its_line(tmp_path: Path, wrong: str, line: int | None, reason: str) -> None:
    [problem, *_] = problems_of(tmp_path, wrong, "c.xml")
    assert reason in problem.reason
    assert problem.line == line


@pytest.mark.parametrize("content", [b"", b" \n ", b"\xef\xbb\xbf"])
def test_an_empty_file_is_refused(tmp_path: Path, content: bytes) -> None:
    [problem] = problems_of(tmp_path, content)
    assert problem.reason == "the file is empty"


@pytest.mark.parametrize("content", [b"\x00\x01\x02\x03", b"PK\x03\x04", b"\xff\xfe\x00\xd8", bytes(range(256))])
def test_what_is_no_text_is_refused(tmp_path: Path, content: bytes) -> None:
    assert problems_of(tmp_path, content)
