"""The rules of routing are changed: a change closes a version and opens another, with an entry of the audit trail."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.audit import note
from app.accounts.models import Account
from app.errors import Problem, Refused
from app.jurisdictions.versions import routing_changed
from app.service_requests.assign import checked_hands
from app.service_requests.routing_models import RoutingRule
from app.service_requests.routing_rules import PRIORITIES, Conditions, Hands, stored_conditions
from app.templating import mark

LONGEST_NAME, LONGEST_CODE = 120, 40
NAME_IT = mark("Give the rule a name that says what it is for.")
CHANGED = mark("Somebody changed this rule after you opened it. Look at it again, then decide.")
GONE = mark("Somebody removed this rule.")
GIVE = mark("Choose a department, a team, a person or a priority: the rule gives nothing.")
NO_PRIORITY = mark("Choose one of the priorities in the list.")


@dataclass(frozen=True, slots=True)
class Draft:
    """A rule as it is to be. `place` counts from 1 in the order in which rules are tried."""

    name: str
    place: int
    conditions: Conditions
    hands: Hands
    priority: str | None = None
    active: bool = True


async def current_rows(session: AsyncSession) -> Sequence[RoutingRule]:
    """The versions of today in their order, those that are switched off too."""
    wanted = select(RoutingRule).where(RoutingRule.valid_to.is_(None))
    return (await session.execute(wanted.order_by(RoutingRule.position, RoutingRule.id))).scalars().all()


async def keep_rule(
    session: AsyncSession,
    account: Account | None,
    draft: Draft,
    *,
    code: str | None = None,
    seen: int | None = None,
    new_code: str = "",
) -> RoutingRule:
    """Writes a new rule, or with `code` the next version of one; what is the same is left as it is.

    `seen` is the id of the version that the person changed. `new_code` names a new rule (by its name, if not given).
    Raises Refused: 409 when it was changed or removed meanwhile, 422 for what cannot be.
    """
    # First: it makes others who change the rules wait.
    await routing_changed(session)
    rows = await current_rows(session)
    old = next((row for row in rows if row.code == code), None)
    if code is not None and old is None:
        raise Refused(Problem("name", GONE), status=409)
    if old is not None and seen not in (None, old.id):
        raise Refused(Problem("name", CHANGED), status=409)
    new = RoutingRule(**await columns_of(session, draft), account_id=account.id if account else None)
    new.position = position_of(rows, old, draft.place)
    new.code = old.code if old else code_for(new_code or draft.name, {row.code for row in rows})
    if old is not None and told(old) == told(new):
        return old
    now = datetime.now(UTC)
    new.valid_from = now
    if old is not None:
        old.valid_to = now
    session.add(new)
    await session.flush()
    facts = {"from": told(old), "to": told(new)} if old else told(new)
    await note(session, account, "rule.changed" if old else "rule.made", about=new.code, facts=facts)
    return new


async def columns_of(session: AsyncSession, draft: Draft) -> dict[str, Any]:
    """Raises Refused (422)."""
    if not draft.name or len(draft.name) > LONGEST_NAME:
        raise Refused(Problem("name", NAME_IT))
    if draft.priority is not None and draft.priority not in PRIORITIES:
        raise Refused(Problem("priority", NO_PRIORITY))
    if not draft.hands and draft.priority is None:
        raise Refused(Problem("department", GIVE))
    await checked_hands(session, draft.hands)
    return {
        "name": draft.name,
        "active": draft.active,
        "conditions": stored_conditions(draft.conditions),
        "department_id": draft.hands.department_id,
        "team_id": draft.hands.team_id,
        "assignee_id": draft.hands.assignee_id,
        "priority": draft.priority,
    }


async def remove_rule(session: AsyncSession, account: Account | None, code: str) -> None:
    """Closes the last version. Raises Refused (409) where somebody was quicker."""
    await routing_changed(session)
    row = next((row for row in await current_rows(session) if row.code == code), None)
    if row is None:
        raise Refused(Problem("name", GONE), status=409)
    row.valid_to = datetime.now(UTC)
    await note(session, account, "rule.removed", about=code, facts=told(row))


def position_of(rows: Sequence[RoutingRule], old: RoutingRule | None, place: int) -> float:
    """A number at this place among the other rules: all are numbered anew when there is none left between two."""
    if old is not None and rows.index(old) + 1 == place:
        return old.position
    others = [row for row in rows if row is not old]
    at = min(max(place, 1), len(others) + 1) - 1
    position = between(others, at)
    if position in {row.position for row in others}:
        for number, row in enumerate(others, 1):
            row.position = float(number)
        position = between(others, at)
    return position


def between(others: Sequence[RoutingRule], at: int) -> float:
    if not others:
        return 1.0
    if at == 0:
        return others[0].position - 1
    if at == len(others):
        return others[-1].position + 1
    return (others[at - 1].position + others[at].position) / 2


def code_for(name: str, taken: set[str]) -> str:
    """ "Port, at night" → "port-at-night"; with a number behind it where that is taken."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    code = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[: LONGEST_CODE - 4].strip("-") or "rule"
    return next(one for one in (code, *(f"{code}-{n}" for n in range(2, 1000))) if one not in taken)


def told(row: RoutingRule) -> dict[str, Any]:
    """What the audit trail says of a version."""
    names = ("name", "position", "active", "conditions", "department_id", "team_id", "assignee_id", "priority")
    return {name: getattr(row, name) for name in names}
