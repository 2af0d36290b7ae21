"""An administrator changes what is asked: at once for whoever reports now, and old answers keep their questions."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from sqlalchemy import select

from app.accounts.models import AuditEntry
from app.db import Database
from app.errors import Refused
from app.jurisdictions.models import Jurisdiction
from app.service_requests.models import ServiceRequest
from app.service_requests.submission import Submission
from app.service_requests.submit import submit
from app.services.models import ServiceAttribute
from app.services.question_models import PastQuestion
from tests.accounts.signed_in import Client, grant, person, sign_in_as
from tests.open311.city import LAT, LIGHT, LONG, make_city

HOME = "/staff/services/light.out"
SENT = {"STATE": ["out"], "COLOURS": ["red", "blue"]}


@pytest.fixture
async def city(client: Client, database: Database) -> Database:
    await make_city(database)
    await sign_in_as(client, database, await person(database, grant("administrator")))
    return database


async def version(city: Database) -> str:
    async with city.reading() as session:
        return str((await session.execute(select(Jurisdiction.catalogue_version))).scalar_one())


async def asked(city: Database) -> dict[str, ServiceAttribute]:
    async with city.reading() as session:
        wanted = select(ServiceAttribute).where(ServiceAttribute.service_id == LIGHT).order_by(ServiceAttribute.order)
        return {one.code: one for one in (await session.execute(wanted)).scalars()}


async def send(city: Database, answers: dict[str, list[str]], *, by_phone: bool) -> ServiceRequest:
    number = uuid.uuid4() if by_phone else None
    async with city.writing() as session:
        sent = Submission("light.out", "web", lat=LAT, long=LONG, answers=answers, client_request_id=number)
        return (await submit(session, sent)).request


async def keep(client: Client, city: Database, door: str = "questions", **form: Any) -> int:
    sent = {"seen": await version(city), **form}
    return (await client.post(f"{HOME}/{door}", data=sent, follow_redirects=False)).status_code


STATE = {
    "description": "What is wrong with the lamp?",
    "description_es": "¿Qué le pasa a la luz?",
    "datatype": "singlevaluelist",
    "required": "yes",
    **{"key-0": "out", "name-0": "Dark", "name-0_es": "Apagada", "key-1": "gas", "name-1": "Smell of gas"},
}


async def test_old_answers_keep_their_questions_and_a_draft_with_the_old_ones_still_lands(
    client: Client, city: Database
) -> None:
    before = await send(city, SENT, by_phone=True)
    catalogue = await client.get("/report/catalogue")
    assert await keep(client, city, "questions/STATE", **{**STATE, "name-2": "Too bright"}) == 303
    assert await keep(client, city, "questions/COLOURS/retirement") == 303
    more = {"description": "Is it raining?", "datatype": "singlevaluelist", "name-0": "Yes", "name-1": "No"}
    assert await keep(client, city, required="yes", **more) == 303
    now = await asked(city)
    assert list(now)[-1] == "is-it-raining" and "COLOURS" not in now
    assert [value["key"] for value in now["STATE"].values] == ["out", "gas", "too-bright"]
    assert now["STATE"].values[1]["stop"]["phone"] == "555-0911"
    assert now["STATE"].translations["es"]["description"] == STATE["description_es"]
    # The phone's copy is made anew, and programs are told too.
    again = await client.get("/report/catalogue", headers={"If-None-Match": catalogue.headers["etag"]})
    assert again.status_code == 200 and "Is it raining?" in again.text and "COLOURS?" not in again.text
    assert "Is it raining?" in (await client.get("/open311/v2/services/light.out.json")).text
    # From here on it must be answered; what a phone had asked before is taken with what it asked.
    with pytest.raises(Refused):
        await send(city, SENT, by_phone=False)
    late = await send(city, SENT, by_phone=True)
    assert late.answers == {"STATE": "out", "COLOURS": ["red", "blue"]} == before.answers
    with pytest.raises(Refused):
        await send(city, {"STATE": ["nonsense"]}, by_phone=True)
    fresh = await send(city, {"STATE": ["out"], "is-it-raining": ["yes"]}, by_phone=True)
    pages = [(await client.get(f"/staff/requests/{one.service_request_id}")).text for one in (before, late, fresh)]
    for page in pages[:2]:
        assert "<dt>COLOURS?</dt>" in page and "Red, Blue" in page
    assert '<dt>STATE?</dt><dd dir="auto">Out</dd>' in pages[0]
    assert '<dt>What is wrong with the lamp?</dt><dd dir="auto">Dark</dd>' in pages[2]
    assert '<dt>Is it raining?</dt><dd dir="auto">Yes</dd>' in pages[2]
    service = (await client.get(HOME)).text
    assert "Asked no more" in service and "COLOURS?" in service
    async with city.reading() as session:
        actions = (await session.execute(select(AuditEntry.action).order_by(AuditEntry.id))).scalars().all()
    assert actions == ["question.changed", "question.retired", "question.added"]


async def test_questions_change_places_but_not_past_one_that_they_hang_on(client: Client, city: Database) -> None:
    assert await keep(client, city, "questions/COUNT/up") == 303
    assert list(await asked(city))[:4] == ["STATE", "POLE", "COUNT", "COLOURS"]
    assert await keep(client, city, "questions/STATE/up") == 303
    assert await keep(client, city, "questions/POLE/up") == 422
    assert await keep(client, city, "questions/STATE/retirement") == 422
    assert await keep(client, city, "questions/STATE", **{**STATE, "key-0": "", "name-0": ""}) == 422
    assert list(await asked(city))[:3] == ["STATE", "POLE", "COUNT"]


async def test_what_somebody_else_changed_meanwhile_is_shown_and_not_overwritten(
    client: Client, city: Database
) -> None:
    seen = await version(city)
    assert await keep(client, city, "questions/STATE", **STATE) == 303
    answer = await client.post(f"{HOME}/questions/STATE", data={**STATE, "description": "Mine", "seen": seen})
    assert answer.status_code == 409
    assert (
        "How it stands now" in answer.text and "What is wrong with the lamp?" in answer.text and "Mine" in answer.text
    )
    assert (await asked(city))["STATE"].description == STATE["description"]
    assert (await client.post(f"{HOME}/questions/COUNT/retirement", data={"seen": seen})).status_code == 409
    assert await keep(client, city, "questions/STATE", **STATE) == 303
    async with city.reading() as session:
        assert len((await session.execute(select(PastQuestion))).scalars().all()) == 1


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"description": ""}, "Write the question."),
        ({"description": "x" * 2001}, "at most 2000 characters"),
        ({"description_es": "x" * 2001}, "at most 2000 characters"),
        ({"datatype": "poem"}, "Choose how it is answered."),
        ({"name-0": "", "name-1": ""}, "at least one answer"),
        ({"name-1": "DARK"}, "Two answers are called"),
        ({"name-0": "x" * 301}, "at most 300 characters"),
        ({"name-0_es": "x" * 301}, "at most 300 characters"),
        ({f"name-{row}": f"Answer {row}" for row in range(62)}, "at most 60 answers"),
        ({"show_if": ["STATE|out", "COLOURS|red"]}, "of one question only"),
        ({"show_if": "STATE|nonsense"}, "Change that one first"),
        ({"show_if": "NOTHING|out"}, "Change that one first"),
        ({"seen": "99999999999999"}, "Somebody changed the catalogue"),
        ({"seen": "²"}, "Somebody changed the catalogue"),
    ],
)
async def test_a_question_that_cannot_be_is_refused_with_the_reason(
    client: Client, city: Database, changed: dict[str, Any], why: str
) -> None:
    before = await asked(city)
    form = {"seen": await version(city), **STATE, **changed}
    answer = await client.post(f"{HOME}/questions", data=form)
    assert answer.status_code in (409, 422) and why in answer.text
    assert list(await asked(city)) == list(before)


async def test_only_who_sets_services_reaches_them(client: Client, city: Database) -> None:
    for path in ("/staff/services/nothing", f"{HOME}/questions/NOTHING"):
        assert (await client.get(path)).status_code == 404
    for door in ("questions/NOTHING", "questions/STATE/sideways", "questions/NOTHING/up"):
        assert await keep(client, city, door, **STATE) == 404
    await sign_in_as(client, city, await person(city, grant("supervisor")))
    assert (await client.get(HOME)).status_code == 403
    assert await keep(client, city, **STATE) == 403


async def test_a_question_of_many_sorts_is_read_back_as_it_was_written(client: Client, city: Database) -> None:
    for code in await asked(city):
        page = (await client.get(f"{HOME}/questions/{code}")).text
        assert f"{code}?" in page
    page = (await client.get(f"{HOME}/questions/POLE")).text
    assert 'value="STATE|out" checked' in page
    form = {"description": "POLE?", "datatype": "string", "show_if": "STATE|out"}
    assert await keep(client, city, "questions/POLE", **form) == 303
    async with city.reading() as session:
        assert (await session.execute(select(PastQuestion))).first() is None
