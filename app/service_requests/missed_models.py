"""Why promises are missed: the list that staff chooses from."""

from __future__ import annotations

from typing import Any

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, Json
from app.templating import mark

# As the migration and the demo write them, in their order.
FIRST_REASONS = (
    ("weather", mark("The weather did not allow it")),
    ("material", mark("A part or material was missing")),
    ("staff", mark("There were too few people or vehicles")),
    ("others", mark("The city had to wait for somebody else, such as a utility")),
    ("larger", mark("The work was larger than it looked")),
    ("access", mark("The place was hard to find or to reach")),
    ("overlooked", mark("The city overlooked it")),
    ("other", mark("Another reason")),
)


class MissedReason(Base):
    """A reason for which a promise can have been missed. One that is not used any more stays for what it explained."""

    __tablename__ = "missed_reasons"

    code: Mapped[str] = mapped_column(String(40), primary_key=True)
    label: Mapped[str] = mapped_column(String(200))
    # {"es": {"label": …}}; the labels that the city began with are in the program's own translations.
    translations: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    position: Mapped[int] = mapped_column(default=0)
    active: Mapped[bool] = mapped_column(default=True)
