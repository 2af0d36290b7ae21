"""What the city owes when it misses a promise: owed by itself from that moment, and tracked until it is given."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import insert, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from app.errors import Problem, Refused
from app.service_requests.models import ServiceRequest, Update
from app.service_requests.redress_models import APOLOGY, PRIORITY, RedressCase, RedressRule
from app.services.models import Service
from app.templating import mark

FIRST_OF_ALL = "high"
# Nobody has to do anything for these.
BY_ITSELF = (APOLOGY, PRIORITY)
GIVEN_ALREADY = mark("Somebody has given this already.")
SAY_HOW = mark("Write what was given, and when.")


async def owe(session: AsyncSession, missed: Iterable[tuple[int, int]], now: datetime) -> None:
    """Opens the cases of requests whose promise was missed, (id, service_id) each, once whenever it is called.

    Their timelines say what is owed; an apology and priority are given with that.
    """
    rules = await rules_at(session, now)
    if not rules:
        return
    groups = {row.id: row.group for row in (await session.execute(select(Service.id, Service.group))).all()}
    values = [
        {"request_id": request_id, "rule_id": rule.id, "created_datetime": now, "note": "",
         "given_datetime": now if rule.kind in BY_ITSELF else None}
        for request_id, service_id in missed
        for rule in rules
        if rule.service_id in (None, service_id) and rule.group in (None, groups.get(service_id))
    ]  # fmt: skip
    if not values:
        return
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    statement = dialect.insert(RedressCase).on_conflict_do_nothing(index_elements=["request_id", "rule_id"])
    made = await session.execute(statement.returning(RedressCase.request_id, RedressCase.rule_id), values)
    await say_owed(session, {rule.id: rule for rule in rules}, sorted(tuple(row) for row in made), now)


async def rules_at(session: AsyncSession, now: datetime) -> Sequence[RedressRule]:
    holds = (RedressRule.valid_from <= now, or_(RedressRule.valid_to.is_(None), RedressRule.valid_to > now))
    return (await session.execute(select(RedressRule).where(*holds).order_by(RedressRule.id))).scalars().all()


async def say_owed(
    session: AsyncSession, rules: dict[int, RedressRule], made: Sequence[tuple[int, ...]], now: datetime
) -> None:
    told: list[dict[str, Any]] = []
    for request_id, rule_id in made:
        rule = rules[rule_id]
        said = {code: {"text": words.get("words", "")} for code, words in rule.translations.items()}
        entry = {"request_id": request_id, "updated_datetime": now, "kind": "redress", "text": rule.words}
        told.append({**entry, "facts": {"redress": rule.kind, "translations": said}})
    if told:
        await session.execute(insert(Update), told)
    first = [request_id for request_id, rule_id in made if rules[rule_id].kind == PRIORITY]
    if first:
        raised = update(ServiceRequest).where(ServiceRequest.id.in_(first))
        await session.execute(raised.values(priority=FIRST_OF_ALL), execution_options={"synchronize_session": False})


async def give(session: AsyncSession, case_id: int, note: str, *, account_id: int) -> RedressCase:
    """Says that what was owed is given. Raises Refused: 409 for one that is, 422 without words."""
    if not note:
        raise Refused(Problem(f"note-{case_id}", SAY_HOW))
    wanted = select(RedressCase).where(RedressCase.id == case_id).with_for_update()
    case = (await session.execute(wanted.execution_options(populate_existing=True))).scalar_one()
    if case.given_datetime is not None:
        raise Refused(Problem(f"note-{case_id}", GIVEN_ALREADY), status=409)
    case.given_datetime, case.note, case.account_id = datetime.now(UTC), note, account_id
    given = Update(request_id=case.request_id, updated_datetime=case.given_datetime, kind="redress")
    given.facts, given.account_id = {"given": True}, account_id
    session.add(given)
    await session.flush()
    return case
