"""Areas that come after the requests: each request lies in exactly the areas that held its place on its own day."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select, text

from app.db import Database, lat_long, point
from app.imports import area_requests, request_rows
from app.imports.area_pairs import Pairs
from app.imports.areas import import_areas
from app.imports.request_row import RequestRow, TakeOptions
from app.imports.request_rows import take_rows
from app.jobs import Job
from app.jurisdictions.local_clock import local_day
from app.jurisdictions.models import Area
from app.jurisdictions.queries import areas_index, get_jurisdiction
from app.main import job_handlers
from app.service_requests.cells import cell_key
from app.service_requests.counts import differences, fold_all
from app.service_requests.identifiers import new_service_request_id
from app.service_requests.models import RequestArea, ServiceRequest
from app.service_requests.placing import ASSIGN
from app.services.models import Service, ServiceGroup
from app.services.queries import forget_catalogues
from tests.imports.test_areas_import import square, written

CITY: dict[str, Any] = {"city_name": "Testville", "timezone": "America/New_York"}
OLD = datetime(2025, 6, 1, 12, tzinfo=UTC)
# The first day of new areas, which begins in New York five hours later than in UTC.
NEW_DAY = date(2026, 1, 1)
LAST_EVENING, FIRST_MORNING = datetime(2026, 1, 1, 3, tzinfo=UTC), datetime(2026, 1, 1, 6, tzinfo=UTC)
PLAIN, PRIVATE = 1, 2


@pytest.fixture
async def city(database: Database, tmp_path: Path) -> Database:
    """A city without areas and two kinds of requests, one of them private."""
    forget_catalogues()
    await import_areas(database, written(tmp_path / "city.geojson", square("c", -9, name="C")), layer="city", **CITY)
    async with database.writing() as session:
        session.add(ServiceGroup(code="g", name="Group"))
        await session.flush()
        kinds = ((PLAIN, False), (PRIVATE, True))
        session.add_all(Service(id=n, service_code=f"s{n}", service_name="S", group="g", private=p) for n, p in kinds)
    return database


def new_request(long: float, when: datetime = OLD, service: int = PLAIN) -> ServiceRequest:
    return ServiceRequest(
        service_request_id=new_service_request_id(), service_id=service, status="received", source="web",
        location=point(0.5, long), cell=cell_key(0.5, long), requested_datetime=when, updated_datetime=when,
    )  # fmt: skip


async def filed(database: Database, long: float, when: datetime = OLD, service: int = PLAIN) -> int:
    """A request that came in before there were areas; its id."""
    async with database.writing() as session:
        request = new_request(long, when, service)
        session.add(request)
        await session.flush()
        return request.id


async def boards(database: Database, folder: Path, *squares: dict[str, Any], **options: Any) -> str:
    """Brings in areas of the layer "board", checks all requests, and gives what was said of them."""
    path = written(folder / "boards.geojson", *squares)
    summary = await import_areas(database, path, **{"layer": "board", **options})
    await all_is_right(database)
    return next((note for note in summary.notes if "in other areas" in note), "")


async def all_is_right(database: Database) -> None:
    """Every request lies in what `AreaIndex.find` says, all figures are exact, and nothing is left to do."""
    async with database.reading() as session:
        city = await get_jurisdiction(session)
        index = await areas_index(session, city)
        kept = {(row[0], row[1]) for row in await session.execute(select(RequestArea.request_id, RequestArea.area_id))}
        right = set()
        for request in (await session.execute(select(ServiceRequest))).scalars():
            day = local_day(request.requested_datetime, ZoneInfo(city.timezone))
            right |= {(request.id, area.id) for area in index.find(*lat_long(request.location), day)}
        assert kept == right
        assert await differences(session) == []
        assert (await session.execute(select(Job.id).where(Job.name == ASSIGN))).all() == []


async def lies_in(database: Database, request_id: int) -> list[tuple[str, str, date | None]]:
    areas = select(Area.layer, Area.code, Area.valid_from).join(RequestArea, RequestArea.area_id == Area.id)
    async with database.reading() as session:
        found = await session.execute(areas.where(RequestArea.request_id == request_id).order_by(Area.layer, Area.code))
        return [(row[0], row[1], row[2]) for row in found]


async def test_requests_that_were_here_before_get_their_areas(city: Database, tmp_path: Path) -> None:
    west, border, outside = await filed(city, 0.5), await filed(city, 1.0), await filed(city, 5.0)
    private = await filed(city, 1.5, service=PRIVATE)
    assert await boards(city, tmp_path, square("1", 0), square("2", 1)) == "3 requests lie in other areas now."
    assert await lies_in(city, west) == [("board", "1", None)]
    assert await lies_in(city, border) == [("board", "1", None), ("board", "2", None)]
    assert await lies_in(city, private) == [("board", "2", None)]
    assert await lies_in(city, outside) == []
    await fold_all(city)
    await all_is_right(city)


async def test_a_changed_shape_takes_requests_and_gives_them_up(city: Database, tmp_path: Path) -> None:
    lost, stays, won = await filed(city, 0.2), await filed(city, 0.7), await filed(city, 1.2)
    await boards(city, tmp_path, square("1", 0))
    await boards(city, tmp_path, square("a", 0), square("b", 1), layer="ward")
    assert await boards(city, tmp_path, square("1", 0.5)) == "2 requests lie in other areas now."
    assert await lies_in(city, lost) == [("ward", "a", None)]
    assert await lies_in(city, stays) == [("board", "1", None), ("ward", "a", None)]
    assert await lies_in(city, won) == [("board", "1", None), ("ward", "b", None)]


async def test_areas_of_a_new_day_leave_the_requests_before_it_where_they_were(city: Database, tmp_path: Path) -> None:
    old, evening, morning = [await filed(city, 0.7, when) for when in (OLD, LAST_EVENING, FIRST_MORNING)]
    await boards(city, tmp_path, square("1", 0))
    said = await boards(city, tmp_path, square("1", 0.5), valid_from=NEW_DAY)
    assert said == "1 request lies in other areas now."
    assert await lies_in(city, old) == await lies_in(city, evening) == [("board", "1", None)]
    assert await lies_in(city, morning) == [("board", "1", NEW_DAY)]


async def test_another_clock_gives_other_days(city: Database, tmp_path: Path) -> None:
    evening = await filed(city, 0.7, LAST_EVENING)
    await boards(city, tmp_path, square("1", 0))
    await boards(city, tmp_path, square("1", 0.5), valid_from=NEW_DAY)
    path = written(tmp_path / "wards.geojson", square("a", 6))
    await import_areas(city, path, layer="ward", timezone="Europe/Berlin")
    assert await lies_in(city, evening) == [("board", "1", NEW_DAY)]


async def test_the_same_file_again_and_other_names_write_nothing_and_read_no_request(
    city: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await filed(city, 0.5)
    await boards(city, tmp_path, square("1", 0))
    await fold_all(city)

    async def unwanted(*_: Any) -> None:
        raise AssertionError("the requests were gone through")

    monkeypatch.setattr(area_requests, "read_page", unwanted)
    assert await boards(city, tmp_path, square("1", 0)) == ""
    assert await boards(city, tmp_path, square("1", 0, name="First", population=3)) == ""
    async with city.reading() as session:
        assert (await session.execute(text("SELECT count(*) FROM count_changes"))).scalar() == 0


async def test_a_boundary_and_an_agencys_land_do_as_areas_do(city: Database, tmp_path: Path) -> None:
    inside, port = await filed(city, 0.5), await filed(city, 3.5)
    await boards(city, tmp_path, square("1", 0), boundary=True)
    await boards(city, tmp_path, square("port", 3), layer="agency")
    await boards(city, tmp_path, square("c", 0), layer="city")
    assert await lies_in(city, inside) == [("board", "1", None)]
    assert await lies_in(city, port) == [("agency", "port", None)]


async def test_pages_meet_every_request_once(city: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(area_requests, "PAGE", 2)
    monkeypatch.setattr(area_requests, "FOLD_AFTER", 1)
    for number in range(5):
        await filed(city, 0.1 * number)
    assert await boards(city, tmp_path, square("1", 0)) == "5 requests lie in other areas now."
    assert await boards(city, tmp_path, square("1", 0.15)) == "2 requests lie in other areas now."


async def stop_at_the_second_page(database: Database, folder: Path) -> dict[str, Any]:
    """An import that is stopped; the job that it leaves."""
    real, pages = area_requests.assign_page, []

    async def assign_one(*given: Any) -> Any:
        pages.append(given)
        if len(pages) == 2:
            raise ConnectionError("stopped")
        return await real(*given)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(area_requests, "PAGE", 1)
        patch.setattr(area_requests, "assign_page", assign_one)
        with pytest.raises(ConnectionError):
            await import_areas(database, written(folder / "boards.geojson", square("1", 0)), layer="board")
    async with database.reading() as session:
        assert (await session.execute(select(func.count()).select_from(RequestArea))).scalar() == 1
        return (await session.execute(select(Job.arguments).where(Job.name == ASSIGN))).scalar_one()


async def test_what_a_stopped_import_left_is_done_by_the_next(city: Database, tmp_path: Path) -> None:
    requests = [await filed(city, 0.5), await filed(city, 0.6)]
    await stop_at_the_second_page(city, tmp_path)
    assert await boards(city, tmp_path, square("1", 0)) == "1 request lies in other areas now."
    assert [len(await lies_in(city, request)) for request in requests] == [1, 1]


async def test_what_a_stopped_import_left_is_done_by_the_worker(city: Database, tmp_path: Path) -> None:
    requests = [await filed(city, 0.5), await filed(city, 0.6)]
    arguments = await stop_at_the_second_page(city, tmp_path)
    await job_handlers[ASSIGN](city, arguments)
    assert [len(await lies_in(city, request)) for request in requests] == [1, 1]


async def test_a_report_that_is_being_written_by_the_old_areas_is_waited_for(city: Database, tmp_path: Path) -> None:
    path = written(tmp_path / "boards.geojson", square("1", 0))
    async with city.writing() as session:
        assert (await areas_index(session, await get_jurisdiction(session))).find(0.5, 0.5, NEW_DAY) == []
        importing = asyncio.create_task(import_areas(city, path, layer="board"))
        await asyncio.sleep(0.3)
        assert not importing.done()
        session.add(new_request(0.5))
    await importing
    await all_is_right(city)


async def test_a_pin_that_is_moved_meanwhile_stays_with_its_new_areas(
    city: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if city.is_sqlite:
        pytest.skip("nobody else writes while a page is written")
    moved = await filed(city, 0.5)
    real = area_requests.kept_pairs

    async def then_moved(*given: Any) -> Pairs:
        monkeypatch.setattr(area_requests, "kept_pairs", real)
        found = await real(*given)
        async with city.writing() as session:
            request = await session.get_one(ServiceRequest, moved)
            request.location, request.cell = point(0.5, 1.5), cell_key(0.5, 1.5)
            board = (await session.execute(select(Area.id).where(Area.code == "2"))).scalar_one()
            session.add(RequestArea(request_id=moved, area_id=board))
        return found

    monkeypatch.setattr(area_requests, "kept_pairs", then_moved)
    assert await boards(city, tmp_path, square("1", 0), square("2", 1)) == ""
    assert await lies_in(city, moved) == [("board", "2", None)]


async def test_past_requests_that_come_in_beside_an_import_of_areas_lie_in_the_new_ones(
    city: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(request_rows, "ARRIVING", 1)
    await boards(city, tmp_path, square("1", 3), boundary=True)

    async def rows() -> AsyncIterator[RequestRow]:
        for number in range(4):
            if number == 2:
                await boards(city, tmp_path, square("a", 3), layer="ward")
            yield RequestRow(f"t:{number}", "S", "received", OLD, 0.51234, 3.51234, group="Group", line=number)

    taken = await take_rows(city, rows(), TakeOptions(create_services=True))
    assert taken.taken == 4
    await all_is_right(city)
