"""Who hears of what, by which channel and when: followers, neighbours of a place, digests, limits, each once."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.orm import joinedload

from app.db import Database
from app.jurisdictions.models import Area, AreaLayer
from app.notifications.announce import announce, take_all
from app.notifications.contents import load_contents
from app.notifications.follows import subscriptions_at
from app.notifications.models import Delivery, Subscriber
from app.notifications.places import keys_of_request
from app.notifications.take import Ways
from app.service_requests.cells import cell_key
from app.service_requests.change_status import change_status
from app.service_requests.models import Reporter, RequestArea, ServiceRequest, Update
from app.service_requests.rating_links import read_answer_key
from app.service_requests.ratings import Answer, keep_answer
from app.service_requests.ratings import rater_of as who_answers
from app.service_requests.viewer import Viewer
from app.services.models import Service
from app.settings import Settings
from tests.notifications.peers import Mailbox, part_of, text_of
from tests.notifications.reports import add_update, follows, report, subscriber, subscribes

ALL = Ways(email=True, push=True, sms=True)


@pytest.fixture
def mail(settings: Settings, mailbox: tuple[Mailbox, str]) -> Settings:
    return replace(settings, smtp_url=mailbox[1])


async def fixed(city: Database, request: ServiceRequest, words: str = "Filled with asphalt") -> None:
    async with city.writing() as session:
        await session.execute(
            update(ServiceRequest)
            .where(ServiceRequest.id == request.id)
            .values(status="fixed", closed_datetime=datetime.now(UTC))
        )
    await add_update(city, request, kind="status", status="fixed", author="city", text=words)


async def morning(city: Database) -> None:
    """What waits for a morning is due now."""
    async with city.writing() as session:
        waiting = update(Delivery).where(Delivery.due_datetime.is_not(None))
        await session.execute(waiting.values(due_datetime=datetime.now(UTC)))


async def deliveries(city: Database) -> list[Delivery]:
    async with city.reading() as session:
        return list((await session.execute(select(Delivery).order_by(Delivery.id))).scalars())


async def test_followers_hear_once_each_in_their_language_and_the_one_who_asked_for_it_by_digest(
    city: Database, mail: Settings, mailbox: tuple[Mailbox, str]
) -> None:
    box, _ = mailbox
    await subscriber(city, "ben", email="ben@example.org", locale="en")
    await subscriber(city, "rosa", email="rosa@example.org", locale="es", cadence="daily")
    first = await report(city)
    await follows(city, first, "ben")
    await follows(city, first, "rosa")
    await announce(city, mail)
    await fixed(city, first)
    await announce(city, mail)
    await announce(city, mail)
    assert [message["To"] for message in box.messages] == ["ana@example.org", "ana@example.org", "ben@example.org"]
    assert "Pothole: Fixed" in box.messages[2]["Subject"]
    await morning(city)
    await announce(city, mail)
    await announce(city, mail)
    assert [message["To"] for message in box.messages[3:]] == ["rosa@example.org"]
    assert "Bache" in text_of(box.messages[3])
    # Each may say whether it is fixed, by a link of their own that needs no cookie.
    keys = [text_of(message).partition("/fixed?key=")[2].partition("&")[0] for message in box.messages[1:]]
    assert len(set(keys)) == 3 and [key[0] for key in keys] == ["r", "f", "f"]
    assert "/fixed?key=" in part_of(box.messages[1], "html") and "answer=no" in part_of(box.messages[1], "html")


async def test_many_changes_of_the_same_minute_are_one_message(
    city: Database, mail: Settings, mailbox: tuple[Mailbox, str]
) -> None:
    box, _ = mailbox
    await subscriber(city, "ben", email="ben@example.org")
    requests = [await report(city, notify="none") for _ in range(3)]
    for request in requests:
        await follows(city, request, "ben")
    await announce(city, mail)
    waiting = replace(mail, gather_seconds=60)
    await add_update(city, requests[0], kind="status", status="assigned", author="city")
    await announce(city, waiting)
    assert box.messages == []
    for request in requests[1:]:
        await add_update(city, request, kind="status", status="assigned", author="city")
    await add_update(city, requests[0], kind="comment", author="city", text="The crew comes at noon")
    await announce(city, waiting)
    async with city.writing() as session:
        [first, *_] = await deliveries(city)
        await session.execute(update(Delivery).where(Delivery.id == first.id).values(due_datetime=datetime.now(UTC)))
    await announce(city, waiting)
    [message] = box.messages
    assert message["Subject"] == "4 pieces of news for you"
    assert all(request.service_request_id in text_of(message) for request in requests)
    assert "The crew comes at noon" in text_of(message) and "The crew comes at noon" in part_of(message, "html")
    assert [one.sent_datetime is not None for one in await deliveries(city)] == [True] * 4


async def test_of_two_reports_in_one_message_each_asks_by_the_name_that_its_reader_has_there(
    city: Database, mail: Settings, mailbox: tuple[Mailbox, str]
) -> None:
    box, _ = mailbox
    await subscriber(city, "ben", email="ben@example.org", cadence="daily")
    own, another = await report(city, notify="none", device="ben"), await report(city, notify="none")
    await follows(city, another, "ben")
    for request in (own, another):
        await fixed(city, request)
    await announce(city, mail)
    await morning(city)
    await announce(city, mail)
    [message] = box.messages
    for request, name in ((own, "r"), (another, "f")):
        key = text_of(message).partition(f"/{request.service_request_id}/fixed?key=")[2].partition("&")[0]
        rater = read_answer_key(mail.secret_key, request.service_request_id, key)
        assert rater and rater.startswith(name)


async def test_once_a_kind_is_private_only_its_reporters_read_what_was_waiting(
    city: Database, mail: Settings, mailbox: tuple[Mailbox, str]
) -> None:
    box, _ = mailbox
    async with city.writing() as session:
        session.add(Service(id=2, service_code="camp", service_name="Camp", group="streets", private=True))
    ben = await subscriber(city, "ben", email="ben@example.org")
    joe = await subscriber(city, "joe", email="joe@example.org")
    await subscribes(city, joe, "service")
    request = await report(city, device="ana")
    ana = await subscriber(city, "ana")
    await follows(city, request, "ben")
    await add_update(city, request, kind="comment", author="city", text="Tomorrow")
    await take_all(city, mail, ALL)
    async with city.writing() as session:
        await session.execute(update(ServiceRequest).values(service_id=2))
    await announce(city, mail)
    assert {message["To"] for message in box.messages} == {"ana@example.org"}
    written = [one for one in await deliveries(city) if one.in_inbox]
    async with city.reading() as session:
        contents = await load_contents(session, mail, written)
    read = {one.subscriber_id: contents.news(one, contents.any_reader(one, "en")) is not None for one in written}
    assert read == {ana.id: True, ben.id: False, joe.id: False}


async def test_who_chose_to_hear_of_the_end_only_hears_of_the_end_only(
    city: Database, mail: Settings, mailbox: tuple[Mailbox, str]
) -> None:
    box, _ = mailbox
    await subscriber(city, "ben", email="ben@example.org", on_changed=False, on_late=False)
    request = await report(city, notify="none")
    await follows(city, request, "ben")
    await add_update(city, request, kind="status", status="assigned", author="city")
    await add_update(city, request, kind="late", author="city")
    await announce(city, mail)
    assert box.messages == []
    await fixed(city, request)
    await announce(city, mail)
    assert [message["Subject"] for message in box.messages] == ["Pothole: Fixed"]


async def test_people_of_a_duplicate_hear_what_becomes_of_the_one_that_it_duplicates(
    city: Database, mail: Settings, mailbox: tuple[Mailbox, str]
) -> None:
    box, _ = mailbox
    root, duplicate = await report(city), await report(city, locale="es", email="eve@example.org")
    await announce(city, mail)
    async with city.writing() as session:
        of_root = update(ServiceRequest).where(ServiceRequest.id == duplicate.id)
        await session.execute(of_root.values(duplicate_of_id=root.id, status="duplicate"))
    await fixed(city, root)
    await announce(city, mail)
    assert sorted(message["To"] for message in box.messages[2:]) == ["ana@example.org", "eve@example.org"]
    assert root.service_request_id in text_of(box.messages[3])
    # Each in the language that they reported in.
    subjects = {message["To"]: message["Subject"].partition(":")[0] for message in box.messages[2:]}
    assert subjects == {"ana@example.org": "Pothole", "eve@example.org": "Bache"}


async def test_who_reported_a_duplicate_never_gets_the_private_link_of_the_other_reporter(
    city: Database, mail: Settings, mailbox: tuple[Mailbox, str]
) -> None:
    box, _ = mailbox
    root, duplicate = await report(city), await report(city, email="eve@example.org")
    await announce(city, mail)
    box.messages.clear()
    async with city.writing() as session:
        of_root = update(ServiceRequest).where(ServiceRequest.id == duplicate.id)
        await session.execute(of_root.values(duplicate_of_id=root.id, status="duplicate"))
    await add_update(city, root, kind="status", status="scheduled", author="city")
    await announce(city, mail)
    await add_update(city, root, kind="comment", author="city", text="Tomorrow")
    await announce(city, mail)
    by = {to: [m for m in box.messages if m["To"] == to] for to in ("ana@example.org", "eve@example.org")}
    assert [len(theirs) for theirs in by.values()] == [2, 2]
    assert all(f"/requests/{root.service_request_id}" in text_of(message) for message in box.messages)
    for message in by["eve@example.org"]:
        assert "/yours" not in text_of(message) and "/yours" not in part_of(message, "html")
    # Whose report it is gets it as ever; and so do those of the other one, with news of their own.
    assert all("/yours?key=" in text_of(message) for message in by["ana@example.org"])
    box.messages.clear()
    await add_update(city, duplicate, kind="comment", author="city", text="See the other one")
    await announce(city, mail)
    [message] = box.messages
    assert message["To"] == "eve@example.org"
    assert f"/requests/{duplicate.service_request_id}/yours?key=" in text_of(message)


async def test_one_who_left_an_address_and_has_a_device_too_is_one_person(
    city: Database, mail: Settings, mailbox: tuple[Mailbox, str]
) -> None:
    box, _ = mailbox
    await subscriber(city, "ana", email="ana@example.org")
    request = await report(city, device="ana")
    await follows(city, request, "ana")
    await fixed(city, request)
    await announce(city, mail)
    assert [message["To"] for message in box.messages] == ["ana@example.org"]
    assert sum(one.in_inbox for one in await deliveries(city)) == 2


@pytest.mark.parametrize("what", ["service", "area", "circle", "route"])
async def test_a_new_report_is_told_to_whoever_wants_to_hear_of_its_kind_in_its_place(
    what: str, city: Database, settings: Settings
) -> None:
    arguments = {
        "service": {},
        "area": {"layer": "ward", "code": "5"},
        "circle": {"lat": 41.0, "long": -71.0, "radius_m": 300, "label": "12 Elm"},
        "route": {"points": [[40.99, -71.0], [41.01, -71.0]], "radius_m": 50, "label": "Elm"},
    }[what]
    async with city.writing() as session:
        service_id = (await session.execute(select(Service.id))).scalar_one()
    for name, service, cadence in (
        ("near", None, "at_once"),
        ("kind", service_id, "at_once"),
        ("week", None, "weekly"),
    ):
        who = await subscriber(city, name)
        await subscribes(city, who, what, arguments=arguments, service_id=service, cadence=cadence)
    far = await subscriber(city, "far")
    elsewhere = {"lat": 41.2, "long": -71.2, "radius_m": 300, "label": "Elsewhere"}
    await subscribes(city, far, "circle", arguments=elsewhere)
    request = await report(city, notify="none")
    if what == "area":
        async with city.writing() as session:
            session.add(AreaLayer(code="ward", name="Ward"))
            await session.flush()
            shape = "SRID=4326;MULTIPOLYGON(((-71.1 40.9,-70.9 40.9,-70.9 41.1,-71.1 41.1,-71.1 40.9)))"
            area = Area(layer="ward", code="5", name="Five", area_km2=1, location=shape)
            session.add(area)
            await session.flush()
            session.add(RequestArea(request_id=request.id, area_id=area.id))
    await take_all(city, settings, ALL)
    async with city.reading() as session:
        heard = select(Subscriber.device_hash, Subscriber.id).join(Delivery, Delivery.subscriber_id == Subscriber.id)
        assert len((await session.execute(heard)).all()) == 2
    assert {one.channel for one in await deliveries(city)} == {"inbox"}, "who has no other channel has the inbox"


async def test_what_is_told_of_another_s_report_does_not_call_it_theirs(
    city: Database, mail: Settings, mailbox: tuple[Mailbox, str]
) -> None:
    box, _ = mailbox
    who = await subscriber(city, "ben", email="ben@example.org")
    await subscribes(city, who, "service")
    request = await report(city, notify="none")
    await announce(city, mail)
    [message] = box.messages
    assert message["Subject"] == "New report: Pothole"
    assert "your report" not in text_of(message) and "/yours" not in text_of(message)
    await follows(city, request, "ben")
    await add_update(city, request, kind="comment", author="city", text="Tomorrow")
    await announce(city, mail)
    assert box.messages[1]["Subject"] == "News of a report: Pothole"


async def test_what_is_more_than_somebody_wants_in_a_day_waits_for_the_morning_in_one_message(
    city: Database, mail: Settings, mailbox: tuple[Mailbox, str]
) -> None:
    box, _ = mailbox
    await subscriber(city, "ben", email="ben@example.org", most_a_day=2)
    requests = [await report(city, notify="none") for _ in range(4)]
    for request in requests:
        await follows(city, request, "ben")
    for request in requests:
        await add_update(city, request, kind="status", status="assigned", author="city")
        await announce(city, mail)
    assert len(box.messages) == 2
    assert [one.bundle for one in await deliveries(city)] == ["now", "now", "day", "day"]
    await morning(city)
    await announce(city, mail)
    assert [message["Subject"] for message in box.messages[2:]] == ["2 pieces of news for you"]


async def test_a_reporter_who_opens_it_again_is_not_told_so_and_their_followers_are(
    city: Database, mail: Settings, mailbox: tuple[Mailbox, str]
) -> None:
    box, _ = mailbox
    await subscriber(city, "ben", email="ben@example.org")
    request = await report(city)
    await follows(city, request, "ben")
    await announce(city, mail)
    await add_update(city, request, kind="status", status="reopened", author="reporter", text="It is back")
    await announce(city, mail)
    assert [message["To"] for message in box.messages] == ["ana@example.org", "ben@example.org"]


async def test_who_says_by_their_own_no_that_it_is_not_fixed_is_not_told_so_and_all_others_are(
    city: Database, mail: Settings, mailbox: tuple[Mailbox, str]
) -> None:
    box, _ = mailbox
    root, duplicate = await report(city), await report(city, email="eve@example.org")
    await announce(city, mail)
    async with city.writing() as session:
        await change_status(session, duplicate, "duplicate", duplicate_of=root)
        await session.execute(update(Update).values(announced_datetime=datetime.now(UTC)))
    for rater_of, other in ((duplicate, "ana@example.org"), (root, "eve@example.org")):
        box.messages.clear()
        async with city.writing() as session:
            request = await session.get_one(ServiceRequest, root.id)
            closing = await change_status(session, request, "fixed")
            closing.announced_datetime = closing.updated_datetime
        async with city.writing() as session:
            request = await session.get_one(ServiceRequest, root.id, options=[joinedload(ServiceRequest.service)])
            clicked = select(Reporter.id).where(Reporter.request_id == rater_of.id)
            name = f"r{(await session.execute(clicked)).scalar_one()}"
            closing = await session.get_one(Update, closing.id)
            rater = await who_answers(session, request, closing, Viewer(), name)
            assert await keep_answer(session, request, rater, Answer("no", text="Only gravel")) == "reopened"
        await announce(city, mail)
        assert [message["To"] for message in box.messages] == [other]


async def test_an_index_leads_from_a_new_report_to_its_few_subscribers_among_many(city: Database) -> None:
    """By the plan that the database makes for the statement, and by counting what it reads on PostgreSQL."""
    who = await subscriber(city, "ben")
    await subscribes(city, who, "circle", arguments={"lat": 41.0, "long": -71.0, "radius_m": 300, "label": "Elm"})
    many = 100_000
    numbers = (
        f"WITH RECURSIVE n(i) AS (SELECT 10 UNION ALL SELECT i + 1 FROM n WHERE i < {many}) "
        if city.is_sqlite
        else f"WITH n(i) AS (SELECT generate_series(10, {many})) "
    )
    then = "'2026-01-01 00:00:00'" if city.is_sqlite else "now()"
    flags = "1, 0, 1, 0" if city.is_sqlite else "true, false, true, false"
    async with city.writing() as session:
        await session.execute(
            text(
                "INSERT INTO subscriptions (id, subscriber_id, what, arguments, fingerprint, on_new, on_changed,"
                f" on_closed, on_late, cadence, created_datetime, told_datetime) {numbers}"
                f"SELECT i, {who.id}, 'circle', '{{}}', CAST(i AS TEXT), {flags}, 'at_once', {then}, {then} FROM n"
            )
        )
        await session.execute(
            text(
                f"INSERT INTO subscription_places (place, service_id, subscription_id) {numbers}"
                "SELECT 1000000000 + i, i % 50, i FROM n"
            )
        )
    async with city.engine.connect() as connection:
        if not city.is_sqlite:
            await connection.execute(text("ANALYZE subscription_places"))
            await connection.execute(text("ANALYZE subscriptions"))
        keys = keys_of_request(cell_key(41.0, -71.0), [("ward", "5")])
        statement = subscriptions_at(keys, [0, 1]).compile(
            connection.sync_connection, compile_kwargs={"literal_binds": True}
        )
        explain = "EXPLAIN QUERY PLAN" if city.is_sqlite else "EXPLAIN"
        plan = "\n".join(str(row) for row in (await connection.execute(text(f"{explain} {statement}"))).all())
    assert "SCAN" not in plan.upper().replace("INDEX SCAN", "").replace("INDEX ONLY SCAN", "").replace(
        "BITMAP HEAP SCAN", ""
    ), plan
    assert "subscription_places" in plan


async def test_nobody_is_told_by_a_channel_that_the_city_has_not(city: Database, settings: Settings) -> None:
    await subscriber(city, "ben", email="ben@example.org", phone="+16175550123", phone_state="confirmed", by_sms=True)
    request = await report(city)
    await follows(city, request, "ben")
    await fixed(city, request)
    await take_all(city, settings, Ways())
    assert [(one.channel, one.due_datetime) for one in await deliveries(city)] == [("inbox", None)]
    before = datetime.now(UTC) + timedelta(seconds=1)
    assert all(one.sent_datetime and one.sent_datetime < before for one in await deliveries(city))
