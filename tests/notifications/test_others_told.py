"""Staff hear of their work, everybody of a notice that concerns them, and a district's week comes in one message."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from PIL import Image
from sqlalchemy import select, update

from app.db import Database
from app.jurisdictions.models import Area, AreaLayer
from app.notifications.announce import announce
from app.notifications.announcement_models import Announcement, AnnouncementMessage
from app.notifications.digests import last_morning
from app.notifications.models import Delivery, Subscriber, Subscription
from app.notifications.take import Ways
from app.service_requests.escalation import tell_staff
from app.service_requests.models import Photo, ServiceRequest, Update
from app.settings import Settings
from tests.accounts.signed_in import grant, person
from tests.notifications.peers import Mailbox, part_of, text_of
from tests.notifications.reports import add_update, follows, report, subscriber, subscribes

SQUARE = "SRID=4326;MULTIPOLYGON((({0} 40.9,{1} 40.9,{1} 41.1,{0} 41.1,{0} 40.9)))"


@pytest.fixture
def mail(settings: Settings, mailbox: tuple[Mailbox, str]) -> Settings:
    return replace(settings, smtp_url=mailbox[1])


async def wards(city: Database) -> None:
    """Five holds what is reported in these tests; six lies beside it."""
    shapes = {"5": SQUARE.format(-71.1, -70.9), "6": SQUARE.format(-70.9, -70.7)}
    async with city.writing() as session:
        session.add(AreaLayer(code="ward", name="Ward"))
        await session.flush()
        for code, shape in shapes.items():
            session.add(Area(layer="ward", code=code, name=f"Ward {code}", area_km2=1, location=shape))


async def test_staff_hear_of_all_of_a_minute_in_one_e_mail_and_in_their_inbox(
    city: Database, mail: Settings, mailbox: tuple[Mailbox, str]
) -> None:
    box, _ = mailbox
    account = await person(city, grant("clerk"))
    requests = [await report(city, notify="none") for _ in range(2)]
    async with city.writing() as session:
        tell_staff(session, account, requests[0].id, "at_risk")
        tell_staff(session, account, requests[1].id, "a kind of tomorrow")
    await announce(city, mail)
    await announce(city, mail)
    [message] = box.messages
    assert all(f"/staff/requests/{request.service_request_id}" in text_of(message) for request in requests)
    assert "A promise is at risk" in text_of(message)
    async with city.reading() as session:
        rows = (await session.execute(select(Delivery.notice_id, Delivery.in_inbox).order_by(Delivery.id))).all()
    assert len(rows) == 2 and all(number and in_inbox for number, in_inbox in rows)


async def test_a_notice_reaches_those_whom_it_concerns_and_an_urgent_one_does_not_wait_for_the_morning(
    city: Database, mail: Settings, mailbox: tuple[Mailbox, str]
) -> None:
    box, _ = mailbox
    await wards(city)
    circle = {"radius_m": 300, "label": "12 Elm"}
    for name, what, arguments, wishes in (
        ("five", "area", {"layer": "ward", "code": "5"}, {"quiet_from": 0, "quiet_to": 1439}),
        ("six", "area", {"layer": "ward", "code": "6"}, {}),
        ("circle", "circle", {"lat": 41.0, "long": -71.0, **circle}, {}),
        ("far", "circle", {"lat": 41.5, "long": -71.0, **circle}, {}),
        ("none", "area", {"layer": "ward", "code": "5"}, {"notices": "none"}),
    ):
        who = await subscriber(city, name, email=f"{name}@example.org", **wishes)
        await subscribes(city, who, what, arguments=arguments)
    await publish(city, "extreme", reach="areas", areas=[["ward", "5"]])
    await announce(city, mail)
    await announce(city, mail)
    assert sorted(message["To"] for message in box.messages) == ["circle@example.org", "five@example.org"]
    assert box.messages[0]["Subject"] == "Boil water"
    box.messages.clear()
    # Not urgent: only who wants all of them hears, and not at night.
    async with city.writing() as session:
        six = update(Subscriber).where(Subscriber.email == "six@example.org")
        await session.execute(six.values(notices="all"))
    await publish(city, "minor", reach="all")
    await announce(city, mail)
    assert [message["To"] for message in box.messages] == ["six@example.org"]


async def publish(city: Database, severity: str, **reach: object) -> None:
    now = datetime.now(UTC)
    async with city.writing() as session:
        one = Announcement(
            state="published",
            severity=severity,
            category="safety",
            urgency="immediate",
            certainty="observed",
            headline="Boil water",
            description="A pipe broke.",
            starts_datetime=now,
            ends_datetime=now + timedelta(days=1),
            created_datetime=now,
            updated_datetime=now,
            **reach,
        )
        session.add(one)
        await session.flush()
        session.add(AnnouncementMessage(announcement_id=one.id, version=1, kind="alert", sent_datetime=now))


async def test_a_districts_week_comes_once_with_its_figures_and_nothing_comes_where_nothing_happened(
    city: Database, mail: Settings, mailbox: tuple[Mailbox, str]
) -> None:
    box, _ = mailbox
    await wards(city)
    for name, code in (("ben", "5"), ("eve", "5"), ("joe", "6")):
        who = await subscriber(city, name, email=f"{name}@example.org", locale="es" if name == "eve" else "en")
        await subscribes(city, who, "area", arguments={"layer": "ward", "code": code}, cadence="weekly")
    until = last_morning(datetime.now(UTC), "week", ZoneInfo("America/New_York"))
    for number, before in enumerate((timedelta(days=2), timedelta(days=1), timedelta(days=20))):
        request = await report(city, notify="none")
        async with city.writing() as session:
            times = {"requested_datetime": until - before}
            if number == 0:
                times |= {"closed_datetime": until - timedelta(hours=3)}
            await session.execute(
                update(ServiceRequest).where(ServiceRequest.id == request.id).values(times), execution_options=AS_IT_IS
            )
    async with city.writing() as session:
        await session.execute(update(Update).values(announced_datetime=until))
        await session.execute(update(Subscription).values(told_datetime=until - timedelta(days=7)))
    await announce(city, mail)
    await announce(city, mail)
    assert sorted(message["To"] for message in box.messages) == ["ben@example.org", "eve@example.org"]
    english = next(message for message in box.messages if message["To"] == "ben@example.org")
    assert english["Subject"] == "Ward 5: 2 new, 1 closed"
    assert "/areas/ward/5" in text_of(english) and "12 Elm" in text_of(english)
    async with city.reading() as session:
        told = set((await session.execute(select(Subscription.told_datetime))).scalars())
    assert told == {until}


async def test_who_changes_how_often_they_hear_hears_of_nothing_twice_and_misses_nothing(
    city: Database, mail: Settings, mailbox: tuple[Mailbox, str]
) -> None:
    box, _ = mailbox
    who = await subscriber(city, "ben", email="ben@example.org")
    made = await subscribes(city, who, "service", on_new=True)
    long_ago = datetime.now(UTC) - timedelta(days=30)
    async with city.writing() as session:
        await session.execute(update(Subscription).values(told_datetime=long_ago))
    request = await report(city, notify="none")
    await announce(city, mail)
    assert [message["Subject"] for message in box.messages] == ["New report: Pothole"]
    began = datetime.now(UTC)
    kept = await subscribes(city, who, "service", cadence="weekly")
    assert kept.id == made.id and kept.told_datetime >= began
    # By the week since five days, they want to hear at once again: a last digest tells of those five days.
    since = began - timedelta(days=5)
    async with city.writing() as session:
        await session.execute(update(Subscription).values(told_datetime=since))
        seen = update(ServiceRequest).where(ServiceRequest.id == request.id)
        await session.execute(seen.values(requested_datetime=since + timedelta(days=1)), execution_options=AS_IT_IS)
    box.messages.clear()
    for _ in range(2):
        kept = await subscribes(city, who, "service", ways=Ways(email=True))
        await announce(city, mail)
    [message] = box.messages
    assert "1 new" in message["Subject"] and request.service_request_id in text_of(message)
    assert kept.told_datetime > began


AS_IT_IS = {"synchronize_session": False}


async def test_the_closing_message_carries_the_photo_of_what_was_done(
    city: Database, mail: Settings, mailbox: tuple[Mailbox, str], app
) -> None:
    box, _ = mailbox
    await subscriber(city, "ben", email="ben@example.org")
    request = await report(city, notify="none")
    await follows(city, request, "ben")
    async with city.writing() as session:
        await session.execute(update(ServiceRequest).values(status="fixed"), execution_options=AS_IT_IS)
    await add_update(city, request, kind="status", status="fixed", author="city", text="Filled")
    picture = io.BytesIO()
    Image.new("RGB", (800, 600), "grey").save(picture, "WEBP")
    await app.state.media.put_async("public/aa/after.webp", picture.getvalue())
    async with city.writing() as session:
        number = (await session.execute(select(Update.id).where(Update.status == "fixed"))).scalar_one()
        keys = {"master_key": "private/x", "large_key": "public/aa/after.webp", "small_key": "public/aa/small.webp"}
        session.add(Photo(request_id=request.id, update_id=number, width=800, height=600, content_hash="a", **keys))
    await announce(city, mail)
    [message] = box.messages
    [photo] = [part for part in message.walk() if part.get_content_maintype() == "image"]
    assert 'src="cid:photo"' in part_of(message, "html")
    with Image.open(io.BytesIO(photo.get_payload(decode=True))) as shown:
        assert (shown.format, max(shown.size)) == ("JPEG", 640)
    assert "Is it fixed?" in text_of(message)
