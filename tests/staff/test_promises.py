"""The desk of promises: events are declared and ended, what was missed is explained, what is owed is declared."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from litestar import Litestar
from litestar.testing import AsyncTestClient
from sqlalchemy import select

from app.accounts.models import AuditEntry
from app.db import Database
from app.service_requests.late import sweep_late
from app.service_requests.models import ServiceRequest
from app.service_requests.redress_models import RedressRule
from app.service_requests.suspensions import sweep_suspensions
from app.services.promise_models import Suspension
from tests.accounts.signed_in import grant, person, sign_in_as
from tests.service_requests.city import PARKS, STREETS, make_city, report, set_facts, stored

Client = AsyncTestClient[Litestar]
STORM = {"for": "group:streets", "area": "board/1", "reason": "Snow first.", "reason_es": "Primero la nieve."}


@pytest.fixture
async def city(database: Database) -> Database:
    await make_city(database)
    return database


async def manage(client: Client, city: Database, role: str = "administrator") -> int:
    account_id = await person(city, grant(role))
    await sign_in_as(client, city, account_id)
    return account_id


async def noted(city: Database) -> list[str]:
    async with city.reading() as session:
        return list((await session.execute(select(AuditEntry.action).order_by(AuditEntry.id))).scalars())


async def test_an_event_is_declared_stands_on_the_reports_that_it_concerns_and_is_ended(
    client: Client, city: Database
) -> None:
    await manage(client, city)
    request = await report(city)
    answer = await client.post("/staff/promises/suspensions", data=STORM, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/staff/promises?done=declared")
    await sweep_suspensions(city)
    assert (await stored(city, request)).suspension_id == 1
    page = f"/requests/{request.service_request_id}"
    assert "Snow first." in (await client.get(page)).text
    assert "Primero la nieve." in (await client.get(page, headers={"Accept-Language": "es"})).text
    assert "Snow first." in (await client.get("/staff/promises")).text
    assert "Primero la nieve." in (await client.get("/promises", headers={"Accept-Language": "es"})).text
    await client.post("/staff/promises/suspensions/1/end", data={})
    await sweep_suspensions(city)
    assert (await stored(city, request)).suspension_id is None
    assert "Snow first." not in (await client.get("/promises")).text
    assert await noted(city) == ["suspension.declared", "suspension.ended"]


async def test_an_event_that_is_still_to_come_is_called_off(client: Client, city: Database) -> None:
    await manage(client, city)
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    await client.post("/staff/promises/suspensions", data={**STORM, "starts": tomorrow.strftime("%Y-%m-%dT%H:%M")})
    await client.post("/staff/promises/suspensions/1/end", data={})
    async with city.reading() as session:
        assert (await session.execute(select(Suspension))).first() is None


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"reason": ""}, "reason"),
        ({"for": "service:nothing"}, "for"),
        ({"area": "board/99"}, "area"),
        ({"starts": "soon"}, "starts"),
        ({"starts": "2031-01-05T10:00", "ends": "2031-01-05T09:00"}, "ends"),
        ({"ends": "2020-01-05T09:00"}, "ends"),
    ],
)
async def test_what_is_wrong_with_an_event_is_said_beside_its_field(
    client: Client, city: Database, wrong: dict[str, str], field: str
) -> None:
    await manage(client, city)
    answer = await client.post("/staff/promises/suspensions", data={**STORM, **wrong})
    assert answer.status_code == 422
    assert f'href="#f-{field}"' in answer.text and f'id="f-{field}"' in answer.text
    async with city.reading() as session:
        assert (await session.execute(select(Suspension))).first() is None


async def test_the_desk_closes_a_missed_report_only_with_its_reason(client: Client, city: Database) -> None:
    account_id = await person(city, grant("clerk", department_id=STREETS))
    await sign_in_as(client, city, account_id)
    request = await late(city)
    page = f"/staff/requests/{request.service_request_id}"
    assert "To close it, say why." in (await client.get(page)).text
    form = {"status": "fixed", "seen": request.updated_datetime.isoformat(), "text": "Filled."}
    refused = await client.post(f"{page}/status", data=form)
    assert refused.status_code == 422 and "Choose why it was missed." in refused.text
    for wrong in ({"missed_reason": "material"}, {"missed_reason": "no such", "missed_words": "Why not."}):
        assert (await client.post(f"{page}/status", data={**form, **wrong})).status_code == 422
        kept = await stored(city, request)
        assert (kept.status, kept.updated_datetime) == (request.status, request.updated_datetime)
    form |= {"missed_reason": "material", "missed_words": "The asphalt came late."}
    assert (await client.post(f"{page}/status", data=form, follow_redirects=False)).status_code == 303
    assert (await stored(city, request)).missed_reason == "material"
    assert "The asphalt came late." in (await client.get(f"/requests/{request.service_request_id}")).text


async def test_the_desk_explains_a_report_that_stays_open(client: Client, city: Database) -> None:
    await manage(client, city, "supervisor")
    request = await late(city)
    page = f"/staff/requests/{request.service_request_id}"
    form = {"missed_reason": "staff", "missed_words": "Two crews are away.", "missed_until": "2020-01-01"}
    assert (await client.post(f"{page}/explanation", data=form)).status_code == 422
    form["missed_until"] = (datetime.now(UTC) + timedelta(days=5)).date().isoformat()
    form["seen"] = (request.updated_datetime - timedelta(minutes=1)).isoformat()
    assert (await client.post(f"{page}/explanation", data=form)).status_code == 409
    form["seen"] = request.updated_datetime.isoformat()
    assert (await client.post(f"{page}/explanation", data=form, follow_redirects=False)).status_code == 303
    assert await noted(city) == ["request.explained"]
    assert "Two crews are away." in (await client.get(f"/requests/{request.service_request_id}")).text


async def test_what_is_owed_is_declared_and_ended(client: Client, city: Database) -> None:
    await manage(client, city)
    form = {"redress_for": "service:pothole", "kind": "choice", "words": "Choose a block that we pave."}
    assert (await client.post("/staff/promises/redress", data={**form, "kind": "gold"})).status_code == 422
    await client.post("/staff/promises/redress", data=form)
    assert "Choose a block that we pave." in (await client.get("/promises")).text
    await client.post("/staff/promises/redress/1/end", data={})
    async with city.reading() as session:
        rule = (await session.execute(select(RedressRule))).scalar_one()
    assert rule.valid_to is not None
    assert "Choose a block that we pave." not in (await client.get("/promises")).text
    assert await noted(city) == ["redress.declared", "redress.ended"]


async def late(city: Database) -> ServiceRequest:
    request = await report(city)
    await set_facts(city, request, expected_datetime=datetime.now(UTC) - timedelta(days=1))
    await sweep_late(city)
    return await stored(city, request)


async def test_what_is_owed_is_given_by_those_whose_report_it_is(client: Client, city: Database) -> None:
    await manage(client, city)
    await client.post("/staff/promises/redress", data={"kind": "fee", "words": "The fee is paid back."})
    request = await late(city)
    await sign_in_as(client, city, await person(city, grant("supervisor", department_id=PARKS)))
    assert request.service_request_id not in (await client.get("/staff/redress")).text
    assert (await client.post("/staff/redress/1", data={"note": "Paid."})).status_code == 404
    await sign_in_as(client, city, await person(city, grant("supervisor", department_id=STREETS)))
    assert request.service_request_id in (await client.get("/staff/redress")).text
    assert (await client.post("/staff/redress/1", data={"note": ""})).status_code == 422
    given = await client.post("/staff/redress/1", data={"note": "Check 1204."}, follow_redirects=False)
    assert given.status_code == 303
    assert (await client.post("/staff/redress/1", data={"note": "Again."})).status_code == 409
    page = (await client.get(f"/requests/{request.service_request_id}")).text
    assert "The fee is paid back." in page and "The city gave what it owed" in page and "Check 1204" not in page
