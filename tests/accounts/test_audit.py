"""The audit trail says who did what and who saw contact data, and nobody alters it, by SQL neither."""

from __future__ import annotations

import csv
import io
import json

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from app.accounts.audit import note
from app.accounts.models import Account, AuditEntry
from app.db import Database
from app.service_requests.models import ServiceRequest
from app.staff import audit_pages
from tests.accounts.signed_in import Client, grant, person, sign_in_as
from tests.open311.city import make_city, report_of_ana

CHANGES = [
    "UPDATE audit_entries SET account_name = 'Nobody'",
    "DELETE FROM audit_entries",
    "DELETE FROM audit_entries WHERE id = 1",
    "INSERT INTO audit_entries (id, at, account_name, action, about, facts)"
    " SELECT id, at, 'Nobody', action, about, facts FROM audit_entries WHERE true"
    " ON CONFLICT (id) DO UPDATE SET account_name = 'Nobody'",
]
OF_SQLITE = [
    "INSERT OR REPLACE INTO audit_entries (id, at, account_name, action, about, facts)"
    " SELECT id, at, 'Nobody', action, about, facts FROM audit_entries",
]
OF_POSTGRESQL = ["TRUNCATE audit_entries"]


@pytest.fixture
async def city(database: Database) -> Database:
    await make_city(database)
    return database


@pytest.fixture
async def report(city: Database) -> ServiceRequest:
    return await report_of_ana(city)


async def written(city: Database) -> list[AuditEntry]:
    async with city.reading() as session:
        return list((await session.execute(select(AuditEntry).order_by(AuditEntry.id))).scalars())


async def write(city: Database, account_id: int, *abouts: str) -> None:
    async with city.writing() as session:
        account = await session.get_one(Account, account_id)
        for about in abouts:
            await note(session, account, "role.changed", about=about)


async def test_no_statement_changes_or_deletes_an_entry(city: Database) -> None:
    await write(city, await person(city), "one", "two")
    for statement in CHANGES + (OF_SQLITE if city.is_sqlite else OF_POSTGRESQL):
        with pytest.raises(DBAPIError, match="never altered"):
            async with city.writing() as session:
                await session.execute(text(statement))
    assert [(entry.account_name, entry.about) for entry in await written(city)] == [("Sam", "one"), ("Sam", "two")]


async def test_an_entry_outlives_its_account(city: Database) -> None:
    account_id = await person(city, name="Alex")
    await write(city, account_id, "one")
    async with city.writing() as session:
        await session.delete(await session.get_one(Account, account_id))
    assert [(entry.account_id, entry.account_name) for entry in await written(city)] == [(account_id, "Alex")]


async def test_a_changed_own_name_is_noted_with_the_old_one(client: Client, city: Database) -> None:
    account_id = await person(city, name="Sam")
    await sign_in_as(client, city, account_id)
    for name, locale in (("Sam", "es"), ("Alex", "es")):
        await client.post("/account", data={"name": name, "locale": locale})
    [entry] = await written(city)
    assert (entry.action, entry.account_id, entry.account_name) == ("account.renamed", account_id, "Sam")
    assert entry.facts == {"from": "Sam", "to": "Alex"}


async def test_what_is_not_kept_is_not_noted(city: Database) -> None:
    with pytest.raises(RuntimeError):
        async with city.writing() as session:
            await note(session, None, "role.made", about="crew")
            raise RuntimeError
    with pytest.raises(ValueError, match="no action"):
        async with city.writing() as session:
            await note(session, None, "role.mdae")
    assert await written(city) == []


async def test_contact_data_is_shown_when_asked_for_and_each_look_is_noted(
    client: Client, city: Database, report: ServiceRequest
) -> None:
    page = f"/staff/requests/{report.service_request_id}"
    await sign_in_as(client, city, await person(city, grant("clerk"), name="Alex"))
    assert "ana@example.org" not in (await client.get(page)).text
    assert await written(city) == []
    for looks in (1, 2):
        assert "ana@example.org" in (await client.post(f"{page}/contacts")).text
        entries = await written(city)
        assert [(entry.account_name, entry.action) for entry in entries] == [("Alex", "contacts.seen")] * looks
        assert entries[-1].about == report.service_request_id


async def test_a_change_at_the_desk_is_noted_and_a_refused_one_is_not(
    client: Client, city: Database, report: ServiceRequest
) -> None:
    page = f"/staff/requests/{report.service_request_id}"
    await sign_in_as(client, city, await person(city, grant("clerk")))
    form = {"status": "accepted", "department": "2", "seen": report.updated_datetime.isoformat()}
    assert (await client.post(f"{page}/status", data=form, follow_redirects=False)).status_code == 303
    assert (await client.post(f"{page}/status", data=form)).status_code == 409
    await client.post(f"{page}/description", data={"public": "yes"})
    status, words = await written(city)
    assert (status.action, status.facts) == (
        "request.status",
        {"from": "received", "to": "accepted", "department": "parks"},
    )
    assert (words.action, words.about) == ("request.words_shown", report.service_request_id)


async def test_the_trail_is_filtered_and_read_page_by_page(
    client: Client, city: Database, report: ServiceRequest
) -> None:
    alex, kim = await person(city, name="Alex"), await person(city, name="Kim")
    await write(city, alex, *(f"entry-{number}" for number in range(60)))
    await write(city, kim, report.service_request_id)
    await sign_in_as(client, city, await person(city, grant("auditor")))
    first = (await client.get("/staff/audit")).text
    assert report.service_request_id in first and "entry-59" in first and "entry-3<" not in first
    older = first.split('href="/staff/audit?before=')[1].partition('"')[0]
    second = (await client.get(f"/staff/audit?before={older}")).text
    assert "entry-3<" in second and "entry-59" not in second and 'href="/staff/audit?before=' not in second
    for query in (f"who={kim}", f"about={report.service_request_id.lower().replace('-', '')}"):
        found = (await client.get(f"/staff/audit?{query}")).text
        assert report.service_request_id in found and "entry-" not in found, query
    for query in ("to=2020-01-01", "from=2999-01-01", "action=contacts.seen"):
        assert "Nothing here" in (await client.get(f"/staff/audit?{query}")).text, query
    assert "no-store" in (await client.get("/staff/audit")).headers["cache-control"]


@pytest.mark.parametrize("query", ["who=x", "who=²", f"who={'9' * 30}", "before=-1", "from=soon", "to=2026-02-30"])
async def test_a_filter_that_cannot_be_is_a_400(client: Client, city: Database, query: str) -> None:
    await sign_in_as(client, city, await person(city, grant("auditor")))
    assert (await client.get(f"/staff/audit?{query}")).status_code == 400


async def test_the_trail_is_taken_as_a_table_and_that_is_noted(
    client: Client, city: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_pages, "CHUNK", 2)
    await write(city, await person(city, name="=1+1"), *"abcde")
    await sign_in_as(client, city, await person(city, grant("auditor"), name="Ada"))
    answer = await client.get("/staff/audit.csv?action=role.changed")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [row["about"] for row in rows] == [*"abcde"]
    # A spreadsheet would run it.
    assert {row["account_name"] for row in rows} == {"'=1+1"}
    last = (await written(city))[-1]
    assert (last.account_name, last.action, last.facts) == ("Ada", "audit.taken", {"action": "role.changed"})
    told = (await client.get("/staff/audit.csv?action=audit.taken")).text
    assert json.loads(next(iter(csv.DictReader(io.StringIO(told))))["facts"]) == {"action": "role.changed"}
