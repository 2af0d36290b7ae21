"""The catalogue as GeoReport tells it: discovery, services and their definitions."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from app.jurisdictions.models import Jurisdiction
from app.open311.formats import MEDIA_TYPES
from app.services.catalogue import Catalogue
from app.services.models import Service, ServiceAttribute
from app.services.promise_rules import city_rule
from app.services.words import keywords_in, said_in, value_said_in
from app.templating import gettext

# When what these addresses answer last changed in shape.
CHANGESET = "2026-11-26T00:00:00Z"
SPECIFICATION = "http://wiki.open311.org/GeoReport_v2"
LISTS = ("singlevaluelist", "multivaluelist")


def discovery_document(city: Jurisdiction, public_url: str) -> dict[str, Any]:
    """Service Discovery (https://wiki.open311.org/Service_Discovery)."""
    told = {"city": city.name, "phone": city.phone or "311"}
    return {
        "changeset": CHANGESET,
        "contact": gettext("%(city)s, telephone %(phone)s", **told),
        "key_service": gettext("Ask %(city)s for a key: telephone %(phone)s. Reading needs none.", **told),
        "endpoints": [
            {
                "specification": SPECIFICATION,
                "url": f"{public_url}/open311/v2",
                "changeset": CHANGESET,
                "type": "test" if city.is_demo else "production",
                "formats": [media_type.partition(";")[0] for media_type in MEDIA_TYPES.values()],
            }
        ],
    }


def service_document(catalogue: Catalogue, service: Service, locale: str, *, extensions: bool) -> dict[str, Any]:
    group = catalogue.group(service.group)
    document = {
        "service_code": service.service_code,
        "service_name": said_in(service, "service_name", locale),
        "description": said_in(service, "description", locale),
        "metadata": bool(service.attributes),
        "type": service.type,
        "keywords": ", ".join(keywords_in(service, locale)),
        "group": said_in(group, "name", locale) if group else service.group,
    }
    if not extensions:
        return document
    promise = city_rule(catalogue, service, datetime.now(UTC))
    return {
        **document,
        "group_code": service.group,
        "service_notice": said_in(service, "service_notice", locale) or None,
        "contact_rule": service.contact_rule,
        "text_rule": service.text_rule,
        "private": service.private,
        "promise_hours": promise.hours if promise else None,
        "promise_days": promise.days if promise else None,
        "promise_clock": promise.clock if promise else None,
        "nearby_radius_m": service.nearby_radius_m,
    }


def definition_document(service: Service, locale: str, *, extensions: bool) -> dict[str, Any]:
    attributes = [attribute_document(attribute, locale, extensions=extensions) for attribute in service.attributes]
    return {"service_code": service.service_code, "attributes": attributes}


def attribute_document(attribute: ServiceAttribute, locale: str, *, extensions: bool) -> dict[str, Any]:
    document: dict[str, Any] = {
        "variable": attribute.variable,
        "code": attribute.code,
        "datatype": attribute.datatype,
        "required": attribute.required,
        "datatype_description": said_in(attribute, "datatype_description", locale) or None,
        "order": attribute.order,
        "description": said_in(attribute, "description", locale),
    }
    if attribute.datatype in LISTS:
        document["values"] = [value_document(value, locale, extensions=extensions) for value in attribute.values]
    if extensions and attribute.show_if:
        document["show_if"] = {"code": attribute.show_if["code"], "keys": list(attribute.show_if["values"])}
    return document


def value_document(value: Mapping[str, Any], locale: str, *, extensions: bool) -> dict[str, Any]:
    document: dict[str, Any] = {"key": value["key"], "name": value_said_in(value, "name", locale)}
    if extensions and (stop := value.get("stop")):
        facts = {name: stop[name] for name in ("phone", "url", "department") if stop.get(name)}
        document["stop"] = {"message": value_said_in(stop, "message", locale), **facts}
    return document
