"""What people answer to “Is it fixed?”: one row for each person and each time that the city said so."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base
from app.service_requests.models import BigKey


class Rating(Base):
    """An answer to one closing (`update_id`). The words are for the city; nothing public ever joins this table."""

    __tablename__ = "ratings"
    __table_args__ = (
        UniqueConstraint("update_id", "rater"),
        CheckConstraint("stars BETWEEN 1 AND 5", name="stars"),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    request_id: Mapped[int] = mapped_column(ForeignKey("service_requests.id", ondelete="CASCADE"), index=True)
    update_id: Mapped[int] = mapped_column(ForeignKey("updates.id", ondelete="CASCADE"))
    # "r12", the reporter with this id, or "f9", the follower.
    rater: Mapped[str] = mapped_column(String(24))
    # yes or no
    answer: Mapped[str] = mapped_column(String(3))
    stars: Mapped[int | None]
    words: Mapped[str] = mapped_column(Text, default="")
    answered_datetime: Mapped[datetime] = mapped_column(index=True)
