"""The queue shows what its view and its filter say, in their order, all of it once, and nothing out of scope."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from sqlalchemy import select

from app.accounts.models import Account
from app.db import Database
from app.staff.queue_models import Presence
from tests.accounts.signed_in import Client, grant, person, sign_in_as
from tests.open311.city import DRUGS, POTHOLE, make_city
from tests.staff.queue_rows import Rows, make_queue

NUMBER = re.compile(r'<li class="line" data-number="([^"]+)"')
COUNT = re.compile(r'href="/staff\?view=(\w+)".*?(?:<span class="count">([\d,]+)\+?</span>)?</a>')
NEXT = re.compile(r'href="(/staff\?[^"]*after=[^"]*)"')
Row = dict[str, Any]
FAR = datetime(9999, 1, 1, tzinfo=UTC)


@pytest.fixture
async def me(database: Database) -> int:
    await make_city(database)
    return await person(database, grant("supervisor"), name="Sam")


@pytest.fixture
async def rows(database: Database, me: int) -> Rows:
    return await make_queue(database, me=me, other=await person(database, grant("clerk", department_id=1), name="Ana"))


async def numbers(client: Client, **query: str) -> list[str]:
    """Of all pages, one after another."""
    address, found = f"/staff?{urlencode(query)}", []
    for _ in range(10):
        page = await client.get(address)
        assert page.status_code == 200, page.text
        found += NUMBER.findall(page.text)
        later = NEXT.search(page.text)
        if later is None:
            return found
        address = later[1].replace("&amp;", "&")
    raise AssertionError("there is no end of pages")


def views(me: int) -> dict[str, Callable[[Row], Any]]:
    now = datetime.now(UTC)
    return {
        "open": lambda row: True,
        "mine": lambda row: row["assignee_id"] == me,
        "team": lambda row: row["team_id"] == 1,
        "unassigned": lambda row: row["assignee_id"] is None,
        "at_risk": lambda row: (
            row["at_risk_datetime"]
            and row["at_risk_datetime"] <= now
            and not row["late"]
            and not row["paused_datetime"]
        ),
        "late": lambda row: row["late"],
        "reopened": lambda row: row["status"] == "reopened",
        "waiting": lambda row: row["paused_datetime"],
        "triage": lambda row: row["triage_datetime"],
    }


async def test_each_view_and_filter_has_what_the_rows_say_in_order_and_all_of_it_once(
    client: Client, database: Database, me: int, rows: Rows
) -> None:
    await sign_in_as(client, database, me)
    still_open = [row for row in rows if row["closed_datetime"] is None]
    by_promise = sorted(still_open, key=lambda row: (row["expected_datetime"] or FAR, row["id"]))
    for view, fits in views(me).items():
        assert await numbers(client, view=view) == [row["service_request_id"] for row in by_promise if fits(row)], view
    day = (datetime.now(UTC) - timedelta(days=9)).date().isoformat()
    filters: dict[str, tuple[str, Callable[[Row], Any]]] = {
        "service_code": ("pothole", lambda row: row["service_id"] == POTHOLE),
        "group": ("safety", lambda row: row["service_id"] == DRUGS),
        "department": ("2", lambda row: row["department_id"] == 2),
        "team": ("2", lambda row: row["team_id"] == 2),
        "status": ("acted_upon", lambda row: row["status"] == "acted_upon"),
        "area": ("board/7", lambda row: row["in_area"]),
        "source": ("phone", lambda row: row["source"] == "phone"),
        "q": ("hole elm", lambda row: row["description"] and "Elm" in row["address_string"]),
    }
    for name, (value, fits) in filters.items():
        expected = [row["service_request_id"] for row in by_promise if fits(row)]
        assert expected and await numbers(client, **{name: value}) == expected, name
    filed = sorted(still_open, key=lambda row: (row["requested_datetime"], row["id"]), reverse=True)
    assert await numbers(client, sort="newest") == [row["service_request_id"] for row in filed]
    # Of the city's day, which begins hours after that of Greenwich.
    since = datetime.fromisoformat(f"{day}T05:00:00Z")
    days = [row["service_request_id"] for row in filed[::-1] if row["requested_datetime"] >= since]
    assert 0 < len(days) < len(filed) and await numbers(client, sort="oldest", **{"from": day}) == days
    closed = sorted(
        (row for row in rows if row["closed_datetime"]), key=lambda row: row["closed_datetime"], reverse=True
    )
    assert await numbers(client, view="closed") == [row["service_request_id"] for row in closed]
    assert await numbers(client, q=rows[0]["service_request_id"].lower(), view="closed") == [
        row["service_request_id"] for row in rows[:1] if row["closed_datetime"]
    ]
    counted = dict(COUNT.findall((await client.get("/staff")).text))
    said = {view: int(counted[view]) for view in views(me)}
    assert said == {view: sum(bool(fits(row)) for row in still_open) for view, fits in views(me).items()}


async def test_nothing_is_shown_or_counted_that_is_out_of_scope(client: Client, database: Database, rows: Rows) -> None:
    still_open = [row for row in rows if row["closed_datetime"] is None]
    scopes: list[tuple[dict[str, Any], Callable[[Row], bool]]] = [
        ({"department_id": 2}, lambda row: row["department_id"] == 2),
        ({"service_id": POTHOLE}, lambda row: row["service_id"] == POTHOLE),
        ({"layer": "board", "area_code": "7"}, lambda row: row["in_area"]),
    ]
    for scope, fits in scopes:
        await sign_in_as(client, database, await person(database, grant("clerk", **scope)))
        theirs = {row["service_request_id"] for row in still_open if fits(row)}
        assert theirs and set(await numbers(client)) == theirs
        assert dict(COUNT.findall((await client.get("/staff")).text))["open"] == str(len(theirs))


async def test_an_address_that_makes_no_sense_is_a_400_and_not_an_error_of_ours(
    client: Client, database: Database, me: int
) -> None:
    await sign_in_as(client, database, me)
    for query in ("view=nonsense", "department=x", "from=yesterday", "after=1;2", "after=-", "sort=price"):
        assert (await client.get(f"/staff?{query}")).status_code == 400, query
    for query in ("area=nowhere", "q=%25_%00'", "team=9999999", "service_code=none", "after=-1", "q=&amp;|!"):
        assert (await client.get(f"/staff?{query}")).status_code == 200, query


async def test_a_kept_filter_is_found_again_and_shared_when_its_owner_says_so(
    client: Client, database: Database, me: int, rows: Rows
) -> None:
    ana = await person(database, grant("clerk"), name="Ana")
    await sign_in_as(client, database, me)
    for name, shared in (("Potholes that are late", ""), ("For all", "yes")):
        form = {"query": "view=late&service_code=pothole&nonsense=1", "name": name, "shared": shared}
        assert (await client.post("/staff/filters", data=form)).status_code == 200
    assert (await client.post("/staff/filters", data={"query": "", "name": " "})).status_code == 422
    assert (await client.post("/staff/filters", data={"query": "view=none", "name": "x"})).status_code == 400
    page = (await client.get("/staff")).text
    address = re.search(r'<a href="(/staff\?[^"]*)" dir="auto">Potholes', page)
    assert address and address[1] == "/staff?view=late&amp;service_code=pothole"
    found = re.search(r"/staff/filters/(\d+)/remove", page)
    assert found
    await sign_in_as(client, database, ana)
    page = (await client.get("/staff")).text
    assert "For all" in page and "Potholes that are late" not in page
    assert (await client.post(f"/staff/filters/{found[1]}/remove")).status_code == 404
    await sign_in_as(client, database, me)
    assert (await client.post(f"/staff/filters/{found[1]}/remove")).status_code == 200
    assert (await client.get("/staff")).text.count("/remove") == 1


async def test_who_has_a_request_open_is_seen_by_the_others_until_a_minute_after(
    client: Client, database: Database, me: int, rows: Rows
) -> None:
    number = next(row["service_request_id"] for row in rows if row["closed_datetime"] is None)
    ana = await person(database, grant("clerk"), name="Ana")
    await sign_in_as(client, database, ana)
    address = f"/staff/requests/{number}/presence"
    for _ in range(2):
        assert "Open with" not in (await client.post(address)).text
    await sign_in_as(client, database, me)
    assert "Open with Ana" in (await client.get("/staff", params={"q": number})).text
    assert "Open with Ana" in (await client.post(address)).text
    async with database.writing() as session:
        theirs = select(Presence).join(Account, Account.id == Presence.account_id).where(Account.name == "Ana")
        (await session.execute(theirs)).scalar_one().seen_datetime -= timedelta(minutes=2)
    assert "Open with Ana" not in (await client.post(address)).text
    await client.post(address, data={"gone": "yes"})
    async with database.reading() as session:
        assert (await session.execute(select(Presence.account_id))).scalars().all() == [ana]
