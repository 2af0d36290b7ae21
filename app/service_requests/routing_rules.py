"""What a rule of routing asks of a request, and which of the rules decide. Pure: no database."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

import msgspec

from app.templating import mark

# None is the usual one.
PRIORITIES = {"urgent": mark("Urgent"), "high": mark("High"), "low": mark("Low")}
SOURCES = {
    "web": mark("The app"),
    "open311": mark("Open311"),
    "phone": mark("A caller"),
    "liaison": mark("A liaison"),
}
TESTS = {"equals": mark("is"), "contains": mark("contains"), "above": mark("is above"), "below": mark("is below")}
DAY_MINUTES = 24 * 60


class AnswerTest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An answer to the question `code`: one of TESTS against a value as people write it."""

    code: str
    test: Literal["equals", "contains", "above", "below"]
    value: str


class Conditions(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """All that is set must hold; of a list one is enough, of `answers` all. `services` and `groups` are one list.

    `services` and `groups` are codes, `areas` "layer/code", `weekdays` from 0 for Monday, `starts` and `ends` minutes
    of the city's day (a span over midnight belongs to the day on which it starts), `sources` how it came in.
    """

    services: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    answers: tuple[AnswerTest, ...] = ()
    weekdays: tuple[int, ...] = ()
    starts: int | None = None
    ends: int | None = None
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Hands:
    """Whose work a request is: all None in triage, where nobody has said it."""

    department_id: int | None = None
    team_id: int | None = None
    assignee_id: int | None = None

    def __bool__(self) -> bool:
        return any(part is not None for part in (self.department_id, self.team_id, self.assignee_id))


@dataclass(frozen=True, slots=True)
class Rule:
    """One version of a rule, with hands that are there: a closed team or account is none."""

    id: int
    code: str
    name: str
    conditions: Conditions
    hands: Hands
    priority: str | None


@dataclass(frozen=True, slots=True)
class Facts:
    """What the rules may ask: `areas` as "layer/code", `filed` in the city's time."""

    service_code: str
    group: str
    areas: Collection[str]
    answers: Mapping[str, Any]
    source: str
    filed: datetime


@dataclass(frozen=True, slots=True)
class Decision:
    """`rule_id` is the rule that gave the hands; None where the catalogue did, or nobody."""

    hands: Hands = Hands()
    priority: str | None = None
    rule_id: int | None = None


@dataclass(frozen=True, slots=True)
class Tried:
    """Where a request has been, and came back from: no rule sends it there again."""

    codes: frozenset[str] = frozenset()
    hands: frozenset[Hands] = frozenset()


NOTHING_TRIED = Tried()


@dataclass(frozen=True)
class RuleSet:
    """The rules in their order."""

    rules: Sequence[Rule] = ()
    _of_kind: dict[tuple[str, str], list[Rule]] = field(default_factory=dict)

    def of_kind(self, service_code: str, group: str) -> list[Rule]:
        """Those that may hold for a service: found once, and kept."""
        key = (service_code, group)
        if key not in self._of_kind:
            self._of_kind[key] = [rule for rule in self.rules if is_of_kind(rule.conditions, service_code, group)]
        return self._of_kind[key]

    def decide(self, facts: Facts, default_id: int | None, tried: Tried = NOTHING_TRIED) -> Decision:
        """The first rule that holds and gives hands, or else the department that the catalogue names.

        The first one that holds and gives a priority gives that; a rule without hands gives nothing else.
        """
        priority: str | None = None
        for rule in self.of_kind(facts.service_code, facts.group):
            if not holds(rule.conditions, facts):
                continue
            if rule.code in tried.codes:
                continue
            priority = priority or rule.priority
            hands = with_department(rule.hands, default_id)
            if rule.hands and hands not in tried.hands:
                return Decision(hands, priority, rule.id)
        default = Hands(default_id)
        return Decision(Hands() if default in tried.hands else default, priority)


def with_department(hands: Hands, default_id: int | None) -> Hands:
    """A team or a person of no department works for the one that answers for the service there."""
    if not hands or hands.department_id is not None:
        return hands
    return Hands(default_id, hands.team_id, hands.assignee_id)


def is_of_kind(asked: Conditions, service_code: str, group: str) -> bool:
    return not (asked.services or asked.groups) or service_code in asked.services or group in asked.groups


def holds(asked: Conditions, facts: Facts) -> bool:
    return (
        is_of_kind(asked, facts.service_code, facts.group)
        and (not asked.sources or facts.source in asked.sources)
        and (not asked.areas or any(area in facts.areas for area in asked.areas))
        and is_time(asked, facts.filed)
        and all(answered(test, facts.answers.get(test.code)) for test in asked.answers)
    )


def is_time(asked: Conditions, filed: datetime) -> bool:
    """By the clock on the wall: an hour that a change of clocks repeats or skips is that hour all the same."""
    weekday, minute = filed.weekday(), filed.hour * 60 + filed.minute
    starts, ends = asked.starts or 0, DAY_MINUTES if asked.ends is None else asked.ends
    if starts >= ends:
        if minute < ends:
            weekday = (weekday - 1) % 7
        elif minute < starts:
            return False
    elif not starts <= minute < ends:
        return False
    return not asked.weekdays or weekday in asked.weekdays


def answered(test: AnswerTest, given: Any) -> bool:
    """Whether an answer passes; of several answers one is enough. What was not answered passes nothing."""
    return any(passes(test, one) for one in (given if isinstance(given, list) else [given]) if one is not None)


def passes(test: AnswerTest, given: Any) -> bool:
    said, wanted = number(given), number(test.value)
    if test.test in ("above", "below"):
        if said is None or wanted is None:
            return False
        return said > wanted if test.test == "above" else said < wanted
    if test.test == "equals" and said is not None and wanted is not None:
        return said == wanted
    text, part = str(given).strip().casefold(), test.value.strip().casefold()
    return text == part if test.test == "equals" else part in text


def number(value: Any) -> float | None:
    if isinstance(value, bool):
        return None
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


def read_conditions(stored: Mapping[str, Any]) -> Conditions:
    """The conditions of a row. Raises msgspec.ValidationError for what was never written by us."""
    return msgspec.convert(stored, Conditions)


def stored_conditions(conditions: Conditions) -> dict[str, Any]:
    """As a row keeps them: without what is not asked."""
    written: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(conditions))
    return written


def areas_said(areas: Iterable[tuple[str, str]]) -> frozenset[str]:
    return frozenset(f"{layer}/{code}" for layer, code in areas)
