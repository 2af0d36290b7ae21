"""The heart's tables: requests, their timeline, photos, the people behind them, and contact data apart."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Any

from geoalchemy2 import WKBElement, WKTElement
from sqlalchemy import (
    BigInteger,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    String,
    Text,
    TextClause,
    UniqueConstraint,
    Uuid,
    false,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.accounts.models import Account
from app.accounts.team_models import Team
from app.db import Base, Json, PointColumn, lat_long
from app.jurisdictions.models import Area, Department
from app.service_requests.routing_models import RoutingRule
from app.service_requests.workflow import OPEN
from app.services.models import Service

BigKey = BigInteger().with_variant(Integer, "sqlite")
# The conditions of the indexes that the sweep of `late.py` goes by: it says them word for word.
NOT_YET_LATE = text(
    "closed_datetime IS NULL AND expected_datetime IS NOT NULL AND NOT late AND paused_datetime IS NULL"
)
LATE = text("late")
IS_OPEN = text("status IN ({})".format(", ".join(f"'{code}'" for code in OPEN)))
# Without those that are open: SQLite would look among them for what is due.
CLOSED = text("closed_datetime IS NOT NULL")
LINKED = text("duplicate_of_id IS NOT NULL")
# Of these alone the clock has something to say one day.
TICKING = text("clock_datetime IS NOT NULL")
SUSPENDED = text("suspension_id IS NOT NULL")
FLAGGED = text("flagged_datetime IS NOT NULL")
UNANNOUNCED = text("announced_datetime IS NULL")
# Whose work it is: the queue finds what is open by these.
HAS_ASSIGNEE = text("assignee_id IS NOT NULL AND closed_datetime IS NULL")
HAS_TEAM = text("team_id IS NOT NULL AND closed_datetime IS NULL")
IN_TRIAGE = text("triage_datetime IS NOT NULL AND closed_datetime IS NULL")
# The lists of the desk, in the order of their promises: what is not closed, and of that what nobody has, or what waits.
IN_HAND = text("closed_datetime IS NULL")
NOBODYS = text("assignee_id IS NULL AND closed_datetime IS NULL")
PAUSED = text("paused_datetime IS NOT NULL AND closed_datetime IS NULL")
# As PostgreSQL writes it.
SPOKEN = "to_tsvector('simple'::regconfig, (address_string::text || ' '::text) || description)"
# The cell of this level, some hundred metres wide: by it the newest of a part of the map are found.
SQUARE_LEVEL = 16
SQUARE = text("(cell >> 16)")


def queue_index(name: str, *columns: str, where: TextClause = IN_HAND) -> Index:
    return Index(f"ix_service_requests_{name}", *columns, sqlite_where=where, postgresql_where=where)


class ServiceRequest(Base):
    """One reported problem. `status` is a code of `workflow.py`; times are UTC."""

    __tablename__ = "service_requests"
    __table_args__ = (
        Index(None, "requested_datetime", "id"),
        Index(None, "updated_datetime", "id"),
        Index(None, "status", "requested_datetime"),
        Index(None, "service_id", "requested_datetime"),
        # All that a map asks of requests that it shows by the hundred thousand.
        Index(
            "ix_service_requests_facts",
            "cell",
            "service_id",
            "status",
            "late",
            "source",
            "requested_datetime",
            "closed_datetime",
            "id",
        ),
        # SpatiaLite's index of places cannot be of some of them only.
        Index("ix_service_requests_open", "location", postgresql_using="gist", postgresql_where=IS_OPEN).ddl_if(
            dialect="postgresql"
        ),
        Index(None, "service_id", "cell"),
        Index("ix_service_requests_square", SQUARE, "requested_datetime", "id"),
        Index(None, "source", "requested_datetime"),
        Index(None, "closed_datetime", "id", sqlite_where=CLOSED, postgresql_where=CLOSED),
        Index(None, "duplicate_of_id", sqlite_where=LINKED, postgresql_where=LINKED),
        Index("ix_service_requests_due", "expected_datetime", sqlite_where=NOT_YET_LATE, postgresql_where=NOT_YET_LATE),
        Index("ix_service_requests_late", "expected_datetime", sqlite_where=LATE, postgresql_where=LATE),
        Index("ix_service_requests_clock", "clock_datetime", sqlite_where=TICKING, postgresql_where=TICKING),
        Index(None, "suspension_id", sqlite_where=SUSPENDED, postgresql_where=SUSPENDED),
        Index(
            "ix_service_requests_assignee",
            *("assignee_id", "expected_datetime", "id"),
            sqlite_where=HAS_ASSIGNEE,
            postgresql_where=HAS_ASSIGNEE,
        ),
        Index(
            "ix_service_requests_team",
            *("team_id", "expected_datetime", "id"),
            sqlite_where=HAS_TEAM,
            postgresql_where=HAS_TEAM,
        ),
        queue_index("queue", "expected_datetime", "id"),
        queue_index("queue_department", "department_id", "expected_datetime", "id"),
        queue_index("queue_service", "service_id", "expected_datetime", "id"),
        queue_index("queue_source", "source", "expected_datetime", "id"),
        queue_index("queue_filed", "requested_datetime", "id"),
        queue_index("nobodys", "expected_datetime", "id", where=NOBODYS),
        queue_index("paused", "expected_datetime", "id", where=PAUSED),
        queue_index("at_risk", "at_risk_datetime", where=NOT_YET_LATE),
        Index("ix_service_requests_words", text(SPOKEN), postgresql_using="gin", postgresql_where=IN_HAND).ddl_if(
            dialect="postgresql"
        ),
        Index("ix_service_requests_triage", "triage_datetime", sqlite_where=IN_TRIAGE, postgresql_where=IN_TRIAGE),
        Index("ix_service_requests_flagged", "flagged_datetime", sqlite_where=FLAGGED, postgresql_where=FLAGGED),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    service_request_id: Mapped[str] = mapped_column(String(20), unique=True)
    client_request_id: Mapped[uuid.UUID | None] = mapped_column(Uuid, unique=True)
    service_id: Mapped[int] = mapped_column(ForeignKey("services.id"))
    department_id: Mapped[int | None] = mapped_column(ForeignKey("departments.id"), index=True)
    status: Mapped[str] = mapped_column(String(24))
    status_notes: Mapped[str | None] = mapped_column(Text)
    description: Mapped[str] = mapped_column(Text, default="")
    description_public: Mapped[bool] = mapped_column(default=False)
    answers: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    location: Mapped[WKBElement | WKTElement] = mapped_column(PointColumn())
    cell: Mapped[int] = mapped_column(BigInteger)
    accuracy_m: Mapped[float | None]
    # How the place was found: photo, device, search, pin (moved by hand) or api.
    place_source: Mapped[str] = mapped_column(String(10), default="api")
    address_string: Mapped[str] = mapped_column(String(500), default="")
    address_id: Mapped[str | None] = mapped_column(String(100))
    zipcode: Mapped[str | None] = mapped_column(String(12))
    requested_datetime: Mapped[datetime]
    observed_datetime: Mapped[datetime | None]
    updated_datetime: Mapped[datetime]
    expected_datetime: Mapped[datetime | None]
    closed_datetime: Mapped[datetime | None]
    # The promise that it was given, which it keeps whatever is promised to others later.
    promise_rule_id: Mapped[int | None] = mapped_column(ForeignKey("promise_rules.id"))
    priority: Mapped[str | None] = mapped_column(String(20))
    at_risk_datetime: Mapped[datetime | None]
    # Since when the clock of the promise stands, and when the next step of its escalation is due: see `clock.py`.
    paused_datetime: Mapped[datetime | None]
    # Where it stands because of an event, and not because the city waits for the reporter.
    suspension_id: Mapped[int | None] = mapped_column(ForeignKey("suspensions.id"))
    clock_datetime: Mapped[datetime | None]
    # The city's day on which the work is planned; None once it is closed.
    planned_date: Mapped[date | None]
    # Why the promise was missed (`missed_reasons`), and until when the city said then that it would act.
    missed_reason: Mapped[str | None] = mapped_column(String(40))
    new_expected_datetime: Mapped[datetime | None]
    # Its place among those that wait, where another system does the work; None where that said none.
    queue_position: Mapped[int | None]
    # Open after its expected_datetime: kept by the sweep of `late.py`.
    late: Mapped[bool] = mapped_column(default=False, server_default=false())
    # Since when it waits for a look at what is public of it: `flag.py` sets it, `moderate.py` takes it away.
    flagged_datetime: Mapped[datetime | None]
    # Where it came in: web, open311, phone, liaison, import.
    source: Mapped[str] = mapped_column(String(20))
    # The key in the file or the system that it was imported from: "nyc:12345".
    import_key: Mapped[str | None] = mapped_column(String(120), unique=True, index=True)
    locale: Mapped[str] = mapped_column(String(10), default="en")
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id", ondelete="SET NULL"))
    duplicate_of_id: Mapped[int | None] = mapped_column(ForeignKey("service_requests.id"))
    # Whose work it is, within the department; and since when nobody's, because no rule said whose.
    team_id: Mapped[int | None] = mapped_column(ForeignKey("teams.id"))
    assignee_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    triage_datetime: Mapped[datetime | None]
    # The version of the rule that gave it to these hands (None: a person, or the catalogue); how often it came back.
    routing_rule_id: Mapped[int | None] = mapped_column(ForeignKey("routing_rules.id"))
    returned_count: Mapped[int] = mapped_column(default=0, server_default="0")
    reporter_count: Mapped[int] = mapped_column(default=1)
    follower_count: Mapped[int] = mapped_column(default=0)

    service: Mapped[Service] = relationship(lazy="raise")
    department: Mapped[Department | None] = relationship(lazy="raise")
    team: Mapped[Team | None] = relationship(lazy="raise")
    assignee: Mapped[Account | None] = relationship(lazy="raise", foreign_keys="ServiceRequest.assignee_id")
    routing_rule: Mapped[RoutingRule | None] = relationship(lazy="raise")
    duplicate_of: Mapped[ServiceRequest | None] = relationship(lazy="raise", remote_side="ServiceRequest.id")
    areas: Mapped[list[Area]] = relationship(lazy="raise", secondary="request_areas", viewonly=True)
    updates: Mapped[list[Update]] = relationship(lazy="raise", order_by="Update.id")
    photos: Mapped[list[Photo]] = relationship(lazy="raise", order_by="Photo.position")

    @property
    def lat(self) -> float:
        return lat_long(self.location)[0]

    @property
    def long(self) -> float:
        return lat_long(self.location)[1]


class RequestArea(Base):
    """The areas that a request lies in, as they were valid on its day: made from its place, with it.

    PostgreSQL does not check that both are there (docs/decisions/0017); the trigger `count_request_deleted` takes the
    rows along with their request.
    """

    __tablename__ = "request_areas"
    __table_args__ = (
        ForeignKeyConstraint(["request_id"], ["service_requests.id"], ondelete="CASCADE").ddl_if(dialect="sqlite"),
        ForeignKeyConstraint(["area_id"], ["areas.id"]).ddl_if(dialect="sqlite"),
        Index(None, "area_id", "request_id"),
    )

    request_id: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=False)
    area_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)


class Update(Base):
    """One entry of the timeline, and the outbox of what people are told: `announced_datetime` is None until then."""

    __tablename__ = "updates"
    __table_args__ = (Index("ix_updates_unannounced", "id", sqlite_where=UNANNOUNCED, postgresql_where=UNANNOUNCED),)

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    request_id: Mapped[int] = mapped_column(ForeignKey("service_requests.id", ondelete="CASCADE"), index=True)
    updated_datetime: Mapped[datetime]
    # received, status, comment, photo, correction, withdrawal, joined, merged, unmerged, split, late, paused, resumed,
    # suspended, explained, redress
    kind: Mapped[str] = mapped_column(String(20))
    # The status from here on, where this entry changed it.
    status: Mapped[str | None] = mapped_column(String(24))
    # What the status leaves unsaid, a code of REASONS in `workflow.py`; and the day that was planned.
    reason: Mapped[str | None] = mapped_column(String(24))
    planned_date: Mapped[date | None]
    text: Mapped[str] = mapped_column(Text, default="")
    # Whether the text may be shown; the entry itself always is.
    text_public: Mapped[bool] = mapped_column(default=True)
    # city, reporter or resident (a further reporter)
    author: Mapped[str] = mapped_column(String(20), default="city")
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id", ondelete="SET NULL"))
    announced_datetime: Mapped[datetime | None]
    # What an entry says beyond its text, by its kind: see `timeline.py`. Nothing about a resident
    # but the name of a row: whose No opened it again (`rating_links.py`).
    facts: Mapped[dict[str, Any] | None] = mapped_column(Json)


class PhotoFiles:
    """The files of a photo, by the keys of `app/media/storage.py`; the master is never public."""

    master_key: Mapped[str] = mapped_column(String(200), index=True)
    large_key: Mapped[str] = mapped_column(String(200), index=True)
    small_key: Mapped[str] = mapped_column(String(200), index=True)
    width: Mapped[int]
    height: Mapped[int]
    taken_datetime: Mapped[datetime | None]
    # What it looks like, in 64 bits with a sign (app/media/likeness.py); None for those from before it was asked.
    likeness: Mapped[int | None] = mapped_column(BigInteger)


class Photo(PhotoFiles, Base):
    """A photo of a request."""

    __tablename__ = "photos"
    __table_args__ = (UniqueConstraint("request_id", "content_hash"),)

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    request_id: Mapped[int] = mapped_column(ForeignKey("service_requests.id", ondelete="CASCADE"))
    update_id: Mapped[int | None] = mapped_column(ForeignKey("updates.id", ondelete="SET NULL"))
    position: Mapped[int] = mapped_column(default=0)
    content_hash: Mapped[str] = mapped_column(String(64), index=True)
    public: Mapped[bool] = mapped_column(default=True)


class Reporter(Base):
    """Somebody who reported this problem: the first, or one who joined. Known by a device or an account, once."""

    __tablename__ = "reporters"
    __table_args__ = (UniqueConstraint("request_id", "device_hash"), Index(None, "device_hash"))

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    request_id: Mapped[int] = mapped_column(ForeignKey("service_requests.id", ondelete="CASCADE"))
    first: Mapped[bool] = mapped_column(default=False)
    device_hash: Mapped[str | None] = mapped_column(String(64))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id", ondelete="SET NULL"))
    reported_datetime: Mapped[datetime]


class Follower(Base):
    """Somebody who wants to hear of this request."""

    __tablename__ = "followers"
    __table_args__ = (UniqueConstraint("request_id", "device_hash"), Index(None, "device_hash"))

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    request_id: Mapped[int] = mapped_column(ForeignKey("service_requests.id", ondelete="CASCADE"))
    device_hash: Mapped[str] = mapped_column(String(64))
    followed_datetime: Mapped[datetime]


class Contact(Base):
    """How to reach a reporter. Stands apart: nothing public ever joins this table."""

    __tablename__ = "contacts"

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    request_id: Mapped[int] = mapped_column(ForeignKey("service_requests.id", ondelete="CASCADE"), index=True)
    reporter_id: Mapped[int] = mapped_column(ForeignKey("reporters.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(200), default="")
    email: Mapped[str | None] = mapped_column(String(254))
    phone: Mapped[str | None] = mapped_column(String(40))
    # How they want to be told: "email" or "none".
    notify: Mapped[str] = mapped_column(String(10), default="none")
