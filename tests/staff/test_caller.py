"""A clerk files a report for somebody who calls: the script beside it, the number and the promise to read out."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import func, select

from app.accounts.models import AuditEntry
from app.db import Database
from app.service_requests.models import Contact, Reporter, ServiceRequest
from tests.accounts.signed_in import Client, grant, person, sign_in_as
from tests.open311.city import LAT, LONG, add_request, make_city

NUMBER = re.compile(r"data-number>([0-9A-Z-]+)<")
FORM = {
    "service_code": "pothole",
    "address_string": "12 Beacon Street",
    "description": "Deep",
    "name": "Mr. Okafor",
    "phone": "555-0134",
    "locale": "es",
    # As the script puts them from what was found.
    "lat": str(LAT),
    "long": str(LONG),
}


@pytest.fixture
async def clerk(client: Client, database: Database) -> int:
    await make_city(database)
    number = await person(database, grant("clerk", department_id=2), name="Sam")
    await sign_in_as(client, database, number)
    return number


async def test_a_call_becomes_one_report_with_what_to_read_out(client: Client, database: Database, clerk: int) -> None:
    form = re.search(r'name="client_request_id" value="([^"]+)"', (await client.get("/staff/call")).text)
    assert form
    sent = {**FORM, "client_request_id": form[1]}
    first, again = [(await client.post("/staff/call", data=sent)) for _ in range(2)]
    assert first.status_code == 200, re.findall(r'class="problem"[^<]*<|<h1[^<]*<|<li><a href="#f.*?</li>', first.text)
    number = NUMBER.search(first.text)
    assert number and again.url == first.url
    assert "The city acts by" in first.text and " ".join(number[1].split("-")[0]) in first.text
    # Another department's: it is filed all the same, and not theirs to open.
    assert "Open it at the desk" not in first.text
    async with database.reading() as session:
        assert (await session.execute(select(func.count(ServiceRequest.id)))).scalar_one() == 1
        request = (await session.execute(select(ServiceRequest))).scalar_one()
        contact = (await session.execute(select(Contact))).scalar_one()
        reporter = (await session.execute(select(Reporter))).scalar_one()
        entries = (await session.execute(select(AuditEntry.action, AuditEntry.about))).all()
    assert (request.source, request.account_id, request.locale) == ("phone", clerk, "es")
    assert (round(request.lat, 4), round(request.long, 4)) == (LAT, LONG)
    assert (contact.name, contact.phone, reporter.device_hash) == ("Mr. Okafor", "555-0134", None)
    assert [tuple(one) for one in entries] == [("request.filed_for_caller", number[1])]
    await sign_in_as(client, database, await person(database, grant("clerk")))
    assert (await client.get(f"/staff/call/{number[1]}")).status_code == 404


async def test_what_to_ask_and_say_comes_with_the_kind_and_the_place(
    client: Client, database: Database, clerk: int
) -> None:
    known = await add_request(database, address_string="12 Beacon Street")
    place = {"lat": LAT, "long": LONG}
    said = (await client.get("/staff/call/kind", params={"service_code": "pothole", **place})).text
    assert "A crew looks at it within two days." in said and "The city acts by" in said and known in said
    asked = (await client.get("/staff/call/kind", params={"service_code": "light.out"})).text
    assert "STATE?" in asked and known not in asked
    for query in ("service_code=none", "service_code=old"):
        assert (await client.get(f"/staff/call/kind?{query}")).status_code == 404
    assert (await client.get("/staff/call/kind?service_code=pothole&lat=x&long=999")).status_code == 200


async def test_what_is_missing_is_asked_for_and_nothing_typed_is_lost(client: Client, clerk: int) -> None:
    for change, words in (
        ({"service_code": ""}, "Choose what kind of problem it is"),
        ({"address_string": "Nowhere Lane", "lat": "", "long": ""}, "We do not know this place"),
        ({"service_code": "light.out"}, "STATE?"),
        ({"phone": "call me"}, "not a phone number"),
    ):
        answer = await client.post("/staff/call", data={**FORM, **change})
        assert answer.status_code == 422 and words in answer.text and "Mr. Okafor" in answer.text, change
