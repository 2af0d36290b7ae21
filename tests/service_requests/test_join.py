"""Everybody is counted once, whichever way they come."""

from __future__ import annotations

import asyncio

from sqlalchemy import func, select

from app.db import Database
from app.service_requests.change_status import change_status
from app.service_requests.models import Contact, Follower, Reporter
from tests.service_requests.city import ANA, report, set_facts, stored
from tests.service_requests.conftest import Person

JSON = {"accept": "application/json"}


async def count(city: Database, table: type) -> int:
    async with city.reading() as session:
        return (await session.execute(select(func.count()).select_from(table))).scalar_one()


async def test_joining_counts_a_device_once_and_lets_it_follow(city: Database, stranger: Person) -> None:
    request = await report(city)
    address = f"/requests/{request.service_request_id}"
    for _ in range(3):
        answer = await stranger.post(f"{address}/join")
        assert (answer.status_code, answer.headers["location"]) == (303, f"{address}?done=joined")
    now = await stored(city, request)
    assert (now.reporter_count, now.follower_count) == (2, 1)
    page = (await stranger.get(f"{address}?done=joined")).text
    assert "2 people reported this" in page
    assert "1 person follows it" in page
    assert "You are counted as a further reporter" in page
    assert request.service_request_id in (await stranger.get("/my")).text


async def test_a_double_click_counts_once(city: Database, ben: Person) -> None:
    request = await report(city)
    address = f"/requests/{request.service_request_id}/join"
    answers = await asyncio.gather(*[ben.post(address, headers=JSON) for _ in range(6)])
    assert {answer.status_code for answer in answers} == {200}
    now = await stored(city, request)
    assert (now.reporter_count, now.follower_count) == (2, 1)
    assert await count(city, Reporter) == 2


async def test_ones_own_report_is_not_counted_twice(city: Database, ana: Person) -> None:
    request = await report(city, ana.device_hash)
    answer = await ana.post(f"/requests/{request.service_request_id}/join", headers=JSON)
    assert answer.json()["reporter_count"] == 1
    assert answer.json()["follower_count"] == 1


async def test_a_closed_report_cannot_be_joined_and_says_what_to_do(city: Database, ben: Person) -> None:
    request = await report(city)
    await set_facts(city, request, status="fixed")
    answer = await ben.post(f"/requests/{request.service_request_id}/join")
    assert answer.status_code == 409
    assert "report it anew" in answer.text
    assert 'href="/report?lat=' in answer.text
    problem = await ben.post(f"/requests/{request.service_request_id}/join", headers=JSON)
    assert problem.status_code == 409
    assert problem.json()["problems"][0]["field"] == "status"
    assert (await stored(city, request)).reporter_count == 1


async def test_who_joins_may_leave_an_address(city: Database, ben: Person) -> None:
    request = await report(city)
    address = f"/requests/{request.service_request_id}/join"
    for _ in range(2):
        await ben.post(address, data={"email": "ben@example.org", "notify": "email"})
    async with city.reading() as session:
        contacts = (await session.execute(select(Contact))).scalars().all()
    assert [(contact.email, contact.notify) for contact in contacts] == [("ben@example.org", "email")]
    assert "ben@example.org" not in (await ben.get(f"/requests/{request.service_request_id}")).text


async def test_a_wrong_address_is_refused_with_words_and_nothing_is_counted(city: Database, ben: Person) -> None:
    request = await report(city)
    answer = await ben.post(f"/requests/{request.service_request_id}/join", data={"email": "ben at home"})
    assert answer.status_code == 422
    assert "This is not an e-mail address" in answer.text
    assert (await stored(city, request)).reporter_count == 1


async def test_where_the_city_asks_for_no_contact_none_is_kept(city: Database, ben: Person) -> None:
    request = await report(city, service_code="tree")
    await ben.post(f"/requests/{request.service_request_id}/join", data={"email": "ben@example.org"})
    assert await count(city, Contact) == 0
    assert (await stored(city, request)).reporter_count == 2


async def test_following_and_unfollowing_are_counted_once_each(city: Database, ben: Person, stranger: Person) -> None:
    request = await report(city)
    address = f"/requests/{request.service_request_id}"
    for person, action, followers in [
        (ben, "follow", 1),
        (ben, "follow", 1),
        (stranger, "follow", 2),
        (ben, "unfollow", 1),
        (ben, "unfollow", 1),
        (stranger, "unfollow", 0),
    ]:
        answer = await person.post(f"{address}/{action}", headers=JSON)
        assert answer.json()["follower_count"] == followers
    assert await count(city, Follower) == 0
    assert (await stored(city, request)).reporter_count == 1


async def test_who_only_looks_gets_no_cookie_and_who_unfollows_neither(city: Database, stranger: Person) -> None:
    request = await report(city)
    for answer in [
        await stranger.get("/"),
        await stranger.get("/my"),
        await stranger.post(f"/requests/{request.service_request_id}/unfollow"),
    ]:
        assert "set-cookie" not in answer.headers
    answer = await stranger.post(f"/requests/{request.service_request_id}/follow")
    assert "device=" in answer.headers["set-cookie"]
    assert "HttpOnly" in answer.headers["set-cookie"]


async def test_a_duplicates_people_are_counted_with_the_report_that_is_worked_on(
    city: Database, ana: Person, ben: Person
) -> None:
    first, second, third = [await report(city, device) for device in (ana.device_hash, ben.device_hash, None)]
    await ben.post(f"/requests/{first.service_request_id}/join")
    await ana.post(f"/requests/{second.service_request_id}/follow")
    for duplicate, people in ((second, 2), (third, 3)):
        async with city.writing() as session:
            await change_status(session, await stored(city, duplicate), "duplicate", duplicate_of=first)
        assert (await stored(city, first)).reporter_count == people
    assert (await stored(city, first)).follower_count == 2
    assert await count(city, Reporter) == 4
    async with city.writing() as session:
        await change_status(session, await stored(city, third), "reopened")
    assert (await stored(city, first)).reporter_count == 2


async def test_a_duplicate_of_a_duplicate_stands_with_the_first_report(city: Database) -> None:
    first, second, third = [await report(city) for _ in range(3)]
    async with city.writing() as session:
        await change_status(session, await stored(city, third), "duplicate", duplicate_of=second)
    async with city.writing() as session:
        await change_status(session, await stored(city, second), "duplicate", duplicate_of=first)
    assert (await stored(city, third)).duplicate_of_id == first.id
    assert (await stored(city, first)).reporter_count == 3
    assert (await stored(city, second)).reporter_count == 1


async def test_following_a_duplicate_follows_what_is_worked_on(city: Database, ben: Person) -> None:
    first, second = await report(city), await report(city)
    await ben.post(f"/requests/{second.service_request_id}/follow")
    async with city.writing() as session:
        await change_status(session, await stored(city, second), "duplicate", duplicate_of=first)
    assert (await stored(city, first)).follower_count == 1
    await ben.post(f"/requests/{second.service_request_id}/follow")
    assert (await stored(city, first)).follower_count == 1
    await ben.post(f"/requests/{second.service_request_id}/unfollow")
    assert (await stored(city, first)).follower_count == 0
    assert await count(city, Follower) == 0


async def test_contact_of_who_joined_says_nothing_about_the_reporter(city: Database, ana: Person, ben: Person) -> None:
    request = await report(city, ana.device_hash, contact=ANA)
    await ben.post(f"/requests/{request.service_request_id}/join", data={"email": "ben@example.org"})
    page = (await ben.get(f"/requests/{request.service_request_id}")).text
    assert "ana@example.org" not in page
