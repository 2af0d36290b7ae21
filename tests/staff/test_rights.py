"""What people may do at the desk follows their roles as they are now, and an administrator says what a role is."""

from __future__ import annotations

import pytest
from sqlalchemy import delete, select, update

from app.accounts.models import Account, AccountRole, AuditEntry, Role
from app.db import Database
from app.service_requests.models import ServiceRequest
from tests.accounts.signed_in import Client, grant, person, sign_in_as
from tests.open311.city import add_request, make_city, report_of_ana


@pytest.fixture
async def city(database: Database) -> Database:
    await make_city(database)
    return database


@pytest.fixture
async def page(city: Database) -> str:
    """The page at the desk of a request of department 1."""
    return f"/staff/requests/{(await report_of_ana(city)).service_request_id}"


async def accept(client: Client, page: str, **more: str) -> int:
    answer = await client.post(f"{page}/status", data={"status": "accepted", **more}, follow_redirects=False)
    return answer.status_code


async def status_now(city: Database) -> str:
    async with city.reading() as session:
        return (await session.execute(select(ServiceRequest.status))).scalar_one()


async def test_a_role_removed_in_the_middle_of_a_session_ends_what_it_gave(
    client: Client, city: Database, page: str
) -> None:
    account_id = await person(city, grant("clerk"))
    await sign_in_as(client, city, account_id)
    assert (await client.get(page)).status_code == 200
    async with city.writing() as session:
        await session.execute(delete(AccountRole).where(AccountRole.account_id == account_id))
    assert (await client.get(page)).status_code == 403
    assert await accept(client, page) == 403
    assert await status_now(city) == "received"


async def test_a_scope_that_is_narrowed_or_a_permission_taken_from_the_role_counts_at_once(
    client: Client, city: Database, page: str
) -> None:
    account_id = await person(city, grant("clerk"))
    await sign_in_as(client, city, account_id)
    assert (await client.get(page)).status_code == 200
    async with city.writing() as session:
        await session.execute(update(AccountRole).where(AccountRole.account_id == account_id).values(department_id=2))
    assert (await client.get(page)).status_code == 404
    assert (await client.get("/staff")).status_code == 200
    async with city.writing() as session:
        await session.execute(update(Role).where(Role.code == "clerk").values(permissions=["contacts.view"]))
    assert (await client.get("/staff")).status_code == 403


async def test_an_account_that_is_no_longer_active_is_asked_to_sign_in(
    client: Client, city: Database, page: str
) -> None:
    account_id = await person(city, grant("clerk"))
    await sign_in_as(client, city, account_id)
    async with city.writing() as session:
        await session.execute(update(Account).where(Account.id == account_id).values(active=False))
    assert await accept(client, page) == 401


async def test_who_may_see_but_not_change_is_offered_nothing_and_refused(
    client: Client, city: Database, page: str
) -> None:
    await sign_in_as(client, city, await person(city, grant("auditor")))
    shown = (await client.get(page)).text
    assert "Deep" in shown
    for words in ("What happens next", "How to reach them", "Take them off the public page"):
        assert words not in shown
    assert await accept(client, page) == 403
    for door in ("contacts", "description"):
        assert (await client.post(f"{page}/{door}")).status_code == 403


async def test_a_permission_of_another_scope_does_not_reach_what_one_sees(
    client: Client, city: Database, page: str
) -> None:
    await sign_in_as(client, city, await person(city, grant("auditor"), grant("clerk", department_id=2)))
    assert "What happens next" not in (await client.get(page)).text
    assert await accept(client, page) == 403
    assert (await client.post(f"{page}/contacts")).status_code == 403
    assert await status_now(city) == "received"


async def test_a_crew_changes_the_status_but_hands_nothing_over_and_merges_nothing(
    client: Client, city: Database, page: str
) -> None:
    await sign_in_as(client, city, await person(city, grant("crew", department_id=1)))
    shown = (await client.get(page)).text
    assert "What happens next" in shown
    assert "Hand over to" not in shown and "For a duplicate only." not in shown
    assert await accept(client, page, department="2") == 403
    assert await accept(client, page, status="duplicate", duplicate_of="x") == 403
    assert await accept(client, page) == 303


async def test_a_report_is_made_a_duplicate_only_of_one_that_the_clerk_may_merge(
    client: Client, city: Database, page: str
) -> None:
    theirs = await add_request(city)
    async with city.writing() as session:
        mine = ServiceRequest.service_request_id == theirs
        await session.execute(update(ServiceRequest).where(mine).values(department_id=2))
    await sign_in_as(client, city, await person(city, grant("clerk", department_id=1)))
    assert await accept(client, page, status="duplicate", duplicate_of=theirs) == 422
    await sign_in_as(client, city, await person(city, grant("clerk", department_id=1), grant("auditor")))
    assert await accept(client, page, status="duplicate", duplicate_of=theirs) == 403
    await sign_in_as(client, city, await person(city, grant("clerk")))
    assert await accept(client, page, status="duplicate", duplicate_of=theirs) == 303


async def test_what_was_handed_over_to_others_leads_back_to_the_queue(
    client: Client, city: Database, page: str
) -> None:
    await sign_in_as(client, city, await person(city, grant("clerk", department_id=1)))
    answer = await client.post(f"{page}/status", data={"status": "accepted", "department": "2"})
    assert (answer.status_code, answer.url.path) == (200, "/staff")
    assert "Your change is kept." in answer.text


async def test_an_administrator_makes_a_role_changes_it_and_removes_it(client: Client, city: Database) -> None:
    await sign_in_as(client, city, await person(city, grant("administrator")))
    form = {"name": "Señor de las llaves", "permissions": ["desk.view", "requests.note"]}
    assert (await client.post("/staff/roles", data=form)).url.path == "/staff/roles"
    page = "/staff/roles/senor_de_las_llaves"
    assert 'value="requests.note" checked' in (await client.get(page)).text
    assert (await client.post("/staff/roles", data=form)).status_code == 422
    form = {"name": "Keys", "permissions": ["desk.view"], "needs_totp": "yes"}
    assert (await client.post(page, data=form)).status_code == 200
    holder = await person(city, grant("senor_de_las_llaves"))
    assert (await client.post(f"{page}/remove")).status_code == 409
    async with city.writing() as session:
        await session.execute(delete(AccountRole).where(AccountRole.account_id == holder))
    assert (await client.post(f"{page}/remove")).status_code == 200
    assert (await client.get(page)).status_code == 404
    async with city.reading() as session:
        entries = (await session.execute(select(AuditEntry).order_by(AuditEntry.id))).scalars().all()
    assert [entry.action for entry in entries] == ["role.made", "role.changed", "role.removed"]
    said = {"name": "Señor de las llaves → Keys", "taken": "requests.note", "second_factor": "needed"}
    assert entries[1].facts == said


@pytest.mark.parametrize(
    ("door", "form", "status"),
    [
        ("roles", {"name": "", "permissions": "desk.view"}, 422),
        ("roles", {"name": "漢字", "permissions": "desk.view"}, 422),
        ("roles", {"name": "N" * 101}, 422),
        ("roles", {"name": "God", "permissions": "*"}, 422),
        ("roles", {"name": "God", "permissions": "no.such"}, 422),
        ("roles/clerk", {"name": "Clerk", "permissions": "*"}, 422),
        ("roles/nothing", {"name": "Clerk"}, 404),
        ("roles/administrator/remove", {}, 409),
    ],
)
async def test_a_role_that_cannot_be_is_refused(
    client: Client, city: Database, door: str, form: dict[str, str], status: int
) -> None:
    await sign_in_as(client, city, await person(city, grant("administrator")))
    assert (await client.post(f"/staff/{door}", data=form)).status_code == status
    async with city.reading() as session:
        assert (await session.execute(select(AuditEntry.id))).first() is None


async def test_the_administrator_keeps_every_permission(client: Client, city: Database) -> None:
    await sign_in_as(client, city, await person(city, grant("administrator")))
    await client.post("/staff/roles/administrator", data={"name": "Chief", "permissions": ["desk.view"]})
    assert "Chief" in (await client.get("/staff/roles")).text
    async with city.reading() as session:
        assert (await session.get_one(Role, "administrator")).permissions == ["*"]


async def test_who_sets_roles_gives_no_role_more_than_they_may_do_themselves(client: Client, city: Database) -> None:
    async with city.writing() as session:
        keeper = Role(code="keeper", name="Keeper", permissions=["roles.manage", "desk.view"])
        session.add(keeper)
    await sign_in_as(client, city, await person(city, grant("keeper")))
    form = {"name": "Keeper", "permissions": ["roles.manage", "desk.view", "contacts.view"]}
    answer = await client.post("/staff/roles/keeper", data=form)
    assert (answer.status_code, "See contact data" in answer.text) == (403, True)
    assert (await client.post("/staff/roles", data={**form, "name": "Friend"})).status_code == 403
    # What another had given before stays, and less is always well.
    clerk = {"name": "Clerk", "permissions": ["desk.view", "contacts.view"]}
    assert (await client.post("/staff/roles/clerk", data=clerk)).url.path == "/staff/roles"
    async with city.reading() as session:
        kept = (await session.execute(select(Role.code, Role.permissions))).all()
    assert {code: permissions for code, permissions in kept if code in ("keeper", "clerk", "friend")} == {
        "keeper": ["roles.manage", "desk.view"],
        "clerk": ["desk.view", "contacts.view"],
    }
