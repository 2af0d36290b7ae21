"""Rules of routing, without a database: which of them hold, and which decides."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

from app.service_requests.routing_rules import (
    Conditions,
    Decision,
    Facts,
    Hands,
    Rule,
    RuleSet,
    Tried,
    holds,
    read_conditions,
    stored_conditions,
)

BOSTON = ZoneInfo("America/New_York")
FRIDAY_2240 = datetime(2026, 11, 27, 22, 40, tzinfo=BOSTON)


def facts(filed: datetime = FRIDAY_2240, **answers: Any) -> Facts:
    return Facts("light", "streets", {"board/1", "zip/02108"}, answers, "web", filed)


def rule(number: int, hands: Hands | None = None, priority: str | None = None, **asked: Any) -> Rule:
    return Rule(number, f"rule-{number}", f"Rule {number}", read_conditions(asked), hands or Hands(), priority)


@pytest.mark.parametrize(
    ("asked", "held"),
    [
        ({}, True),
        ({"services": ["light"]}, True),
        ({"services": ["pothole"]}, False),
        ({"services": ["pothole"], "groups": ["streets"]}, True),
        ({"areas": ["board/1", "board/2"]}, True),
        ({"areas": ["board/2"]}, False),
        ({"sources": ["open311"]}, False),
        ({"services": ["light"], "areas": ["board/2"]}, False),
    ],
)
def test_all_that_is_asked_must_hold_and_one_of_a_list_is_enough(asked: dict[str, Any], held: bool) -> None:
    assert holds(read_conditions(asked), facts()) is held


@pytest.mark.parametrize(
    ("test", "value", "given", "held"),
    [
        ("equals", "big", "big", True),
        ("equals", "BIG", "big ", True),
        ("equals", "2", 2.0, True),
        ("equals", "big", ["small", "big"], True),
        ("equals", "big", "bigger", False),
        ("contains", "big", "a bigger one", True),
        ("contains", "big", None, False),
        ("above", "3", "3", False),
        ("above", "3", 3.5, True),
        ("below", "3", "2", True),
        ("above", "3", "many", False),
        ("above", "many", 4, False),
    ],
)
def test_an_answer_is_compared_as_people_mean_it(test: str, value: str, given: Any, held: bool) -> None:
    asked = read_conditions({"answers": [{"code": "SIZE", "test": test, "value": value}]})
    assert holds(asked, facts(SIZE=given)) is held


@pytest.mark.parametrize(
    ("asked", "filed", "held"),
    [
        ({"weekdays": [4]}, FRIDAY_2240, True),
        ({"weekdays": [5]}, FRIDAY_2240, False),
        ({"starts": 480, "ends": 1020}, FRIDAY_2240, False),
        ({"starts": 480, "ends": 1020}, FRIDAY_2240.replace(hour=8, minute=0), True),
        ({"starts": 480, "ends": 1020}, FRIDAY_2240.replace(hour=17, minute=0), False),
        # Over midnight: the night of Friday is over on Saturday morning, and Friday's morning was Thursday's.
        ({"starts": 1320, "ends": 360, "weekdays": [4]}, FRIDAY_2240, True),
        ({"starts": 1320, "ends": 360, "weekdays": [4]}, datetime(2026, 11, 28, 5, 59, tzinfo=BOSTON), True),
        ({"starts": 1320, "ends": 360, "weekdays": [4]}, datetime(2026, 11, 27, 5, 59, tzinfo=BOSTON), False),
        ({"starts": 1320, "ends": 360}, datetime(2026, 11, 27, 12, 0, tzinfo=BOSTON), False),
        ({"starts": 1020}, FRIDAY_2240, True),
        ({"ends": 1020}, FRIDAY_2240, False),
        # The hour that comes twice, both times; the one that never comes is none of anybody's.
        ({"starts": 60, "ends": 120}, datetime(2026, 11, 1, 1, 30, tzinfo=BOSTON), True),
        ({"starts": 60, "ends": 120}, datetime(2026, 11, 1, 1, 30, fold=1, tzinfo=BOSTON), True),
        ({"weekdays": [1]}, datetime(2028, 2, 29, 23, 59, tzinfo=BOSTON), True),
    ],
)
def test_hours_and_weekdays_are_those_of_the_clock_on_the_wall(
    asked: dict[str, Any], filed: datetime, held: bool
) -> None:
    assert holds(read_conditions(asked), facts(filed)) is held


def test_the_first_rule_that_holds_and_gives_hands_decides() -> None:
    rules = RuleSet(
        [
            rule(1, Hands(7), services=["pothole"]),
            rule(2, priority="urgent", starts=1320),
            rule(3, Hands(8, team_id=1), priority="low", groups=["streets"]),
            rule(4, Hands(9)),
        ]
    )
    assert rules.decide(facts(), 5) == Decision(Hands(8, 1), "urgent", 3)
    other = Facts("tree", "parks", (), {}, "web", FRIDAY_2240.replace(hour=9))
    assert rules.decide(other, 5) == Decision(Hands(9), None, 4)


def test_without_a_rule_the_catalogue_says_whose_it_is_and_else_nobody_does() -> None:
    assert RuleSet().decide(facts(), 5) == Decision(Hands(5))
    assert RuleSet([rule(1, priority="high")]).decide(facts(), None) == Decision(Hands(), "high")


def test_a_person_of_no_department_works_for_the_one_that_answers() -> None:
    assert RuleSet([rule(1, Hands(assignee_id=3))]).decide(facts(), 5).hands == Hands(5, None, 3)


def test_where_it_came_back_from_it_is_not_sent_again_and_in_the_end_it_is_nobodys() -> None:
    rules = RuleSet([rule(1, Hands(7)), rule(2, Hands(8)), rule(3, Hands(7))])
    codes: frozenset[str] = frozenset()
    back: frozenset[Hands] = frozenset()
    been = []
    # Two agencies that each send back what they get, for ever.
    while hands := (decision := rules.decide(facts(), 8, Tried(codes, back))).hands:
        been.append(hands)
        codes, back = codes | {f"rule-{decision.rule_id}"}, back | {hands}
        assert len(been) < 10
    assert been == [Hands(7), Hands(8)]


def test_conditions_are_kept_as_they_were_and_strange_ones_are_refused() -> None:
    asked = {"areas": ["board/1"], "answers": [{"code": "A", "test": "equals", "value": "1"}], "starts": 60}
    assert read_conditions(stored_conditions(read_conditions(asked))) == read_conditions(asked)
    assert stored_conditions(Conditions()) == {}
    for strange in (
        {"colour": "red"},
        {"services": "light"},
        {"answers": [{"code": "A", "test": "like", "value": ""}]},
    ):
        with pytest.raises(msgspec.ValidationError):
            read_conditions(strange)
