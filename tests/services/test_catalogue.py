"""The demo city's catalogue says what a real one must."""

from collections import Counter
from datetime import UTC, datetime

import pytest

from app.services.answers import parse_answers
from app.services.models import DATATYPES, Service
from app.services.promise_rules import city_rule
from app.services.words import keywords_in, said_in, value_said_in
from tests.services.made import harbor_point

GROUPS = "streets lighting refuse blight water trees animals noise housing parks other".split()  # noqa: SIM905


def kind(code: str) -> Service:
    found = harbor_point().service(code)
    assert found is not None, code
    return found


def test_the_catalogue_has_every_group_in_order_and_over_seventy_services() -> None:
    assert [group.code for group in harbor_point().groups] == GROUPS
    assert len(harbor_point().services) >= 72
    assert all(len(harbor_point().in_group(group)) >= 5 for group in GROUPS)


def test_every_text_is_there_in_spanish_and_differs() -> None:
    for service in harbor_point().services:
        for field in ("service_name", "description"):
            assert said_in(service, field, "es-MX") != getattr(service, field), (service.service_code, field)
        if service.service_notice:
            assert service.translations["es"]["service_notice"]
        assert set(keywords_in(service, "es")) != set(service.keywords)
        for question in service.attributes:
            assert said_in(question, "description", "es") != question.description, question.code
            for value in question.values:
                assert value["translations"]["es"]["name"]
                if stop := value.get("stop"):
                    assert value_said_in(stop, "message", "es") != stop["message"]


def test_there_are_questions_of_every_datatype_and_one_that_only_informs() -> None:
    questions = [question for service in harbor_point().services for question in service.attributes]
    assert {question.datatype for question in questions} == set(DATATYPES)
    assert any(not question.variable for question in questions)
    assert any(question.show_if for question in questions)


def test_each_contact_and_text_rule_is_used_and_complaints_about_people_are_private() -> None:
    services = harbor_point().services
    assert set(Counter(service.contact_rule for service in services)) == {"never", "optional", "required"}
    assert set(Counter(service.text_rule for service in services)) == {"public", "review", "private"}
    for code in ("unsafe-building", "barking-dog", "no-heat", "older-adult", "tenant-complaint"):
        assert kind(code).private
        assert kind(code).text_rule == "private"
    assert all(service.text_rule == "private" for service in services if service.private)


@pytest.mark.parametrize(
    ("code", "hours", "days"),
    [
        ("pothole", 48, None),
        ("graffiti", 48, None),
        ("sign-damaged", None, 3),
        ("dead-animal", None, 3),
        ("abandoned-vehicle", None, 21),
        ("exterior-nuisance", None, 45),
    ],
)
def test_the_promises_are_those_that_cities_make(code: str, hours: int | None, days: int | None) -> None:
    rule = city_rule(harbor_point(), kind(code), datetime.now(UTC))
    assert rule is not None
    assert (rule.hours, rule.days) == (hours, days)


@pytest.mark.parametrize(
    ("code", "answers", "phone"),
    [
        ("sewer-odor", {"like": ["gas"]}, "911"),
        ("street-light", {"state": ["wires"]}, "911"),
        ("street-flooding", {"trapped": ["yes"]}, "911"),
        ("pothole", {"road": ["highway"]}, "555-0150"),
        ("tree-dangerous", {"whose": ["state-land"]}, "555-0151"),
        ("beach", {"whose": ["port"]}, "555-0152"),
        ("abandoned-vehicle", {"where": ["town"]}, "555-0160"),
    ],
)
def test_danger_and_other_peoples_land_stop_the_report(code: str, answers: dict[str, list[str]], phone: str) -> None:
    stop = parse_answers(kind(code), answers, "es").stop
    assert stop is not None
    assert stop.phone == phone


def test_a_street_light_asks_for_its_pole_and_a_cave_in_for_a_grate() -> None:
    answers = parse_answers(kind("street-light"), {"pole": ["HP-1"], "state": ["flickering"]}, "en")
    assert (answers.values, answers.problems) == ({"pole": "HP-1", "state": "flickering"}, ())
    [problem] = parse_answers(kind("cave-in"), {"danger": ["no"]}, "en").problems
    assert problem.field == "attribute[grate]"
