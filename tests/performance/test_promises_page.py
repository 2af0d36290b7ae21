"""How promises are kept is counted from what really happened, and the page reads what was counted and nothing else."""

from __future__ import annotations

import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from litestar import Litestar
from litestar.testing import AsyncTestClient
from sqlalchemy import delete, event, select, text

from app.db import Database
from app.jurisdictions.models import Department
from app.performance.count_promises import answered, count_promises, due_months
from app.performance.durations import hours_of, quantile_hours, step_sql
from app.performance.figures import Figures
from app.performance.models import ALL, CountedMonth, PromiseFigure
from app.performance.months import month_before, shown_months, span_of
from app.performance.standards import Scope, by_area, by_department, find_parts, kept_in, trend
from app.service_requests.models import ServiceRequest
from app.services.queries import current_catalogue
from tests.performance.past import DAY, HOUR, ZONE, in_month, past, this_month
from tests.service_requests.city import DRUGS, PARKS, POTHOLE, STREETS, TREE, make_city, set_facts

Client = AsyncTestClient[Litestar]


@pytest.fixture
async def city(database: Database) -> Database:
    await make_city(database)
    return database


async def kept(city: Database, scope: Scope | None = None) -> dict[str, tuple[int, int, int]]:
    """(kept, missed, still open) by service, and of all."""
    async with city.reading() as session:
        catalogue = await current_catalogue(session)
        found = await kept_in(session, catalogue, scope or Scope(), ZONE, datetime.now(UTC))
    told = {one.service.service_code: one.figures for _, standards in found.standards for one in standards}
    return {code: (one.kept, one.missed, one.still_open) for code, one in {**told, "": found.all}.items() if one.of}


async def test_what_was_answered_in_time_late_or_not_at_all_is_counted_once_and_nothing_else(city: Database) -> None:
    await past(city, 5, in_month(), DAY)
    await past(city, 2, in_month(), 5 * DAY, service_id=TREE, department_id=PARKS, area_ids=(2,))
    await past(city, 3, None, 30 * DAY)
    await past(city, 4, None, 900 * DAY, department_id=None)
    # None of these was a promise of the city that is kept or missed.
    for facts in ({"status": "duplicate"}, {"status": "withdrawn"}, {"expected_datetime": None}, {"service_id": DRUGS}):
        await past(city, 6, in_month(), 5 * DAY, **facts)
    await past(city, 6, None, DAY)
    await past(city, 6, in_month(20), DAY)
    for _ in range(2):
        await count_promises(city)
    assert await kept(city) == {"pothole": (5, 0, 7), "tree": (0, 2, 0), "": (5, 2, 7)}
    async with city.reading() as session:
        catalogue = await current_catalogue(session)
        departments = {row.id: one for row, one in await by_department(session, catalogue)}
        areas = {part.code: one for part, one in await by_area(session, "board", datetime.now(UTC).date())}
        board = await find_parts(session, datetime.now(UTC).date())
    assert {key: (one.kept, one.missed, one.still_open) for key, one in departments.items()} == {
        STREETS: (5, 0, 3),
        PARKS: (0, 2, 0),
    }
    assert [(areas[code].kept, areas[code].missed, areas[code].still_open) for code in "12"] == [(5, 0, 7), (0, 2, 0)]
    assert await kept(city, Scope(area=board[1])) == {"tree": (0, 2, 0), "": (0, 2, 0)}
    assert await kept(city, Scope(department=catalogue.departments[STREETS])) == {
        "pothole": (5, 0, 3),
        "": (5, 0, 3),
    }


async def test_a_late_one_that_is_answered_moves_from_the_open_ones_to_the_missed(city: Database) -> None:
    await past(city, 1, None, 40 * DAY)
    await count_promises(city)
    assert await kept(city) == {"pothole": (0, 0, 1), "": (0, 0, 1)}
    async with city.reading() as session:
        request = (await session.execute(select(ServiceRequest))).scalar_one()
    await set_facts(city, request, status="fixed", late=False, closed_datetime=datetime.now(UTC))
    await count_promises(city)
    assert await kept(city) == {"pothole": (0, 1, 0), "": (0, 1, 0)}


async def test_a_month_is_the_citys_own_and_is_counted_again_in_its_turn(city: Database) -> None:
    first, after = span_of(month_before(this_month()), ZONE)
    await past(city, 1, after - HOUR / 2, DAY)
    await past(city, 1, after, DAY)
    await past(city, 1, first, DAY)
    await past(city, 1, first - HOUR / 2, DAY)
    await count_promises(city)
    async with city.reading() as session:
        rows = select(PromiseFigure.month, PromiseFigure.kept)
        whole = (PromiseFigure.area_id == ALL, PromiseFigure.department_id == ALL, PromiseFigure.service_id == ALL)
        found = {row.month: row.kept for row in await session.execute(rows.where(*whole))}
    months = shown_months(datetime.now(UTC), ZONE)
    assert found == {months[0]: 1, months[1]: 2, months[2]: 1}
    now = datetime.now(UTC)
    counted = {month: now - number * HOUR for number, month in enumerate(months)}
    assert due_months(months, {}) == months
    assert due_months(months, counted) == [months[0], months[-1]]
    del counted[months[3]]
    assert due_months(months, counted) == [months[0], months[3], months[-1]]


async def test_months_that_are_told_no_more_are_forgotten(city: Database) -> None:
    await count_promises(city)
    old = month_before(this_month(), 15)
    async with city.writing() as session:
        session.add(CountedMonth(month=old, counted_datetime=datetime.now(UTC)))
        key = {"area_id": ALL, "department_id": ALL, "service_id": ALL, "month": old, "still_open": False}
        session.add(PromiseFigure(**key, kept=9))
    await count_promises(city)
    async with city.reading() as session:
        assert (await session.execute(select(PromiseFigure.month))).first() is None
        assert old not in (await session.execute(select(CountedMonth.month))).scalars().all()


async def test_half_and_nine_of_ten_are_those_of_the_reports_themselves(city: Database) -> None:
    dice = random.Random(311)
    hours = [round(dice.lognormvariate(3, 1.6)) for _ in range(120)]
    for each in hours:
        await past(city, 1, in_month(2), each * HOUR + HOUR / 3)
    await count_promises(city)
    async with city.reading() as session:
        found = await kept_in(session, await current_catalogue(session), Scope(), ZONE, datetime.now(UTC))
    one = found.all
    assert one.kept == sum(each < 72 for each in hours)
    for told, share in ((one.median_hours, 0.5), (one.ninetieth_hours, 0.9)):
        really = sorted(hours)[int(len(hours) * share) - 1]
        assert told is not None and really < told <= max(really * 1.13, really + 1) + 6


def test_a_step_of_time_is_never_shorter_than_what_it_stands_for() -> None:
    ends = [hours_of(step) for step in range(0, 861)]
    assert ends == sorted(set(ends)) and ends[:2] == [1, 2]
    assert quantile_hours({}, 0.5) is None
    assert [quantile_hours({0: 5, 9: 4, 200: 1}, share) for share in (0.5, 0.9, 0.91)] == [1, 10, hours_of(200)]


async def test_the_database_puts_each_duration_into_its_step(database: Database) -> None:
    hours = [0, 1, 47, 48, 53, 54, 719, 720, 743, 744, 17_519, 17_520, 99_999]
    async with database.reading() as session:
        steps = [(await session.execute(text(f"SELECT {step_sql(str(each))}"))).scalar_one() for each in hours]
    assert steps == [0, 1, 47, 48, 48, 49, 159, 160, 160, 161, 859, 860, 860]
    assert all(hours_of(step) > each for step, each in zip(steps[:-1], hours[:-1], strict=True))


def test_a_trend_holds_three_months_against_the_three_before() -> None:
    months = [month_before(202602, count) for count in range(13)]

    def row(month: int, kept: int, missed: int) -> PromiseFigure:
        return PromiseFigure(month=month, still_open=False, kept=kept, missed=missed, took={})

    now, before = row(202512, 18, 2), row(202509, 15, 5)
    assert trend([now, before, row(202602, 0, 50), row(202503, 50, 0)], months) == 15
    assert trend([now], months) is None
    assert Figures(kept=19, missed=1, took=Counter()).percent == 95
    assert Figures(kept=19).percent is None


async def test_the_page_reads_no_report_however_many_there_are(client: Client, city: Database, app: Litestar) -> None:
    await past(city, 30, in_month(), DAY)
    await past(city, 10, in_month(), 9 * DAY)
    await count_promises(city)
    read: list[str] = []

    def listen(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        read.append(statement)

    engine = app.state.database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", listen)
    try:
        pages = [await client.get(f"/promises{asked}") for asked in ("", "?department=streets", "?area=board/1")]
    finally:
        event.remove(engine, "before_cursor_execute", listen)
    assert [page.status_code for page in pages] == [200, 200, 200]
    assert all("75%" in page.text and "30 of 40 promises were kept" in page.text for page in pages)
    assert "within 3 days" in pages[0].text and "24 hours" in pages[0].text
    assert read and not any("service_requests" in one or "request_areas" in one for one in read)


async def test_a_month_is_counted_by_the_index_of_what_was_closed(city: Database) -> None:
    first, after = span_of(this_month(), ZONE)
    explain = "EXPLAIN QUERY PLAN " if city.is_sqlite else "EXPLAIN "
    async with city.writing() as session:
        if not city.is_sqlite:
            # Of a table with a few rows it would read all.
            await session.execute(text("SET LOCAL enable_seqscan = off"))
        for part in ("r.department_id", "a.area_id"):
            statement = explain + str(answered(session, part))
            for name, moment in (("first", first), ("after", after)):
                statement = statement.replace(f":{name}", f"'{moment:%Y-%m-%d %H:%M:%S}'")
            connection = await session.connection()
            plan = "\n".join(str(row) for row in await connection.exec_driver_sql(statement))
            assert "ix_service_requests_closed_datetime_id" in plan


async def test_there_is_no_page_of_what_is_not_there(client: Client, city: Database) -> None:
    for asked in ("department=mars", "area=board/99", "area=agency/i90", "area=x"):
        assert (await client.get(f"/promises?{asked}")).status_code == 404
    assert "No promise has fallen due here yet." in (await client.get("/promises?layer=nothing")).text


async def test_a_department_that_is_gone_is_told_of_within_the_city_alone(client: Client, city: Database) -> None:
    await past(city, 30, in_month(), DAY, department_id=STREETS)
    async with city.writing() as session:
        session.add(Department(id=90, code="canals", name="Canals Department"))
        key = {"area_id": ALL, "department_id": 90, "month": month_before(this_month(), 3), "still_open": False}
        session.add_all([PromiseFigure(**key, service_id=service, kept=30) for service in (ALL, POTHOLE)])
    await count_promises(city)
    async with city.writing() as session:
        await session.execute(delete(Department).where(Department.id == 90))
        await session.execute(text("UPDATE jurisdictions SET catalogue_version = catalogue_version + 1"))
    page = await client.get("/promises")
    assert page.status_code == 200 and "Streets Department" in page.text and "Canals" not in page.text
    assert (await client.get("/promises?department=canals")).status_code == 404


def test_months_follow_each_other_over_the_year_and_over_both_nights_of_the_clocks() -> None:
    assert [month_before(202601, count) for count in (-1, 0, 1, 13)] == [202602, 202601, 202512, 202412]
    for month, hours in ((202603, 31 * 24 - 1), (202611, 30 * 24 + 1), (202402, 29 * 24)):
        first, after = span_of(month, ZONE)
        assert after - first == timedelta(hours=hours)
