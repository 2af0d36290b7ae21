"""A review opens by itself where too few promises were kept in a month, and is answered by those whose matter it is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from litestar import Litestar
from litestar.testing import AsyncTestClient
from sqlalchemy import select, update

from app.db import Database
from app.performance.count_promises import count_promises
from app.performance.models import CountedMonth, Review
from app.performance.months import month_before, span_of
from app.performance.reviews import open_reviews
from tests.accounts.signed_in import grant, person, sign_in_as
from tests.performance.past import DAY, ZONE, in_month, past, this_month
from tests.service_requests.city import PARKS, POTHOLE, STREETS, TREE, make_city

Client = AsyncTestClient[Litestar]


@pytest.fixture
async def city(database: Database) -> Database:
    await make_city(database)
    return database


async def reviews(city: Database) -> list[Review]:
    async with city.reading() as session:
        return list((await session.execute(select(Review).order_by(Review.id))).scalars())


async def too_few_kept(city: Database) -> None:
    await past(city, 17, in_month(), DAY)
    await past(city, 2, in_month(), 9 * DAY, missed_reason="staff")
    await past(city, 1, in_month(), 9 * DAY, missed_reason="weather")
    await past(city, 20, in_month(), DAY, service_id=TREE, department_id=PARKS)
    await count_promises(city)


async def test_a_month_under_the_target_opens_a_review_once_with_its_figures(city: Database) -> None:
    await too_few_kept(city)
    for _ in range(2):
        await open_reviews(city)
    (one,) = await reviews(city)
    assert (one.month, one.service_id, one.department_id) == (month_before(this_month()), POTHOLE, STREETS)
    assert (one.target, one.kept, one.missed, one.still_open) == (90, 17, 3, 0)
    assert one.reasons == {"staff": 2, "weather": 1}
    assert (one.median_hours, one.ninetieth_hours) == (25, 9 * 24 + 6)


async def test_what_is_still_open_counts_and_what_was_nobodys_is_reviewed_too(city: Database) -> None:
    await past(city, 18, in_month(), DAY, department_id=None)
    due = in_month() - datetime.now(UTC)
    await past(city, 4, None, 3 * DAY - due, department_id=None)
    await count_promises(city)
    await open_reviews(city)
    (one,) = await reviews(city)
    assert (one.department_id, one.kept, one.still_open) == (None, 18, 4)


async def test_nothing_is_said_of_a_month_before_it_was_counted_to_its_end(city: Database) -> None:
    await too_few_kept(city)
    last = month_before(this_month())
    early = span_of(last, ZONE)[1] - timedelta(minutes=1)
    async with city.writing() as session:
        stale = update(CountedMonth).where(CountedMonth.month == last)
        await session.execute(stale.values(counted_datetime=early))
    await open_reviews(city)
    assert await reviews(city) == []
    await past(city, 30, in_month(), DAY)
    await count_promises(city)
    await open_reviews(city)
    assert await reviews(city) == [], "with what came in since, the target was kept"


async def test_those_whose_matter_it_is_answer_and_everybody_reads_it(client: Client, city: Database) -> None:
    await too_few_kept(city)
    await open_reviews(city)
    page = (await client.get("/promises")).text
    assert "17 of 20 were kept; 90 of a hundred should be." in page and "has not answered yet" in page
    await sign_in_as(client, city, await person(city, grant("department_head", department_id=PARKS)))
    assert "17 of 20" not in (await client.get("/staff/reviews")).text
    assert (await client.post("/staff/reviews/1", data={"answer": "Ours?"})).status_code == 404
    await sign_in_as(client, city, await person(city, grant("department_head", department_id=STREETS)))
    assert "17 of 20" in (await client.get("/staff/reviews")).text
    assert (await client.post("/staff/reviews/1", data={"answer": " "})).status_code == 422
    answer = {"answer": "Two crews more from May on."}
    assert (await client.post("/staff/reviews/1", data=answer, follow_redirects=False)).status_code == 303
    assert (await client.post("/staff/reviews/1", data=answer)).status_code == 409
    assert "Two crews more from May on." in (await client.get("/promises")).text
