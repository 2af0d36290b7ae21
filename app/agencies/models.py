"""Outside agencies: how each is told of what is theirs, and each request that was passed on to one."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base
from app.service_requests.models import BigKey

EMAIL, OPEN311 = "email", "open311"
# Of a referral: to be told; told, and listened to; over; not told, and given up.
WAITING, TOLD, OVER, FAILED = "waiting", "told", "over", "failed"
DUE = text("due_datetime IS NOT NULL")


class AgencyDoor(Base):
    """How an outside agency is told: by e-mail, or by Open311 GeoReport v2 to its endpoint.

    `endpoint` goes up to "/requests" and has no query; `service_codes` gives theirs for ours, `default_code` is that of
    the others. `takes_client_id`: it knows what was sent twice by its `client_request_id`, as Blockwise does.
    """

    __tablename__ = "agency_doors"

    department_id: Mapped[int] = mapped_column(ForeignKey("departments.id", ondelete="CASCADE"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(10))
    email: Mapped[str] = mapped_column(String(254), default="")
    endpoint: Mapped[str] = mapped_column(String(500), default="")
    jurisdiction_id: Mapped[str] = mapped_column(String(100), default="")
    # Enciphered (app/accounts/ciphers.py).
    api_key: Mapped[str] = mapped_column(Text, default="")
    service_codes: Mapped[dict[str, Any]] = mapped_column(default=dict)
    default_code: Mapped[str] = mapped_column(String(80), default="")
    takes_client_id: Mapped[bool] = mapped_column(default=False)
    active: Mapped[bool] = mapped_column(default=True)
    # Where it does not answer, it is left alone until then.
    pause_datetime: Mapped[datetime | None]


class Referral(Base):
    """A request that was passed on to an agency. `due_datetime`: when it is told, or asked what became of it."""

    __tablename__ = "referrals"
    __table_args__ = (
        Index(None, "request_id"),
        Index("ix_referrals_due", "due_datetime", sqlite_where=DUE, postgresql_where=DUE),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    request_id: Mapped[int] = mapped_column(ForeignKey("service_requests.id", ondelete="CASCADE"))
    department_id: Mapped[int] = mapped_column(ForeignKey("departments.id", ondelete="CASCADE"))
    client_request_id: Mapped[uuid.UUID] = mapped_column(Uuid, unique=True, default=uuid.uuid4)
    # One of WAITING, TOLD, OVER, FAILED.
    state: Mapped[str] = mapped_column(String(10), default=WAITING)
    created_datetime: Mapped[datetime]
    due_datetime: Mapped[datetime | None]
    # Since it last came on.
    attempts: Mapped[int] = mapped_column(default=0)
    told_datetime: Mapped[datetime | None]
    # What they call it: a token first, where they do not know the number at once.
    token: Mapped[str | None] = mapped_column(String(200))
    their_id: Mapped[str | None] = mapped_column(String(200))
    # What they last said, so that the same again is nothing new.
    their_status: Mapped[str] = mapped_column(String(60), default="")
    their_notes: Mapped[str] = mapped_column(Text, default="")
    failure: Mapped[str | None] = mapped_column(String(300))
