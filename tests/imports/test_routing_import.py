"""Teams, agencies' doors and rules come in from a file: whole or not at all, and again without a change."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select, update

from app.accounts.models import Account
from app.accounts.team_models import Team, TeamMember
from app.agencies.models import AgencyDoor
from app.db import Database
from app.imports.problems import ImportRefused, ImportSummary
from app.imports.routing import import_routing
from app.service_requests.assign import hands_of
from app.service_requests.routing_changes import current_rows
from app.service_requests.routing_models import RoutingRule
from app.service_requests.routing_rules import Hands
from tests.accounts.signed_in import person
from tests.service_requests.city import PARKS, STATE, STREETS, make_city, report

FILE = """
teams:
  - {code: night, name: Night crew, department: streets, members: [sam@city.example]}
agencies:
  - {department: state, endpoint: "https://311.state.example/v2/", codes: {pothole: P1}, takes_client_request_id: yes}
rules:
  - name: Holes at night
    when: {services: [pothole], areas: [board/1], weekdays: [friday, saturday], from: "22:00", until: "06:00",
           sources: [web], answers: [{question: SIZE, equals: big}]}
    to: {team: night}
    priority: urgent
  - {name: Trees and all, code: trees, when: {services: [tree]}, to: {department: parks, person: sam@city.example}}
  - {name: All holes, when: {services: [pothole]}, to: {team: night}, priority: low}
"""


@pytest.fixture
async def city(database: Database) -> Database:
    await make_city(database)
    sam = await person(database)
    async with database.writing() as session:
        await session.execute(update(Account).where(Account.id == sam).values(email="sam@city.example"))
    return database


async def bring(city: Database, folder: Path, text: str = FILE, *, replace: bool = False) -> ImportSummary:
    path = folder / "routing.yaml"
    path.write_text(text, encoding="utf-8")
    return await import_routing(city, path, replace=replace)


async def test_a_file_comes_in_and_again_it_is_no_change(city: Database, tmp_path: Path) -> None:
    first, again = await bring(city, tmp_path), await bring(city, tmp_path)
    assert (first.taken, first.changed, first.unchanged) == (5, 0, 0)
    assert (again.taken, again.changed, again.unchanged) == (0, 0, 5)
    async with city.reading() as session:
        rows = await current_rows(session)
        assert [row.code for row in rows] == ["holes-at-night", "trees", "all-holes"]
        asked = rows[0].conditions
        assert (asked["weekdays"], asked["starts"], asked["ends"]) == ([4, 5], 1320, 360)
        team = (await session.execute(select(Team))).scalar_one()
        assert (team.code, team.department_id) == ("night", STREETS)
        assert len((await session.execute(select(TeamMember.account_id))).all()) == 1
        door = await session.get_one(AgencyDoor, STATE)
        assert (door.kind, door.endpoint, door.takes_client_id) == ("open311", "https://311.state.example/v2", True)
    assert hands_of(await report(city)) == Hands(STREETS, team.id)
    tree = hands_of(await report(city, service_code="tree"))
    assert (tree.department_id, tree.assignee_id is not None) == (PARKS, True)


async def test_a_newer_file_changes_what_is_different_and_may_remove_the_others(city: Database, tmp_path: Path) -> None:
    await bring(city, tmp_path)
    less = FILE.replace("priority: low", "priority: high").replace("  - {name: Trees and all", "  # {name: Trees")
    kept = await bring(city, tmp_path, less)
    assert (kept.taken, kept.changed) == (0, 1)
    removed = await bring(city, tmp_path, less, replace=True)
    assert (removed.taken, removed.changed) == (0, 1)
    async with city.reading() as session:
        assert [row.code for row in await current_rows(session)] == ["holes-at-night", "all-holes"]
        assert len((await session.execute(select(RoutingRule.id))).all()) == 4


WRONG = [
    ("department: parks", "department: nowhere", "routing.yaml:12:5: there is nothing called 'nowhere'"),
    ("services: [tree]", "services: [treee]", "there is nothing called 'treee' among the services"),
    ("board/1", "board/77", "there is nothing called 'board/77' among the areas"),
    ("members: [sam@city.example]", "members: [eve@city.example]", "'eve@city.example'"),
    ("friday", "freitag", "not 'freitag'"),
    ("priority: urgent", "priority: mega", "routing.yaml:11:15: priority must be one of urgent, high, low"),
    ("from: ", "since: ", "'since' is not known here"),
    ('"22:00"', '"25:00"', "from cannot be '25:00'"),
    ("equals: big", "resembles: big", "'resembles' is not known here"),
    ("https://311", "http://311", "endpoint cannot be"),
    (", codes: {pothole: P1}", "", "give codes or a default_code"),
    ("to: {team: night}\n    priority: urgent", "active: yes", "the rule gives nothing"),
]


async def test_what_is_wrong_is_said_with_its_line_and_nothing_is_kept(city: Database, tmp_path: Path) -> None:
    for wrong, right, said in WRONG:
        assert wrong in FILE
        with pytest.raises(ImportRefused) as refused:
            await bring(city, tmp_path, FILE.replace(wrong, right, 1))
        assert said in str(refused.value)
        async with city.reading() as session:
            assert (await session.execute(select(Team.id))).all() == await current_rows(session) == []
