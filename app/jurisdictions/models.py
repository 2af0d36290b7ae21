"""The city: itself, who acts in it, its areas and its places."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from geoalchemy2 import Geometry, WKBElement
from sqlalchemy import Connection, ForeignKey, Index, LargeBinary, String, delete, event, insert, inspect
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import Base, Json, PointColumn
from app.jobs import Job
from app.jurisdictions.local_clock import offsets


class Jurisdiction(Base):
    """The one city that this installation serves: always the row with id 1."""

    __tablename__ = "jurisdictions"

    id: Mapped[int] = mapped_column(primary_key=True)
    jurisdiction_id: Mapped[str] = mapped_column(String(100), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    timezone: Mapped[str] = mapped_column(String(64), default="UTC")
    phone: Mapped[str | None] = mapped_column(String(40))
    emergency_phone: Mapped[str] = mapped_column(String(40), default="911")
    lat: Mapped[float]
    long: Mapped[float]
    is_demo: Mapped[bool] = mapped_column(default=False)
    # Whose public holidays the city keeps, as ISO 3166 has them: "US" and "NY".
    country: Mapped[str | None] = mapped_column(String(2))
    subdivision: Mapped[str | None] = mapped_column(String(10))
    # Of its promises it means to keep so many percent.
    promise_target: Mapped[int] = mapped_column(default=90, server_default="90")
    # Absent until a boundary is imported: then every place is taken as inside.
    boundary: Mapped[WKBElement | None] = mapped_column(Geometry("MULTIPOLYGON", srid=4326, spatial_index=False))
    # Raised in the transaction that changes areas, the catalogue or the routing, so that each process reloads what
    # it keeps.
    areas_version: Mapped[int] = mapped_column(default=1)
    catalogue_version: Mapped[int] = mapped_column(default=1)
    routing_version: Mapped[int] = mapped_column(default=1, server_default="1")
    # After how many hours in triage somebody is told that a request waits there.
    triage_hours: Mapped[int] = mapped_column(default=4, server_default="4")


class UtcOffset(Base):
    """How far the city's clock is ahead of UTC from an instant on, in seconds: triggers know no time zones."""

    __tablename__ = "utc_offsets"
    __table_args__ = {"sqlite_with_rowid": False}

    since_datetime: Mapped[datetime] = mapped_column(primary_key=True)
    seconds: Mapped[int]


def write_clock(connection: Connection, timezone: str) -> None:
    connection.execute(delete(UtcOffset))
    rows = [{"since_datetime": since, "seconds": seconds} for since, seconds in offsets(timezone)]
    connection.execute(insert(UtcOffset), rows)


@event.listens_for(Jurisdiction, "after_insert")
def city_made(_mapper: Any, connection: Connection, city: Jurisdiction) -> None:
    write_clock(connection, city.timezone or "UTC")


@event.listens_for(Jurisdiction, "after_update")
def city_changed(_mapper: Any, connection: Connection, city: Jurisdiction) -> None:
    """In another time zone many requests were filed on another day: all are counted again."""
    if inspect(city).attrs.timezone.history.has_changes():
        write_clock(connection, city.timezone)
        connection.execute(insert(Job).values(name="recount", arguments={}, run_datetime=datetime.now(UTC)))


class Department(Base):
    """A department of the city (`kind` "department") or an outside agency ("agency")."""

    __tablename__ = "departments"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(20), default="department")
    phone: Mapped[str | None] = mapped_column(String(40))
    email: Mapped[str | None] = mapped_column(String(254))
    url: Mapped[str | None] = mapped_column(String(500))
    # {"es": {"name": …}}
    translations: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)


class AreaLayer(Base):
    """A division of the city: boards, council districts, ZIPs, neighbourhoods, or the land of outside agencies."""

    __tablename__ = "area_layers"

    code: Mapped[str] = mapped_column(String(40), primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    position: Mapped[int] = mapped_column(default=0)
    translations: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)


class Area(Base):
    """One area of a layer, valid from a day (inclusive) to a day (exclusive); an open end is None."""

    __tablename__ = "areas"
    __table_args__ = (Index(None, "layer", "code"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    layer: Mapped[str] = mapped_column(ForeignKey("area_layers.code"))
    code: Mapped[str] = mapped_column(String(80))
    name: Mapped[str] = mapped_column(String(200))
    population: Mapped[int | None]
    area_km2: Mapped[float]
    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None]
    # Set where an outside agency answers for all that happens here (state land, a port, a neighbouring town).
    department_id: Mapped[int | None] = mapped_column(ForeignKey("departments.id"))
    location: Mapped[WKBElement] = mapped_column(Geometry("MULTIPOLYGON", srid=4326))

    department: Mapped[Department | None] = relationship(lazy="raise")


class Place(Base):
    """Something with a position that people name: an address, an intersection, or a point of interest."""

    __tablename__ = "places"

    id: Mapped[int] = mapped_column(primary_key=True)
    # address, intersection or poi
    kind: Mapped[str] = mapped_column(String(12))
    # As it is shown: "120 Beacon Street", "Beacon Street & Tremont Street", "Harbor Point Library".
    label: Mapped[str] = mapped_column(String(300))
    house_number: Mapped[str | None] = mapped_column(String(20))
    street: Mapped[str | None] = mapped_column(String(200))
    cross_street: Mapped[str | None] = mapped_column(String(200))
    zipcode: Mapped[str | None] = mapped_column(String(12))
    # The identifier in the file that it came from, so that an import run twice updates.
    source_id: Mapped[str | None] = mapped_column(String(100), unique=True)
    location: Mapped[WKBElement] = mapped_column(PointColumn())


class PlaceKey(Base):
    """Derived: one place under one name of the place index (`place_index.py`), rebuilt from `places`.

    An intersection stands under both its streets with number -1, a point of interest under its name with 0.
    No foreign key: rows of a place that is gone are dropped by the join and by the next rebuild.
    """

    __tablename__ = "place_keys"
    __table_args__ = {"sqlite_with_rowid": False}

    name_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    place_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    lat: Mapped[float]
    long: Mapped[float]


class PlaceIndex(Base):
    """Derived: the vocabulary of the place index as bytes (`place_vocabulary.py`); always the row with id 1."""

    __tablename__ = "place_index"

    id: Mapped[int] = mapped_column(primary_key=True)
    # New with every rebuild, so that each process reloads what it keeps.
    version: Mapped[str] = mapped_column(String(32))
    data: Mapped[bytes] = mapped_column(LargeBinary)
