"""A city's own work-order system takes an order and answers: once for each key, and never over something newer."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from litestar import Litestar

from app.db import Database
from app.settings import Settings
from app.work.models import WorkOrder
from app.work.orders import hand_to_system
from app.work.webhook_models import Webhook
from app.work.webhooks import Wanted, make_webhook
from tests.service_requests.city import report, stored
from tests.work.conftest import order_for, order_now, statuses, timeline

LATER = (datetime.now(UTC) + timedelta(days=400)).date()


class System(httpx.AsyncClient):
    """A work-order system with its key."""

    def __init__(self, app: Litestar, key: str) -> None:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        super().__init__(transport=httpx.ASGITransport(app=app), base_url="http://testserver.local", headers=headers)

    async def say(self, order: str, key: str = "", **said: Any) -> httpx.Response:
        headers = {"Idempotency-Key": key} if key else {}
        return await self.post(f"/api/work-orders/{order}/updates", json=said, headers=headers)


async def system(city: Database, app: Litestar, name: str = "Works") -> System:
    settings: Settings = app.state.settings
    async with city.writing() as session:
        wanted = Wanted(name, "https://work.city.example/in", takes_orders=True)
        _, _, key = await make_webhook(session, settings.secret_key, wanted)
    return System(app, key)


@pytest.fixture
async def works(city: Database, app: Litestar) -> System:
    return await system(city, app)


async def handed(city: Database, *requests: Any, webhook_id: int = 1) -> WorkOrder:
    order = await order_for(city, *requests, team_id=None, planned_date=None)
    async with city.writing() as session:
        webhook = await session.get_one(Webhook, webhook_id)
        return await hand_to_system(session, order.id, webhook, seen=order.updated_datetime)


async def test_a_system_takes_an_order_says_its_place_plans_it_and_is_done(city: Database, works: System) -> None:
    request = await report(city)
    order = await handed(city, request)
    assert await statuses(city, request) == ["assigned"]
    (listed,) = (await works.get("/api/work-orders")).json()
    assert listed["number"] == order.number and listed["requests"][0]["page"].endswith(request.service_request_id)
    answer = await works.say(order.number, status="taken", external_id="MAX-77", position=12)
    assert (answer.status_code, answer.json()["applied"]) == (200, True)
    assert (await stored(city, request)).queue_position == 12
    assert (await works.say("MAX-77", status="planned", planned_date=LATER.isoformat(), position=3)).status_code == 200
    now = await stored(city, request)
    assert (now.status, now.planned_date, now.queue_position) == ("scheduled", LATER, 3)
    line = {"kind": "material", "what": "Asphalt", "quantity": 1.5, "unit_price": 80}
    done = await works.say("MAX-77", status="done", text="Filled.", lines=[line])
    assert done.json()["state"] == "done"
    now = await stored(city, request)
    assert (now.status, now.status_notes, now.queue_position) == ("fixed", "Filled.", None)
    assert [line.price for line in (await order_now(city, order)).lines] == [12_000]


async def test_the_same_key_is_done_once_and_answered_alike_also_at_once(city: Database, works: System) -> None:
    request = await report(city)
    order = await handed(city, request)
    said = {"status": "acted_upon", "reason": "inspected", "text": "Looked at."}
    answers = await asyncio.gather(*(works.say(order.number, "one", **said) for _ in range(4)))
    assert {answer.status_code for answer in answers} == {200}
    assert all(answer.json() == answers[0].json() for answer in answers)
    rows = [row.status for row in await timeline(city, request)]
    assert rows == ["received", "assigned", "acted_upon"]
    assert (await works.say(order.number, "one", status="done")).status_code == 409
    # Without a key the same words about the same order are the same update.
    for _ in range(2):
        assert (await works.say(order.number, **said)).status_code == 200
    assert len(await timeline(city, request)) == 4


async def test_what_comes_late_changes_nothing_and_done_twice_is_done_once(city: Database, works: System) -> None:
    request = await report(city)
    order = await handed(city, request)
    at = datetime.now(UTC)
    new, old = at.isoformat(), (at - timedelta(hours=1)).isoformat()
    assert (await works.say(order.number, "b", status="done", occurred_datetime=new)).json()["applied"]
    late = await works.say(order.number, "a", status="in_progress", occurred_datetime=old)
    assert (late.status_code, late.json()["applied"]) == (200, False)
    assert (await works.say(order.number, "c", status="done")).status_code == 200
    assert (await works.say(order.number, "d", status="planned", planned_date=LATER.isoformat())).status_code == 409
    assert [row.status for row in await timeline(city, request)] == ["received", "assigned", "fixed"]


async def test_a_system_reaches_its_own_orders_and_no_others(city: Database, app: Litestar, works: System) -> None:
    other = await system(city, app, "Parks")
    request = await report(city)
    order = await handed(city, request)
    assert (await works.say(order.number, external_id="7")).status_code == 200
    for said in (order.number, "7"):
        assert (await other.say(said, status="done")).status_code == 404
        assert (await other.get(f"/api/work-orders/{said}")).status_code == 404
    assert (await other.get("/api/work-orders")).json() == []
    for key in ("", "wrong"):
        refused = await System(app, key).say(order.number, status="done")
        assert (refused.status_code, refused.headers["www-authenticate"]) == (401, "Bearer")
    assert await statuses(city, request) == ["assigned"]


async def test_an_order_that_is_given_back_is_the_citys_own_again(city: Database, works: System) -> None:
    request = await report(city)
    order = await handed(city, request)
    await works.say(order.number, status="taken", position=4)
    assert (await works.say(order.number, status="returned")).status_code == 200
    now = await stored(city, request)
    assert (now.status, now.queue_position) == ("accepted", None)
    assert (await works.say(order.number, status="done")).status_code == 404


WRONG: tuple[dict[str, Any], ...] = (
    {"status": "finished"},
    {"status": "planned"},
    {"status": "planned", "planned_date": "2020-01-01"},
    {"status": "done", "outcome": "no_action"},
    {"status": "taken", "position": 0},
    {"status": "taken", "external_url": "javascript:alert(1)"},
    {"status": "taken", "occurred_datetime": "2999-01-01T00:00:00Z"},
    {"status": "taken", "occurred_datetime": "0001-01-01T00:00:00+14:00"},
    {"status": "taken", "external_id": "MAX\0"},
    {"status": "taken", "external_url": "https://work.city.example/\0"},
    {"status": "done", "missed_reason": "weather\0"},
    {"lines": [{"kind": "labor", "what": "Crew", "unit": "h\0"}]},
    {"status": "taken", "unknown": 1},
)


async def test_what_cannot_be_read_is_refused_with_its_reason_and_nothing_is_kept(
    city: Database, works: System
) -> None:
    request = await report(city)
    order = await handed(city, request)
    for said in WRONG:
        answer = await works.say(order.number, **said)
        assert answer.status_code == 422 and answer.json()["problems"], said
    assert (await works.post(f"/api/work-orders/{order.number}/updates", content=b"{")).status_code == 400
    assert (await works.get("/api/work-orders/%00")).status_code == 404
    assert (await order_now(city, order)).answered_datetime is None
    assert len(await timeline(city, request)) == 2


async def test_open311_tells_updates_and_takes_those_of_the_system_that_has_the_order(
    city: Database, works: System
) -> None:
    request, other = await report(city), await report(city)
    await handed(city, request)
    key = works.headers["authorization"].removeprefix("Bearer ")
    address = "/open311/v2/servicerequestupdates"
    said = {"service_request_id": request.service_request_id, "update_id": "u1", "status": "INVESTIGATING"}
    said |= {"description": "We looked at it.", "updated_datetime": datetime.now(UTC).isoformat(), "api_key": key}
    for _ in range(2):
        answer = await works.post(f"{address}.json", data=said)
        assert (answer.status_code, answer.json()) == (200, [{"update_id": "u1"}])
    assert await statuses(city, request) == ["acted_upon"]
    wrong = (({"api_key": "none"}, 403), ({"update_id": ""}, 400), ({"status": "WHAT"}, 400))
    wrong += (({"update_id": "\0"}, 400), ({"update_id": "u0", "updated_datetime": "0001-01-01T00:00:00+14:00"}, 400))
    wrong += (({"service_request_id": other.service_request_id}, 404), ({"update_id": "u1", "status": "FIXED"}, 409))
    for change, status in wrong:
        assert (await works.post(f"{address}.json", data={**said, **change})).status_code == status, change
    closing = {**said, "update_id": "u2", "status": "CLOSED", "updated_datetime": ""}
    body = "".join(f"<{name}>{value}</{name}>" for name, value in closing.items())
    xml = {"Content-Type": "application/xml"}
    answer = await works.post(f"{address}.xml", content=f"<request_update>{body}</request_update>", headers=xml)
    assert (answer.status_code, "<update_id>u2</update_id>" in answer.text) == (200, True)
    assert await statuses(city, request) == ["fixed"]
    told = (await works.get(f"{address}.json", params={"service_request_id": request.service_request_id})).json()
    steps = [("OPEN", "received"), ("OPEN", "assigned"), ("OPEN", "acted_upon"), ("CLOSED", "fixed")]
    assert [(one["status"], one["status_detail"]) for one in told] == steps
    assert told[2]["description"] == "We looked at it."
    assert len((await works.get(f"{address}.json")).json()) == 5
    assert (await works.get(f"{address}.json?start_date=2020-01-01&end_date=2020-03-01")).status_code == 400
    assert (await works.get(f"{address}.json?end_date=2020-03-01")).json() == []
