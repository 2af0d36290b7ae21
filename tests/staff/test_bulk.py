"""Many requests are changed at once: a preview that is exactly what happens, and nobody's change overwritten."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from app.accounts.models import AuditEntry, Role
from app.accounts.team_models import Team, TeamMember
from app.db import Database
from app.service_requests.models import ServiceRequest, Update
from app.service_requests.note_models import Note
from tests.accounts.signed_in import Client, grant, person, sign_in_as
from tests.open311.city import LIGHT, POTHOLE, add_request, make_city

BOX = re.compile(r'name="chosen" value="([^"]+)"')
SEAL = re.compile(r'name="seal" value="([^"]*)"')
Form = dict[str, Any]


@pytest.fixture
async def clerk(database: Database, client: Client) -> int:
    await make_city(database)
    number = await person(database, grant("clerk", department_id=1), name="Sam")
    await sign_in_as(client, database, number)
    return number


@pytest.fixture
async def reports(database: Database, clerk: int) -> list[str]:
    kinds = (POTHOLE, LIGHT, POTHOLE)
    return [await add_request(database, service_id=kind, department_id=1) for kind in kinds]


async def boxes(client: Client, view: str = "open") -> list[str]:
    return BOX.findall((await client.get(f"/staff?view={view}")).text)


async def rows(database: Database) -> dict[str, ServiceRequest]:
    async with database.reading() as session:
        found = (await session.execute(select(ServiceRequest))).scalars()
        return {one.service_request_id: one for one in found}


async def send(client: Client, form: Form) -> str:
    answer = await client.post("/staff/bulk", data=form)
    assert answer.status_code == 200, answer.text
    return answer.text


async def test_a_preview_says_what_would_change_and_what_cannot_and_changes_nothing(
    client: Client, database: Database, reports: list[str]
) -> None:
    form: Form = {"action": "status", "chosen": await boxes(client), "status": "accepted", "text": "We come."}
    changed = {"status": "fixed", "closed_datetime": (await rows(database))[reports[0]].requested_datetime}
    async with database.writing() as session:
        # As it was seen, so that only the workflow speaks against it.
        await session.execute(
            update(ServiceRequest).where(ServiceRequest.service_request_id == reports[0]).values(**changed)
        )
    before = await rows(database)
    page = await send(client, {**form, "step": "preview"})
    assert "Will change (2)" in page and "Cannot be changed (1)" in page
    assert "“Fixed” cannot become “Accepted”" in page
    assert "Status: Received → <strong>Accepted</strong>" in page
    after = await rows(database)
    assert {one: row.updated_datetime for one, row in after.items()} == {
        one: row.updated_datetime for one, row in before.items()
    }
    async with database.reading() as session:
        assert (await session.execute(select(AuditEntry))).all() == []
        assert (await session.execute(select(Update))).all() == []


async def test_all_is_done_in_one_go_but_for_what_somebody_changed_meanwhile(
    client: Client, database: Database, reports: list[str]
) -> None:
    form: Form = {"action": "status", "chosen": await boxes(client), "status": "in_progress"}
    preview = await send(client, {**form, "step": "preview"})
    assert "Change 3 reports" in preview
    seal = SEAL.search(preview)
    assert seal
    async with database.writing() as session:
        theirs = (
            await session.execute(select(ServiceRequest).where(ServiceRequest.service_request_id == reports[1]))
        ).scalar_one()
        theirs.updated_datetime = (await rows(database))[reports[1]].updated_datetime.replace(microsecond=1)
        theirs.status = "assigned"
    # Something else than what was previewed is only previewed.
    other = await send(client, {**form, "status": "fixed", "step": "do", "seal": seal[1]})
    assert "are changed" not in other and "Change 2 reports" in other
    done = await send(client, {**form, "step": "do", "seal": seal[1]})
    assert "2 of 3 are changed" in done and "Somebody changed this report" in done
    assert {one: row.status for one, row in (await rows(database)).items()} == {
        reports[0]: "in_progress",
        reports[1]: "assigned",
        reports[2]: "in_progress",
    }
    async with database.reading() as session:
        entries = (await session.execute(select(AuditEntry))).scalars().all()
        updates = (await session.execute(select(Update.request_id))).scalars().all()
    assert sorted((one.action, one.about, one.account_name) for one in entries) == sorted(
        ("request.status", number, "Sam") for number in (reports[0], reports[2])
    )
    assert len(updates) == 2
    # Sent again, as a reload does, it finds that all has changed.
    assert "0 of 3 are changed" in await send(client, {**form, "step": "do", "seal": seal[1]})


async def test_work_is_given_to_people_teams_and_departments(
    client: Client, database: Database, clerk: int, reports: list[str]
) -> None:
    async with database.writing() as session:
        session.add(Team(id=1, code="north", name="North", department_id=1))
        await session.flush()
        session.add(TeamMember(team_id=1, account_id=clerk))

    async def give(**fields: str) -> list[tuple[int | None, int | None, int | None]]:
        form = {"whole": "yes", "back": "view=open", **fields}
        seal = SEAL.search(await send(client, {**form, "step": "preview"}))
        assert seal
        done = await send(client, {**form, "step": "do", "seal": seal[1]})
        assert "3 of 3 are changed" in done, re.findall(r"problem.>[^<]*", done)
        return [(row.department_id, row.team_id, row.assignee_id) for row in (await rows(database)).values()]

    assert await give(action="assign", hands="team_id:1") == [(1, 1, None)] * 3
    assert await give(action="assign", hands=f"assignee_id:{clerk}") == [(1, 1, clerk)] * 3
    assert await give(action="assign", hands="nobody:") == [(1, None, None)] * 3
    await give(action="note", text="The pipes are under it.")
    async with database.reading() as session:
        assert (await session.execute(select(Note.text))).scalars().all() == ["The pipes are under it."] * 3
    assert await give(action="department", department="2", text="Trees") == [(2, None, None)] * 3
    # Now they are another department's, and nothing is left to choose.
    answer = await client.post("/staff/bulk", data={"action": "assign", "whole": "yes", "back": "", "step": "preview"})
    assert answer.status_code == 422


async def test_a_team_brings_its_department_only_where_somebody_may_hand_over(
    client: Client, database: Database, reports: list[str]
) -> None:
    async with database.writing() as session:
        await session.execute(
            update(Role).where(Role.code == "crew").values(permissions=["desk.view", "requests.assign"])
        )
        session.add(Team(id=1, code="north", name="North", department_id=1))
        session.add(Team(id=2, code="trees", name="Trees", department_id=2))
        session.add(Team(id=3, code="night", name="Night"))
        nobodys = update(ServiceRequest).where(ServiceRequest.service_request_id == reports[2])
        await session.execute(nobodys.values(department_id=None))

    async def give(team: int) -> list[tuple[int | None, int | None]]:
        form: Form = {"action": "assign", "hands": f"team_id:{team}", "chosen": await boxes(client)}
        seal = SEAL.findall(await send(client, {**form, "step": "preview"}))
        await send(client, {**form, "step": "do", "seal": (seal or [""])[0]})
        now = await rows(database)
        return [(now[one].department_id, now[one].team_id) for one in reports]

    async def give_alone(team: int, department: str) -> int:
        page = f"/staff/requests/{reports[2]}/hands"
        answer = await client.post(page, data={"team": str(team), "department": department}, follow_redirects=False)
        return answer.status_code

    await sign_in_as(client, database, await person(database, grant("crew")))
    assert await give(2) == [(1, None), (1, None), (None, None)]
    assert await give(1) == [(1, 1), (1, 1), (None, None)]
    assert await give(3) == [(1, 3), (1, 3), (None, 3)]
    assert (await give_alone(2, ""), await give_alone(2, "2")) == (403, 403)
    await sign_in_as(client, database, await person(database, grant("clerk")))
    assert await give(2) == [(2, 2)] * 3
    assert await give(3) == [(2, 3)] * 3


async def test_nobody_changes_together_what_they_may_not_change_alone(
    client: Client, database: Database, reports: list[str]
) -> None:
    chosen = await boxes(client)
    await sign_in_as(client, database, await person(database, grant("auditor")))
    answer = await client.post("/staff/bulk", data={"action": "status", "chosen": chosen, "status": "fixed"})
    assert answer.status_code == 403
    half = await person(database, grant("clerk", service_id=LIGHT), grant("auditor"))
    await sign_in_as(client, database, half)
    page = await send(client, {"action": "status", "chosen": chosen, "status": "fixed", "step": "preview"})
    assert "Will change (1)" in page and "not yours to change" in page
    await sign_in_as(client, database, await person(database, grant("clerk", department_id=2)))
    page = await send(client, {"action": "status", "chosen": chosen, "status": "fixed", "step": "preview"})
    assert "Cannot be changed (3)" in page and "12 Elm" not in page


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({"action": "status"}, 422),
        ({"action": "status", "chosen": "nonsense@now"}, 422),
        ({"action": "nonsense", "chosen": "x"}, 422),
        ({}, 422),
    ],
)
async def test_a_change_that_makes_no_sense_says_why(
    client: Client, clerk: int, form: dict[str, str], status: int
) -> None:
    assert (await client.post("/staff/bulk", data=form)).status_code == status


async def test_a_field_that_is_missing_is_asked_for_and_the_choice_is_kept(client: Client, reports: list[str]) -> None:
    chosen = await boxes(client)
    for form in (
        {"action": "status", "status": "duplicate"},
        {"action": "assign"},
        {"action": "assign", "hands": "team_id:9"},
    ):
        answer = await client.post("/staff/bulk", data={**form, "chosen": chosen, "step": "preview"})
        assert answer.status_code == 422 and BOX.findall(answer.text) == chosen


async def test_those_whose_promise_was_missed_are_closed_together_with_one_reason(
    client: Client, database: Database, reports: list[str]
) -> None:
    async with database.writing() as session:
        passed = datetime.now(UTC) - timedelta(days=1)
        await session.execute(update(ServiceRequest).values(expected_datetime=passed, late=True))
    form: Form = {"action": "status", "chosen": await boxes(client), "status": "fixed", "step": "preview"}
    assert "Choose why it was missed." in await send(client, form)
    form |= {"missed_reason": "weather", "missed_words": "The storm took every crew."}
    page = await send(client, form)
    assert "Cannot be changed" not in page
    await send(client, {**form, "step": "do", "seal": SEAL.findall(page)[0]})
    assert {(row.status, row.missed_reason) for row in (await rows(database)).values()} == {("fixed", "weather")}
