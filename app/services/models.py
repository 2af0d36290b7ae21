"""The Open311 catalogue: groups, services, their questions, and who answers for them where."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import Base, Json

DATATYPES = ("string", "number", "datetime", "text", "singlevaluelist", "multivaluelist")
CONTACT_RULES = ("never", "optional", "required")
# "public": shown at once (masked); "review": shown when staff says so; "private": never shown.
TEXT_RULES = ("public", "review", "private")


class ServiceGroup(Base):
    __tablename__ = "service_groups"

    code: Mapped[str] = mapped_column(String(40), primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    position: Mapped[int] = mapped_column(default=0)
    translations: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)


class Service(Base):
    """A kind of problem that people report, as GeoReport v2 has it, with the city's rules for it."""

    __tablename__ = "services"

    id: Mapped[int] = mapped_column(primary_key=True)
    service_code: Mapped[str] = mapped_column(String(80), unique=True)
    service_name: Mapped[str] = mapped_column(String(200))
    description: Mapped[str] = mapped_column(Text, default="")
    group: Mapped[str] = mapped_column("group_code", ForeignKey("service_groups.code"), index=True)
    keywords: Mapped[list[Any]] = mapped_column(Json, default=list)
    # GeoReport's "realtime", "batch" or "blackbox".
    type: Mapped[str] = mapped_column(String(20), default="realtime")
    service_notice: Mapped[str | None] = mapped_column(Text)
    contact_rule: Mapped[str] = mapped_column(String(20), default="optional")
    text_rule: Mapped[str] = mapped_column(String(20), default="public")
    # A private service's requests are on no public page, list, map or feed.
    private: Mapped[bool] = mapped_column(default=False)
    # How far away, in metres, an open request of the same group may be the same problem.
    nearby_radius_m: Mapped[int] = mapped_column(default=100)
    active: Mapped[bool] = mapped_column(default=True)
    position: Mapped[int] = mapped_column(default=0)
    # {"es": {"service_name": …, "description": …, "keywords": […], "service_notice": …}}
    translations: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)

    attributes: Mapped[list[ServiceAttribute]] = relationship(
        lazy="raise", order_by="ServiceAttribute.order", cascade="all, delete-orphan"
    )


class ServiceAttribute(Base):
    """An extra question of a service.

    `values` (lists only): [{"key", "name", "translations": {"es": {"name"}},
    "stop": {"message", "phone"?, "url"?, "department"?, "translations"?}?}, …]; an answer with `stop`
    ends the report and says whom to call instead.
    `show_if`: {"code": other attribute, "values": [keys]}: asked only after one of these answers.
    """

    __tablename__ = "service_attributes"
    __table_args__ = (UniqueConstraint("service_id", "code"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    service_id: Mapped[int] = mapped_column(ForeignKey("services.id", ondelete="CASCADE"), index=True)
    code: Mapped[str] = mapped_column(String(80))
    datatype: Mapped[str] = mapped_column(String(20))
    required: Mapped[bool] = mapped_column(default=False)
    # GeoReport: False for a text that only informs.
    variable: Mapped[bool] = mapped_column(default=True)
    order: Mapped[int] = mapped_column("position", default=0)
    description: Mapped[str] = mapped_column(Text)
    datatype_description: Mapped[str | None] = mapped_column(Text)
    values: Mapped[list[Any]] = mapped_column("options", Json, default=list)
    show_if: Mapped[dict[str, Any] | None] = mapped_column(Json)
    translations: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)


class Responsibility(Base):
    """Who acts: the row that names the service before its group, and an area before the whole city."""

    __tablename__ = "responsibilities"
    __table_args__ = (Index(None, "service_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    service_id: Mapped[int | None] = mapped_column(ForeignKey("services.id", ondelete="CASCADE"))
    group: Mapped[str | None] = mapped_column("group_code", ForeignKey("service_groups.code"))
    area_id: Mapped[int | None] = mapped_column(ForeignKey("areas.id", ondelete="CASCADE"))
    department_id: Mapped[int] = mapped_column(ForeignKey("departments.id"))
