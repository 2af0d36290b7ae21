"""People choose what they hear of and how, without an account; an address is asked before it is written to."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from litestar import Litestar
from litestar.testing import AsyncTestClient
from sqlalchemy import func, select, update

from app.accounts.audit import AuditEntry
from app.db import Database
from app.jurisdictions.models import Department
from app.notifications.announce import announce
from app.notifications.models import Delivery, Subscriber, Subscription, SubscriptionPlace
from app.service_requests.models import ServiceRequest
from app.settings import Settings
from tests.accounts.signed_in import grant, person, sign_in_as
from tests.notifications.peers import Mailbox, part_of, text_of
from tests.notifications.reports import add_update, report, subscriber

Client = AsyncTestClient[Litestar]
CHOSEN: dict[str, Any] = {
    "by": ["push", "email"],
    "email": "ben@example.org",
    "locale": "es",
    "cadence": "at_once",
    "notices": "urgent",
    "on": ["changed", "closed"],
    "quiet_from": "22:00",
    "quiet_to": "07:00",
    "most_a_day": "5",
}
FOLLOW = {"what": "circle", "centre": "41.0, -71.0", "radius_m": "300", "changes": "new", "cadence": "at_once"}


async def only(city: Database) -> Subscriber:
    async with city.reading() as session:
        return (await session.execute(select(Subscriber))).scalar_one()


async def test_an_address_is_written_to_once_its_holder_has_said_yes(
    city: Database, settings: Settings, mailbox: tuple[Mailbox, str], client: Client
) -> None:
    box, url = mailbox
    mail = replace(settings, smtp_url=url)
    assert (await client.get("/notifications")).status_code == 200
    assert "device" not in client.cookies, "who only looks is not marked"
    answer = await client.post("/notifications", data=CHOSEN, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/notifications?done=asked")
    chosen = await only(city)
    assert (chosen.email, chosen.email_state, chosen.quiet_from, chosen.most_a_day) == (
        "ben@example.org",
        "asked",
        1320,
        5,
    )
    assert (chosen.on_closed, chosen.on_late, chosen.locale) == (True, False, "es")
    # Asked again at once, no second letter goes out.
    await client.post("/notifications", data=CHOSEN)
    request = await report(city, notify="none")
    await client.post(f"/requests/{request.service_request_id}/follow")
    await add_update(city, request, kind="status", status="assigned", author="city")
    await announce(city, mail)
    [letter] = box.messages
    assert letter["To"] == "ben@example.org"
    link = "/notifications/confirm/" + text_of(letter).partition("/notifications/confirm/")[2].split()[0]
    assert link in part_of(letter, "html")
    assert (await client.get(link)).status_code == 200
    assert (await only(city)).email_state == "asked", "programs that look at e-mails open every link"
    assert (await client.post(link)).status_code == 200
    assert (await only(city)).email_state == "confirmed"
    assert (await client.get(link[:-1] + ("a" if link[-1] != "a" else "b"))).status_code == 404
    async with city.writing() as session:
        await session.execute(update(Subscriber).values(quiet_from=None, quiet_to=None))
    await add_update(city, request, kind="status", status="fixed", author="city", text="Done")
    await announce(city, mail)
    assert "Bache" in box.messages[1]["Subject"]
    # And stops all of them with the mail program's button.
    stop = box.messages[1]["List-Unsubscribe"].strip("<>").removeprefix(settings.public_url)
    assert (await client.get(stop)).status_code == 200
    assert (await client.post(stop, data={"List-Unsubscribe": "One-Click"})).status_code == 200
    await add_update(city, request, kind="status", status="reopened", author="city")
    await announce(city, mail)
    assert len(box.messages) == 2


WRONG_SETTINGS = [
    ({"email": "ben"}, "email"),
    ({"email": ""}, "email"),
    ({"quiet_from": "25:00"}, "quiet_from"),
    ({"quiet_to": ""}, "quiet_from"),
    ({"most_a_day": "0"}, "most_a_day"),
    ({"most_a_day": "9" * 5000}, "most_a_day"),
    ({"phone": "12"}, "phone"),
    ({"locale": "xx"}, "locale"),
    ({"cadence": "hourly"}, "cadence"),
]
WRONG_FOLLOWS = [
    ({"centre": "nowhere at all"}, "centre"),
    ({"centre": "48.0, 11.0"}, "centre"),
    ({"radius_m": "9"}, "radius_m"),
    ({"changes": ""}, "changes"),
    ({"what": "area", "area": "ward:99"}, "area"),
    ({"what": "route", "route": "41.0, -71.0"}, "route"),
    ({"what": "route", "route": "41.0, -71.0\n41.4, -71.0\n41.0, -71.0"}, "route"),
    ({"service": "no-such"}, "service"),
    ({"what": "planet"}, "what"),
]


async def test_what_cannot_be_kept_or_followed_is_said_and_nothing_is_kept(city: Database, client: Client) -> None:
    wrong = [("/notifications", CHOSEN, *one) for one in WRONG_SETTINGS]
    wrong += [("/notifications/follow", FOLLOW, *one) for one in WRONG_FOLLOWS]
    for path, form, change, field in wrong:
        sent = {**form, **change}
        answer = await client.post(path, data=sent, headers={"Accept": "application/json"})
        assert answer.status_code == 422, change
        assert {problem["field"] for problem in answer.json()["problems"]} == {field}, change
    page = await client.post("/notifications", data={**CHOSEN, "email": "ben"})
    assert page.status_code == 422 and 'href="#f-email"' in page.text and 'value="ben"' in page.text
    async with city.reading() as session:
        assert (await session.execute(select(func.count(Subscriber.id)))).scalar() == 0


async def test_somebody_follows_a_circle_and_stops_and_what_is_not_theirs_stays(city: Database, client: Client) -> None:
    other = await subscriber(city, "eve")
    assert (await client.post("/notifications/follow", data=FOLLOW)).status_code == 200
    assert (await client.post("/notifications/follow", data={**FOLLOW, "changes": ["new", "late"]})).status_code == 200
    async with city.reading() as session:
        one = (await session.execute(select(Subscription))).scalar_one()
        assert (one.on_new, one.on_late, one.on_closed, one.arguments["radius_m"]) == (True, True, False, 300)
        assert (await session.execute(select(func.count()).select_from(SubscriptionPlace))).scalar_one() > 0
    page = (await client.get("/notifications")).text
    assert "Within 300 m of 41.00000, -71.00000" in page
    async with city.writing() as session:
        await session.execute(update(Subscription).values(subscriber_id=other.id))
    await client.post("/notifications/unfollow", data={"subscription": str(one.id)})
    async with city.writing() as session:
        assert (await session.execute(select(func.count(Subscription.id)))).scalar() == 1
        mine = select(Subscriber.id).where(Subscriber.id != other.id)
        await session.execute(update(Subscription).values(subscriber_id=mine.scalar_subquery()))
    await client.post("/notifications/unfollow", data={"subscription": str(one.id)})
    async with city.reading() as session:
        assert (await session.execute(select(func.count()).select_from(SubscriptionPlace))).scalar_one() == 0


async def test_the_inbox_counts_what_is_new_until_it_was_seen(
    city: Database, settings: Settings, client: Client
) -> None:
    assert (await client.get("/inbox")).status_code == 200
    await client.post("/notifications", data={**CHOSEN, "email": "", "by": "push", "locale": "en"})
    request = await report(city, notify="none")
    await client.post(f"/requests/{request.service_request_id}/follow")
    await add_update(city, request, kind="status", status="fixed", author="city", text="Filled, call 617-555-0123")
    await announce(city, settings)
    assert (await client.get("/inbox/unread")).json() == {"unread": 1}
    page = (await client.get("/inbox")).text
    assert "Pothole" in page and "Filled" in page and "0123" not in page
    assert (await client.get("/inbox/unread")).json() == {"unread": 0}
    # What is hidden afterwards is hidden here too.
    async with city.writing() as session:
        await session.execute(update(ServiceRequest).values(status="fixed"))
    assert "/fixed?key=f" in (await client.get("/inbox")).text


async def test_staff_sees_what_was_sent_with_covered_addresses_and_a_look_at_one_is_noted(
    city: Database, settings: Settings, mailbox: tuple[Mailbox, str], client: Client
) -> None:
    await report(city)
    await announce(city, replace(settings, smtp_url=mailbox[1]))
    account = await person(city, grant("auditor"))
    await sign_in_as(client, city, account)
    page = (await client.get("/staff/deliveries?channel=email&outcome=sent")).text
    assert "a•••@e•••.org" in page and "ana@example.org" not in page and "See the address" not in page
    assert "Nothing here" in (await client.get("/staff/deliveries?outcome=failed")).text
    async with city.reading() as session:
        [delivery] = (await session.execute(select(Delivery))).scalars()
    assert (await client.post(f"/staff/deliveries/{delivery.id}/address")).status_code == 403
    await sign_in_as(client, city, await person(city, grant("administrator")))
    page = (await client.post(f"/staff/deliveries/{delivery.id}/address")).text
    assert "ana@example.org" in page
    async with city.reading() as session:
        actions = (await session.execute(select(AuditEntry.action, AuditEntry.about))).all()
    assert actions == [("contacts.seen", f"delivery {delivery.id}")]
    assert (await client.get("/staff/deliveries?about=nonsense")).status_code == 400


async def test_an_address_is_for_who_sees_deliveries_and_the_contact_data_of_that_report(
    city: Database, settings: Settings, mailbox: tuple[Mailbox, str], client: Client
) -> None:
    await report(city)
    async with city.writing() as session:
        session.add(Department(id=1, code="streets", name="Streets", translations={}))
        session.add(Department(id=2, code="parks", name="Parks", translations={}))
        await session.flush()
        await session.execute(update(ServiceRequest).values(department_id=1))
    await subscriber(city, "ben", email="ben@example.org")
    await announce(city, replace(settings, smtp_url=mailbox[1]))
    async with city.writing() as session:
        [theirs] = (await session.execute(select(Delivery))).scalars()
        ben = (await session.execute(select(Subscriber.id).where(Subscriber.email == "ben@example.org"))).scalar_one()
        # About no report.
        other = Delivery(
            key="sum", subscriber_id=ben, channel="email", body={}, created_datetime=theirs.created_datetime
        )
        session.add(other)

    async def answers(*grants: dict[str, Any]) -> tuple[int, int, int]:
        """Of the report's address, of the other one, and how many the list offers to show."""
        await sign_in_as(client, city, await person(city, *grants))
        one, two = [(await client.post(f"/staff/deliveries/{each.id}/address")).status_code for each in (theirs, other)]
        return one, two, (await client.get("/staff/deliveries")).text.count("See the address</button>")

    assert await answers(grant("clerk")) == (403, 403, 0)
    assert await answers(grant("auditor"), grant("clerk", department_id=2)) == (403, 403, 0)
    assert await answers(grant("auditor"), grant("clerk", department_id=1)) == (200, 403, 1)
    assert await answers(grant("auditor"), grant("clerk")) == (200, 200, 2)
