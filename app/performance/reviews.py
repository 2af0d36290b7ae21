"""A review opens by itself where too few promises were kept in a month, with its figures; the department answers it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.guards import grants_of
from app.accounts.models import Account
from app.db import Database
from app.errors import Problem, Refused
from app.jurisdictions.models import Jurisdiction
from app.performance.count_promises import alone
from app.performance.figures import Figures
from app.performance.models import ALL, CountedMonth, PromiseFigure, Review
from app.performance.months import month_before, month_of, span_of
from app.service_requests.models import ServiceRequest
from app.services.models import Service
from app.templating import mark

# service_id, department_id (None: nobody in particular)
Whose = tuple[int, int | None]
SAY_WHAT = mark("Write why, and what changes now. Everybody reads it.")
ANSWERED = mark("Somebody has answered this already.")


async def open_reviews(database: Database) -> None:
    """Opens those of the last whole month, once it has been counted after its end. Safe to run again and again."""
    async with database.reading() as session:
        city = (await session.execute(select(Jurisdiction.timezone, Jurisdiction.promise_target))).one_or_none()
        if city is None:
            return
        zone = ZoneInfo(city.timezone)
        month = month_before(month_of(datetime.now(UTC), zone))
        if not await is_counted(session, month, zone) or not await missing(session, month, city.promise_target):
            return
    async with database.writing() as session:
        await alone(session)
        # Again, beside no other process.
        too_few = await missing(session, month, city.promise_target)
        reasons = await reasons_in(session, month, zone)
        session.add_all(
            review(month, city.promise_target, whose, too_few[whose], reasons) for whose in sorted_by(too_few)
        )


async def is_counted(session: AsyncSession, month: int, zone: ZoneInfo) -> bool:
    counted = await session.get(CountedMonth, month)
    return counted is not None and counted.counted_datetime >= span_of(month, zone)[1]


async def missing(session: AsyncSession, month: int, target: int) -> dict[Whose, Figures]:
    """Where less than the target was kept and no review has been opened."""
    figures: dict[int, dict[int, Figures]] = defaultdict(lambda: defaultdict(Figures))
    rows = select(PromiseFigure).join(Service, Service.id == PromiseFigure.service_id)
    rows = rows.where(PromiseFigure.month == month, PromiseFigure.area_id == ALL)
    for row in (await session.execute(rows)).scalars():
        figures[row.service_id][row.department_id].add(row)
    wanted = select(Review.service_id, Review.department_id).where(Review.month == month)
    known = {(row.service_id, row.department_id) for row in await session.execute(wanted)}
    found: dict[Whose, Figures] = {}
    for service_id, by_department in figures.items():
        for department_id, one in by_department.items():
            whose = (service_id, department_id or None)
            if department_id == ALL and len(by_department) > 1:
                continue
            if one.percent is not None and one.percent < target and whose not in known:
                found[whose] = one
    return found


def sorted_by(found: dict[Whose, Figures]) -> list[Whose]:
    return sorted(found, key=lambda whose: (whose[0], whose[1] or 0))


async def reasons_in(session: AsyncSession, month: int, zone: ZoneInfo) -> dict[Whose, dict[str, int]]:
    """How often each reason was given for what was closed in a month, the most frequent first."""
    first, after = span_of(month, zone)
    request = ServiceRequest
    named = (request.service_id, request.department_id, request.missed_reason)
    n = func.count().label("n")
    counted = select(*named, n).where(
        request.closed_datetime >= first, request.closed_datetime < after, request.missed_reason.is_not(None)
    )
    found: dict[Whose, dict[str, int]] = defaultdict(dict)
    for row in await session.execute(counted.group_by(*named).order_by(n.desc(), request.missed_reason)):
        found[row.service_id, row.department_id][str(row.missed_reason)] = row.n
    return found


def review(month: int, target: int, whose: Whose, figures: Figures, reasons: dict[Whose, dict[str, int]]) -> Review:
    return Review(
        month=month,
        service_id=whose[0],
        department_id=whose[1],
        opened_datetime=datetime.now(UTC),
        target=target,
        kept=figures.kept,
        missed=figures.missed,
        still_open=figures.still_open,
        median_hours=figures.median_hours,
        ninetieth_hours=figures.ninetieth_hours,
        reasons=dict(reasons.get(whose, {})),
    )


def may_answer(account: Account, one: Review) -> bool:
    """Whether a review lies in the scope of the account; a role for an area has none."""
    return any(
        grant.department_id in (None, one.department_id)
        and grant.service_id in (None, one.service_id)
        and grant.area_code is None
        for grant in grants_of(account, "reviews.answer")
    )


async def reviews_of(session: AsyncSession, account: Account, *, answered: bool, most: int) -> Sequence[Review]:
    wanted = select(Review).order_by(Review.month.desc(), Review.id)
    wanted = wanted.where(Review.answered_datetime.is_not(None) if answered else Review.answered_datetime.is_(None))
    found = (await session.execute(wanted)).scalars()
    return [one for one in found if may_answer(account, one)][:most]


async def answer(session: AsyncSession, one: Review, words: str, account: Account) -> None:
    """Raises Refused: 422 without words, 409 for one that is answered."""
    if not words:
        raise Refused(Problem(f"answer-{one.id}", SAY_WHAT))
    if one.answered_datetime is not None:
        raise Refused(Problem(f"answer-{one.id}", ANSWERED), status=409)
    one.answer, one.answered_datetime, one.account_id = words, datetime.now(UTC), account.id
    await session.flush()
