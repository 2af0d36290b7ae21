"""The figures of a choropleth are those of the requests themselves, whether summed up already or not."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from litestar import Litestar
from litestar.testing import AsyncTestClient
from sqlalchemy import update

from app.db import Database
from app.service_requests.counts import fold_all
from app.service_requests.models import ServiceRequest
from tests.maps.history import PEOPLE, SERVICES, ZONE, Past, make_history
from tests.service_requests.city import make_city

Client = AsyncTestClient[Litestar]
SHOWN = ("open", "late", "closed")


@pytest.fixture
async def history(database: Database) -> list[Past]:
    """Half of it is summed up, half of it waits, and a third has changed since."""
    await make_city(database)
    made = await make_history(database, count=80, seed=7)
    await fold_all(database)
    made += await make_history(database, count=80, seed=8)
    async with database.writing() as session:
        for past in made[::3]:
            closed = past.row.requested_datetime + timedelta(days=2)
            past.row.status, past.row.late, past.row.closed_datetime = "fixed", False, closed
            facts = {"status": "fixed", "late": False, "closed_datetime": closed}
            await session.execute(update(ServiceRequest).where(ServiceRequest.id == past.row.id).values(**facts))
    return made


def today() -> date:
    return datetime.now(ZONE).date()


async def rates(client: Client, measure: str, **asked: Any) -> dict[str, Any]:
    answer = await client.get("/areas/board/rates.json", params={"measure": measure, **asked})
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    assert told["measure"] == measure
    return told


def values(told: dict[str, Any]) -> dict[int, float | None]:
    return {int(area["code"]): area["value"] for area in told["areas"]}


def of_board(history: list[Past], fits: Callable[[Past], bool]) -> dict[int, int]:
    return {board: sum(past.board == board and fits(past) for past in history) for board in PEOPLE}


def is_shown_within(first: date, last: date, past: Past) -> bool:
    return first <= past.filed <= last and past.standing in SHOWN


async def test_rates_are_of_the_last_year_unless_days_are_asked(client: Client, history: list[Past]) -> None:
    since = today() - timedelta(days=364)
    told = await rates(client, "per_1000")
    counted = of_board(history, lambda past: past.filed >= since and past.standing in SHOWN)
    assert values(told) == {board: round(n / (PEOPLE[board] / 1000), 2) for board, n in counted.items()}
    assert {int(area["code"]): area["n"] for area in told["areas"]} == counted
    assert (told["first"], told["last"]) == (since.isoformat(), today().isoformat())


async def test_any_days_are_counted_exactly(client: Client, history: list[Past]) -> None:
    for back, long in [(800, 300), (100, 0), (90, 80), (33, 5), (40, 40)]:
        first = today() - timedelta(days=back)
        last = first + timedelta(days=long)
        told = await rates(client, "per_km2", filed_from=first.isoformat(), filed_to=last.isoformat())
        counted = of_board(history, partial(is_shown_within, first, last))
        assert {int(area["code"]): area["n"] for area in told["areas"]} == counted
        size = {1: 40, 2: 30}
        assert values(told) == {board: round(n / size[board], 2) if n >= 5 else None for board, n in counted.items()}
    last = today() - timedelta(days=200)
    told = await rates(client, "per_1000", filed_to=last.isoformat(), status="closed,duplicate")
    assert (told["first"], told["last"]) == (None, last.isoformat())
    counted = of_board(history, lambda past: past.filed <= last and past.standing in ("closed", "duplicate"))
    assert {int(area["code"]): area["n"] for area in told["areas"]} == counted


async def test_services_are_counted_by_whole_months_and_private_ones_never(client: Client, history: list[Past]) -> None:
    day = today() - timedelta(days=150)
    told = await rates(client, "per_1000", service_code="pothole,tree", filed_from=day.isoformat())
    assert told["first"] == day.replace(day=1).isoformat()
    counted = of_board(
        history,
        lambda past: (
            past.filed >= day.replace(day=1)
            and past.standing in SHOWN
            and SERVICES[past.row.service_id] in ("pothole", "tree")
        ),
    )
    assert {int(area["code"]): area["n"] for area in told["areas"]} == counted

    told = await rates(client, "per_km2", group="safety", filed_from="2000-01-01")
    counted = of_board(history, lambda past: SERVICES[past.row.service_id] == "heat" and past.standing in SHOWN)
    assert {int(area["code"]): area["n"] for area in told["areas"]} == counted
    refused = await client.get("/areas/board/rates.json?service_code=drugs", headers={"Accept": "application/json"})
    assert refused.status_code == 400


async def test_what_is_open_now_how_late_and_since_when(client: Client, history: list[Past]) -> None:
    open_now = of_board(history, lambda past: past.standing in ("open", "late"))
    late_now = of_board(history, lambda past: past.standing == "late")
    assert values(await rates(client, "open")) == open_now
    share = {board: round(100 * late_now[board] / n, 1) for board, n in open_now.items() if n >= 5}
    assert values(await rates(client, "late_share")) == {**dict.fromkeys(PEOPLE), **share}
    oldest = {
        board: min(past.filed for past in history if past.board == board and past.standing in ("open", "late"))
        for board in PEOPLE
    }
    told = await rates(client, "oldest_open")
    assert values(told) == {board: (today() - filed).days for board, filed in oldest.items()}


async def test_the_median_of_days_to_close_is_that_of_the_closed_ones(client: Client, history: list[Past]) -> None:
    told = await rates(client, "median_days")
    first, last = date.fromisoformat(told["first"]), date.fromisoformat(told["last"])
    closed = [past for past in history if past.closed and first <= past.closed <= last]
    for area in told["areas"]:
        took = [past.days_to_close for past in closed if past.board == int(area["code"])]
        assert (area["value"], area["n"]) == (statistics.median(took), len(took))


async def test_classes_hold_every_value_and_lead_to_the_areas_pages(client: Client, history: list[Past]) -> None:
    told = await rates(client, "per_1000", filed_from="2001-01-01")
    for area in told["areas"]:
        own = told["classes"][area["class"]]
        assert own["from"] <= area["value"] <= own["to"]
    assert [area["url"] for area in told["areas"]] == ["/areas/board/1", "/areas/board/2"]


async def test_too_few_cases_and_unknown_populations_say_so(client: Client, database: Database) -> None:
    await make_city(database)
    told = await rates(client, "per_km2")
    assert [(area["value"], area["class"], area["n"], area["why"]) for area in told["areas"]] == [
        (None, None, 0, "too_few")
    ] * 2
    assert told["classes"] == []
    told = await rates(client, "per_1000")
    assert [area["why"] for area in told["areas"]] == ["no_population"] * 2
    assert values(await rates(client, "oldest_open")) == {1: None, 2: None}
    assert values(await rates(client, "open")) == {1: 0, 2: 0}


async def test_what_changes_nothing_is_named(client: Client, database: Database) -> None:
    await make_city(database)
    told = await rates(client, "open", source="web", near="42.35,-71.05,500", status="late")
    assert told["left_out"] == ["status", "source", "near"]
    told = await rates(client, "per_1000", service_code="pothole", status="late", closed_from="2026-01-01")
    assert told["left_out"] == ["closed_from"]


async def test_what_is_known_of_all_services_together_is_told_so_for_chosen_ones(
    client: Client, history: list[Past]
) -> None:
    for measure in ("median_days", "oldest_open"):
        plain = await rates(client, measure)
        chosen = await rates(client, measure, service_code="pothole", group="safety")
        assert chosen.pop("left_out") == ["service_code", "group"] and plain.pop("left_out") == []
        assert chosen == plain


async def test_what_cannot_be_said_is_refused_in_words(client: Client, database: Database) -> None:
    await make_city(database)
    for asked, status in {
        "board/rates.json?measure=beauty": 400,
        "board/rates.json?filed_from=2026-02-01&filed_to=2026-01-01": 400,
        "board/rates.json?filed_from=yesterday": 400,
        "board/rates.json?area=board:99": 400,
        "nowhere/rates.json": 404,
    }.items():
        answer = await client.get(f"/areas/{asked}", headers={"Accept": "application/json"})
        assert answer.status_code == status, asked
        assert answer.json()["problems"]
