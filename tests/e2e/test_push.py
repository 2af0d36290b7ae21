"""Messages on the phone: offered after sending, shown, grouped, opened; and the question of whether it is fixed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from playwright.async_api import expect
from sqlalchemy import delete, select

from app.db import Database
from app.notifications.models import PushEndpoint
from app.notifications.outcome import Sent
from app.notifications.push import Endpoint, Pusher, PushMessage, payload_of, push_client, send_push
from app.notifications.vapid import vapid_keys
from app.service_requests.change_status import change_status
from app.service_requests.models import ServiceRequest
from app.settings import load_settings
from tests.e2e.axe import violations
from tests.e2e.cities import copy_of
from tests.e2e.conftest import OpenPhone
from tests.e2e.installed import eventually, phone_in
from tests.e2e.push_phone import PushPhone
from tests.e2e.test_look import fits
from tests.e2e.tunnel import tunnel_to
from tests.notifications.peers import push_service
from tests.servers import blockwise_server

OFFER = "push-offer"
UNREAD = "async (count) => (await (await (await caches.open('told')).match('/unread')).text()) === count"
ICON = "(count) => localStorage.getItem('icon') === count"


@pytest.fixture(scope="module")
def environ(harbor_point: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A city whose phones have a push service on this machine. What it tells, these tests tell in its place."""
    own = copy_of(harbor_point, tmp_path_factory.mktemp("pushing") / "city")
    return {**own, "BLOCKWISE_PRIVATE_ENDPOINTS": "1", "BLOCKWISE_EMBEDDED_WORKER": "0"}


@pytest.fixture(scope="module")
def pushing(environ: dict[str, str]) -> Iterator[str]:
    with blockwise_server(environ) as (address, _):
        yield address


@pytest.fixture
async def database(environ: dict[str, str]) -> AsyncIterator[Database]:
    """What the server of this city has, read and written beside it."""
    database = Database(load_settings(environ).database_url)
    yield database
    await database.close()


@pytest.fixture
async def pushed(pushing: str, tmp_path: Path) -> AsyncIterator[PushPhone]:
    with push_service() as service:
        async with tunnel_to(pushing) as tunnel, phone_in(tmp_path / "phone", tunnel) as phone:
            yield PushPhone(phone, service)


async def endpoints(database: Database) -> list[PushEndpoint]:
    async with database.reading() as session:
        return list((await session.execute(select(PushEndpoint))).scalars())


async def comes(database: Database, count: int) -> None:
    # A page does such things when it has nothing else to do.
    for _ in range(100):
        if len(await endpoints(database)) == count:
            return
        await asyncio.sleep(0.2)
    raise AssertionError(f"not {count} endpoints")


async def push(environ: dict[str, str], database: Database, **words: object) -> str:
    """Sends one message to the phone, as the city does; gives its address."""
    settings = load_settings(environ)
    keys = vapid_keys(settings)
    assert keys
    (row,) = await endpoints(database)
    endpoint = Endpoint(row.endpoint, row.p256dh, row.auth)
    message = PushMessage(payload_of(words), key=str(words.get("tag")))  # type: ignore[arg-type]
    async with push_client("http://testserver.local", private=True) as client:
        assert await send_push(client, Pusher(keys), endpoint, message) == Sent()
    return row.endpoint


async def close(database: Database, number: str) -> None:
    async with database.writing() as session:
        wanted = select(ServiceRequest).where(ServiceRequest.service_request_id == number)
        request = (await session.execute(wanted)).scalar_one()
        await change_status(session, request, "fixed", text="The bags were taken away.")


async def test_a_phone_is_told_once_it_was_asked_and_a_message_leads_to_its_page(
    pushed: PushPhone, environ: dict[str, str], database: Database
) -> None:
    phone = pushed.phone
    await phone.start()
    await pushed.prepare()
    resident = phone.me
    await resident.open("/")
    page = resident.page
    # Never on arrival.
    await expect(page.locator(OFFER)).to_have_count(0)
    number = await resident.report()
    offer = page.locator(OFFER)
    await expect(offer).to_contain_text("you can stop at any time")
    assert await page.evaluate("localStorage.getItem('asked')") is None
    await fits(page)
    assert await violations(page) == []
    await offer.get_by_role("button", name="Yes, tell me").click()
    await expect(offer.get_by_role("status")).to_contain_text("This phone is told")
    assert await page.evaluate("localStorage.getItem('asked')") == "1"
    assert len(await endpoints(database)) == 1
    await resident.open("/my")
    await expect(offer.get_by_role("button", name="Stop the messages")).to_be_visible()
    assert await violations(page) == []

    # What the city sends is decrypted, shown, and takes the place of what was told of the same report before.
    await pushed.connect()
    home = f"/requests/{number}"
    actions = [{"title": "No", "url": f"{home}/fixed?answer=no"}]
    endpoint = ""
    for title, count in (("Litter: Assigned", 1), ("Litter: Fixed", 2)):
        told = {"title": title, "body": "¿Está arreglado?", "tag": number, "url": home, "badge": count, "locale": "es"}
        endpoint = await push(environ, database, **told, actions=actions)
    await pushed.arrives(endpoint)
    (shown,) = await pushed.shown(1, "Litter: Fixed")
    expected = {"title": "Litter: Fixed", "body": "¿Está arreglado?", "tag": number, "lang": "es", "url": home}
    assert shown == {**expected, "actions": ["No"]}
    await pushed.counted(2)
    await pushed.deliver(json.dumps({"title": "Another", "tag": "other", "url": "https://evil.example/"}))
    await pushed.shown(2)
    await pushed.deliver("\x00 garbled")
    unread = next(one for one in await pushed.shown(3) if one["tag"] == "news")
    assert (unread["title"], unread["url"]) == ("News from Harbor Point", "/my")

    # A tap opens the page where the person is, and a new one beside a report that is being written.
    await pushed.tap(number)
    await page.wait_for_url(f"**{home}")
    await pushed.shown(2)
    await pushed.tap("other")
    await page.wait_for_url("**/my")
    # The city says that nothing is unread: the number on the icon goes.
    await eventually(page, UNREAD, "0")
    await eventually(page, ICON, "0")
    await push(environ, database, title="Litter: Fixed", tag=number, url=home, actions=actions)
    await pushed.arrives(endpoint)
    await pushed.shown(2)
    await resident.open("/report")
    await pushed.tap(number, "0")
    await asyncio.sleep(0.3)
    assert await pushed.worker.evaluate("self.opened") == [f"{home}/fixed?answer=no"]
    assert page.url.partition("#")[0].endswith("/report")

    # An address that the city has lost is told again; one that the person gives up is gone.
    async with database.writing() as session:
        await session.execute(delete(PushEndpoint))
    await resident.open("/my")
    await comes(database, 1)
    await offer.get_by_role("button", name="Stop the messages").click()
    await expect(offer.get_by_role("button", name="Yes, tell me")).to_be_visible()
    await comes(database, 0)
    await pushed.allow("denied")
    await resident.open("/my")
    await expect(offer).to_contain_text("blocked in your browser")
    await fits(page)
    assert await violations(page) == []


async def test_it_is_said_that_it_is_fixed_and_that_it_is_not(
    open_phone: OpenPhone, pushing: str, database: Database, photo: Path
) -> None:
    resident = await open_phone(pushing)
    number = await resident.report()
    await close(database, number)
    plain = await open_phone(pushing, javascript=False)
    await plain.context.add_cookies(await resident.context.cookies())  # type: ignore[arg-type]
    await plain.open(f"/requests/{number}")
    await plain.page.locator(".is-it-fixed").get_by_role("link", name="Yes, it is fixed").click()
    await expect(plain.page.locator(".if-no")).to_be_hidden()
    await plain.page.locator("[name=stars][value='4']").check()
    await fits(plain.page)
    await plain.page.get_by_role("button", name="Send the answer").click()
    await expect(plain.page.get_by_role("status").filter(has_text="Your answer is kept")).to_be_visible()

    page = resident.page
    await resident.open(f"/requests/{number}")
    await page.get_by_role("link", name="Change your answer").click()
    await expect(page.get_by_text("The bags were taken away.")).to_be_visible()
    await expect(page.locator("[name=stars][value='4']")).to_be_checked()
    assert await violations(page) == []
    await page.get_by_text("No, it is not fixed").click()
    await expect(page.locator(".if-yes")).to_be_hidden()
    await page.get_by_role("button", name="Send the answer").click()
    await expect(page.get_by_role("alert")).to_contain_text("Say or show what is still wrong")
    await fits(page)
    assert await violations(page) == []
    await page.set_input_files("[name=photo]", photo)
    await page.get_by_role("button", name="Send the answer").click()
    await expect(page.get_by_role("status").filter(has_text="open again")).to_be_visible()
    assert await violations(page) == []
    await resident.open(f"/requests/{number}")
    await expect(page.locator(".entry.status").first).to_contain_text("Reopened")
    await expect(page.locator(".entry.status img")).to_have_count(1)
