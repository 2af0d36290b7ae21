"""The front page and the list of one's own reports: what is on them, for whom, and at what cost."""

from __future__ import annotations

from litestar import Litestar
from sqlalchemy import event, func, select

from app.db import Database
from app.service_requests.models import Follower
from tests.service_requests.city import EAST_LONG, LAT, LONG, days_ago, report, set_facts
from tests.service_requests.conftest import Person


async def test_the_front_page_leads_to_the_report_and_says_whom_to_call_in_danger(
    city: Database, stranger: Person
) -> None:
    page = (await stranger.get("/")).text
    assert 'href="/report"' in page
    assert 'href="tel:911"' in page
    assert 'href="/my"' in page
    assert "Nothing has been reported yet" in page


async def test_the_front_page_stands_before_there_is_a_city(database: Database, client: Person) -> None:
    answer = await client.get("/")
    assert answer.status_code == 200


async def test_what_is_private_withdrawn_or_a_duplicate_is_in_no_list(
    city: Database, ana: Person, stranger: Person
) -> None:
    shown = await report(city, ana.device_hash)
    secret = await report(city, ana.device_hash, service_code="drugs")
    withdrawn, duplicate = await report(city), await report(city)
    await set_facts(city, withdrawn, status="withdrawn", closed_datetime=days_ago(0))
    await set_facts(city, duplicate, status="duplicate", duplicate_of_id=shown.id, closed_datetime=days_ago(0))
    for address in ("/", f"/nearby?lat={LAT}&long={LONG}"):
        page = (await stranger.get(address)).text
        assert shown.service_request_id in page
        for other in (secret, withdrawn, duplicate):
            assert other.service_request_id not in page
    assert secret.service_request_id in (await ana.get("/")).text


async def test_nearby_is_within_a_kilometre_and_says_how_far(city: Database, stranger: Person) -> None:
    near, far = await report(city), await report(city, long=EAST_LONG)
    answer = await stranger.get(f"/nearby?lat={LAT + 0.001}&long={LONG}")
    assert near.service_request_id in answer.text
    assert "111 m from you" in answer.text
    assert far.service_request_id not in answer.text
    assert "<html" not in answer.text
    assert answer.headers["cache-control"] == "no-store"


async def test_a_position_that_is_none_is_refused_and_one_far_away_finds_nothing(
    city: Database, stranger: Person
) -> None:
    for bad in ("lat=x&long=y", "lat=1", "", "lat=nan&long=nan", "lat=91&long=0", "lat=1&long=inf"):
        assert (await stranger.get(f"/nearby?{bad}")).status_code == 400, bad
    assert "Nothing was reported" in (await stranger.get("/nearby?lat=0&long=179.9")).text


async def test_what_was_fixed_this_week_is_counted(city: Database, stranger: Person) -> None:
    for days in (1, 3, 9):
        done = await report(city)
        day = days_ago(days)
        await set_facts(city, done, status="fixed", closed_datetime=day, updated_datetime=day)
    assert "2 fixed this week" in (await stranger.get("/")).text


async def test_the_front_page_asks_the_database_as_often_for_one_report_as_for_many(
    city: Database, app: Litestar, stranger: Person
) -> None:
    asked = []

    def note(*_: object) -> None:
        asked.append(1)

    engine = app.state.database.engine.sync_engine
    await report(city)
    await stranger.get("/")
    event.listen(engine, "before_cursor_execute", note)
    await stranger.get("/")
    few, asked[:] = len(asked), []
    for _ in range(12):
        await report(city)
    await stranger.get("/")
    assert 0 < few <= 8
    assert len(asked) == few


async def test_my_reports_are_those_of_this_device(city: Database, ana: Person, ben: Person) -> None:
    own, followed, other = await report(city, ana.device_hash), await report(city), await report(city)
    await ana.post(f"/requests/{followed.service_request_id}/follow")
    page = (await ana.get("/my")).text
    assert page.index("Reported from this device") < page.index(own.service_request_id) < page.index("You follow")
    assert page.index("You follow") < page.index(followed.service_request_id)
    assert other.service_request_id not in page
    assert own.service_request_id not in (await ben.get("/my")).text


async def test_what_is_late_says_so_in_the_list(city: Database, ana: Person) -> None:
    request = await report(city, ana.device_hash)
    await set_facts(city, request, expected_datetime=days_ago(5))
    assert "5 days late" in (await ana.get("/my")).text


async def test_with_nothing_to_show_my_reports_says_what_to_do(city: Database, stranger: Person) -> None:
    page = (await stranger.get("/my")).text
    assert "Nothing reported from this device" in page
    assert 'href="/report"' in page
    assert '<details class="forget" hidden>' in page


async def test_a_forgotten_device_follows_nothing_and_has_no_cookie(city: Database, ana: Person) -> None:
    own, followed = await report(city, ana.device_hash), await report(city)
    await ana.post(f"/requests/{followed.service_request_id}/follow")
    answer = await ana.post("/my/forgetting")
    assert (answer.status_code, answer.headers["location"]) == (303, "/my?forgotten=1")
    assert "device" not in ana.cookies
    page = (await ana.get("/my?forgotten=1")).text
    assert "This device is forgotten" in page
    assert own.service_request_id not in page
    async with city.reading() as session:
        assert (await session.execute(select(func.count()).select_from(Follower))).scalar_one() == 0
    public = (await ana.get(f"/requests/{followed.service_request_id}")).text
    assert "follows it" not in public


async def test_a_number_that_cannot_be_read_says_why(city: Database, stranger: Person) -> None:
    for number in ("12345", "7KF2-M9QX-T3AA", "<script>", "x" * 5000, "\x00"):
        answer = await stranger.get("/requests", params={"number": number})
        assert answer.status_code == 404
        assert "typing error" in answer.text
        assert "<script>1" not in answer.text
    assert (await stranger.get("/requests?number=")).headers["location"] == "/"
