"""Services and questions made by hand, as the catalogue keeps them: outside any session."""

from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from app.imports.services import Reading, read_file
from app.imports.services_promises import NAMES
from app.services.catalogue import Catalogue, Rule, make_catalogue
from app.services.models import Service, ServiceAttribute, ServiceGroup
from app.services.promise_models import PromiseRule

CATALOGUE = Path(__file__).resolve().parents[2] / "app" / "demo" / "catalogue"


def question(code: str, datatype: str, **facts: Any) -> ServiceAttribute:
    keys = facts.pop("keys", [])
    values = facts.pop("values", [{"key": key, "name": key.title(), "translations": {}} for key in keys])
    return ServiceAttribute(
        **{
            "code": code,
            "datatype": datatype,
            "description": f"{code}?",
            "required": False,
            "variable": True,
            "order": 1,
            "values": values,
            "show_if": None,
            "translations": {},
            **facts,
        }
    )


def service(*questions: ServiceAttribute, **facts: Any) -> Service:
    made = Service(
        **{
            "id": 1,
            "service_code": "pothole",
            "service_name": "Pothole",
            "description": "",
            "group": "streets",
            "keywords": [],
            "type": "realtime",
            "active": True,
            "position": 0,
            "translations": {},
            **facts,
        }
    )
    made.attributes = list(questions)
    return made


def catalogue(*services: Service, rules: tuple[Rule, ...] = (), **facts: Any) -> Catalogue:
    groups = {row.group: ServiceGroup(code=row.group, name=row.group.title(), position=0) for row in services}
    return make_catalogue(
        (1, 1),
        list(groups.values()),
        list(services),
        facts.get("departments", []),
        list(rules),
        facts.get("agency_areas", {}),
        facts.get("promises", ()),
    )


@lru_cache
def harbor_point() -> Catalogue:
    """The demo city's catalogue, read from its files, without a database."""
    reading = Reading()
    for file in sorted((CATALOGUE / "services").glob("*.yaml")):
        read_file(file, ("groups", "services"), reading)
    assert not reading.refused
    groups = [ServiceGroup(code=draft.code, **draft.fields) for draft in reading.drafts["groups"]]
    services, promises = [], []
    for number, draft in enumerate(reading.drafts["services"], start=1):
        apart = {"attributes", *NAMES}
        fields = {name: value for name, value in draft.fields.items() if name not in apart}
        promises.append(PromiseRule(id=number, service_id=number, **promise_of(draft.fields)))
        made = Service(id=number, service_code=draft.code, **fields)
        made.attributes = [ServiceAttribute(**question) for question in draft.fields["attributes"]]
        services.append(made)
    return make_catalogue((1, 1), groups, services, [], [], {}, promises)


def promise_of(fields: dict[str, Any]) -> dict[str, Any]:
    return {**{name: fields[key] for key, name in NAMES.items()}, "valid_from": datetime(2020, 1, 1, tzinfo=UTC)}
