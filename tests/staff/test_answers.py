"""Answers that the desk gives again and again: filled in for the report, in the language of who reported."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from app.accounts.models import AuditEntry
from app.db import Database
from app.service_requests.submission import ContactDetails, Submission
from app.service_requests.submit import submit
from app.staff.answer_models import CannedAnswer
from tests.accounts.signed_in import Client, grant, person, sign_in_as
from tests.open311.city import LAT, LONG, make_city

ANSWER = {
    "title": "Crew is coming",
    "text": "Report {request} ({service}) is with {department}. {name}",
    "text_es": "El reporte {request} ({service}) está en {department}. {name}",
}


@pytest.fixture
async def city(client: Client, database: Database) -> Database:
    await make_city(database)
    await sign_in_as(client, database, await person(database, grant("supervisor"), name="Kim"))
    return database


async def page_of(city: Database, locale: str) -> tuple[str, str]:
    contact = ContactDetails(name="Rosa Secret", email="rosa@example.org")
    async with city.writing() as session:
        sent = Submission("pothole", "web", lat=LAT, long=LONG, locale=locale, contact=contact)
        number = (await submit(session, sent)).request.service_request_id
    return number, f"/staff/requests/{number}"


async def stored(city: Database) -> list[CannedAnswer]:
    async with city.reading() as session:
        return list((await session.execute(select(CannedAnswer))).scalars())


async def test_an_answer_is_put_in_in_the_language_of_who_reported(client: Client, city: Database) -> None:
    assert (await client.post("/staff/answers", data=ANSWER)).status_code == 200
    await client.post("/staff/answers", data={"title": "Only English", "text": "Sorry."})
    await client.post("/staff/answers", data={"title": "Parks only", "text": "Trees", "department": "2"})
    number, page = await page_of(city, "en")
    shown = (await client.get(page)).text
    assert f"Report {number} (Pothole) is with Streets. Kim" in shown and "Parks only" not in shown
    number, page = await page_of(city, "es")
    shown = (await client.get(page)).text
    assert f"El reporte {number} (Bache) está en Calles. Kim" in shown
    assert "Ready answers (Español)" in shown and "in English only" in shown
    assert "Rosa Secret" not in shown


async def test_an_answer_is_changed_once_and_removed(client: Client, city: Database) -> None:
    await client.post("/staff/answers", data=ANSWER)
    (row,) = await stored(city)
    seen = row.updated_datetime.isoformat()
    path = f"/staff/answers/{row.id}"
    assert seen in (await client.get(path)).text
    assert (await client.post(path, data={**ANSWER, "title": "First", "seen": seen})).status_code == 200
    answer = await client.post(path, data={**ANSWER, "title": "Second", "seen": seen})
    assert answer.status_code == 409 and "Second" in answer.text
    assert [row.title for row in await stored(city)] == ["First"]
    assert (await client.post(f"{path}/remove")).status_code == 200
    assert (await client.post(f"{path}/remove")).status_code == 404
    async with city.reading() as session:
        actions = (await session.execute(select(AuditEntry.action).order_by(AuditEntry.id))).scalars().all()
    assert actions == ["answer.kept", "answer.kept", "answer.removed"]


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"title": ""}, "Give it a title"),
        ({"title": "x" * 101}, "at most 100 characters"),
        ({"text": ""}, "Write the answer."),
        ({"text": "x" * 4001}, "at most 4000 characters"),
        ({"text_es": "x" * 4001}, "at most 4000 characters"),
        ({"text": "Dear {reporter}"}, "There is no placeholder {reporter}"),
        ({"text_es": "{0.__class__}"}, "There is no placeholder"),
        ({"department": "99"}, "Choose a department"),
        ({"department": "²"}, "Choose a department"),
        ({"service": "nothing"}, "Choose one of the services"),
        ({"service_id": "x", "title": ""}, "Give it a title"),
    ],
)
async def test_an_answer_that_cannot_be_is_refused_with_the_reason(
    client: Client, city: Database, changed: dict[str, str], why: str
) -> None:
    answer = await client.post("/staff/answers", data={**ANSWER, **changed})
    assert answer.status_code == 422 and why in answer.text
    assert await stored(city) == []


async def test_who_manages_for_a_department_writes_for_it_and_for_no_other(client: Client, city: Database) -> None:
    await client.post("/staff/answers", data=ANSWER)
    (row,) = await stored(city)
    await sign_in_as(client, city, await person(city, grant("supervisor", department_id=1)))
    assert (await client.get(f"/staff/answers/{row.id}")).status_code == 403
    assert (await client.post(f"/staff/answers/{row.id}/remove")).status_code == 403
    for department, status in (("", 422), ("2", 422), ("1", 200)):
        assert (await client.post("/staff/answers", data={**ANSWER, "department": department})).status_code == status
    await sign_in_as(client, city, await person(city, grant("clerk")))
    assert (await client.get("/staff/answers")).status_code == 403
