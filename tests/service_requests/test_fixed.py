"""“Is it fixed?”: who is asked, what a Yes and a No do, and what is refused."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from litestar import Litestar
from sqlalchemy import select

from app.db import Database
from app.service_requests.change_status import change_status
from app.service_requests.models import Follower, Photo, Reporter, ServiceRequest, Update
from app.service_requests.rating_links import answer_key, fixed_link, rater_name
from app.service_requests.rating_models import Rating
from app.service_requests.satisfaction import Satisfaction, satisfaction, satisfaction_by_area, satisfaction_by_service
from tests.service_requests.city import DRUGS, EAST_LONG, GRAFFITI, POTHOLE, days_ago, jpeg, report, set_facts, stored
from tests.service_requests.conftest import Person

JSON = {"accept": "application/json"}
YES = {"answer": "yes", "stars": "4"}
NO = {"answer": "no", "text": "Only gravel in it"}


async def close(city: Database, request: ServiceRequest, text: str = "Filled with asphalt.") -> None:
    async with city.writing() as session:
        await change_status(session, await session.get_one(ServiceRequest, request.id), "fixed", text=text)


async def fixed_report(city: Database, ana: Person, *others: Person, **facts: Any) -> ServiceRequest:
    """A report of Ana's that the others joined, and that the city has closed as fixed."""
    request = await report(city, ana.device_hash, **facts)
    for person in others:
        await person.post(f"/requests/{request.service_request_id}/join")
    await close(city, request)
    return request


def page_of(request: ServiceRequest) -> str:
    return f"/requests/{request.service_request_id}/fixed"


async def rows(city: Database, table: type, *where: object) -> list:
    async with city.reading() as session:
        return list((await session.execute(select(table).where(*where).order_by(table.id))).scalars())


async def key_of(city: Database, app: Litestar, request: ServiceRequest, table: type = Reporter) -> str:
    person = (await rows(city, table, table.request_id == request.id))[0]
    return answer_key(app.state.settings.secret_key, request.service_request_id, rater_name(person))


async def test_a_yes_with_stars_is_kept_once_and_the_last_one_counts(city: Database, ana: Person) -> None:
    request = await fixed_report(city, ana)
    assert "Is it fixed?" in (await ana.get(f"/requests/{request.service_request_id}")).text
    asked = await ana.get(f"{page_of(request)}?answer=yes")
    assert (asked.status_code, asked.headers["cache-control"]) == (200, "private, no-store")
    assert "Filled with asphalt." in asked.text
    assert 'value="yes" checked' in asked.text
    assert await rows(city, Rating) == []
    for stars in ("4", "4", "5"):
        answer = await ana.post(page_of(request), data={**YES, "stars": stars, "words": "Smooth again"})
        assert (answer.status_code, answer.headers["location"]) == (303, f"{page_of(request)}?done=thanks")
    (kept,) = await rows(city, Rating)
    assert (kept.answer, kept.stars, kept.words) == ("yes", 5, "Smooth again")
    assert (await stored(city, request)).status == "fixed"
    assert "Your answer is kept" in (await ana.get(answer.headers["location"])).text
    assert "You said: yes" in (await ana.get(f"/requests/{request.service_request_id}")).text


async def test_a_no_opens_it_again_once_and_says_what_stands_after(
    city: Database, ana: Person, stranger: Person
) -> None:
    request = await fixed_report(city, ana)
    files = {"photo": ("image.jpg", jpeg(), "image/jpeg")}
    for done in ("reopened", "stands"):
        answer = await ana.post(page_of(request), data=NO, files=files)
        assert (answer.status_code, answer.headers["location"]) == (303, f"{page_of(request)}?done={done}")
    assert (await stored(city, request)).status == "reopened"
    (update,) = await rows(city, Update, Update.status == "reopened")
    (photo,) = await rows(city, Photo)
    assert (photo.update_id, update.author, update.text) == (update.id, "reporter", "Only gravel in it")
    assert [one.answer for one in await rows(city, Rating)] == ["no"]
    assert "You said that it is not fixed" in (await ana.get(page_of(request))).text
    public = (await stranger.get(f"/requests/{request.service_request_id}")).text
    assert "Only gravel in it" in public
    assert f"/photos/{photo.id}/" in public
    assert (await ana.post(page_of(request), data=YES)).status_code == 409


async def test_many_clicks_at_once_open_it_once(city: Database, ana: Person, ben: Person) -> None:
    request = await fixed_report(city, ana, ben)
    people = [ana, ben, ana, ben]
    answers = await asyncio.gather(*[one.post(page_of(request), data=NO, headers=JSON) for one in people])
    assert {answer.status_code for answer in answers} == {200}
    assert sorted(answer.json()["done"] for answer in answers) == ["counted", "reopened", "stands", "stands"]
    assert len(await rows(city, Update, Update.status == "reopened")) == 1
    assert len(await rows(city, Rating)) == 2


async def test_a_photo_alone_says_enough_and_an_empty_no_does_not(city: Database, ana: Person) -> None:
    request = await fixed_report(city, ana)
    answer = await ana.post(page_of(request), data={"answer": "no", "text": "  "})
    assert answer.status_code == 422
    assert "Say or show what is still wrong" in answer.text
    files = {"photo": ("image.jpg", jpeg(), "image/jpeg")}
    assert (await ana.post(page_of(request), data={"answer": "no"}, files=files)).status_code == 303
    assert (await stored(city, request)).status == "reopened"


async def test_a_photo_is_kept_while_the_words_are_mended(city: Database, ana: Person) -> None:
    request = await fixed_report(city, ana)
    files = {"photo": ("image.jpg", jpeg(), "image/jpeg")}
    refused = await ana.post(page_of(request), data={"answer": "no", "text": "x" * 2001}, files=files)
    assert refused.status_code == 422
    token = refused.text.partition('name="media" value="')[2].partition('"')[0]
    await ana.post(page_of(request), data={**NO, "media": token})
    assert len(await rows(city, Photo)) == 1


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ({}, "Choose Yes or No"),
        ({"answer": "maybe"}, "Choose Yes or No"),
        ({"answer": "yes", "stars": "6"}, "one to five stars"),
        ({"answer": "yes", "stars": "0"}, "one to five stars"),
        ({"answer": "yes", "stars": "٣"}, "one to five stars"),
        ({"answer": "yes", "words": "x" * 2001}, "2001 characters long"),
        ({"answer": "no", "text": "x" * 2001}, "2001 characters long"),
        ({"answer": "no", "media": "no token of ours"}, "could not be read"),
    ],
)
async def test_an_answer_that_cannot_be_kept_is_refused_with_a_sentence(
    city: Database, ana: Person, sent: dict[str, str], words: str
) -> None:
    request = await fixed_report(city, ana)
    answer = await ana.post(page_of(request), data=sent)
    assert answer.status_code == 422
    assert words in answer.text
    told = await ana.post(page_of(request), data=sent, headers=JSON)
    assert told.headers["content-type"].startswith("application/problem+json")
    assert await rows(city, Rating) == []
    assert (await stored(city, request)).status == "fixed"


async def test_the_link_of_a_message_needs_no_cookie_and_lets_in_one_person(
    city: Database, app: Litestar, ana: Person, ben: Person, stranger: Person
) -> None:
    request = await fixed_report(city, ana, ben, address_string="12 Beacon Street")
    other = await fixed_report(city, ana)
    key = await key_of(city, app, request)
    path = fixed_link(app.state.settings, request.service_request_id, key.partition("-")[0], "no")
    asked = await stranger.get(path)
    assert asked.status_code == 200
    assert 'value="no" checked' in asked.text
    assert "set-cookie" not in asked.headers
    answer = await stranger.post(page_of(request), data={**YES, "key": key})
    assert (await stranger.get(answer.headers["location"])).status_code == 200
    await ana.post(page_of(request), data={**YES, "stars": "2"})
    (kept,) = await rows(city, Rating)
    assert (kept.rater, kept.stars) == (key.partition("-")[0], 2)
    for wrong in (key[:-1], f"r99{key[2:]}", "r1", "ключ"):
        assert (await stranger.get(page_of(request), params={"key": wrong})).status_code == 404
        assert (await stranger.post(page_of(request), data={**YES, "key": wrong})).status_code == 404
    assert (await stranger.get(page_of(other), params={"key": key})).status_code == 404
    assert "not whole" in (await stranger.get(page_of(request), params={"key": "r1"})).text


async def test_somebody_else_is_not_asked(city: Database, ana: Person, ben: Person, stranger: Person) -> None:
    request = await fixed_report(city, ana)
    # Who begins to follow once it is fixed did not know it before.
    await ben.post(f"/requests/{request.service_request_id}/follow")
    for person in (ben, stranger):
        assert (await person.get(page_of(request))).status_code == 403
        assert (await person.post(page_of(request), data=NO)).status_code == 403
        assert "Is it fixed?" not in (await person.get(f"/requests/{request.service_request_id}")).text
    assert await rows(city, Rating) == []


async def test_a_followers_no_is_read_and_does_not_open_it_again(
    city: Database, app: Litestar, ana: Person, ben: Person, stranger: Person
) -> None:
    request = await report(city, ana.device_hash)
    await ben.post(f"/requests/{request.service_request_id}/follow")
    await close(city, request)
    assert "Is it fixed?" in (await ben.get(f"/requests/{request.service_request_id}")).text
    answer = await ben.post(page_of(request), data=NO, headers=JSON)
    assert answer.json()["done"] == "noted"
    key = await key_of(city, app, request, Follower)
    assert (await stranger.post(page_of(request), data={**YES, "key": key}, headers=JSON)).json()["done"] == "thanks"
    assert [one.answer for one in await rows(city, Rating)] == ["yes"]
    assert (await stored(city, request)).status == "fixed"


async def test_a_private_report_is_asked_about_through_the_link_only(
    city: Database, app: Litestar, ana: Person, stranger: Person
) -> None:
    request = await fixed_report(city, ana, service_code="drugs")
    assert request.service_id == DRUGS
    assert (await stranger.get(page_of(request))).status_code == 404
    key = await key_of(city, app, request)
    assert "Drug dealing" in (await stranger.get(page_of(request), params={"key": key})).text


@pytest.mark.parametrize(("status", "said"), [("received", 409), ("no_action", 409), ("withdrawn", 409)])
async def test_there_is_nothing_to_answer_before_the_city_says_so(
    city: Database, ana: Person, status: str, said: int
) -> None:
    request = await report(city, ana.device_hash)
    await set_facts(city, request, status=status, closed_datetime=days_ago(1))
    assert (await ana.get(page_of(request))).status_code == 200
    assert (await ana.post(page_of(request), data=YES)).status_code == said
    assert await rows(city, Rating) == []


async def test_after_thirty_days_it_is_to_be_reported_anew(city: Database, ana: Person) -> None:
    request = await fixed_report(city, ana)
    await set_facts(city, request, closed_datetime=days_ago(31))
    asked = await ana.get(page_of(request))
    assert asked.status_code == 410
    assert "more than 30 days ago" in asked.text
    for sent in (YES, NO):
        assert (await ana.post(page_of(request), data=sent)).status_code == 410
    assert await rows(city, Rating) == []


async def test_each_closing_is_asked_about_anew(city: Database, ana: Person) -> None:
    request = await fixed_report(city, ana)
    await ana.post(page_of(request), data=NO)
    await close(city, request, "Done properly this time.")
    assert "You said" not in (await ana.get(f"/requests/{request.service_request_id}")).text
    await ana.post(page_of(request), data=YES)
    assert [one.answer for one in await rows(city, Rating)] == ["no", "yes"]


async def test_answers_are_counted_by_service_and_by_area(city: Database, ana: Person, ben: Person) -> None:
    since, until = datetime.now(UTC) - timedelta(hours=1), datetime.now(UTC) + timedelta(hours=1)
    hole = await fixed_report(city, ana, ben)
    paint = await fixed_report(city, ana, service_code="graffiti", long=EAST_LONG)
    for person, request, sent in ((ana, hole, YES), (ben, hole, {"answer": "yes"}), (ana, paint, NO)):
        await person.post(page_of(request), data=sent)
    async with city.reading() as session:
        assert await satisfaction(session, since, until) == Satisfaction(3, 2, 1, 4.0)
        by_service = await satisfaction_by_service(session, since, until)
        assert by_service == {POTHOLE: Satisfaction(2, 2, 1, 4.0), GRAFFITI: Satisfaction(1, 0, 0, None)}
        by_area = await satisfaction_by_area(session, "board", since, until)
        assert by_area == {1: Satisfaction(2, 2, 1, 4.0), 2: Satisfaction(1, 0, 0, None)}
        assert await satisfaction(session, until, until + timedelta(days=1)) == Satisfaction(0, 0, 0, None)
