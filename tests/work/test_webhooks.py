"""Messages to other systems: signed as the specification says, sent until they are taken, each attempt noted."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from app.db import Database
from app.errors import Refused
from app.notifications.take import Ways, take_updates
from app.service_requests.change_status import change_status
from app.settings import Settings
from app.work import send_webhooks as sending
from app.work.finish import Outcome, finish
from app.work.orders import change_plan, hand_to_system
from app.work.send_webhooks import WAITS, send_webhooks
from app.work.signing import signature
from app.work.tell_systems import test_message as write_test_message
from app.work.webhook_models import Webhook, WebhookAttempt, WebhookDelivery
from app.work.webhooks import Wanted, make_webhook, read_wanted, renew_secret
from tests.notifications.peers import Receiver, receiver
from tests.service_requests.city import DRUGS, report, stored
from tests.work.conftest import order_for, plan


class Killed(BaseException):
    """The process is gone: nothing after it runs."""


@pytest.fixture
def system() -> Iterator[Receiver]:
    with receiver() as state:
        state.answer = lambda _posted: (204, {})
        yield state


@pytest.fixture
def outside(settings: Settings) -> Settings:
    """As in a test only: other systems may be on this machine."""
    return replace(settings, private_endpoints=True)


async def connect(
    city: Database, settings: Settings, url: str, *events: str, name: str = "Works"
) -> tuple[Webhook, str]:
    """A connection that takes orders and is told of these events, with its secret."""
    async with city.writing() as session:
        wanted = Wanted(name, url, events, takes_orders=True)
        webhook, secret, _ = await make_webhook(session, settings.secret_key, wanted)
        return webhook, secret


async def write_test(city: Database, webhook: Webhook) -> None:
    async with city.writing() as session:
        write_test_message(session, webhook)


async def the_delivery(city: Database) -> tuple[WebhookDelivery, list[WebhookAttempt]]:
    async with city.reading() as session:
        delivery = (await session.execute(select(WebhookDelivery))).scalar_one()
        attempts = await session.execute(select(WebhookAttempt).order_by(WebhookAttempt.id))
        return delivery, list(attempts.scalars())


async def make_due(city: Database) -> None:
    """As if the time of waiting were over."""
    async with city.writing() as session:
        await session.execute(update(WebhookDelivery).values(due_datetime=datetime.now(UTC)))
        await session.execute(update(Webhook).values(pause_datetime=None))


def test_a_signature_is_that_of_the_specification() -> None:
    key = bytes(range(32))
    body = b'{"test": 2432232314}'
    signed = b"msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330." + body
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest())
    secret = "whsec_" + base64.b64encode(key).decode()
    assert signature("msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body, secret) == f"v1,{expected.decode()}"
    # The example that the specification's own libraries are tested with.
    known = signature("msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    assert known == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


async def test_what_happens_is_told_signed_with_the_time_of_the_attempt(
    city: Database, outside: Settings, system: Receiver
) -> None:
    webhook, secret = await connect(city, outside, system.url, "request.status")
    public = await report(city, description="Call 617 555 0142")
    private = await report(city, service_code="drugs")
    assert private.service_id == DRUGS
    for request in (public, private):
        async with city.writing() as session:
            await change_status(session, await stored(city, request), "acted_upon", reason="inspected", text="Seen.")
    while await take_updates(city, outside, Ways()):
        pass
    await send_webhooks(city, outside)
    (posted,) = system.posted
    told = json.loads(posted.body)
    assert (told["type"], told["source"]) == ("request.status", outside.public_url)
    assert told["data"]["update"]["reason"] == "inspected"
    assert told["data"]["request"]["service_request_id"] == public.service_request_id
    assert "555" not in told["data"]["request"]["description"]
    sent_at = int(posted.headers["webhook-timestamp"])
    assert abs(sent_at - time.time()) < 30
    assert posted.headers["webhook-signature"] == signature(posted.headers["webhook-id"], sent_at, posted.body, secret)
    async with city.writing() as session:
        new = renew_secret(await session.get_one(Webhook, webhook.id), outside.secret_key)
    await write_test(city, webhook)
    await send_webhooks(city, outside)
    last = system.posted[-1]
    name, at = last.headers["webhook-id"], int(last.headers["webhook-timestamp"])
    both = [signature(name, at, last.body, one) for one in (new, secret)]
    assert last.headers["webhook-signature"].split(" ") == both


async def test_an_order_goes_to_the_system_that_has_it_and_its_end_too(
    city: Database, outside: Settings, system: Receiver
) -> None:
    webhook, _ = await connect(city, outside, system.url)
    order = await order_for(city, await report(city))
    async with city.writing() as session:
        order = await hand_to_system(session, order.id, webhook, seen=order.updated_datetime)
    async with city.writing() as session:
        await finish(session, order.id, Outcome("fixed"), seen=None)
    await send_webhooks(city, outside)
    told = [json.loads(posted.body) for posted in system.posted]
    assert [one["type"] for one in told] == ["work_order.handed_over", "work_order.done"]
    assert told[0]["data"]["order"]["updates"] == f"/api/work-orders/W-{order.id}/updates"
    assert told[1]["data"]["order"]["requests"][0]["status_detail"] == "fixed"


async def test_of_private_services_only_the_system_that_has_the_order_is_told(
    city: Database, settings: Settings
) -> None:
    own, _ = await connect(city, settings, "https://works.example/in")
    asked = ("work_order.made", "work_order.changed")
    other, _ = await connect(city, settings, "https://other.example/in", *asked, name="Other")
    public, private = await report(city), await report(city, service_code="drugs")
    order, hidden = await order_for(city, public, private), await order_for(city, private)
    for one in (order, hidden):
        async with city.writing() as session:
            handed = await hand_to_system(session, one.id, own, seen=one.updated_datetime)
        async with city.writing() as session:
            await change_plan(session, one.id, plan("Look at it"), seen=handed.updated_datetime)
    async with city.reading() as session:
        rows = (await session.execute(select(WebhookDelivery).order_by(WebhookDelivery.id))).scalars().all()
    told = [
        (row.webhook_id, row.about, row.event, len(json.loads(row.payload)["data"]["order"]["requests"]))
        for row in rows
    ]
    assert sorted(told) == sorted(
        [
            (own.id, order.number, "work_order.handed_over", 2),
            (own.id, order.number, "work_order.changed", 2),
            (own.id, hidden.number, "work_order.handed_over", 1),
            (own.id, hidden.number, "work_order.changed", 1),
            (other.id, order.number, "work_order.made", 1),
            (other.id, order.number, "work_order.changed", 1),
        ]
    )
    of_others = [row.payload for row in rows if row.webhook_id == other.id]
    assert not any(private.service_request_id in payload for payload in of_others)


async def test_what_fails_is_tried_again_later_each_time_and_then_given_up(
    city: Database, outside: Settings, system: Receiver
) -> None:
    system.answer = lambda _posted: (500, {})
    webhook, _ = await connect(city, outside, system.url)
    await write_test(city, webhook)
    for number, wait in enumerate(WAITS, 1):
        await send_webhooks(city, outside)
        delivery, attempts = await the_delivery(city)
        assert len(attempts) == number and attempts[-1].status == 500
        left = delivery.due_datetime - attempts[-1].tried_datetime
        assert wait <= left <= wait * 1.21
        await send_webhooks(city, outside)
        assert len(system.posted) == number
        await make_due(city)
    await send_webhooks(city, outside)
    delivery, attempts = await the_delivery(city)
    assert delivery.failed_datetime and len(attempts) == len(WAITS) + 1
    assert len({posted.headers["webhook-id"] for posted in system.posted}) == 1


async def test_one_that_answers_too_late_is_told_again_under_the_same_id(
    city: Database, outside: Settings, system: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    def late_once(_posted: object) -> tuple[int, dict[str, str]]:
        time.sleep(0.4 if len(system.posted) == 1 else 0)
        return 204, {}

    monkeypatch.setattr(sending, "ANSWER_SECONDS", 0.2)
    system.answer = late_once
    webhook, _ = await connect(city, outside, system.url)
    await write_test(city, webhook)
    await send_webhooks(city, outside)
    await make_due(city)
    await send_webhooks(city, outside)
    delivery, attempts = await the_delivery(city)
    assert [attempt.status for attempt in attempts] == [None, 204] and "in time" in attempts[0].reason
    first, second = system.posted
    assert first.headers["webhook-id"] == second.headers["webhook-id"] and first.body == second.body
    assert delivery.sent_datetime


async def test_who_asks_for_a_pause_gets_it_and_who_is_gone_is_not_told_again(
    city: Database, outside: Settings, system: Receiver
) -> None:
    system.answer = lambda _posted: (429, {"Retry-After": "3600"})
    webhook, _ = await connect(city, outside, system.url)
    await write_test(city, webhook)
    await send_webhooks(city, outside)
    async with city.writing() as session:
        await session.execute(update(WebhookDelivery).values(due_datetime=datetime.now(UTC)))
        write_test_message(session, await session.get_one(Webhook, webhook.id))
    await send_webhooks(city, outside)
    assert len(system.posted) == 1
    await make_due(city)
    system.answer = lambda _posted: (410, {})
    await send_webhooks(city, outside)
    async with city.reading() as session:
        now = await session.get_one(Webhook, webhook.id)
    assert not now.active and "410" in (now.stopped_reason or "")


async def test_nothing_is_sent_to_an_address_of_our_own_nor_where_a_redirect_leads(
    city: Database, settings: Settings, outside: Settings, system: Receiver
) -> None:
    for url in (
        system.url,
        "https://127.0.0.1/",
        "https://10.0.0.1/x",
        "https://[::1]/",
        "ftp://a.example",
        "https://",
    ):
        with pytest.raises(Refused):
            read_wanted({"name": ["W"], "url": [url], "takes_orders": ["yes"]})
    webhook, _ = await connect(city, settings, system.url.replace("127.0.0.1", "localhost"))
    await write_test(city, webhook)
    await send_webhooks(city, settings)
    assert not system.posted
    system.answer = lambda _posted: (307, {"Location": f"{system.url}/elsewhere"})
    await make_due(city)
    await send_webhooks(city, outside)
    assert [posted.path for posted in system.posted] == ["/"]
    _, attempts = await the_delivery(city)
    assert [attempt.status for attempt in attempts] == [None, 307]


async def test_who_is_killed_after_sending_leaves_it_to_be_sent_again_and_two_workers_send_it_once(
    city: Database, outside: Settings, system: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    webhook, _ = await connect(city, outside, system.url)
    await write_test(city, webhook)
    noted = sending.note

    async def killed(*_: object) -> None:
        raise Killed

    monkeypatch.setattr(sending, "note", killed)
    with pytest.raises(Killed):
        await send_webhooks(city, outside)
    monkeypatch.setattr(sending, "note", noted)
    delivery, attempts = await the_delivery(city)
    assert delivery.sent_datetime is None and not attempts
    assert delivery.due_datetime > datetime.now(UTC) + timedelta(minutes=1)
    await make_due(city)
    await asyncio.gather(send_webhooks(city, outside), send_webhooks(city, outside))
    delivery, attempts = await the_delivery(city)
    assert delivery.sent_datetime and len(attempts) == 1
    assert len(system.posted) == 2
    assert len({posted.headers["webhook-id"] for posted in system.posted}) == 1
