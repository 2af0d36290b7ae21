"""Questions as they were asked before somebody changed them, so that old answers keep their questions."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base


class PastQuestion(Base):
    """A question of a service as it stood until `asked_until`. `question` has the columns of ServiceAttribute."""

    __tablename__ = "past_questions"
    __table_args__ = (Index(None, "service_id", "code"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    service_id: Mapped[int] = mapped_column(ForeignKey("services.id", ondelete="CASCADE"))
    code: Mapped[str] = mapped_column(String(80))
    asked_until: Mapped[datetime]
    question: Mapped[dict[str, Any]]
