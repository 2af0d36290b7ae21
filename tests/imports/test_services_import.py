"""Catalogues from every format that is read, on both databases."""

import csv
import re
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import selectinload

from app.db import Database
from app.imports.problems import ImportRefused, ImportSummary
from app.imports.services import import_departments, import_services
from app.jurisdictions.models import Department, Jurisdiction
from app.services.models import Responsibility, Service, ServiceGroup
from app.services.promise_models import PromiseRule

ROOT = Path(__file__).resolve().parents[2]

SMALL = """\
groups:
  - {code: streets, name: {en: Streets, es: Calles}}
services:
  - service_code: pothole
    group: streets
    service_name: {en: Pothole, es: Bache}
    keywords: {en: "pot hole, crater", es: [bache, hoyo]}
    promise_hours: 48
    attributes:
      - code: road
        datatype: singlevaluelist
        required: true
        description: Which road?
        values:
          - {key: no, name: A street}
          - {key: 007, name: A bridge}
      - {code: depth, datatype: number, description: How deep?, show_if: {code: road, values: [007]}}
  - {service_code: 0012, group: streets, service_name: Sign}
"""


@pytest.fixture(autouse=True)
async def city(database: Database) -> None:
    async with database.writing() as session:
        session.add(Jurisdiction(id=1, jurisdiction_id="city.example", name="City", lat=40.7, long=-74.0))


def written(folder: Path, text: str, name: str = "catalogue.yaml") -> Path:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


async def services(database: Database) -> dict[str, Service]:
    async with database.reading() as session:
        rows = await session.scalars(select(Service).options(selectinload(Service.attributes)))
        return {row.service_code: row for row in rows}


async def version(database: Database) -> int:
    async with database.reading() as session:
        return (await session.execute(select(Jurisdiction.catalogue_version))).scalar_one()


async def promises(database: Database, service_code: str) -> list[PromiseRule]:
    async with database.reading() as session:
        of = select(PromiseRule).join(Service, Service.id == PromiseRule.service_id)
        return list(await session.scalars(of.where(Service.service_code == service_code).order_by(PromiseRule.id)))


async def test_yaml_is_taken_with_its_questions_in_order(database: Database, tmp_path: Path) -> None:
    summary = await import_services(database, written(tmp_path, SMALL))
    assert (summary.taken, summary.changed, summary.left_out) == (3, 0, 0)
    found = await services(database)
    pothole = found["pothole"]
    assert pothole.keywords == ["pot hole", "crater"]
    assert pothole.translations == {"es": {"service_name": "Bache", "keywords": ["bache", "hoyo"]}}
    assert [question.code for question in pothole.attributes] == ["road", "depth"]
    # What YAML takes for a truth value or a number is still the code that was written.
    assert [value["key"] for value in pothole.attributes[0].values] == ["no", "007"]
    assert found["0012"].service_name == "Sign"


async def test_running_twice_changes_nothing_and_a_change_is_seen_once(database: Database, tmp_path: Path) -> None:
    await import_services(database, written(tmp_path, SMALL))
    first = await version(database)
    again = await import_services(database, written(tmp_path, SMALL))
    assert (again.taken, again.changed, again.unchanged) == (0, 0, 3)
    assert await version(database) == first
    kept = (await services(database))["pothole"]
    changed = SMALL.replace("How deep?", "How deep is it?").replace("promise_hours: 48", "promise_days: 3")
    summary = await import_services(database, written(tmp_path, changed))
    assert (summary.taken, summary.changed, summary.unchanged) == (0, 1, 2)
    assert await version(database) > first
    pothole = (await services(database))["pothole"]
    before, after = await promises(database, "pothole")
    assert (before.hours, before.days, before.valid_to) == (48, None, after.valid_from)
    assert (after.hours, after.days, after.valid_to) == (None, 3, None)
    assert [question.id for question in pothole.attributes] == [question.id for question in kept.attributes]


async def test_a_question_that_is_gone_from_the_file_is_gone(database: Database, tmp_path: Path) -> None:
    await import_services(database, written(tmp_path, SMALL))
    fewer = "\n".join(line for line in SMALL.splitlines() if "depth" not in line)
    await import_services(database, written(tmp_path, fewer))
    assert [question.code for question in (await services(database))["pothole"].attributes] == ["road"]


async def test_replace_makes_inactive_what_the_file_does_not_name(database: Database, tmp_path: Path) -> None:
    await import_services(database, written(tmp_path, SMALL))
    one = SMALL[: SMALL.index("  - {service_code: 0012")]
    await import_services(database, written(tmp_path, one))
    assert (await services(database))["0012"].active
    summary = await import_services(database, written(tmp_path, one), replace=True)
    assert summary.changed == 1
    assert summary.notes
    assert not (await services(database))["0012"].active
    await import_services(database, written(tmp_path, SMALL), replace=True)
    assert (await services(database))["0012"].active


async def test_one_bad_record_keeps_the_whole_file_out_unless_bad_ones_are_skipped(
    database: Database, tmp_path: Path
) -> None:
    file = written(tmp_path, SMALL.replace("promise_hours: 48", "promise_hours: soon"))
    with pytest.raises(ImportRefused) as refused:
        await import_services(database, file)
    [problem] = refused.value.problems
    assert (problem.file, problem.line, problem.column) == ("catalogue.yaml", 8, 20)
    assert "'soon'" in problem.reason
    assert str(refused.value).startswith("catalogue.yaml:8:20: promise_hours")
    assert await services(database) == {}
    assert await version(database) == 1
    summary = await import_services(database, file, skip_bad=True)
    assert (summary.taken, summary.left_out, len(summary.problems)) == (2, 1, 1)
    assert set(await services(database)) == {"0012"}


async def test_a_group_or_department_that_does_not_exist_is_refused(database: Database, tmp_path: Path) -> None:
    file = written(tmp_path, SMALL.replace("group: streets\n", "group: streats\n", 1))
    with pytest.raises(ImportRefused, match=r"catalogue.yaml:4:5: .*'streats'"):
        await import_services(database, file)
    assert await services(database) == {}
    stop = SMALL.replace("name: A bridge}", "name: A bridge, stop: {message: Call., department: nobody}}")
    with pytest.raises(ImportRefused, match="the department 'nobody'"):
        await import_services(database, written(tmp_path, stop))


async def test_a_folder_is_read_as_one_catalogue(database: Database, tmp_path: Path) -> None:
    head, tail = SMALL.split("services:\n")
    written(tmp_path, "services:\n" + tail, "a.yaml")
    written(tmp_path, head, "b.yaml")
    assert (await import_services(database, tmp_path)).taken == 3


async def test_departments_and_responsibilities_come_with_it(database: Database, tmp_path: Path) -> None:
    text = SMALL + (
        "departments:\n  - {code: works, name: Works, email: w@city.example}\n"
        "responsibilities:\n  - {group: streets, department: works}\n"
        "  - {service: pothole, area: board/9, department: works}\n"
    )
    summary = await import_services(database, written(tmp_path, text))
    assert (summary.taken, summary.left_out) == (5, 1)
    assert "board/9" in summary.problems[0].reason
    assert summary.problems[0].line == 23
    async with database.reading() as session:
        assert (await session.execute(select(func.count()).select_from(Responsibility))).scalar() == 1
        assert (await session.execute(select(Department.email))).scalar() == "w@city.example"
    again = await import_departments(database, written(tmp_path, text))
    assert (again.taken, again.changed, again.unchanged) == (0, 0, 2)


async def test_a_table_changes_only_what_it_has_columns_for(database: Database, tmp_path: Path) -> None:
    await import_services(database, written(tmp_path, SMALL))
    table = "service_code,service_name,promise_days,promise_hours\npothole,Pot-hole,,24\n"
    summary = await import_services(database, written(tmp_path, table, "promises.csv"))
    assert (summary.taken, summary.changed) == (0, 1)
    pothole = (await services(database))["pothole"]
    assert (pothole.service_name, pothole.group) == ("Pot-hole", "streets")
    assert [rule.hours for rule in await promises(database, "pothole")] == [48, 24]
    assert pothole.translations["es"]["service_name"] == "Bache"
    assert len(pothole.attributes) == 2


async def test_a_table_brings_questions_groups_and_translations(database: Database, tmp_path: Path) -> None:
    table = (
        "\ufeffservice_code;service_name;service_name_es;keywords;group;group_es;attribute_code;attribute_datatype;"
        "attribute_required;attribute_description;attribute_description_es;attribute_values;attribute_values_es;"
        "attribute_show_if\r\n"
        "light;Street light;Farola;lamp, bulb;Lights;Luces;state;singlevaluelist;yes;How is it?;¿Cómo está?;"
        "out=Out|Flickering;Apagada|Parpadea;\r\n"
        'light;;;;;;since;datetime;no;"Since\nwhen?";;;;state=out\r\n'
        "\r\n"
        "pole;Pole;Poste;;;;;;;;;;;\r\n"
    )
    summary = await import_services(database, written(tmp_path, table, "table.csv"))
    assert summary.problems == ()
    found = await services(database)
    light = found["light"]
    assert (light.keywords, light.group, light.translations["es"]["service_name"]) == (
        ["lamp", "bulb"],
        "lights",
        "Farola",
    )
    state, since = light.attributes
    assert [(value["key"], value["translations"]["es"]["name"]) for value in state.values] == [
        ("out", "Apagada"),
        ("flickering", "Parpadea"),
    ]
    assert since.show_if == {"code": "state", "values": ["out"]}
    assert found["pole"].group == "other"
    async with database.reading() as session:
        lights = await session.get(ServiceGroup, "lights")
        assert lights is not None
        assert (lights.name, lights.translations) == ("Lights", {"es": {"name": "Luces"}})


@pytest.mark.parametrize(
    ("name", "count", "group"),
    [
        ("san_francisco_services.xml", None, "street-defects"),
        ("sf_services_leading_blank_line.xml", None, "street-defects"),
        ("bloomington_services.json", 46, "streets-parking-traffic"),
    ],
)
async def test_another_systems_catalogue_is_taken_and_keeps_what_was_added_here(
    database: Database, shared_data: Path, name: str, count: int | None, group: str
) -> None:
    file = shared_data / "open311" / name
    count = count or file.read_text(encoding="utf-8").count("<service>")
    summary = await import_services(database, file)
    assert summary.left_out == 0
    found = await services(database)
    assert len(found) == count > 30
    assert any(service.group == group for service in found.values())
    code = next(iter(found))
    async with database.writing() as session:
        service = (await session.scalars(select(Service).where(Service.service_code == code))).one()
        service.keywords, service.translations = ["mine"], {"es": {"service_name": "Mío"}}
        session.add(PromiseRule(service_id=service.id, days=9))
    assert (await import_services(database, file)).unchanged == summary.taken
    kept = (await services(database))[code]
    assert (kept.keywords, kept.translations["es"]["service_name"]) == (["mine"], "Mío")
    assert [(rule.days, rule.valid_to) for rule in await promises(database, code)] == [(9, None)]


async def test_a_promise_that_a_file_takes_back_ends_and_one_for_a_part_of_the_city_stays(
    database: Database, tmp_path: Path
) -> None:
    await import_services(database, written(tmp_path, SMALL))
    async with database.writing() as session:
        pothole = (await session.scalars(select(Service.id).where(Service.service_code == "pothole"))).one()
        session.add(PromiseRule(service_id=pothole, layer="board", area_code="7", hours=8))
    clock = SMALL.replace("promise_hours: 48", "promise_hours: 48\n    promise_clock: working")
    assert (await import_services(database, written(tmp_path, clock))).changed == 1
    without = SMALL.replace("    promise_hours: 48\n", "")
    assert (await import_services(database, written(tmp_path, without))).changed == 1
    found = await promises(database, "pothole")
    assert [(rule.hours, rule.clock, rule.valid_to is None) for rule in found] == [
        (48, "calendar", False),
        (8, "calendar", True),
        (48, "working", False),
    ]
    assert (await import_services(database, written(tmp_path, without))).changed == 0


async def test_georeport_keywords_are_words_between_commas(database: Database, tmp_path: Path) -> None:
    xml = (
        "\n\n<?xml version='1.0' encoding='utf-8'?>\n<services><service><service_code>1</service_code>"
        "<service_name>Pothole &amp; more</service_name><keywords>hole, road ,</keywords><metadata>true</metadata>"
        "<type>batch</type><group>Streets</group></service></services>"
    )
    await import_services(database, written(tmp_path, xml, "x.txt"))
    service = (await services(database))["1"]
    assert (service.service_name, service.keywords, service.type) == ("Pothole & more", ["hole", "road"], "batch")


async def test_new_yorks_types_become_a_catalogue_by_the_way_that_the_manual_shows(
    database: Database, shared_data: Path, tmp_path: Path
) -> None:
    manual = (ROOT / "docs" / "catalogue.md").read_text(encoding="utf-8")
    [script] = re.findall(r"```python\n(.*?)```", manual, re.DOTALL)
    requests, table = shared_data / "requests" / "nyc_2018-10_full.csv", tmp_path / "nyc.csv"
    subprocess.run([sys.executable, written(tmp_path, script, "derive.py"), requests, table], check=True)  # noqa: ASYNC221
    summary = await import_services(database, table)
    assert summary.problems == ()
    with requests.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    found = {service.service_name.upper(): service for service in (await services(database)).values()}
    assert set(found) == {row["Complaint Type"].strip().upper() for row in rows}
    for row in rows:
        if row["Descriptor"].strip() not in ("", "N/A"):
            [question] = found[row["Complaint Type"].strip().upper()].attributes
            assert row["Descriptor"].strip().replace("|", "/") in [value["name"] for value in question.values]
    assert (await import_services(database, table)).changed == 0


async def test_progress_is_told_to_the_end(database: Database, tmp_path: Path) -> None:
    told: list[tuple[str, int, int | None]] = []
    summary: ImportSummary = await import_services(
        database, written(tmp_path, SMALL), progress=lambda step, done, total, _rate: told.append((step, done, total))
    )
    assert told[-1][1:] == (summary.taken, 3)
