"""The catalogue that a process keeps, on both databases."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import event, update

from app.db import Database
from app.imports.services import import_departments, import_services
from app.jurisdictions.models import Area, AreaLayer, Department, Jurisdiction
from app.services.models import Service
from app.services.promise_rules import city_rule
from app.services.queries import current_catalogue
from app.services.responsibility import responsible_department
from tests.services.made import CATALOGUE

SQUARE = "SRID=4326;MULTIPOLYGON(((0 0,0 1,1 1,1 0,0 0)))"


@pytest.fixture
async def city(database: Database) -> Database:
    async with database.writing() as session:
        session.add(
            Jurisdiction(id=1, jurisdiction_id="harborpoint.example", name="Harbor Point", lat=41.0, long=-71.2)
        )
    await import_departments(database, CATALOGUE / "departments.yaml")
    await import_services(database, CATALOGUE / "services")
    return database


async def test_the_catalogue_is_loaded_whole_with_its_questions(city: Database) -> None:
    async with city.reading() as session:
        catalogue = await current_catalogue(session)
    pothole = catalogue.service("pothole")
    assert pothole is not None
    rule = city_rule(catalogue, pothole, datetime.now(UTC))
    assert rule is not None
    assert (rule.hours, rule.days) == (48, None)
    assert [question.code for question in pothole.attributes] == ["road", "owner", "width"]
    assert catalogue.by_id[pothole.id] is pothole
    assert catalogue.groups[0].code == "streets"
    assert catalogue.service("no-such-service") is None
    assert catalogue.department("port-authority") is not None


async def test_an_unchanged_catalogue_costs_one_statement(city: Database) -> None:
    statements: list[str] = []
    async with city.reading() as session:
        first = await current_catalogue(session)
    event.listen(city.engine.sync_engine, "before_cursor_execute", lambda *told: statements.append(told[2]))
    async with city.reading() as session:
        assert await current_catalogue(session) is first
    statements = [statement for statement in statements if not statement.startswith("BEGIN")]
    assert len(statements) == 1
    assert "jurisdictions" in statements[0]


async def test_a_change_is_seen_by_the_next_request(city: Database, tmp_path: Path) -> None:
    async with city.reading() as session:
        before = await current_catalogue(session)
    file = tmp_path / "more.csv"
    file.write_text("service_code,service_name,group\nkite,Kite in a tree,Trees\n", encoding="utf-8")
    await import_services(city, file)
    async with city.reading() as session:
        after = await current_catalogue(session)
    assert before.service("kite") is None
    kite = after.service("kite")
    assert kite is not None
    assert kite.group == "trees"


async def test_a_change_of_areas_is_seen_too(city: Database) -> None:
    async with city.reading() as session:
        before = await current_catalogue(session)
    async with city.writing() as session:
        await session.execute(update(Jurisdiction).values(areas_version=Jurisdiction.areas_version + 1))
    async with city.reading() as session:
        assert await current_catalogue(session) is not before


async def test_an_inactive_service_stays_known_by_its_id(city: Database) -> None:
    async with city.writing() as session:
        await session.execute(update(Service).where(Service.service_code == "pothole").values(active=False))
        await session.execute(update(Jurisdiction).values(catalogue_version=99))
    async with city.reading() as session:
        catalogue = await current_catalogue(session)
    assert catalogue.service("pothole") is None
    assert "pothole" in {service.service_code for service in catalogue.by_id.values()}


async def test_a_rolled_back_request_leaves_what_is_kept_whole(city: Database) -> None:
    async with city.reading() as session:
        catalogue = await current_catalogue(session)
    with pytest.raises(RuntimeError):
        async with city.writing() as session:
            pothole = (await current_catalogue(session)).service("pothole")
            raise RuntimeError
    assert pothole is catalogue.service("pothole")
    assert pothole is not None
    assert pothole.service_name == "Pothole"
    assert pothole.attributes


async def test_a_catalogue_without_a_city_is_empty(database: Database) -> None:
    async with database.reading() as session:
        assert (await current_catalogue(session)).services == ()


async def test_responsibilities_follow_the_areas_once_they_are_there(city: Database) -> None:
    first = await import_departments(city, CATALOGUE / "responsibilities.yaml")
    assert {problem.reason.split("'")[1] for problem in first.problems} >= {"board/7", "agency/merrow-parkway"}
    async with city.writing() as session:
        session.add_all([AreaLayer(code="board", name="Boards"), AreaLayer(code="agency", name="Agencies")])
        await session.flush()
        for layer, code in (("board", "7"), ("agency", "merrow-parkway")):
            session.add(Area(layer=layer, code=code, name=code, area_km2=1.0, location=SQUARE))
        await session.execute(update(Jurisdiction).values(areas_version=Jurisdiction.areas_version + 1))
    second = await import_departments(city, CATALOGUE / "responsibilities.yaml")
    assert second.taken == 8
    assert second.left_out == first.left_out - 8
    assert await who(city, "overflowing-bin") == "sanitation"
    assert await who(city, "overflowing-bin", "7") == "parks"
    assert await who(city, "graffiti", "7") == "public-works"
    assert await who(city, "pothole", "7", "merrow-parkway") == "state-highways"
    assert await who(city, "water-main", "merrow-parkway") == "water"


async def who(city: Database, service_code: str, *areas: str) -> str:
    async with city.reading() as session:
        catalogue = await current_catalogue(session)
        found = await session.execute(Area.__table__.select().where(Area.code.in_(areas)))
        area_ids = [row.id for row in found]
    service = catalogue.service(service_code)
    assert service is not None
    department = responsible_department(catalogue, service, area_ids)
    assert isinstance(department, Department)
    return department.code
