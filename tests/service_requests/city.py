"""A small city with a boundary, two boards, an outside agency's land, five services and a few addresses."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from typing import Any

from PIL import Image
from sqlalchemy import select, update

from app.db import Database, point
from app.jurisdictions.models import Area, AreaLayer, Department, Jurisdiction, Place
from app.jurisdictions.place_index import refresh_place_index
from app.service_requests.models import ServiceRequest
from app.service_requests.submission import ContactDetails, Submission, Submitted
from app.service_requests.submit import submit
from app.services.models import Responsibility, Service, ServiceAttribute, ServiceGroup
from app.services.promise_models import PromiseRule
from app.services.queries import forget_catalogues

LAT, LONG = 42.35, -71.05
EAST_LONG = -71.02
OUTSIDE_LONG = -70.9
AGENCY_LONG = -71.085
STREETS, PARKS, STATE = 1, 2, 3
POTHOLE, GRAFFITI, DRUGS, HEAT, TREE = 1, 2, 3, 4, 5


def box(west: float, east: float) -> str:
    ring = f"{west} 42.3, {east} 42.3, {east} 42.4, {west} 42.4, {west} 42.3"
    return f"SRID=4326;MULTIPOLYGON((({ring})))"


async def make_city(database: Database) -> None:
    forget_catalogues()
    async with database.writing() as session:
        session.add(
            Jurisdiction(
                id=1,
                jurisdiction_id="harbor.example",
                name="Harbor",
                timezone="America/New_York",
                phone="555-0100",
                lat=LAT,
                long=LONG,
                boundary=box(-71.1, -71.0),
            )
        )
        session.add_all(
            [
                Department(id=STREETS, code="streets", name="Streets Department", phone="555-0111"),
                Department(id=PARKS, code="parks", name="Parks Department"),
                Department(
                    id=STATE,
                    code="state",
                    name="State Highways",
                    kind="agency",
                    phone="555-0199",
                    url="https://dot.example",
                ),
                ServiceGroup(code="streets", name="Streets", position=1, translations={"es": {"name": "Calles"}}),
                ServiceGroup(code="safety", name="Safety", position=2),
                AreaLayer(code="board", name="Board", position=1),
                AreaLayer(code="agency", name="Agencies", position=9),
                *places(),
            ]
        )
        await session.flush()
        session.add_all(services())
        session.add_all(
            [
                Area(id=1, layer="board", code="1", name="Board 1", area_km2=40, location=box(-71.1, -71.04)),
                Area(id=2, layer="board", code="2", name="Board 2", area_km2=30, location=box(-71.04, -71.0)),
                Area(
                    id=3,
                    layer="agency",
                    code="i90",
                    name="I-90",
                    area_km2=1,
                    department_id=STATE,
                    location=box(-71.1, -71.08),
                ),
            ]
        )
        await session.flush()
        session.add_all(
            [
                Responsibility(group="streets", department_id=STREETS),
                Responsibility(service_id=TREE, department_id=PARKS),
                PromiseRule(service_id=POTHOLE, days=3),
                PromiseRule(service_id=TREE, hours=24),
                question("SIZE", values=[{"key": "big", "name": "Big"}, {"key": "small", "name": "Small"}]),
            ]
        )
        await session.flush()
        await refresh_place_index(session)


def places() -> list[Place]:
    known = [
        ("12 Beacon Street", "12", "Beacon Street", LONG),
        ("80 Harbor Avenue", "80", "Harbor Avenue", EAST_LONG),
        ("5 Faraway Road", "5", "Faraway Road", OUTSIDE_LONG),
    ]
    return [
        Place(
            kind="address", label=label, house_number=number, street=street, zipcode="02108", location=point(LAT, long),
            source_id=label,
        )
        for label, number, street, long in known
    ]  # fmt: skip


def services() -> list[Service]:
    return [
        Service(
            id=POTHOLE,
            service_code="pothole",
            service_name="Pothole",
            group="streets",
            translations={"es": {"service_name": "Bache"}},
        ),
        Service(id=GRAFFITI, service_code="graffiti", service_name="Graffiti", group="streets", text_rule="review"),
        Service(id=DRUGS, service_code="drugs", service_name="Drug dealing", group="safety", private=True),
        Service(id=HEAT, service_code="heat", service_name="No heat", group="safety", contact_rule="required"),
        Service(
            id=TREE,
            service_code="tree",
            service_name="Fallen tree",
            group="streets",
            contact_rule="never",
        ),
    ]


def question(code: str, **facts: Any) -> ServiceAttribute:
    return ServiceAttribute(service_id=POTHOLE, code=code, datatype="singlevaluelist", description=f"{code}?", **facts)


async def report(database: Database, device_hash: str | None = None, **facts: Any) -> ServiceRequest:
    """A report that really went in through `submit`."""
    sent = {"service_code": "pothole", "source": "web", "lat": LAT, "long": LONG, "place_source": "pin"}
    async with database.writing() as session:
        submitted: Submitted = await submit(session, Submission(**{**sent, "device_hash": device_hash, **facts}))
        return submitted.request


async def set_facts(database: Database, request: ServiceRequest, **facts: Any) -> None:
    """Changes columns of a request by hand, as time or staff would."""
    async with database.writing() as session:
        await session.execute(update(ServiceRequest).where(ServiceRequest.id == request.id).values(**facts))


async def stored(database: Database, request: ServiceRequest) -> ServiceRequest:
    """The request as the database has it now."""
    async with database.reading() as session:
        return (await session.execute(select(ServiceRequest).where(ServiceRequest.id == request.id))).scalar_one()


def days_ago(days: float) -> datetime:
    return datetime.now(UTC) - timedelta(days=days)


ANA = ContactDetails(name="Ana Reporter", email="ana@example.org", phone="617 555 0142", notify="email")


def jpeg(colour: str = "orange") -> bytes:
    """A small picture as a phone would send it."""
    made = io.BytesIO()
    Image.new("RGB", (640, 480), colour).save(made, "JPEG")
    return made.getvalue()
