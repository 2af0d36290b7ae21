"""A small city for the API: two departments, five services with every kind of question, one district."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.db import Database, point
from app.jurisdictions.models import Area, AreaLayer, Department, Jurisdiction, Place
from app.service_requests.cells import cell_key
from app.service_requests.identifiers import new_service_request_id
from app.service_requests.models import RequestArea, ServiceRequest, Update
from app.service_requests.submission import ContactDetails, Submission
from app.service_requests.submit import submit
from app.services.models import Responsibility, Service, ServiceAttribute, ServiceGroup
from app.services.promise_models import PromiseRule
from app.services.queries import forget_catalogues

CITY_ID = "harbor.example"
TIMEZONE = "America/New_York"
LAT, LONG = 42.35, -71.05
POTHOLE, GRAFFITI, LIGHT, DRUGS, OLD = 1, 2, 3, 4, 5


async def make_city(database: Database) -> None:
    forget_catalogues()
    async with database.writing() as session:
        session.add(
            Jurisdiction(
                id=1, jurisdiction_id=CITY_ID, name="Harbor", timezone=TIMEZONE, phone="555-0100", lat=LAT, long=LONG
            )
        )
        session.add_all(
            [
                Department(
                    id=1, code="streets", name="Streets", translations={"es": {"name": "Calles"}}, phone="555-0111"
                ),
                Department(id=2, code="parks", name="Parks, Trees and Squares", translations={}),
                ServiceGroup(code="streets", name="Streets", position=1, translations={"es": {"name": "Calles"}}),
                ServiceGroup(code="safety", name="Safety", position=2, translations={}),
                AreaLayer(code="board", name="Board", position=1, translations={}),
            ]
        )
        await session.flush()
        add_services(session)
        box = "((-71.1 42.3, -71.0 42.3, -71.0 42.4, -71.1 42.4, -71.1 42.3))"
        session.add(
            Area(id=1, layer="board", code="7", name="Board 7", area_km2=91, location=f"SRID=4326;MULTIPOLYGON({box})")
        )
        session.add(
            Place(
                kind="address", label="12 Beacon Street", source_id="A-12", zipcode="02108", location=point(LAT, LONG)
            )
        )
        await session.flush()
        session.add_all(
            [
                Responsibility(group="streets", department_id=1),
                Responsibility(service_id=GRAFFITI, department_id=2),
                PromiseRule(service_id=POTHOLE, hours=48),
                PromiseRule(service_id=LIGHT, days=3),
                *questions(),
            ]
        )


def add_services(session: AsyncSession) -> None:
    session.add_all(
        [
            Service(
                id=POTHOLE,
                service_code="pothole",
                service_name="Pothole",
                description="A hole in the road",
                group="streets",
                keywords=["hole", "road"],
                service_notice="A crew looks at it within two days.",
                translations={
                    "es": {"service_name": "Bache", "keywords": ["hoyo"], "service_notice": "Va una cuadrilla."}
                },
            ),
            Service(id=GRAFFITI, service_code="graffiti", service_name="Graffiti", group="streets", text_rule="review"),
            Service(id=LIGHT, service_code="light.out", service_name="Street light", group="streets"),
            Service(id=DRUGS, service_code="drugs", service_name="Drug dealing", group="safety", private=True),
            Service(id=OLD, service_code="old", service_name="Gas lamp", group="streets", active=False),
        ]
    )


def questions() -> list[ServiceAttribute]:
    stop = {"message": "Leave, and call the gas company.", "phone": "555-0911"}
    return [
        attribute(
            "STATE",
            "singlevaluelist",
            1,
            required=True,
            values=[value("out", "Out"), value("gas", "Gas smell", stop=stop)],
        ),
        attribute("POLE", "string", 2, show_if={"code": "STATE", "values": ["out"]}),
        attribute("COLOURS", "multivaluelist", 3, values=[value("red", "Red"), value("blue", "Blue")]),
        attribute("COUNT", "number", 4),
        attribute("SEEN", "datetime", 5),
        attribute("MORE", "text", 6),
        attribute("HINT", "text", 7, variable=False),
    ]


def attribute(code: str, datatype: str, order: int, **facts: Any) -> ServiceAttribute:
    return ServiceAttribute(
        service_id=LIGHT, code=code, datatype=datatype, order=order, description=f"{code}?", **facts
    )


def value(key: str, name: str, **facts: Any) -> dict[str, Any]:
    return {"key": key, "name": name, "translations": {"es": {"name": f"{name} (es)"}}, **facts}


async def add_request(database: Database, **facts: Any) -> str:
    """A request as staff left it; returns its number. `lat`, `long` and `updates` (facts of each) may be given."""
    facts = dict(facts)
    lat, long = facts.pop("lat", LAT), facts.pop("long", LONG)
    updates = facts.pop("updates", [])
    now = datetime.now(UTC)
    row = {
        "service_request_id": new_service_request_id(),
        "service_id": POTHOLE,
        "status": "received",
        "location": point(lat, long),
        "cell": cell_key(lat, long),
        "requested_datetime": now - timedelta(hours=1),
        "updated_datetime": now - timedelta(hours=1),
        "source": "web",
        **facts,
    }
    async with database.writing() as session:
        request = ServiceRequest(**row)
        session.add(request)
        await session.flush()
        session.add(RequestArea(request_id=request.id, area_id=1))
        session.add_all(
            Update(request_id=request.id, **{"updated_datetime": now, "kind": "comment", **one}) for one in updates
        )
    return row["service_request_id"]


def new_uuid() -> str:
    return str(uuid.uuid4())


async def report_of_ana(database: Database) -> ServiceRequest:
    """A pothole of department 1, by somebody who left an e-mail address."""
    contact = ContactDetails(name="Ana", email="ana@example.org", notify="email")
    async with database.writing() as session:
        sent = Submission("pothole", "web", lat=LAT, long=LONG, description="Deep", contact=contact)
        return (await submit(session, sent)).request
