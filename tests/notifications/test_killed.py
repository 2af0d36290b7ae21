"""The worker is killed at every step and started again: nobody is told twice, and nobody is missed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select, update

from app.db import Database
from app.notifications import send_email, send_push, take
from app.notifications.announce import announce
from app.notifications.models import Delivery, PushEndpoint, Subscriber
from app.notifications.vapid import make_vapid_key
from app.settings import Settings
from tests.notifications.browser import Browser
from tests.notifications.peers import Mailbox, Posted, Receiver, receiver
from tests.notifications.reports import add_update, follows, report, subscriber


class Killed(BaseException):
    """As a signal ends a worker: nothing that it meant to do afterwards is done."""


def dies(before: Any = None, after: Any = None) -> Callable[..., Any]:
    """In place of a function: the worker is killed before it, or as soon as it has done its work; the first time."""
    alive = iter([False])

    async def wrapped(*arguments: Any, **named: Any) -> Any:
        works = before or after
        killed = next(alive, True) is False
        if killed and before:
            raise Killed
        result = await works(*arguments, **named)
        if killed:
            raise Killed
        return result

    return wrapped


STEPS: dict[str, tuple[Any, str, str]] = {
    "before the rows are written": (take, "write", "before"),
    "before what was taken is committed": (take, "write", "after"),
    "before an e-mail is claimed": (send_email, "claim", "before"),
    "before the claim is committed": (send_email, "claim", "after"),
    "between claim and sending": (send_email, "send_emails", "before"),
    "between sending and settling": (send_email, "send_emails", "after"),
    "before the settling is committed": (send_email, "settle", "after"),
    "before a push is claimed": (send_push, "claim", "before"),
    "between claim and push": (send_push, "send_push", "before"),
    "between push and settling": (send_push, "send_push", "after"),
    "while settling a push": (send_push, "settle_sent", "after"),
}


@pytest.fixture
def pushed() -> Any:
    with receiver() as state:
        yield state


async def crowd(city: Database, settings: Settings, pushed: Receiver) -> None:
    """Ana gets an e-mail; Ben and Eve a push; Joe a push and an e-mail; each of two news."""
    request = await report(city)
    for name in ("ben", "eve", "joe"):
        email = {"email": f"{name}@example.org"} if name == "joe" else {}
        await subscriber(city, name, (Browser(f"{pushed.url}/{name}").endpoint,), **email)
        await follows(city, request, name)
    await announce(city, settings)
    await add_update(city, request, kind="status", status="assigned", author="city")


async def lease_ends(city: Database) -> None:
    async with city.writing() as session:
        leased = update(Delivery).where(Delivery.due_datetime.is_not(None))
        await session.execute(leased.values(due_datetime=datetime.now(UTC)))


@pytest.mark.parametrize("step", STEPS)
async def test_a_worker_killed_at_any_step_tells_everybody_once(
    step: str,
    city: Database,
    settings: Settings,
    mailbox: tuple[Mailbox, str],
    pushed: Receiver,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    box, url = mailbox
    make_vapid_key(settings)
    settings = replace(settings, smtp_url=url, private_endpoints=True)
    await crowd(city, settings, pushed)
    module, name, when = STEPS[step]
    with monkeypatch.context() as patched:
        patched.setattr(module, name, dies(**{when: getattr(module, name)}))
        with pytest.raises((Killed, BaseExceptionGroup)):
            await announce(city, settings)
    await lease_ends(city)
    await announce(city, settings)
    await announce(city, settings)
    # As mail programs and push services count: by Message-ID, and by the topic for one address.
    letters = Counter((message["To"], message["Message-ID"]) for message in box.messages)
    assert Counter(to for to, _ in letters) == {"ana@example.org": 2, "joe@example.org": 1}
    assert set(topics(pushed.posted)) == {"/ben", "/eve", "/joe"}
    assert all(len(those) == 1 for those in topics(pushed.posted).values())
    repeated = "settling" in step or step == "between push and settling"
    assert repeated or max(letters.values()) == 1
    async with city.reading() as session:
        states = (await session.execute(select(Delivery.sent_datetime, Delivery.due_datetime))).all()
    assert states and all(sent is not None and due is None for sent, due in states)


def topics(posted: list[Posted]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for one in posted:
        found.setdefault(one.path, set()).add(one.headers["topic"])
    return found


async def test_many_messages_go_by_processes_and_each_once_though_the_worker_dies_among_them(
    city: Database, settings: Settings, pushed: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_vapid_key(settings)
    settings = replace(settings, private_endpoints=True)
    request = await report(city, notify="none")
    names = [f"n{number}" for number in range(40)]
    browser = Browser(pushed.url)
    for name in names:
        endpoint = replace(browser.endpoint, url=f"{pushed.url}/{name}")
        await subscriber(city, name, (endpoint,))
        await follows(city, request, name)
    await add_update(city, request, kind="status", status="assigned", author="city")
    monkeypatch.setattr(send_push, "GROUP", 10)
    monkeypatch.setattr(send_push.send_pushes, "__kwdefaults__", {"many": 20})
    with monkeypatch.context() as patched:
        patched.setattr(send_push, "settle_sent", dies(after=send_push.settle_sent))
        with pytest.raises(BaseExceptionGroup):
            await announce(city, settings)
    await lease_ends(city)
    await announce(city, settings)
    await announce(city, settings)
    assert {path: len(those) for path, those in topics(pushed.posted).items()} == {f"/{name}": 1 for name in names}


async def test_an_endpoint_that_is_gone_is_forgotten_at_once_and_its_person_told_by_e_mail(
    city: Database, settings: Settings, mailbox: tuple[Mailbox, str], pushed: Receiver
) -> None:
    box, url = mailbox
    make_vapid_key(settings)
    settings = replace(settings, smtp_url=url, private_endpoints=True)
    answers = {"/gone": 410, "/busy": 429, "/ill": 500, "/large": 413}
    pushed.answer = lambda posted: (answers.get(posted.path, 201), {"Retry-After": "7200"})
    request = await report(city, notify="none")
    for name in ("gone", "busy", "ill", "large", "well"):
        endpoint = Browser(f"{pushed.url}/{name}").endpoint
        await subscriber(city, name, (endpoint,), email=f"{name}@example.org", by_email=False)
        await follows(city, request, name)
    await add_update(city, request, kind="status", status="assigned", author="city")
    await announce(city, settings)
    # Gone and too large: at once. Busy for two hours: longer than anybody waits. Ill asks for the same two hours.
    assert sorted(message["To"] for message in box.messages) == [
        f"{name}@example.org" for name in ("busy", "gone", "ill", "large")
    ]
    async with city.reading() as session:
        left = (await session.execute(select(PushEndpoint.endpoint, PushEndpoint.failures))).all()
    assert {(url.rpartition("/")[2], failures) for url, failures in left} == {
        ("busy", 1),
        ("ill", 1),
        ("large", 0),
        ("well", 0),
    }


async def test_a_push_service_that_fails_for_an_hour_leaves_people_to_their_e_mail_and_others_to_wait(
    city: Database, settings: Settings, mailbox: tuple[Mailbox, str], pushed: Receiver
) -> None:
    box, url = mailbox
    make_vapid_key(settings)
    settings = replace(settings, smtp_url=url, private_endpoints=True)
    pushed.answer = lambda _posted: (500, {})
    request = await report(city, notify="none")
    for name, email in (("ben", {"email": "ben@example.org", "by_email": False}), ("eve", {})):
        await subscriber(city, name, (Browser(f"{pushed.url}/{name}").endpoint,), **email)
        await follows(city, request, name)
    await add_update(city, request, kind="status", status="assigned", author="city")
    waits = []
    for _ in range(7):
        assert box.messages == []
        began = datetime.now(UTC)
        await announce(city, settings)
        async with city.reading() as session:
            theirs = select(Delivery.due_datetime).join(Subscriber, Subscriber.id == Delivery.subscriber_id)
            due = (await session.execute(theirs.where(Delivery.channel == "push", Subscriber.email.is_(None)))).scalar()
        assert due
        waits.append(round((due - began).total_seconds() / 60))
        await lease_ends(city)
    assert waits == [1, 2, 4, 8, 16, 32, 64]
    assert [message["To"] for message in box.messages] == ["ben@example.org"]
    pushed.answer = lambda _posted: (201, {})
    await announce(city, settings)
    async with city.reading() as session:
        rows = (await session.execute(select(Delivery.channel, Delivery.sent_datetime).order_by(Delivery.id))).all()
    assert [(channel, sent is not None) for channel, sent in rows] == [("push", False), ("push", True), ("email", True)]
