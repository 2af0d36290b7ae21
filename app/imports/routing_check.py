"""Reads a file of routing record by record, and says what is wrong with which line."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from app.imports.placed import Placed
from app.imports.problems import ImportProblem, ImportRefused
from app.imports.services_calendar import CLOCK_TIME, WEEKDAYS, minutes
from app.imports.services_form import EMAIL, Form
from app.service_requests.routing_changes import LONGEST_CODE, LONGEST_NAME, code_for
from app.service_requests.routing_rules import PRIORITIES, SOURCES, TESTS, AnswerTest, Conditions

SECTIONS = ("teams", "agencies", "rules")
TEAM = ("code", "name", "department", "members")
AGENCY = ("department", "email", "endpoint", "jurisdiction_id", "default_code", "codes", "takes_client_request_id")
RULE = ("name", "code", "when", "to", "priority", "active")
WHEN = ("services", "groups", "areas", "answers", "weekdays", "from", "until", "sources")
TO = ("department", "team", "person")
CODE = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
HTTPS = re.compile(r"https://[^\s?#@]+")


@dataclass(frozen=True, slots=True)
class Placing:
    """Where in which file a record stands."""

    file: str
    placed: Placed

    def problem(self, reason: str) -> ImportProblem:
        return ImportProblem(self.file, self.placed.line, self.placed.column, reason)


@dataclass(frozen=True, slots=True)
class TeamDraft(Placing):
    code: str
    name: str
    department: str
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AgencyDraft(Placing):
    department: str
    email: str
    endpoint: str
    jurisdiction_id: str
    default_code: str
    service_codes: dict[str, str]
    takes_client_id: bool


@dataclass(frozen=True, slots=True)
class RuleDraft(Placing):
    code: str
    name: str
    conditions: Conditions
    department: str
    team: str
    person: str
    priority: str
    active: bool


@dataclass(slots=True)
class Drafts:
    teams: list[TeamDraft] = field(default_factory=list)
    agencies: list[AgencyDraft] = field(default_factory=list)
    rules: list[RuleDraft] = field(default_factory=list)


def read_drafts(placed: Placed, file: str) -> Drafts:
    """Raises ImportRefused with every problem at once."""
    problems: list[ImportProblem] = []
    form, drafts = Form(file, placed, SECTIONS, problems), Drafts()
    drafts.teams = [team_draft(one) for one in form.forms("teams", TEAM)]
    drafts.agencies = [agency_draft(one) for one in form.forms("agencies", AGENCY)]
    taken: set[str] = set()
    for one in form.forms("rules", RULE):
        drafts.rules.append(rule_draft(one, taken))
        taken.add(drafts.rules[-1].code)
    if problems:
        raise ImportRefused(problems)
    return drafts


def team_draft(form: Form) -> TeamDraft:
    return TeamDraft(
        form.file,
        form.placed,
        code=form.text("code", 40, required=True, fits=CODE),
        name=form.text("name", 200, required=True),
        department=form.text("department", 40),
        members=tuple(email.lower() for email in words(form, "members")),
    )


def agency_draft(form: Form) -> AgencyDraft:
    endpoint, email = form.text("endpoint", 500, fits=HTTPS), form.text("email", 254, fits=EMAIL)
    if not (endpoint or email):
        form.refuse(form.placed, "give an email or an endpoint")
    codes = form.given("codes")
    pairs = codes.value if codes is not None and isinstance(codes.value, dict) else {}
    if codes is not None and not pairs:
        form.refuse(codes, "codes must be ours and theirs, such as {pothole: P1}")
    default = form.text("default_code", 80)
    if endpoint and not (pairs or default):
        form.refuse(form.given("endpoint"), "give codes or a default_code with an endpoint")
    return AgencyDraft(
        form.file,
        form.placed,
        department=form.text("department", 40, required=True),
        email=email,
        endpoint=endpoint.rstrip("/"),
        jurisdiction_id=form.text("jurisdiction_id", 100),
        default_code=default,
        service_codes={ours: form.text_of(theirs, ours, 80) for ours, theirs in pairs.items()},
        takes_client_id=form.flag("takes_client_request_id", False),
    )


def rule_draft(form: Form, taken: set[str]) -> RuleDraft:
    name, code = form.text("name", LONGEST_NAME, required=True), form.text("code", LONGEST_CODE, fits=CODE)
    if code in taken:
        form.refuse(form.given("code"), f"there is another rule {code!r} in the file")
    to = form.form("to", TO)
    priority = form.text("priority", 20)
    if priority and priority not in PRIORITIES:
        form.refuse(form.given("priority"), f"priority must be one of {', '.join(PRIORITIES)}")
    return RuleDraft(
        form.file,
        form.placed,
        code=code or code_for(name, taken),
        name=name,
        conditions=conditions(form),
        department=to.text("department", 40) if to else "",
        team=to.text("team", 40) if to else "",
        person=to.text("person", 254).lower() if to else "",
        priority=priority,
        active=form.flag("active", True),
    )


def conditions(form: Form) -> Conditions:
    when = form.form("when", WHEN)
    if when is None:
        return Conditions()
    lists = {key: words(when, key) for key in ("services", "groups", "areas", "sources")}
    for key, allowed in (("sources", tuple(SOURCES)), ("weekdays", WEEKDAYS)):
        for word in words(when, key):
            if word not in allowed:
                when.refuse(when.given(key), f"{key} must be some of {', '.join(allowed)}, not {word!r}")
    return Conditions(
        **lists,
        answers=tuple(test for one in when.forms("answers", ("question", *TESTS)) for test in answer_tests(one)),
        weekdays=tuple(WEEKDAYS.index(day) for day in words(when, "weekdays") if day in WEEKDAYS),
        starts=clock(when, "from"),
        ends=clock(when, "until"),
    )


def words(form: Form, key: str) -> tuple[str, ...]:
    placed = form.given(key)
    return tuple(form.list_of(placed, key, 254)) if placed is not None else ()


def answer_tests(form: Form) -> list[AnswerTest]:
    code = form.text("question", 80, required=True)
    found = [AnswerTest(code, test, value) for test in TESTS if (value := form.text(test, 200))]  # type: ignore[arg-type]
    if not found:
        form.refuse(form.placed, f"say what the answer is to be: one of {', '.join(TESTS)}")
    return found


def clock(form: Form, key: str) -> int | None:
    written = form.text(key, 5, fits=CLOCK_TIME)
    return minutes(written) if written else None
