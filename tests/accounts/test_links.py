"""A forgotten password and an invitation: a letter, sent once, whose link works once and in its time."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from litestar import Litestar
from litestar.testing import AsyncTestClient
from sqlalchemy import select, update

from app.accounts.letters import write_letter
from app.accounts.models import Account, SignIn
from app.accounts.sign_in_models import AccountMail, OneTimeLink
from app.db import Database
from app.main import create_app
from app.notifications.account_mails import send_account_mail, send_account_mails
from app.settings import Settings
from tests.accounts.browser import CLERK, OTHER_PASSWORD, PASSWORD, Client, make_person, sign_in
from tests.notifications.peers import Mailbox, mail_server, text_of
from tests.open311.city import make_city

# Every page says to the millisecond when it was made, for the notices above it.
WHEN_SENT = re.compile(r'data-at="\d+"')


@pytest.fixture
async def city(database: Database) -> Database:
    await make_city(database)
    await make_person(database)
    return database


@pytest.fixture
def mailbox() -> Iterator[tuple[Mailbox, str]]:
    with mail_server() as made:
        yield made


@pytest.fixture
def settings(settings: Settings, mailbox: tuple[Mailbox, str]) -> Settings:
    return replace(settings, smtp_url=mailbox[1])


@pytest.fixture
async def client(settings: Settings, city: Database) -> AsyncIterator[Client]:
    async with AsyncTestClient(create_app(settings)) as client:
        yield client


async def ask(client: Client, email: str = CLERK) -> int:
    return (await client.post("/sign-in/forgotten", data={"email": email})).status_code


def link_in(box: Mailbox) -> str:
    """The path of the link in the last letter."""
    found = re.search(r"http://testserver\.local(/\S+)", text_of(box.messages[-1]))
    assert found
    return found[1]


async def test_who_forgot_the_password_chooses_a_new_one_with_the_letter(
    client: Client, city: Database, settings: Settings, mailbox: tuple[Mailbox, str], app: Litestar
) -> None:
    box, _ = mailbox
    await sign_in(client)
    assert await ask(client, f" {CLERK.upper()} ") == 200
    await send_account_mails(city, settings)
    await send_account_mails(city, settings)
    [letter] = box.messages
    assert letter["To"] == CLERK and "A new password for Harbor" in letter["Subject"]
    link = link_in(box)
    assert CLERK in (await client.get(link)).text
    weak = await client.post(link, data={"password": "streets12345"})
    assert weak.status_code == 422 and "your own name" in weak.text
    kept = await client.post(link, data={"password": OTHER_PASSWORD}, follow_redirects=False)
    assert (kept.status_code, kept.headers["location"]) == (303, "/sign-in?done=password")
    async with city.reading() as session:
        assert (await session.execute(select(SignIn))).first() is None, "whoever was signed in is so no more"
    assert (await sign_in(client)).status_code == 422
    assert (await sign_in(client, password=OTHER_PASSWORD)).status_code == 303
    await send_account_mails(city, settings)
    assert "was changed" in box.messages[-1]["Subject"]


async def test_a_link_that_is_used_old_or_wrong_says_so(
    client: Client, city: Database, settings: Settings, mailbox: tuple[Mailbox, str]
) -> None:
    box, _ = mailbox
    links = []
    for _ in range(3):
        assert await ask(client) == 200
        await send_account_mails(city, settings)
        links.append(link_in(box))
    token = links[0].rpartition("/")[2]
    for wrong in (f"{links[0]}x", "/sign-in/new-password/ñ", f"/sign-in/invitation/{token}"):
        for answer in (await client.get(wrong), await client.post(wrong, data={"password": OTHER_PASSWORD})):
            assert answer.status_code == 404 and "not whole" in answer.text
    assert (await client.post(links[0], data={"password": OTHER_PASSWORD})).status_code == 200
    for link in links:
        answer = await client.post(link, data={"password": PASSWORD})
        assert answer.status_code == 410 and "used already" in answer.text
        assert (await client.get(link)).status_code == 410
    async with city.writing() as session:
        old = datetime.now(UTC) - timedelta(seconds=1)
        await session.execute(update(OneTimeLink).values(used_datetime=None, expires_datetime=old))
    answer = await client.get(links[1])
    assert answer.status_code == 410 and "too old" in answer.text
    async with city.writing() as session:
        later = datetime.now(UTC) + timedelta(hours=1)
        await session.execute(update(OneTimeLink).values(expires_datetime=later))
        await session.execute(update(Account).values(active=False))
    answer = await client.get(links[1])
    assert answer.status_code == 410 and "closed" in answer.text


async def test_nobody_learns_who_has_an_account_and_nobody_is_flooded(
    client: Client, city: Database, settings: Settings, mailbox: tuple[Mailbox, str]
) -> None:
    here = await client.post("/sign-in/forgotten", data={"email": CLERK})
    nowhere = await client.post("/sign-in/forgotten", data={"email": "nobody@streets.example"})
    assert here.status_code == nowhere.status_code
    assert WHEN_SENT.sub("", here.text) == WHEN_SENT.sub("", nowhere.text)
    assert await ask(client, "no address") == 422
    assert await ask(client, "a" * 300 + "@streets.example") == 422
    assert [await ask(client) for _ in range(3)] == [200, 200, 429]
    closed = await client.post("/sign-in/forgotten", data={"email": CLERK})
    assert 3500 < int(closed.headers["retry-after"]) <= 3600
    await send_account_mails(city, settings)
    assert len(mailbox[0].messages) == 3


async def test_an_invitation_in_spanish_lets_somebody_in_once(
    client: Client, city: Database, settings: Settings, mailbox: tuple[Mailbox, str]
) -> None:
    box, _ = mailbox
    async with city.writing() as session:
        account = (await session.execute(select(Account))).scalar_one()
        account.locale, account.password_hash = "es", ""
        write_letter(session, account, "invitation")
    assert (await sign_in(client, password="")).status_code == 422
    await send_account_mails(city, settings)
    assert "invit" in box.messages[0]["Subject"] and "You" not in box.messages[0]["Subject"]
    link = link_in(box)
    empty = await client.post(link, data={"name": " ", "password": PASSWORD})
    assert empty.status_code == 422
    into = await client.post(link, data={"name": "Sofía", "password": OTHER_PASSWORD}, follow_redirects=False)
    assert (into.status_code, into.headers["location"]) == (303, "/staff")
    assert "Sofía" in (await client.get("/account")).text
    assert (await client.get(link)).status_code == 410


async def test_a_letter_that_the_server_refused_is_sent_later_and_one_that_two_found_once(
    client: Client, city: Database, settings: Settings, mailbox: tuple[Mailbox, str]
) -> None:
    box, url = mailbox
    box.refuse = "451 Try again later"
    await ask(client)
    await send_account_mails(city, settings)
    box.refuse = ""
    await send_account_mails(city, settings)
    assert box.messages == [], "it was tried again before its time"
    async with city.writing() as session:
        mail = (await session.execute(select(AccountMail))).scalar_one()
        assert mail.failure
        mail.due_datetime = datetime.now(UTC)
    for _ in range(2):
        await send_account_mail(city, settings, url, mail.id)
    assert len(box.messages) == 1
    assert (await client.get(link_in(box))).status_code == 200


async def test_a_city_without_a_mail_server_says_so_and_later_sends_no_letters_of_long_ago(
    client: Client, city: Database, settings: Settings, mailbox: tuple[Mailbox, str]
) -> None:
    async with AsyncTestClient(create_app(replace(settings, smtp_url=None))) as silent:
        assert "sends no e-mail yet" in (await silent.get("/sign-in/forgotten")).text
        await ask(silent)
    async with city.writing() as session:
        await session.execute(update(AccountMail).values(created_datetime=datetime.now(UTC) - timedelta(days=2)))
    await send_account_mails(city, settings)
    assert mailbox[0].messages == []
