"""What people write about work orders, read from forms."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from litestar import Request
from litestar.datastructures import State
from sqlalchemy.ext.asyncio import AsyncSession

from app.errors import Problem, Refused
from app.jurisdictions.local_clock import local_day
from app.jurisdictions.queries import get_jurisdiction
from app.service_requests.forms import MAX_DESCRIPTION, clean
from app.service_requests.identifiers import read_service_request_id
from app.templating import mark
from app.work.orders import Plan

PageRequest = Request[Any, Any, State]
DAY_PAST = mark("Choose today or a later day.")
NO_DAY = mark("This is no day.")


async def read_form(request: PageRequest) -> dict[str, str]:
    """The texts of a form, the last of each name."""
    pairs = (await request.form()).multi_items()
    return {name: clean(value)[:MAX_DESCRIPTION] for name, value in pairs if isinstance(value, str)}


async def city_today(session: AsyncSession) -> date:
    return local_day(datetime.now(UTC), ZoneInfo((await get_jurisdiction(session)).timezone))


def read_day(said: str) -> date | None:
    """Raises Refused (422) for what is no day; None for nothing."""
    try:
        return date.fromisoformat(said) if said else None
    except ValueError as error:
        raise Refused(Problem("planned_date", NO_DAY)) from error


def read_plan(form: Mapping[str, str], today: date, *, kept: date | None = None) -> Plan:
    """`kept` is the day that was planned before, which may have passed. Raises Refused (422)."""
    day = read_day(form.get("planned_date", ""))
    if day is not None and day < today and day != kept:
        raise Refused(Problem("planned_date", DAY_PAST))
    return Plan(
        title=form.get("title", "")[:200],
        instructions=form.get("instructions", ""),
        department_id=number(form.get("department", "")),
        team_id=number(form.get("team", "")),
        assignee_id=number(form.get("assignee", "")),
        planned_date=day,
    )


def number(said: str) -> int | None:
    return int(said) if said.isascii() and said.isdigit() and len(said) < 10 else None


def read_numbers(said: str) -> list[str]:
    """The numbers of reports in a text, each once; what is none is passed over."""
    found = (read_service_request_id(word) for word in said.replace(",", " ").split())
    return list(dict.fromkeys(one for one in found if one))


def seen_datetime(form: Mapping[str, str]) -> datetime:
    """What the person looked at; without it nothing fits, and the change is refused as one that came too late."""
    try:
        found = datetime.fromisoformat(form.get("seen", ""))
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return datetime.fromtimestamp(0, UTC)
