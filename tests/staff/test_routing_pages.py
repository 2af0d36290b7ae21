"""Rules, teams and hands at the desk: a rule is tried before it counts, and a report goes back in one click."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from app.accounts.models import Account, AuditEntry
from app.accounts.team_models import Team, TeamMember
from app.db import Database
from app.jurisdictions.models import Jurisdiction
from app.service_requests.models import ServiceRequest
from app.service_requests.routing_models import RoutingRule
from tests.accounts.signed_in import Client, grant, person, sign_in_as
from tests.open311.city import make_city, report_of_ana

RULE: dict[str, Any] = {"name": "Potholes at night", "place": "1", "active": "yes", "kinds": "service:pothole"}


@pytest.fixture
async def city(database: Database) -> Database:
    await make_city(database)
    return database


@pytest.fixture
async def admin(client: Client, city: Database) -> int:
    account_id = await person(city, grant("administrator"), name="Ada")
    await sign_in_as(client, city, account_id)
    return account_id


async def send(client: Client, path: str, **form: Any) -> Any:
    return await client.post(path, data=form, follow_redirects=False)


async def rules(city: Database) -> list[RoutingRule]:
    async with city.reading() as session:
        return list((await session.execute(select(RoutingRule).order_by(RoutingRule.id))).scalars())


async def audited(city: Database) -> list[tuple[str, str]]:
    async with city.reading() as session:
        rows = await session.execute(select(AuditEntry.action, AuditEntry.about).order_by(AuditEntry.id))
        return [tuple(row) for row in rows]


async def test_a_rule_is_tried_without_being_kept_and_kept_as_a_version(
    client: Client, city: Database, admin: int
) -> None:
    number = (await report_of_ana(city)).service_request_id
    tried = await send(client, "/staff/new-rule", **RULE, department="2", priority="high", step="try")
    assert tried.status_code == 200 and "Nothing is kept yet" in tried.text
    assert f"/staff/requests/{number}" in tried.text
    assert "Of the last 1 reports this rule would have got 1." in tried.text
    assert "Parks, Trees and Squares · High" in tried.text
    assert await rules(city) == [] and await audited(city) == []

    assert (await send(client, "/staff/new-rule", **RULE, department="2", step="keep")).status_code == 303
    page = (await client.get("/staff/routing")).text
    assert "1. Potholes at night" in page and "Kind: Pothole" in page and "Parks, Trees and Squares" in page
    [first] = await rules(city)
    again = {**RULE, "kinds": "group:streets", "areas": "board/7", "starts": "22:00", "ends": "06:00", "weekdays": "4"}
    again |= {"code_1": "SIZE", "test_1": "equals", "value_1": "big", "sources": "web", "seen": str(first.id)}
    answer = await send(client, f"/staff/routing/{first.code}", **again, department="2", step="keep")
    assert answer.status_code == 303
    old, new = await rules(city)
    assert old.code == new.code == "potholes-at-night" and old.valid_to == new.valid_from
    assert new.conditions == {
        "groups": ["streets"],
        "areas": ["board/7"],
        "weekdays": [4],
        "answers": [{"code": "SIZE", "test": "equals", "value": "big"}],
        "starts": 1320,
        "ends": 360,
        "sources": ["web"],
    }
    form = (await client.get(f"/staff/routing/{first.code}")).text
    assert 'value="22:00"' in form and 'value="board/7"' in form and f'name="seen" value="{new.id}"' in form
    # Whoever still has the old version open is told, and changes nothing.
    late = await send(client, f"/staff/routing/{first.code}", **again, department="1", step="keep")
    assert late.status_code == 409 and "Somebody changed this rule" in late.text
    assert (await send(client, f"/staff/routing/{first.code}/remove")).status_code == 303
    assert [action for action, _ in await audited(city)] == ["rule.made", "rule.changed", "rule.removed"]
    assert [row.valid_to is None for row in await rules(city)] == [False, False]


async def test_what_cannot_be_a_rule_is_said_and_not_kept(client: Client, city: Database, admin: int) -> None:
    for change, words in (
        ({"name": ""}, "Give the rule a name"),
        ({"department": ""}, "the rule gives nothing"),
        ({"department": "99"}, "not there any more"),
        ({"areas": "board/7, board/99"}, "There is no area “board/99”"),
        ({"starts": "25:00"}, "Write the hour like 22:30"),
        ({"starts": "8:00", "ends": "8:00"}, "are the same hour"),
        ({"kinds": "service:nothing"}, "not in the list any more"),
        ({"code_1": "SIZE"}, "which answer to look for"),
        ({"priority": "mega"}, "one of the priorities"),
    ):
        for step in ("try", "keep"):
            answer = await send(client, "/staff/new-rule", **{**RULE, "department": "1", **change, "step": step})
            assert (answer.status_code, words in answer.text) == (422, True), (change, step)
    assert await rules(city) == []


async def test_rules_are_put_in_their_order_and_only_the_moved_one_has_a_new_version(
    client: Client, city: Database, admin: int
) -> None:
    for name in ("first", "second", "third"):
        await send(client, "/staff/new-rule", **{**RULE, "name": name, "place": "9"}, department="1", step="keep")
    moved = {**RULE, "name": "third", "place": "1"}
    await send(client, "/staff/routing/third", **moved, department="1", step="keep")
    page = (await client.get("/staff/routing")).text
    assert page.index("1. third") < page.index("2. first") < page.index("3. second")
    assert len(await rules(city)) == 4


async def test_a_team_is_made_its_people_come_and_go_and_it_is_closed(
    client: Client, city: Database, admin: int
) -> None:
    made = await send(client, "/staff/teams", name="Night crew", code="night-crew", department="1")
    assert made.headers["location"] == "/staff/teams/night-crew?done=made"
    for form, status in (({"code": "night-crew", "name": "X"}, 409), ({"code": "Night Crew", "name": ""}, 422)):
        assert (await send(client, "/staff/teams", **form)).status_code == status
    sam = await person(city, name="Sam Night")
    async with city.reading() as session:
        email = (await session.get_one(Account, sam)).email
    assert (await send(client, "/staff/teams/night-crew/members", email="nobody@city.example")).status_code == 422
    for _ in range(2):
        assert (await send(client, "/staff/teams/night-crew/members", email=email.upper())).status_code == 303
    assert "Sam Night" in (await client.get("/staff/teams/night-crew")).text
    assert "1 person" in (await client.get("/staff/teams")).text
    assert (await send(client, f"/staff/teams/night-crew/members/{sam}/remove")).status_code == 303
    assert (await send(client, f"/staff/teams/night-crew/members/{sam}/remove")).status_code == 404
    await send(client, "/staff/teams/night-crew", name="Night crew", department="1")
    async with city.reading() as session:
        assert (await session.execute(select(Team.active))).scalar_one() is False
        assert (await session.execute(select(TeamMember.team_id))).all() == []
    assert [action for action, _ in await audited(city)] == ["team.made", *["team.changed"] * 3]


async def test_a_report_is_given_on_and_sent_back_in_one_click(client: Client, city: Database, admin: int) -> None:
    request = await report_of_ana(city)
    page = f"/staff/requests/{request.service_request_id}"
    # As somebody types it: what is noted is the number as it is kept.
    typed = f"/staff/requests/{request.service_request_id.lower()}"
    given = await send(client, f"{typed}/hands", department="2", assignee=str(admin), reason="Roots")
    assert given.status_code == 303
    shown = (await client.get(page)).text
    assert "Parks, Trees and Squares · Ada" in shown and "Roots" in shown
    # A reason, one click; without one it stays.
    assert (await send(client, f"{page}/return")).status_code == 422
    assert (await send(client, f"{typed}/return", reason_code="work")).status_code == 303
    shown = (await client.get(page)).text
    assert "It came back 1 time." in shown and "Not our kind of work" in shown
    seen = request.updated_datetime.isoformat()
    late = await send(client, f"{page}/return", reason_code="work", seen=seen)
    assert late.status_code == 409 and "Somebody changed this report" in late.text
    about = request.service_request_id
    assert await audited(city) == [("request.assigned", about), ("request.returned", about)]


async def test_who_may_not_hand_over_keeps_it_in_the_department(client: Client, city: Database) -> None:
    request = await report_of_ana(city)
    page = f"/staff/requests/{request.service_request_id}"
    await sign_in_as(client, city, await person(city, grant("crew", department_id=1)))
    assert (await send(client, f"{page}/hands", department="2")).status_code == 403
    # Whoever stands before a wrong one may say so; it is not theirs any more then.
    sent = await send(client, f"{page}/return", reason_code="area")
    assert sent.headers["location"] == "/staff?done=hands"
    async with city.reading() as session:
        now = await session.get_one(ServiceRequest, request.id)
        assert (now.department_id, now.returned_count) == (None, 1)
    assert (await client.get(page)).status_code == 404


async def test_the_time_in_triage_is_set_and_what_waits_is_counted(client: Client, city: Database, admin: int) -> None:
    request = await report_of_ana(city)
    await send(client, f"/staff/requests/{request.service_request_id}/return", reason_code="work")
    assert "1 report has nobody" in (await client.get("/staff/routing")).text
    assert (await send(client, "/staff/routing", triage_hours="0")).status_code == 422
    assert (await send(client, "/staff/routing", triage_hours="2")).status_code == 303
    async with city.reading() as session:
        assert (await session.execute(select(Jurisdiction.triage_hours))).scalar_one() == 2
