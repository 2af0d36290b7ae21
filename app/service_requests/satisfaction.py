"""How content people are with what was done: counted from their answers to “Is it fixed?”."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.jurisdictions.models import Area
from app.service_requests.models import RequestArea, ServiceRequest
from app.service_requests.rating_models import Rating


@dataclass(frozen=True, slots=True)
class Satisfaction:
    """`answers` people said whether it is fixed, `fixed` of them Yes; `rated` gave stars, `mean` of them on average.

    `mean` is None where nobody gave any.
    """

    answers: int
    fixed: int
    rated: int
    mean: float | None


def period(since: datetime, until: datetime) -> ColumnElement[bool]:
    return and_(Rating.answered_datetime >= since, Rating.answered_datetime < until)


def figures() -> tuple[ColumnElement[Any], ...]:
    said_yes = func.sum(case((Rating.answer == "yes", 1), else_=0))
    return func.count(), said_yes, func.count(Rating.stars), func.sum(Rating.stars)


def read(answers: int, fixed: int | None, rated: int, stars: int | None) -> Satisfaction:
    return Satisfaction(answers, int(fixed or 0), rated, int(stars or 0) / rated if rated else None)


async def satisfaction(session: AsyncSession, since: datetime, until: datetime) -> Satisfaction:
    """Of the whole city, by when people answered: from `since` until before `until`."""
    return read(*(await session.execute(select(*figures()).select_from(Rating).where(period(since, until)))).one())


async def satisfaction_by_service(session: AsyncSession, since: datetime, until: datetime) -> dict[int, Satisfaction]:
    """By the id of the service; one without answers is left out."""
    wanted = (
        select(ServiceRequest.service_id, *figures())
        .select_from(Rating)
        .join(ServiceRequest, ServiceRequest.id == Rating.request_id)
        .where(period(since, until))
        .group_by(ServiceRequest.service_id)
    )
    return {row[0]: read(*row[1:]) for row in await session.execute(wanted)}


async def satisfaction_by_area(
    session: AsyncSession, layer: str, since: datetime, until: datetime
) -> dict[int, Satisfaction]:
    """By the id of the area, for the areas of one layer; one without answers is left out."""
    wanted = (
        select(RequestArea.area_id, *figures())
        .select_from(Rating)
        .join(RequestArea, RequestArea.request_id == Rating.request_id)
        .join(Area, Area.id == RequestArea.area_id)
        .where(period(since, until), Area.layer == layer)
        .group_by(RequestArea.area_id)
    )
    return {row[0]: read(*row[1:]) for row in await session.execute(wanted)}
