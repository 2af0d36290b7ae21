"""Where a page of a list begins: after the last request of the page before, the newest first."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, or_

from app.errors import Problem, Refused
from app.service_requests.models import ServiceRequest
from app.templating import mark

PAGE = 25
CURSOR = re.compile(r"(\d{1,17})-(\d{1,18})")
NOT_A_CURSOR = mark("This is no page of the list. Open the list again from its beginning.")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)

Request = ServiceRequest


@dataclass(frozen=True, slots=True)
class Cursor:
    """The last request of a page: the next page begins after it."""

    requested_datetime: datetime
    id: int

    def __str__(self) -> str:
        return f"{(self.requested_datetime - EPOCH) // MICROSECOND}-{self.id}"

    def passed(self) -> ColumnElement[bool]:
        filed = Request.requested_datetime
        # The first condition is what an index can begin at.
        return and_(filed <= self.requested_datetime, or_(filed < self.requested_datetime, Request.id < self.id))


def cursor_at(request: ServiceRequest) -> Cursor:
    return Cursor(request.requested_datetime, request.id)


def read_cursor(said: str) -> Cursor | None:
    """Raises Refused (400) for what was never a cursor."""
    if not said:
        return None
    read = CURSOR.fullmatch(said)
    if read is None:
        raise Refused(Problem("after", NOT_A_CURSOR), status=400)
    try:
        return Cursor(EPOCH + int(read[1]) * MICROSECOND, int(read[2]))
    except OverflowError as error:
        raise Refused(Problem("after", NOT_A_CURSOR), status=400) from error


def since(after: Cursor | None) -> list[ColumnElement[bool]]:
    return [after.passed()] if after else []


def newest() -> tuple[Any, Any]:
    return Request.requested_datetime.desc(), Request.id.desc()
