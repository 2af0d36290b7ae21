from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.demo.city import City, make_city
from app.demo.history import PastRequest, make_history
from app.demo.seed import CATALOGUE
from app.demo.themes import Kind
from app.services.models import ServiceAttribute

NOW = datetime(2026, 11, 22, 15, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def city() -> City:
    """Harbor Point. Read it, do not change it."""
    return make_city()


@pytest.fixture(scope="session")
def services() -> list[Kind]:
    """The demo's own catalogue, without a database."""
    return [as_service(record) for file in sorted((CATALOGUE / "services").glob("*.yaml")) for record in records(file)]


@pytest.fixture(scope="session")
def history(city: City, services: list[Kind]) -> list[PastRequest]:
    return make_history(city, services, NOW)


def records(file: Path) -> list[dict[str, Any]]:
    # Every scalar stays a string: YAML 1.1 would take the code "on" for True.
    return yaml.load(file.read_text(encoding="utf-8"), yaml.CBaseLoader)["services"]


def as_service(record: dict[str, Any]) -> Kind:
    name = record["service_name"]
    return Kind(
        service_code=record["service_code"],
        service_name=name["en"] if isinstance(name, dict) else name,
        group=record["group"],
        promise_hours=int(record["promise_hours"]) if "promise_hours" in record else None,
        promise_days=int(record["promise_days"]) if "promise_days" in record else None,
        promise_clock=record.get("promise_clock", "calendar"),
        translations={"es": {"service_name": name["es"]}} if isinstance(name, dict) else {},
        attributes=[
            ServiceAttribute(
                code=question["code"],
                datatype=question["datatype"],
                required=question.get("required") == "true",
                variable=question.get("variable") != "false",
                values=question.get("values", []),
                show_if=question.get("show_if"),
            )
            for question in record.get("attributes", [])
        ],
    )
