"""Staff sign in, see what is theirs, and change it; nobody else does."""

from __future__ import annotations

import asyncio
import threading

import httpx
import pytest
from litestar import Litestar
from litestar.testing import AsyncTestClient
from sqlalchemy import select, update

from app.accounts.actions import AccountRefused, create_account
from app.db import Database
from app.service_requests.models import ServiceRequest, Update
from app.service_requests.outbox_models import LikelyDuplicate
from app.service_requests.submission import ContactDetails, Submission
from app.service_requests.submit import submit
from tests.accounts.signed_in import grant, person, sign_in_as
from tests.open311.city import LAT, LONG, make_city

Client = AsyncTestClient[Litestar]
PASSWORD = "a long walk on the pier"
# What a query asks, and its answer.
EDGES = (
    ("/staff?department=9999999999", 400),
    ("/staff?team=9999999999", 400),
    ("/staff/audit?who=9999999999", 400),
    (f"/staff/audit?before={2**63}", 400),
    ("/staff/audit.csv?about=%00", 200),
    (f"/staff/redress?after={10**30}", 200),
    (f"/staff/deliveries?before={10**30}", 200),
    (f"/staff/deliveries?before=-{10**30}", 200),
    ("/staff/work?day=0001-01-01", 200),
    ("/staff/work?day=9999-12-31", 200),
    ("/staff/work/print?day=9999-12-31", 200),
)


@pytest.fixture
async def city(database: Database) -> Database:
    await make_city(database)
    async with database.writing() as session:
        for email, role, department in (
            ("clerk@streets.example", "clerk", "streets"),
            ("clerk@parks.example", "clerk", "parks"),
            ("resident@home.example", None, None),
        ):
            await create_account(session, email=email, name="Sam", role=role, password=PASSWORD, department=department)
    return database


@pytest.fixture
async def report(city: Database) -> ServiceRequest:
    contact = ContactDetails(name="Ana", email="ana@example.org", notify="email")
    sent = Submission(
        "pothole", "web", lat=LAT, long=LONG, address_string="12 Elm", description="Deep", contact=contact
    )
    async with city.writing() as session:
        return (await submit(session, sent)).request


async def sign_in(client: Client, email: str = "clerk@streets.example", password: str = PASSWORD) -> int:
    form = {"email": email, "password": password, "next": "/staff"}
    return (await client.post("/sign-in", data=form, follow_redirects=False)).status_code


async def test_the_desk_leads_to_the_sign_in_and_back(client: Client, city: Database) -> None:
    answer = await client.get("/staff?show=late", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?next=%2Fstaff%3Fshow%3Dlate")


async def test_what_is_sent_without_a_sign_in_is_a_401_and_not_a_redirect(
    client: Client, report: ServiceRequest
) -> None:
    answer = await client.post(f"/staff/requests/{report.service_request_id}/status", data={"status": "fixed"})
    assert answer.status_code == 401


async def test_a_wrong_password_is_refused_and_guessing_is_slowed_down(client: Client, city: Database) -> None:
    for _ in range(10):
        assert await sign_in(client, password="wrong") == 422
    assert await sign_in(client) == 429
    assert await sign_in(client, "nobody@nowhere.example") == 422
    assert await sign_in(client, "nobody\0@nowhere.example") == 422


async def test_a_resident_has_no_desk(client: Client, city: Database) -> None:
    assert await sign_in(client, "resident@home.example") == 303
    assert (await client.get("/staff")).status_code == 403


async def test_a_department_sees_its_own_requests_with_contact_and_no_others(
    client: Client, report: ServiceRequest
) -> None:
    page = f"/staff/requests/{report.service_request_id}"
    await sign_in(client)
    assert report.service_request_id in (await client.get("/staff")).text
    assert "ana@example.org" in (await client.post(f"{page}/contacts")).text
    await client.post("/sign-out")
    await sign_in(client, "clerk@parks.example")
    assert report.service_request_id not in (await client.get("/staff")).text
    assert (await client.get(page)).status_code == 404


async def test_a_change_of_status_stands_on_the_public_timeline(
    client: Client, city: Database, report: ServiceRequest
) -> None:
    await sign_in(client)
    form = {"status": "fixed", "text": "Filled with asphalt.", "text_public": "yes"}
    form["seen"] = report.updated_datetime.isoformat()
    page = f"/staff/requests/{report.service_request_id}"
    assert (await client.post(f"{page}/status", data=form, follow_redirects=False)).status_code == 303
    public = await client.get(f"/requests/{report.service_request_id}")
    assert "Filled with asphalt." in public.text
    assert "ana@example.org" not in public.text
    async with city.reading() as session:
        last = (await session.execute(select(Update).order_by(Update.id.desc()).limit(1))).scalar_one()
    assert (last.status, last.account_id is not None) == ("fixed", True)


async def test_words_for_the_city_only_are_read_at_the_desk_and_by_nobody_else(
    client: Client, report: ServiceRequest
) -> None:
    await sign_in(client)
    page = f"/staff/requests/{report.service_request_id}"
    form = {"status": "accepted", "text": "Mr. Smith called too", "seen": report.updated_datetime.isoformat()}
    await client.post(f"{page}/status", data=form)
    assert "Mr. Smith called too" in (await client.get(page)).text
    assert "Mr. Smith" not in (await client.get(f"/requests/{report.service_request_id}")).text


async def test_no_browser_keeps_a_page_of_the_desk(client: Client, report: ServiceRequest) -> None:
    await sign_in(client)
    for page in ("/staff", f"/staff/requests/{report.service_request_id}"):
        assert "no-store" in (await client.get(page)).headers["cache-control"]


async def test_words_taken_off_the_page_are_news_to_who_keeps_a_copy(
    client: Client, city: Database, report: ServiceRequest
) -> None:
    await sign_in(client)
    await client.post(f"/staff/requests/{report.service_request_id}/description", data={"public": "no"})
    async with city.reading() as session:
        now = await session.get_one(ServiceRequest, report.id)
    assert now.updated_datetime > report.updated_datetime
    assert not now.description_public


async def test_nobody_waits_to_write_while_a_password_is_checked(
    app: Litestar, city: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, written = threading.Event(), threading.Event()

    def slowly(*_: object) -> bool:
        begun.set()
        return not written.wait(5)

    monkeypatch.setattr("app.accounts.controllers.password_fits", slowly)
    form = {"email": "clerk@streets.example", "password": PASSWORD}
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver.local") as beside:
        checking = asyncio.create_task(beside.post("/sign-in", data=form))
        await asyncio.to_thread(begun.wait, 5)
        async with asyncio.timeout(3), app.state.database.writing():
            written.set()
        assert (await checking).status_code == 422
    await app.state.database.close()


async def test_a_change_on_what_somebody_else_changed_is_a_409_with_the_words_kept(
    client: Client, report: ServiceRequest
) -> None:
    await sign_in(client)
    page = f"/staff/requests/{report.service_request_id}/status"
    seen = report.updated_datetime.isoformat()
    await client.post(page, data={"status": "accepted", "seen": seen})
    answer = await client.post(page, data={"status": "fixed", "seen": seen, "text": "Mine, kept"})
    assert answer.status_code == 409
    assert "Mine, kept" in answer.text


async def test_what_no_row_and_no_calendar_has_is_refused_or_passed_over(client: Client, city: Database) -> None:
    await sign_in_as(client, city, await person(city, grant("administrator")))
    for address, status in EDGES:
        assert (await client.get(address)).status_code == status, address


@pytest.mark.parametrize("seen", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"])
async def test_a_moment_at_the_edge_of_time_is_no_state_that_somebody_saw(
    client: Client, city: Database, report: ServiceRequest, seen: str
) -> None:
    await sign_in(client)
    page, number = f"/staff/requests/{report.service_request_id}", report.service_request_id
    assert (await client.post(f"{page}/status", data={"status": "accepted", "seen": seen})).status_code == 409
    chosen = {"chosen": f"{number}@{seen}", "action": "note", "text": "Look"}
    assert (await client.post("/staff/bulk", data=chosen)).status_code == 422


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"status": "nonsense"},
        {"status": "duplicate"},
        {"status": "duplicate", "duplicate_of": "7KF2"},
        {"status": "accepted", "department": "999999999999999999999"},
        {"status": "accepted", "department": "²"},
    ],
)
async def test_a_change_that_makes_no_sense_says_why(
    client: Client, report: ServiceRequest, form: dict[str, str]
) -> None:
    await sign_in(client)
    answer = await client.post(f"/staff/requests/{report.service_request_id}/status", data=form)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text


async def test_weak_or_doubled_accounts_are_refused_with_the_reason(city: Database) -> None:
    for change, why in (
        ({"password": "short"}, "at least 12"),
        ({"email": "clerk@streets.example"}, "already"),
        ({"email": "no address"}, "not an e-mail"),
        ({"department": "nowhere"}, "no department"),
        ({"role": "king"}, "no role: use one of"),
    ):
        values = {"email": "new@streets.example", "name": "New", "role": "clerk", "password": PASSWORD, **change}
        with pytest.raises(AccountRefused, match=why):
            async with city.writing() as session:
                await create_account(session, **values)


async def test_the_desk_shows_what_may_be_the_same_with_its_distance_and_where_it_is_open(
    client: Client, city: Database, report: ServiceRequest
) -> None:
    near = Submission("pothole", "web", lat=LAT + 0.0003, long=LONG)
    async with city.writing() as session:
        same, other = [(await submit(session, near)).request for _ in range(2)]
        await session.execute(update(ServiceRequest).where(ServiceRequest.id == other.id).values(department_id=2))
        for one, metres in ((same, 33.4), (other, 0.0)):
            session.add(
                LikelyDuplicate(
                    request_id=one.id, other_id=report.id, distance_m=metres, found_datetime=report.updated_datetime
                )
            )
    await sign_in(client)
    page = (await client.get(f"/staff/requests/{report.service_request_id}")).text
    assert "May be the same as" in page
    assert f'href="/staff/requests/{same.service_request_id}"' in page
    assert "33 m from here" in page
    # Another department's is read where everybody reads it.
    assert f'href="/requests/{other.service_request_id}"' in page
    back = (await client.get(f"/staff/requests/{same.service_request_id}")).text
    assert f'href="/staff/requests/{report.service_request_id}"' in back


async def test_a_question_stops_the_clock_until_the_desk_lets_it_run_again(
    client: Client, city: Database, report: ServiceRequest
) -> None:
    await sign_in(client)
    page = f"/staff/requests/{report.service_request_id}"
    assert "Ask the reporter" in (await client.get(page)).text
    empty = await client.post(f"{page}/question", data={"question": " "}, follow_redirects=False)
    assert empty.status_code == 422 and "Write what the city needs to know" in empty.text
    asked = await client.post(f"{page}/question", data={"question": "Which lane?"}, follow_redirects=False)
    assert asked.status_code == 303
    shown = (await client.get(page)).text
    assert "Which lane?" in shown and "Let the clock run again" in shown
    await client.post(f"{page}/clock")
    assert "Let the clock run again" not in (await client.get(page)).text
    async with city.reading() as session:
        now = await session.get_one(ServiceRequest, report.id)
        rows = select(Update.kind, Update.account_id.is_not(None)).where(Update.request_id == report.id)
        assert [tuple(row) for row in await session.execute(rows.order_by(Update.id))] == [
            ("received", False),
            ("paused", True),
            ("resumed", True),
        ]
    assert now.paused_datetime is None
