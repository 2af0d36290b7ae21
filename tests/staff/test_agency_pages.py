"""How an outside agency is told is set at the desk, and a report's page says what became of it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select, update

from app.accounts.ciphers import decipher
from app.accounts.models import AuditEntry
from app.agencies.models import AgencyDoor, Referral
from app.db import Database
from app.jurisdictions.models import Department
from app.service_requests.models import ServiceRequest
from app.settings import Settings
from tests.accounts.signed_in import Client, grant, person, sign_in_as
from tests.open311.city import make_city, report_of_ana

OPEN311 = {"kind": "open311", "endpoint": "https://311.state.example/open311/v2/requests.json", "default_code": "X"}


@pytest.fixture
async def city(database: Database, client: Client) -> Database:
    await make_city(database)
    async with database.writing() as session:
        session.add(Department(id=7, code="state", name="State Roads", kind="agency", email="roads@state.example"))
    await sign_in_as(client, database, await person(database, grant("administrator")))
    return database


async def send(client: Client, **form: Any) -> Any:
    return await client.post("/staff/agencies/state", data=form, follow_redirects=False)


async def door(city: Database) -> AgencyDoor:
    async with city.reading() as session:
        return await session.get_one(AgencyDoor, 7)


async def test_a_door_is_kept_with_its_key_enciphered_and_never_shown(
    client: Client, city: Database, settings: Settings
) -> None:
    assert "Nobody tells them" in (await client.get("/staff/agencies")).text
    codes = "pothole HOLE\r\nlight LAMP"
    sent = await send(client, **OPEN311, api_key="k-123-secret", service_codes=codes, takes_client_id="yes")
    assert sent.status_code == 303
    kept = await door(city)
    assert kept.endpoint == "https://311.state.example/open311/v2" and kept.takes_client_id
    assert kept.service_codes == {"pothole": "HOLE", "light": "LAMP"}
    assert decipher(settings.secret_key, "agency", kept.api_key) == b"k-123-secret"
    page = (await client.get("/staff/agencies/state")).text
    assert "A key is kept" in page and "k-123" not in page and "pothole HOLE" in page
    assert "By Open311 to https://311.state.example/open311/v2" in (await client.get("/staff/agencies")).text
    # Without a new one the key stays, until it is to be forgotten.
    await send(client, **OPEN311)
    assert (await door(city)).api_key
    await send(client, **OPEN311, forget_key="yes")
    assert not (await door(city)).api_key
    # Nor does a key that one gave go to another.
    await send(client, **OPEN311, api_key="k-123-secret")
    await send(client, **{**OPEN311, "endpoint": "https://elsewhere.example/open311/v2"})
    assert not (await door(city)).api_key
    await send(client, **OPEN311, api_key="k-456-secret")
    assert decipher(settings.secret_key, "agency", (await door(city)).api_key) == b"k-456-secret"
    await send(client, kind="email", email="roads@state.example")
    assert ((await door(city)).kind, (await door(city)).active) == ("email", True)
    await send(client, kind="")
    assert (await door(city)).active is False


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"kind": "email", "email": "nobody"}, "not an e-mail address"),
        ({**OPEN311, "endpoint": "http://311.state.example"}, "Write the address of their Open311"),
        ({**OPEN311, "endpoint": "https://user:pw@311.state.example"}, "Write the address of their Open311"),
        ({**OPEN311, "default_code": ""}, "a code for all"),
        ({**OPEN311, "service_codes": "pothole"}, "Write a line for each"),
        ({"kind": "pigeon"}, "Choose how the agency is told"),
        ({**OPEN311, "api_key": "k" * 201}, "at most 200"),
    ],
)
async def test_what_cannot_be_is_said(client: Client, city: Database, form: dict[str, str], words: str) -> None:
    answer = await send(client, **form)
    assert (answer.status_code, words in answer.text) == (422, True)
    assert (await client.get("/staff/agencies/streets")).status_code == 404


async def test_a_reports_page_says_what_became_of_it_and_tells_them_again(client: Client, city: Database) -> None:
    request = await report_of_ana(city)
    page = f"/staff/requests/{request.service_request_id}"
    assert (await client.post(f"{page}/agency")).status_code == 404
    async with city.writing() as session:
        await session.execute(update(ServiceRequest).values(department_id=7))
        session.add(
            Referral(
                request_id=request.id,
                department_id=7,
                state="failed",
                created_datetime=datetime.now(UTC),
                failure="It answered 500.",
                attempts=8,
            )
        )
    shown = (await client.get(page)).text
    assert "State Roads" in shown and "It answered 500." in shown and "Tell them again" in shown
    assert (await client.post(f"{page.lower()}/agency", follow_redirects=False)).status_code == 303
    async with city.reading() as session:
        state = select(Referral.state, Referral.attempts)
        assert (await session.execute(state)).one() == ("waiting", 0)
        noted = select(AuditEntry.action, AuditEntry.about, AuditEntry.facts)
        facts = {"department_id": 7}
        assert (await session.execute(noted)).one() == ("agency.told_again", request.service_request_id, facts)
    assert "They are being told." in (await client.get(page)).text
