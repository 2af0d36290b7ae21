"""Past requests come in: each once, with areas, timeline and department; what changed is brought up to date."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from app.db import Database
from app.imports import crowds, request_rows
from app.imports.areas import import_areas
from app.imports.request_row import LeftOut, RequestRow, TakeOptions
from app.imports.request_rows import Summary, take_rows
from app.jurisdictions.models import Department
from app.service_requests.counts import CountChange, differences
from app.service_requests.models import ServiceRequest, Update
from app.services.models import Service
from app.services.queries import forget_catalogues

FILED = datetime(2019, 10, 1, 5, 0, 36, tzinfo=UTC)
MAKE = TakeOptions(create_services=True)


def square(code: str, west: float, south: float, size: float) -> dict[str, Any]:
    ring = [[west, south], [west + size, south], [west + size, south + size], [west, south + size], [west, south]]
    shape = {"type": "Polygon", "coordinates": [ring]}
    return {"type": "Feature", "properties": {"code": code, "name": f"Board {code}"}, "geometry": shape}


@pytest.fixture
async def city(database: Database, tmp_path: Path) -> Database:
    """Two boards side by side, and other borders of the same codes from 2020 on."""
    forget_catalogues()
    for name, west, since in (("old", -74.02, None), ("new", -74.03, datetime(2020, 1, 1).date())):  # noqa: DTZ001
        boards = [square("1", west, 40.7, 0.02), square("2", west + 0.02, 40.7, 0.02)]
        path = tmp_path / f"{name}.geojson"
        path.write_text(json.dumps({"type": "FeatureCollection", "features": boards}))
        options: dict[str, Any] = {"city_name": "Testville", "timezone": "America/New_York", "boundary": since is None}
        await import_areas(database, path, layer="board", valid_from=since, **options)
    return database


def row(number: int, **changes: Any) -> RequestRow:
    made = RequestRow(
        f"test:{number}", "Pothole", "received", FILED + timedelta(minutes=number), 40.7105 + number * 1e-5, -74.0111,
        group="Streets", department="DOT", department_name="Department of Transportation",
        address_string="1 Elm Street", line=number + 1,
    )  # fmt: skip
    return replace(made, **changes)


def counts(summary: Summary) -> tuple[int, int, int, dict[str, int]]:
    return summary.taken, summary.changed, summary.unchanged, dict(summary.left_out)


async def kept(database: Database, number: int) -> ServiceRequest:
    async with database.reading() as session:
        wanted = select(ServiceRequest).where(ServiceRequest.import_key == f"test:{number}")
        wanted = wanted.options(
            selectinload(ServiceRequest.areas),
            selectinload(ServiceRequest.updates),
            selectinload(ServiceRequest.service),
            selectinload(ServiceRequest.department),
        )
        return (await session.execute(wanted)).scalar_one()


def told(request: ServiceRequest) -> list[tuple[str, str | None, str, datetime]]:
    return [(update.kind, update.status, update.text, update.updated_datetime) for update in request.updates]


@pytest.mark.parametrize("batch", [3, 1_000])
async def test_each_row_comes_in_once_however_often_it_comes(
    city: Database, monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    monkeypatch.setattr(request_rows, "BATCH", batch)
    rows = [row(number) for number in range(10)]
    first = await take_rows(city, iter(rows), MAKE)
    assert counts(first) == (10, 0, 0, {})
    assert (first.services_made, first.departments_made, first.rows) == (1, 1, 10)
    assert counts(await take_rows(city, iter(rows), MAKE)) == (0, 0, 10, {})
    async with city.reading() as session:
        assert len((await session.execute(select(ServiceRequest.id))).all()) == 10
        assert not (await session.execute(select(CountChange.id))).first()
        assert await differences(session) == []


async def test_a_row_gets_its_service_department_areas_and_timeline(city: Database) -> None:
    closed = FILED + timedelta(days=2)
    done = row(0, status="fixed", closed_datetime=closed, status_notes="Filled.", description="Deep", zipcode="10001")
    await take_rows(city, iter([done, row(1)]), MAKE)
    request = await kept(city, 0)
    assert (request.source, request.status, request.zipcode) == ("import", "fixed", "10001")
    assert (request.service.service_code, request.service.service_name) == ("pothole", "Pothole")
    assert request.department and request.department.name == "Department of Transportation"
    assert [(area.layer, area.name) for area in request.areas] == [("board", "Board 1")]
    assert told(request) == [("received", "received", "", FILED), ("status", "fixed", "Filled.", closed)]
    assert {update.announced_datetime for update in request.updates} == {FILED, closed}
    assert (request.updated_datetime, request.closed_datetime) == (closed, closed)
    assert (round(request.lat, 4), round(request.long, 4)) == (40.7105, -74.0111)
    assert [kind for kind, *_ in told(await kept(city, 1))] == ["received"]


async def test_the_areas_are_those_of_the_day_of_filing(city: Database) -> None:
    later = datetime(2020, 1, 1, 5, 0, tzinfo=UTC)
    rows = [row(0), row(1, requested_datetime=later), row(2, requested_datetime=later - timedelta(minutes=1))]
    await take_rows(city, iter(rows), MAKE)
    names = [{area.name: area.valid_from is None for area in (await kept(city, n)).areas} for n in range(3)]
    assert names == [{"Board 1": True}, {"Board 1": False}, {"Board 1": True}]


async def test_what_the_source_changed_is_brought_up_to_date(city: Database) -> None:
    await take_rows(city, iter([row(0), row(1)]), MAKE)
    number = (await kept(city, 0)).service_request_id
    closed = FILED + timedelta(days=1)
    fixed = row(0, status="fixed", closed_datetime=closed, status_notes="Done", long=-73.9911)
    assert counts(await take_rows(city, iter([fixed, row(1)]), MAKE)) == (0, 1, 1, {})
    assert counts(await take_rows(city, iter([fixed]), MAKE)) == (0, 0, 1, {})
    request = await kept(city, 0)
    assert (request.service_request_id, request.status, request.closed_datetime) == (number, "fixed", closed)
    assert [area.name for area in request.areas] == ["Board 2"]
    assert told(request)[1:] == [("status", "fixed", "Done", closed)]
    reworded = replace(fixed, status_notes="Done well")
    await take_rows(city, iter([reworded]), MAKE)
    assert told(await kept(city, 0))[1:] == [("status", "fixed", "Done well", closed)]


async def test_what_is_said_of_an_open_request_stands_in_its_timeline_as_if_it_had_come_at_once(
    city: Database,
) -> None:
    for notes in (None, "On our list", "Inspected"):
        await take_rows(city, iter([row(0, status_notes=notes)]), MAKE)
    assert told(await kept(city, 0)) == [
        ("received", "received", "", FILED),
        ("status", "received", "Inspected", FILED),
    ]


async def test_an_older_export_undoes_nothing(city: Database) -> None:
    changed = FILED + timedelta(days=3)
    new = row(0, status="fixed", closed_datetime=changed, updated_datetime=changed)
    await take_rows(city, iter([new]), MAKE)
    old = row(0, status="in_progress", updated_datetime=FILED + timedelta(days=1))
    summary = await take_rows(city, iter([old]), MAKE)
    assert (summary.older, summary.changed, (await kept(city, 0)).status) == (1, 0, "fixed")


async def test_what_the_city_changed_since_is_left_alone(city: Database) -> None:
    await take_rows(city, iter([row(0)]), MAKE)
    request = await kept(city, 0)
    async with city.writing() as session:
        now = datetime.now(UTC)
        session.add(Update(request_id=request.id, updated_datetime=now, kind="comment", text="On our list"))
    summary = await take_rows(city, iter([row(0, status="fixed")]), MAKE)
    assert (summary.here, summary.changed, (await kept(city, 0)).status) == (1, 0, "received")


async def test_a_service_that_nobody_knows_is_left_out_or_made(city: Database) -> None:
    heard: list[LeftOut] = []
    summary = await take_rows(city, iter([row(0)]), TakeOptions(left_out=heard.append))
    assert counts(summary) == (0, 0, 0, {"unknown_service": 1})
    assert heard == [LeftOut(1, "test:0", "unknown_service", "Pothole")]
    assert counts(await take_rows(city, iter([row(0), row(1, service="POTHOLE ")]), MAKE)) == (2, 0, 0, {})
    known = TakeOptions(services={"Hole in road": "pothole"})
    assert counts(await take_rows(city, iter([row(2, service="Hole in Road")]), known)) == (1, 0, 0, {})
    async with city.reading() as session:
        assert (await session.execute(select(Service.service_code))).scalars().all() == ["pothole"]
        assert (await session.execute(select(Department.code, Department.name))).all() == [
            ("dot", "Department of Transportation")
        ]


async def test_what_batch_after_batch_names_is_made_once(city: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(request_rows, "BATCH", 1)
    options = TakeOptions(create_services=True, services={"Hole in road": "pothole", "Light out": "light"})
    rows = [row(0, service="Hole in Road"), row(1, service="Hole in Road"), row(2, service="Light out", group="?")]
    summary = await take_rows(city, iter([*rows, row(3, service="Rats", group="!")]), options)
    assert (summary.taken, summary.services_made, summary.departments_made) == (4, 3, 1)
    async with city.reading() as session:
        found = (await session.execute(select(Service.service_code, Service.group).order_by(Service.id))).all()
    assert found == [("pothole", "streets"), ("light", "other"), ("rats", "other")]


async def test_imports_beside_each_other_make_what_is_missing_once(city: Database) -> None:
    rows = [row(number, service=f"Kind {number}") for number in range(5)]
    both = await asyncio.gather(*(take_rows(city, iter(rows), MAKE) for _ in range(2)))
    assert [sum(getattr(found, name) for found in both) for name in ("taken", "services_made")] == [5, 5]


DIRT: list[tuple[dict[str, Any], str]] = [
    ({"lat": None}, "no_place"),
    ({"lat": 0.0, "long": 0.0}, "zero_place"),
    ({"lat": 40.71, "long": -74.01}, "rounded_place"),
    ({"lat": 40.7123, "long": -74.0123}, "not_a_place"),
    ({"lat": 40.8123}, "far_away"),
    ({"lat": float("nan")}, "bad_place"),
    ({"requested_datetime": None}, "no_date"),
    ({"requested_datetime": datetime(1900, 1, 1, tzinfo=UTC)}, "requested_out_of_range"),
    ({"requested_datetime": datetime(2059, 1, 1, tzinfo=UTC)}, "requested_out_of_range"),
    ({"status": "Gone fishing"}, "unknown_status"),
    ({"import_key": "x" * 121}, "long_key"),
    ({"service": ""}, "no_service"),
]


@pytest.mark.parametrize(("changes", "reason"), DIRT)
async def test_what_cannot_be_mended_is_left_out_with_its_reason(
    city: Database, changes: dict[str, Any], reason: str
) -> None:
    options = TakeOptions(create_services=True, not_places=frozenset({(40.7123, -74.0123)}))
    assert counts(await take_rows(city, iter([row(0, **changes), row(1)]), options)) == (1, 0, 0, {reason: 1})


MENDED: list[tuple[dict[str, Any], str]] = [
    ({"status": "fixed", "closed_datetime": FILED - timedelta(days=1)}, "closed_before_requested"),
    ({"status": "fixed", "closed_datetime": datetime(1900, 1, 1, tzinfo=UTC)}, "closed_out_of_range"),
    ({"status": "fixed"}, "closed_without_date"),
    ({"closed_datetime": FILED + timedelta(days=1)}, "open_with_close_date"),
    ({"updated_datetime": datetime(2059, 1, 1, tzinfo=UTC)}, "updated_out_of_range"),
    ({"expected_datetime": datetime(2059, 1, 1, tzinfo=UTC)}, "expected_out_of_range"),
    ({"zipcode": "NO CLUE"}, "bad_zipcode"),
    ({"address_string": "long " * 200}, "cut"),
    ({"lat": 40.725}, "outside_city"),
]


@pytest.mark.parametrize(("changes", "mended"), MENDED)
async def test_what_can_be_mended_is_mended_and_counted(city: Database, changes: dict[str, Any], mended: str) -> None:
    summary = await take_rows(city, iter([row(0, **changes)]), MAKE)
    assert (summary.taken, dict(summary.mended)) == (1, {mended: 1})
    request = await kept(city, 0)
    assert (request.closed_datetime, request.expected_datetime, request.zipcode) == (None, None, None)
    assert request.updated_datetime == request.requested_datetime


@pytest.mark.parametrize("sign", ["\0", "\ud800"])
async def test_what_no_database_keeps_is_dropped_from_every_text(city: Database, sign: str) -> None:
    words = ("service", "service_code", "group", "department", "department_name", "status_notes", "description")
    dirty = dict.fromkeys(words, f"Pot{sign}hole")
    summary = await take_rows(city, iter([row(0, import_key=f"test:{sign}0", duplicate_of_key=sign, **dirty)]), MAKE)
    request = await kept(city, 0)
    assert (summary.taken, request.description, request.service.service_name) == (1, "Pothole", "Pothole")


def test_a_stand_in_for_no_place_is_told_also_where_it_comes_late_and_not_twice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(crowds, "WINDOW", 100)
    seen, stand_in, known = crowds.Crowds(), (40.7123, -74.0123), (40.7321, -74.0321)
    for number in range(4_000):
        late, often = number >= 2_000 and number % 10 == 0, number % 10 == 5
        lat, long = stand_in if late else known if often else (40.0001 + number * 1e-3, -74.0)
        seen.see(row(number, lat=lat, long=long, address_string=f"{number} Elm Street"))
    assert seen.suspicious(frozenset({known})) == [(*stand_in, 200)]


async def test_of_one_number_the_last_row_counts(city: Database) -> None:
    summary = await take_rows(city, iter([row(0), row(0, description="the last")]), MAKE)
    assert counts(summary) == (1, 0, 0, {"repeated": 1})
    assert (await kept(city, 0)).description == "the last"


async def test_a_duplicate_is_linked_to_the_earlier_request_at_its_place(city: Database) -> None:
    at = {"lat": 40.7111, "long": -74.0111}
    month_before = FILED - timedelta(days=31)
    rows = [
        row(0, **at),
        row(1, **at, status="duplicate"),
        row(2, **at, status="duplicate"),
        row(3, lat=40.7112, status="duplicate"),
        row(4, **at, status="duplicate", service="Graffiti"),
        row(5, **at, requested_datetime=month_before),
        row(6, lat=40.71110500, long=-74.0111, status="duplicate"),
    ]
    summary = await take_rows(city, iter(rows), MAKE)
    original = (await kept(city, 0)).id
    linked = [(await kept(city, number)).duplicate_of_id for number in range(7)]
    assert linked == [None, original, original, None, None, None, original]
    links = summary.links
    assert (links.looked_at, links.by_place, links.by_key, links.of_several, links.not_found) == (5, 3, 0, 0, 2)
    assert (await take_rows(city, iter(rows), MAKE)).links.looked_at == 2


async def test_a_duplicate_finds_its_original_when_that_comes_later_and_others_are_not_asked_for_again(
    city: Database,
) -> None:
    at = {"lat": 40.7111, "long": -74.0111}
    days = [FILED + timedelta(days=number) for number in (0, 29, 60)]
    rows = [row(number, **at, requested_datetime=day, status="duplicate") for number, day in enumerate(days)]
    assert (await take_rows(city, iter(rows), MAKE)).links.looked_at == 3
    first = row(7, **at, requested_datetime=FILED - timedelta(minutes=1))
    links = (await take_rows(city, iter([first]), MAKE)).links
    assert (links.looked_at, links.by_place) == (2, 2)
    assert (await take_rows(city, iter([]), MAKE)).links.looked_at == 0


async def test_of_several_earlier_requests_the_one_that_was_closed_with_the_duplicate_is_its_original(
    city: Database,
) -> None:
    at = {"lat": 40.7111, "long": -74.0111, "status": "fixed"}
    days = [FILED + timedelta(days=number) for number in (3, 4, 5, 3)]
    rows = [row(number, **at, closed_datetime=day) for number, day in enumerate(days)]
    rows[3].status = "duplicate"
    await take_rows(city, iter([*rows, replace(rows[3], import_key="test:4", closed_datetime=None)]), MAKE)
    first, latest = (await kept(city, 0)).id, (await kept(city, 2)).id
    assert [(await kept(city, number)).duplicate_of_id for number in (3, 4)] == [first, latest]


async def test_a_duplicate_whose_original_is_named_is_linked_to_it_although_it_comes_later(city: Database) -> None:
    rows = [row(0, status="duplicate", duplicate_of_key="test:1"), row(1)]
    summary = await take_rows(city, iter(rows), MAKE)
    assert (await kept(city, 0)).duplicate_of_id == (await kept(city, 1)).id
    assert summary.links.by_key == 1


async def test_the_row_after_a_batch_is_asked_for_when_the_batch_has_been_kept(
    city: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(request_rows, "ARRIVING", 2)
    seen: list[int] = []

    async def arriving() -> AsyncIterator[RequestRow]:
        for number in range(5):
            async with city.reading() as session:
                seen.append(len((await session.execute(select(ServiceRequest.id))).all()))
            yield row(number)

    await take_rows(city, arriving(), MAKE)
    assert seen == [0, 0, 2, 2, 4]


async def test_what_was_stopped_in_the_middle_goes_on_when_it_is_run_again(
    city: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(request_rows, "ARRIVING", 2)

    async def breaking_off() -> AsyncIterator[RequestRow]:
        for number in range(5):
            yield row(number)
        raise ConnectionError("gone")

    with pytest.raises(ConnectionError):
        await take_rows(city, breaking_off(), MAKE)
    assert counts(await take_rows(city, (row(number) for number in range(6)), MAKE)) == (2, 0, 4, {})
