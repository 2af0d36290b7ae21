"""The tables behind a phone's outbox: photos that came before their report, what was answered, what may be the same."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base
from app.service_requests.models import BigKey, PhotoFiles


class StagedPhoto(PhotoFiles, Base):
    """A photo that waits for its report. `content_hash` is the SHA-256 of the bytes as the phone sent them."""

    __tablename__ = "staged_photos"
    __table_args__ = (UniqueConstraint("client_request_id", "content_hash"),)

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    client_request_id: Mapped[uuid.UUID]
    content_hash: Mapped[str] = mapped_column(String(64))
    uploaded_datetime: Mapped[datetime] = mapped_column(index=True)


class Receipt(Base):
    """What an item of an outbox was answered, so that the same item again is answered alike and done once.

    A report needs none: its own row knows its `client_request_id`. `kind` is the action, or "deleted" for an item
    that is refused from now on. `request_id` is the request that the item was sent to.
    """

    __tablename__ = "receipts"

    client_request_id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    request_id: Mapped[int | None] = mapped_column(ForeignKey("service_requests.id", ondelete="SET NULL"), index=True)
    answer: Mapped[dict[str, Any]]
    received_datetime: Mapped[datetime]


class LikelyDuplicate(Base):
    """Two requests that may be the same problem, `distance_m` metres apart: for people to judge, nothing is merged.

    `request_id` came later, from a phone that could not know of `other_id`.
    """

    __tablename__ = "likely_duplicates"

    request_id: Mapped[int] = mapped_column(ForeignKey("service_requests.id", ondelete="CASCADE"), primary_key=True)
    other_id: Mapped[int] = mapped_column(
        ForeignKey("service_requests.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    distance_m: Mapped[float]
    found_datetime: Mapped[datetime]
