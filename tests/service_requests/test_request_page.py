"""What the page of a request shows, and to whom."""

from __future__ import annotations

from datetime import UTC, datetime

from litestar import Litestar

from app.db import Database
from app.service_requests.change_status import change_status
from app.service_requests.identifiers import DIGITS, reporter_key
from app.service_requests.models import ServiceRequest
from tests.service_requests.city import ANA, DRUGS, LAT, LONG, STATE, days_ago, report, set_facts, stored
from tests.service_requests.conftest import Person

WORDS = "Deep hole, call me at 617 555 0142 or ana@example.org"


async def test_anybody_sees_the_kind_the_place_the_status_and_who_acts(city: Database, stranger: Person) -> None:
    request = await report(city, description="A deep hole")
    page = await stranger.get(f"/requests/{request.service_request_id}")
    assert page.status_code == 200
    for words in ("Pothole", "12 Beacon Street", "Received", "Streets Department", "A deep hole", "1 person reported"):
        assert words in page.text
    assert "set-cookie" not in page.headers


async def test_a_number_is_read_as_people_write_it(city: Database, stranger: Person) -> None:
    number = (await report(city)).service_request_id
    for written in (number.lower(), number.replace("-", ""), f" {number} "):
        answer = await stranger.get(f"/requests/{written}")
        assert (answer.status_code, answer.headers["location"]) == (301, f"/requests/{number}")
        found = await stranger.get("/requests", params={"number": written})
        assert (found.status_code, found.headers["location"]) == (303, f"/requests/{number}")


async def test_a_number_with_one_wrong_character_says_that_it_is_mistyped(city: Database, stranger: Person) -> None:
    number = (await report(city)).service_request_id
    for place in (0, 5, len(number) - 1):
        other = DIGITS[(DIGITS.index(number[place]) + 1) % 32]
        answer = await stranger.get(f"/requests/{number[:place]}{other}{number[place + 1 :]}")
        assert answer.status_code == 404
        assert "typing error" in answer.text


async def test_a_number_that_nobody_has_is_not_found(city: Database, stranger: Person) -> None:
    request = await report(city)
    await set_facts(city, request, service_request_id="0000-0000-0000")
    answer = await stranger.get(f"/requests/{request.service_request_id}")
    assert answer.status_code == 404
    assert "No public report has this number" in answer.text


async def test_nothing_personal_stands_on_the_public_page(city: Database, ana: Person, stranger: Person) -> None:
    request = await report(city, ana.device_hash, description=WORDS, contact=ANA)
    public = await stranger.get(f"/requests/{request.service_request_id}")
    own = await ana.get(f"/requests/{request.service_request_id}")
    for secret in ("ana@example.org", "617 555 0142", "Ana Reporter", "/yours?key="):
        assert secret not in public.text
        assert secret in own.text
    assert "•••" in public.text
    assert own.headers["cache-control"] == "private, no-store"


async def test_nothing_personal_stands_in_the_words_for_the_place(
    city: Database, ana: Person, stranger: Person
) -> None:
    place = "Behind the school, ask Ana: ana@example.org, (617) 555-0142"
    request = await report(city, ana.device_hash, address_string=place)
    nearby = f"/report/nearby?lat={LAT}&long={LONG}&service_code=pothole"
    for page in (f"/requests/{request.service_request_id}", "/", f"/nearby?lat={LAT}&long={LONG}", nearby):
        public = (await stranger.get(page)).text
        assert "Behind the school" in public
        assert "ana@example.org" not in public
        assert "555-0142" not in public


async def test_words_that_need_a_review_are_not_shown(city: Database, ana: Person, stranger: Person) -> None:
    request = await report(city, ana.device_hash, service_code="graffiti", description="Old Mr Grey did it")
    address = f"/requests/{request.service_request_id}"
    public = await stranger.get(address)
    assert "Mr Grey" not in public.text
    assert "for the city only" in public.text
    assert "Mr Grey" in (await ana.get(address)).text
    await set_facts(city, request, description_public=True)
    assert "Mr Grey" in (await stranger.get(address)).text


async def test_a_private_request_exists_for_its_reporter_only(city: Database, ana: Person, ben: Person) -> None:
    request = await report(city, ana.device_hash, service_code="drugs", description="Every night")
    address = f"/requests/{request.service_request_id}"
    assert request.service_id == DRUGS
    assert "Every night" in (await ana.get(address)).text
    assert (await ben.get(address)).status_code == 404
    for action in ("join", "follow", "unfollow", "updates", "photos", "withdrawal", "correction", "reopening"):
        assert (await ben.post(f"{address}/{action}")).status_code == 404, action


async def test_the_private_link_opens_one_report_on_another_device(
    city: Database, stranger: Person, ben: Person
) -> None:
    request = await report(city, service_code="drugs", description="Every night", contact=ANA)
    other = await report(city, service_code="drugs")
    link = private_link(request)
    answer = await stranger.get(link)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/requests/{request.service_request_id}")
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert f"path=/requests/{request.service_request_id.lower()}" in cookie
    assert "ana@example.org" in (await stranger.get(answer.headers["location"])).text
    assert (await stranger.get(f"/requests/{other.service_request_id}")).status_code == 404
    assert (await ben.get(f"/requests/{request.service_request_id}")).status_code == 404


async def test_a_wrong_private_link_opens_nothing(city: Database, stranger: Person) -> None:
    request, other = await report(city), await report(city)
    key = (private_link(request)).partition("key=")[2]
    wrong = [
        f"/requests/{other.service_request_id}/yours?key={key}",
        f"/requests/{request.service_request_id}/yours?key={key[:-1]}",
        f"/requests/{request.service_request_id}/yours?key=é",
        f"/requests/{request.service_request_id}/yours",
    ]
    for link in wrong:
        answer = await stranger.get(link)
        assert answer.status_code == 404
        assert "private link" in answer.text
        assert "set-cookie" not in answer.headers


def private_link(request: ServiceRequest) -> str:
    key = reporter_key("a secret for tests only", request.service_request_id)
    return f"/requests/{request.service_request_id}/yours?key={key}"


async def test_the_promise_is_said_as_a_day_and_how_late_it_is(city: Database, stranger: Person) -> None:
    request = await report(city)
    address = f"/requests/{request.service_request_id}"
    on_time = (await stranger.get(address)).text
    assert "Promised by " in on_time
    assert "badge late" not in on_time
    await set_facts(city, request, expected_datetime=days_ago(4))
    late = (await stranger.get(address)).text
    assert "4 days late" in late
    assert "missed this date" in late


async def test_how_often_the_promise_is_kept_is_said_once_enough_is_known(city: Database, stranger: Person) -> None:
    asked = await report(city)
    address = f"/requests/{asked.service_request_id}"
    for number in range(20):
        done = await report(city)
        in_time = number % 10 != 0
        day = days_ago(10)
        await set_facts(
            city,
            done,
            status="fixed",
            requested_datetime=day,
            expected_datetime=days_ago(7),
            closed_datetime=days_ago(8 if in_time else 6),
        )
        if number == 18:
            assert "done in time" not in (await stranger.get(address)).text
    assert "9 of 10 are done in time" in (await stranger.get(address)).text


async def test_a_fixed_request_says_whether_the_promise_was_kept(city: Database, stranger: Person) -> None:
    request = await report(city)
    address = f"/requests/{request.service_request_id}"
    await set_facts(city, request, status="fixed", expected_datetime=days_ago(1), closed_datetime=days_ago(2))
    assert "Done in time" in (await stranger.get(address)).text
    await set_facts(city, request, closed_datetime=days_ago(0))
    assert "Done 1 day late" in (await stranger.get(address)).text


async def test_a_referred_request_names_the_agency_and_how_to_reach_it(city: Database, stranger: Person) -> None:
    request = await report(city)
    async with city.writing() as session:
        await change_status(
            session, await stored(city, request), "referred", department_id=STATE, text="It is on state land."
        )
    page = (await stranger.get(f"/requests/{request.service_request_id}")).text
    for words in ("Referred", "State Highways", "555-0199", "https://dot.example", "It is on state land."):
        assert words in page


async def test_a_duplicate_leads_to_the_report_that_is_worked_on(city: Database, stranger: Person) -> None:
    first, second = await report(city), await report(city)
    async with city.writing() as session:
        await change_status(session, await stored(city, second), "duplicate", duplicate_of=first)
    page = (await stranger.get(f"/requests/{second.service_request_id}")).text
    assert f'href="/requests/{first.service_request_id}"' in page
    root = (await stranger.get(f"/requests/{first.service_request_id}")).text
    assert "2 people reported this" in root
    assert "2 reports" in root


async def test_the_sent_state_is_for_the_reporter_alone(city: Database, ana: Person, ben: Person) -> None:
    request = await report(city, ana.device_hash)
    address = f"/requests/{request.service_request_id}?sent=1"
    own = (await ana.get(address)).text
    for words in ("Your report is sent", "Save your private link", "/yours?key=", "/report?lat=42.35"):
        assert words in own
    assert "Your report is sent" not in (await ben.get(address)).text


async def test_who_gave_an_address_need_not_save_the_link(city: Database, ana: Person) -> None:
    request = await report(city, ana.device_hash, contact=ANA)
    page = (await ana.get(f"/requests/{request.service_request_id}?sent=1")).text
    assert "Your report is sent" in page
    assert "Save your private link" not in page


async def test_the_page_speaks_spanish(city: Database, stranger: Person) -> None:
    request = await report(city)
    page = await stranger.get(f"/requests/{request.service_request_id}", headers={"accept-language": "es"})
    assert 'lang="es"' in page.text
    assert "Bache" in page.text


async def test_with_the_database_gone_the_page_is_a_503_that_may_be_tried_again(
    city: Database, app: Litestar, stranger: Person
) -> None:
    request = await report(city)
    app.state.database = Database("postgresql+psycopg://nobody@127.0.0.1:9/none")
    answer = await stranger.get(f"/requests/{request.service_request_id}")
    assert answer.status_code == 503
    assert answer.headers["retry-after"]
    assert "127.0.0.1" not in answer.text


async def test_times_are_the_citys_own(city: Database, stranger: Person) -> None:
    request = await report(city)
    await set_facts(city, request, requested_datetime=datetime(2026, 7, 4, 3, 30, tzinfo=UTC))
    assert "Jul 3, 2026, 11:30 PM" in (await stranger.get(f"/requests/{request.service_request_id}")).text
