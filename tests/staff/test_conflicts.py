"""Two clerks at the same request at once: one change is kept, the other is shown what happened and keeps its words."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

import httpx
from litestar import Litestar
from sqlalchemy import select

from app.db import Database
from app.service_requests.change_status import change_status
from app.service_requests.models import ServiceRequest, Update
from tests.accounts.signed_in import Client, grant, person, sign_in_as
from tests.open311.city import make_city, report_of_ana


async def test_closing_and_handing_over_at_once_keeps_one_and_shows_the_other_what_happened(
    app: Litestar, database: Database
) -> None:
    await make_city(database)
    report = await report_of_ana(database)
    page, seen = f"/staff/requests/{report.service_request_id}", report.updated_datetime.isoformat()
    forms = {
        "Kim": {"status": "fixed", "text": "Filled by Kim", "text_public": "yes", "seen": seen},
        "Lee": {"status": "assigned", "text": "Parks by Lee", "department": "2", "seen": seen},
    }
    async with AsyncExitStack() as stack:
        desks: dict[str, httpx.AsyncClient] = {}
        for name in forms:
            transport = httpx.ASGITransport(app=app)
            desk = httpx.AsyncClient(transport=transport, base_url="http://testserver.local")
            desks[name] = await stack.enter_async_context(desk)
            await sign_in_as(desk, database, await person(database, grant("clerk"), name=name))  # type: ignore[arg-type]
        sent = [desks[name].post(f"{page}/status", data=form) for name, form in forms.items()]
        answers = dict(zip(forms, await asyncio.gather(*sent), strict=True))
        assert sorted(answer.status_code for answer in answers.values()) == [303, 409]
        winner, loser = sorted(forms, key=lambda name: answers[name].status_code)
        told = answers[loser].text
        assert "While you were writing" in told and f"<strong>{winner}</strong>" in told
        assert forms[winner]["text"] in told and forms[loser]["text"] in told
        async with database.reading() as session:
            now = (await session.execute(select(ServiceRequest))).scalar_one()
            statuses = select(Update.status).where(Update.kind == "status")
            assert (await session.execute(statuses)).scalars().all() == [forms[winner]["status"]]
        assert (now.status, now.department_id) == (forms[winner]["status"], 2 if winner == "Lee" else 1)
        # What is sent again is decided on how it stands now.
        assert f'name="seen" value="{now.updated_datetime.isoformat()}"' in told
        again = {**forms[loser], "seen": now.updated_datetime.isoformat()}
        answer = await desks[loser].post(f"{page}/status", data=again)
        assert answer.status_code == (303 if winner == "Lee" else 422)
        await app.state.database.close()


async def test_words_that_somebody_hides_meanwhile_are_told_of_too(client: Client, database: Database) -> None:
    await make_city(database)
    report = await report_of_ana(database)
    page, seen = f"/staff/requests/{report.service_request_id}", report.updated_datetime.isoformat()
    await sign_in_as(client, database, await person(database, grant("clerk"), name="Kim"))
    await client.post(f"{page}/description", data={"public": "no"})
    answer = await client.post(f"{page}/status", data={"status": "fixed", "seen": seen})
    assert answer.status_code == 409
    assert "Took the reporter’s words off the public page" in answer.text


async def test_what_a_crew_or_another_system_did_meanwhile_is_told_too(client: Client, database: Database) -> None:
    await make_city(database)
    report = await report_of_ana(database)
    seen = report.updated_datetime
    async with database.writing() as session:
        found = await session.get_one(ServiceRequest, report.id)
        await change_status(session, found, "fixed", text="Filled by the night crew", seen=seen)
    await sign_in_as(client, database, await person(database, grant("clerk")))
    form = {"status": "accepted", "seen": seen.isoformat()}
    answer = await client.post(f"/staff/requests/{report.service_request_id}/status", data=form)
    assert answer.status_code == 409
    told = answer.text.split("While you were writing")[1][:600]
    assert "Fixed" in told and "Filled by the night crew" in told
