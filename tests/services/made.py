"""Services and questions made by hand, as the catalogue keeps them: outside any session."""

from typing import Any

from app.services.catalogue import Catalogue, Rule, make_catalogue
from app.services.models import Service, ServiceAttribute, ServiceGroup


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
    )
