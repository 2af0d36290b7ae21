"""Who of the staff is told when a promise is at risk or missed, and all that members of staff are told of requests."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, Json
from app.service_requests.models import BigKey

AT_RISK, LATE = "at_risk", "late"
# In place of a role: whoever the request is assigned to, and where that is nobody, who has CLERK.
ASSIGNEE, CLERK = "assignee", "clerk"
# As the migration and the demo write them: (since, after so many hours, the role that is told).
FIRST_STEPS = ((AT_RISK, 0, ASSIGNEE), (LATE, 0, "supervisor"), (LATE, 72, "department_head"))
UNTOLD = text("told_datetime IS NULL")


class EscalationStep(Base):
    """A step: so many hours after a promise is at risk or missed, who is told, for one service's group or for all."""

    __tablename__ = "escalation_steps"
    __table_args__ = (
        CheckConstraint("since IN ('at_risk', 'late')", name="since"),
        CheckConstraint("after_hours >= 0", name="after_hours"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    group: Mapped[str | None] = mapped_column("group_code", ForeignKey("service_groups.code"))
    department_id: Mapped[int | None] = mapped_column(ForeignKey("departments.id", ondelete="CASCADE"))
    since: Mapped[str] = mapped_column(String(10))
    after_hours: Mapped[int] = mapped_column(default=0)
    # A role: those are told who have it for the request, by its department, service and areas. Or ASSIGNEE.
    role: Mapped[str] = mapped_column(String(40))


class StaffNotice(Base):
    """What a member of staff is told of a request; `told_datetime` is None until then.

    `kind`: at_risk or late of the steps, or the word of another file that tells (assigned, mentioned, …), with its
    own `facts`, which hold nothing about a resident.
    """

    __tablename__ = "staff_notices"
    __table_args__ = (
        Index(None, "account_id", "created_datetime"),
        Index(None, "request_id"),
        Index("ix_staff_notices_untold", "id", sqlite_where=UNTOLD, postgresql_where=UNTOLD),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    request_id: Mapped[int] = mapped_column(ForeignKey("service_requests.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(20))
    facts: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    created_datetime: Mapped[datetime]
    told_datetime: Mapped[datetime | None]
