"""A catalogue's calendar and its promises for groups, areas and priorities, on both databases."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import select

from app.db import Database
from app.imports.problems import ImportRefused
from app.imports.services import import_services
from app.jurisdictions.models import Jurisdiction
from app.services.calendars import works_on
from app.services.promise_models import PromiseRule
from app.services.queries import current_catalogue

CALENDAR = """\
groups:
  - {code: streets, name: Streets}
services:
  - {service_code: pothole, group: streets, service_name: Pothole, promise_hours: 48}
promises:
  - {group: streets, days: 10}
  - {service: pothole, area: board/7, hours: 24, clock: working}
  - {service: pothole, priority: urgent, hours: 4, at_risk_percent: 50}
working_hours:
  - {weekday: monday, opens: 07:30, closes: 16:00}
  - {weekday: saturday, opens: 08:00, closes: 12:00}
own_days:
  - {day: 2026-11-27, name: The day after}
  - {day: 2026-12-25, works: yes}
holidays:
  - {country: US, subdivision: MA}
"""


@pytest.fixture(autouse=True)
async def city(database: Database) -> None:
    async with database.writing() as session:
        session.add(Jurisdiction(id=1, jurisdiction_id="city.example", name="City", lat=40.7, long=-74.0))


def written(folder: Path, text: str) -> Path:
    file = folder / "calendar.yaml"
    file.write_text(text, encoding="utf-8")
    return file


async def test_a_catalogue_brings_the_calendar_and_promises_in_versions(database: Database, tmp_path: Path) -> None:
    assert (await import_services(database, written(tmp_path, CALENDAR))).left_out == 0
    async with database.reading() as session:
        calendar = (await current_catalogue(session)).calendar
    assert calendar.hours == {0: ((450, 960),), 5: ((480, 720),)}
    assert not works_on(calendar, date(2026, 4, 20))  # Patriots' Day
    assert calendar.own == {date(2026, 11, 27): False, date(2026, 12, 25): True}
    again = await import_services(database, written(tmp_path, CALENDAR))
    assert (again.taken, again.changed) == (0, 0)
    changed = CALENDAR.replace("hours: 24, clock: working", "hours: 12").replace("07:30", "08:00")
    changed = changed.replace("subdivision: MA", "subdivision: NY")
    assert (await import_services(database, written(tmp_path, changed))).left_out == 0
    async with database.reading() as session:
        calendar = (await current_catalogue(session)).calendar
        here = select(PromiseRule).where(PromiseRule.layer == "board").order_by(PromiseRule.id)
        first, second = (await session.execute(here)).scalars()
        assert len((await session.execute(select(PromiseRule.id))).all()) == 5
    assert (first.hours, first.clock, first.area_code, first.valid_to) == (24, "working", "7", second.valid_from)
    assert (second.hours, second.clock, second.valid_to) == (12, "calendar", None)
    assert (calendar.hours[0], calendar.subdivision) == (((480, 960),), "NY")


@pytest.mark.parametrize(
    ("section", "line", "column", "reason"),
    [
        ("working_hours:\n  - {weekday: mon, opens: 08:00, closes: 17:00}", 2, 15, "weekday must be one of monday"),
        ("working_hours:\n  - {weekday: monday, opens: 8, closes: 17:00}", 2, 30, "cannot be '8'"),
        ("working_hours:\n  - {weekday: monday, opens: 17:00, closes: 08:00}", 2, 45, "later than opens"),
        ("own_days:\n  - {day: 2027-02-29}", 2, 11, "there is no day '2027-02-29'"),
        ("holidays:\n  - {country: XX}", 2, 15, "not known"),
        ("holidays:\n  - {country: US, subdivision: QQ}", 2, 32, "no part of US"),
        ("promises:\n  - {area: board, hours: 3}", 2, 12, "layer/code"),
        ("promises:\n  - {group: streets, hours: 3, days: 3}", 2, 38, "either hours or days"),
        ("promises:\n  - {service: pothole, hours: 3}", 2, 5, "stands with the service"),
        ("promises:\n  - {group: nowhere, hours: 3}", 2, 5, "'nowhere' does not exist"),
    ],
)
async def test_what_cannot_be_is_refused_with_its_place(
    database: Database, tmp_path: Path, section: str, line: int, column: int, reason: str
) -> None:
    with pytest.raises(ImportRefused) as refused:
        await import_services(database, written(tmp_path, section))
    assert str(refused.value).startswith(f"calendar.yaml:{line}:{column}:") and reason in str(refused.value)
