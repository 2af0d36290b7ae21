"""The desk plans work, a crew sees its own and finishes it with a photo, and nobody else touches it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from litestar import Litestar
from litestar.testing import AsyncTestClient
from sqlalchemy import select

from app.accounts.models import AuditEntry
from app.accounts.team_models import Team, TeamMember
from app.db import Database
from app.media.storage import PhotoKeys
from app.service_requests.models import Photo, ServiceRequest
from app.service_requests.submission import StoredPhoto
from app.work.models import WorkOrder
from tests.accounts.signed_in import grant, person, sign_in_as
from tests.service_requests.city import (
    EAST_LONG,
    LAT,
    PARKS,
    STREETS,
    jpeg,
    make_city,
    report,
    set_facts,
    stored,
)

Client = AsyncTestClient[Litestar]
DAY = (datetime.now(UTC) + timedelta(days=3)).date().isoformat()


@pytest.fixture
async def city(database: Database) -> Database:
    await make_city(database)
    async with database.writing() as session:
        session.add_all([Team(id=n, code=f"crew-{n}", name=f"Crew {n}", department_id=STREETS) for n in (1, 2)])
    return database


async def crew_member(city: Database, team_id: int) -> int:
    account_id = await person(city, grant("crew", department_id=STREETS), name=f"Member of {team_id}")
    async with city.writing() as session:
        session.add(TeamMember(team_id=team_id, account_id=account_id))
    return account_id


async def the_order(city: Database) -> WorkOrder:
    async with city.reading() as session:
        return (await session.execute(select(WorkOrder))).scalar_one()


async def make(client: Client, *reports: ServiceRequest, **more: str) -> int:
    form = {"reports": " ".join(one.service_request_id for one in reports), "title": "Fill", "planned_date": DAY}
    answer = await client.post("/staff/work", data={**form, "team": "1", **more}, follow_redirects=False)
    return answer.status_code


async def test_a_day_from_the_plan_to_the_photo(client: Client, city: Database) -> None:
    clerk = await person(city, grant("clerk", department_id=STREETS))
    one, other = await report(city, address_string="12 Beacon Street"), await report(city)
    await sign_in_as(client, city, clerk)
    assert "12 Beacon Street" in (await client.get(f"/staff/work/new?reports={one.service_request_id}")).text
    assert await make(client, one, other) == 303
    order = await the_order(city)
    listed = (await client.get(f"/staff/work?day={DAY}")).text
    assert "Crew 1" in listed and f"/staff/work/{order.number}" in listed
    assert "12 Beacon Street" in (await client.get(f"/staff/work/print?day={DAY}")).text
    await sign_in_as(client, city, await crew_member(city, 2))
    assert order.number not in (await client.get(f"/staff/work?day={DAY}")).text
    assert (await client.get(f"/staff/work/{order.number}")).status_code == 404
    await sign_in_as(client, city, await crew_member(city, 1))
    home = f"/staff/work/{order.number}"
    seen = {"seen": order.updated_datetime.isoformat()}
    assert (await client.post(f"{home}/plan", data={**seen, "title": "Mine"})).status_code == 403
    line = {"kind": "material", "what": "Asphalt", "quantity": "2.5", "unit": "t", "unit_price": "80"}
    assert (await client.post(f"{home}/lines", data=line, follow_redirects=False)).status_code == 303
    assert "200.00" in (await client.get(home)).text
    done = {"status": "fixed", "text": "Filled.", "text_public": "yes"}
    late = await client.post(f"{home}/outcome", data={**done, **seen}, files={"photo": ("image.jpg", jpeg())})
    assert late.status_code == 409 and "after you opened it" in late.text
    seen = {"seen": (await the_order(city)).updated_datetime.isoformat()}
    broken = await client.post(f"{home}/outcome", data={**done, **seen}, files={"photo": ("image.jpg", b"none")})
    assert broken.status_code == 422
    answer = await client.post(
        f"{home}/outcome", data={**done, **seen}, files={"photo": ("image.jpg", jpeg())}, follow_redirects=False
    )
    assert answer.status_code == 303
    assert [(await stored(city, request)).status for request in (one, other)] == ["fixed", "fixed"]
    async with city.reading() as session:
        photos = (await session.execute(select(Photo))).scalars().all()
        noted = (await session.execute(select(AuditEntry.action).order_by(AuditEntry.id))).scalars().all()
    assert {photo.request_id for photo in photos} == {one.id, other.id} and all(photo.likeness for photo in photos)
    assert noted == ["work.made", "work.line", "work.done"]
    page = (await client.get(f"/requests/{one.service_request_id}")).text
    assert "Filled." in page and "entry-photos" in page


async def test_what_is_wrong_with_a_plan_is_said_beside_it_and_nothing_is_kept(client: Client, city: Database) -> None:
    mine, theirs = await report(city), await report(city, service_code="tree")
    assert theirs.department_id == PARKS
    await sign_in_as(client, city, await person(city, grant("clerk", department_id=STREETS)))
    assert await make(client, mine, theirs) == 404
    assert await make(client) == 422
    for wrong in ({"title": ""}, {"planned_date": "2020-01-01"}, {"planned_date": "soon"}, {"team": "99"}):
        assert await make(client, mine, **wrong) == 422
    assert (await stored(city, mine)).status == "received"
    async with city.reading() as session:
        assert not (await session.execute(select(WorkOrder.id))).first()


async def test_who_manages_an_area_of_a_department_reaches_no_order_and_no_root_elsewhere(
    client: Client, city: Database
) -> None:
    here, there, child = await report(city), await report(city, long=EAST_LONG), await report(city)
    await set_facts(city, child, duplicate_of_id=there.id)
    await sign_in_as(client, city, await person(city, grant("supervisor")))
    assert await make(client, there, department=str(STREETS)) == 303
    elsewhere = (await the_order(city)).number
    in_area = grant("supervisor", department_id=STREETS, layer="board", area_code="1")
    await sign_in_as(client, city, await person(city, in_area))
    assert elsewhere not in (await client.get(f"/staff/work?day={DAY}")).text
    assert (await client.get(f"/staff/work/{elsewhere}")).status_code == 404
    assert await make(client, child) == 403
    assert await make(client, here) == 303
    async with city.reading() as session:
        mine = (await session.execute(select(WorkOrder).order_by(WorkOrder.id.desc()).limit(1))).scalar_one()
    form = {"seen": mine.updated_datetime.isoformat(), "add": child.service_request_id}
    assert (await client.post(f"/staff/work/{mine.number}/reports", data=form)).status_code == 403


async def test_a_plan_is_changed_reports_join_and_leave_and_the_order_is_called_off(
    client: Client, city: Database
) -> None:
    one, other = await report(city), await report(city)
    await sign_in_as(client, city, await person(city, grant("supervisor")))
    assert await make(client, one) == 303
    home = f"/staff/work/{(await the_order(city)).number}"

    async def post(what: str, **form: str) -> int:
        seen = (await the_order(city)).updated_datetime.isoformat()
        answer = await client.post(f"{home}/{what}", data={"seen": seen, **form}, follow_redirects=False)
        return answer.status_code

    assert await post("plan", title="Fill it", planned_date=DAY, team="2") == 303
    assert await post("reports", add="no number") == 422
    assert await post("reports", add=other.service_request_id) == 303
    assert await post("reports", remove=one.service_request_id) == 303
    assert await post("reports", remove=other.service_request_id) == 422
    assert await post("system", webhook="5") == 422
    assert [(await stored(city, request)).status for request in (one, other)] == ["accepted", "scheduled"]
    assert await post("beginning") == 303
    assert await post("cancellation") == 303
    assert await post("cancellation") == 409
    assert (await client.get(home)).status_code == 200


async def test_reports_that_look_alike_are_suggested_merged_and_taken_out_again_at_the_desk(
    client: Client, city: Database
) -> None:
    first = await report(city, photos=(photo("a", 0b1011),))
    same = await report(city, lat=LAT + 0.0001, photos=(photo("b", 0b1010),))
    far = await report(city, lat=LAT + 0.02)
    await sign_in_as(client, city, await person(city, grant("clerk", department_id=STREETS)))
    page = f"/staff/requests/{same.service_request_id}"
    shown = (await client.get(page)).text
    assert first.service_request_id in shown and far.service_request_id not in shown
    assert "photos look alike" in shown and "Merge this one into it" in shown

    async def post(what: str, **form: str) -> int:
        seen = (await stored(city, same)).updated_datetime.isoformat()
        answer = await client.post(f"{page}/{what}", data={"seen": seen, **form}, follow_redirects=False)
        return answer.status_code

    assert await post("merge", into="nothing") == 422
    assert await post("merge", into=first.service_request_id, seen="2026-01-01T00:00:00+00:00") == 409
    assert await post("split") == 409
    assert await post("merge", into=first.service_request_id) == 303
    assert (await stored(city, first)).reporter_count == 2
    assert "Take it out again" in (await client.get(page)).text
    assert same.service_request_id in (await client.get(f"/staff/requests/{first.service_request_id}")).text
    assert await post("split") == 303
    assert ((await stored(city, same)).status, (await stored(city, first)).reporter_count) == ("received", 1)
    assert await post("merge", into=first.service_request_id, way="here") == 303
    assert (await stored(city, first)).duplicate_of_id == same.id
    assert await post("status", status="scheduled", planned_date=DAY) == 303
    assert str((await stored(city, same)).planned_date) == DAY
    assert await post("status", status="acted_upon", reason="contractor_told") == 303
    assert "A contractor was told" in (await client.get(f"/requests/{same.service_request_id}")).text
    async with city.reading() as session:
        noted = (await session.execute(select(AuditEntry.action).order_by(AuditEntry.id))).scalars().all()
    assert noted == ["request.merged", "request.split", "request.merged", "request.status", "request.status"]


def photo(name: str, likeness: int) -> StoredPhoto:
    keys = PhotoKeys(f"private/{name}", f"public/{name}", f"public/{name}s")
    return StoredPhoto(name * 64, keys, 800, 600, likeness=likeness)


async def test_other_systems_are_connected_tested_renewed_and_switched_off_by_who_may(
    client: Client, city: Database
) -> None:
    await sign_in_as(client, city, await person(city, grant("supervisor")))
    assert (await client.get("/staff/webhooks")).status_code == 403
    await sign_in_as(client, city, await person(city, grant("administrator")))
    form = {"name": "Works", "url": "https://work.city.example/in", "takes_orders": "yes"}
    for wrong in ({"url": "https://10.0.0.1/"}, {"url": "http://work.city.example/"}, {"name": ""}, {"name": "\0"}):
        assert (await client.post("/staff/webhooks", data={**form, **wrong})).status_code == 422
    made = await client.post("/staff/webhooks", data=form)
    assert made.status_code == 200 and "whsec_" in made.text
    assert (await client.post("/staff/webhooks", data=form)).status_code == 422
    page = "/staff/webhooks/1"
    assert "whsec_" not in (await client.get(page)).text
    assert "whsec_" in (await client.post(f"{page}/secret")).text
    assert "shown this once" in (await client.post(f"{page}/key")).text
    assert (await client.post(f"{page}/test", follow_redirects=False)).status_code == 303
    shown = (await client.get(page)).text
    assert "A test" in shown and "msg_" in shown
    assert (await client.post(page, data={**form, "name": "Old"}, follow_redirects=False)).status_code == 303
    assert "Off" in (await client.get("/staff/webhooks")).text
    async with city.reading() as session:
        facts = (await session.execute(select(AuditEntry.facts))).scalars().all()
        noted = (await session.execute(select(AuditEntry.action).order_by(AuditEntry.id))).scalars().all()
    assert noted == ["webhook.made", "webhook.renewed", "webhook.renewed", "webhook.tested", "webhook.changed"]
    assert "whsec_" not in str(facts)
