"""What is to be done with several requests, read from a form, and what it can be."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.models import Account, AccountRole
from app.accounts.team_models import Team
from app.errors import Problem, Refused
from app.service_requests.forms import MAX_DESCRIPTION, TOO_LONG
from app.service_requests.identifiers import read_service_request_id
from app.service_requests.missed import Missed
from app.service_requests.workflow import STATUSES
from app.services.answers import NOT_IN_LIST
from app.services.queries import current_catalogue
from app.templating import gettext, mark, translated

MOST = 200
MOST_PEOPLE = 1000
CHOOSE = mark("Choose one of these.")
WRITE = mark("Write something.")
PERMISSIONS = {
    "status": "requests.change_status",
    "assign": "requests.assign",
    "department": "requests.route",
    "note": "requests.note",
}
# What only makes sense for one report at a time, or is the reporter's own.
NEVER_TOGETHER = ("duplicate", "withdrawn")


@dataclass(frozen=True, slots=True)
class Deed:
    """One change: `action` is a key of PERMISSIONS; the other fields are those of the action."""

    action: str
    status: str = ""
    text: str = ""
    text_public: bool = False
    department_id: int | None = None
    team_id: int | None = None
    assignee_id: int | None = None
    # For those whose promised date has passed.
    missed: Missed | None = None

    @property
    def permission(self) -> str:
        return PERMISSIONS[self.action]


def read_chosen(values: Sequence[str]) -> dict[str, datetime]:
    """Number → the version that was chosen, from "NUMBER@MOMENT". What cannot be read is left out."""
    chosen = {}
    for value in values[:MOST]:
        said, _, seen = value.partition("@")
        number = read_service_request_id(said)
        try:
            moment = datetime.fromisoformat(seen)
            if number and moment.tzinfo:
                chosen[number] = moment.astimezone(UTC)
        except (ValueError, OverflowError):
            continue
    return chosen


async def read_deed(session: AsyncSession, account: Account, form: Mapping[str, str]) -> Deed:
    """Raises Refused (422) with each field that is missing or is not in its list."""
    action, text = form.get("action", ""), form.get("text", "")
    if len(text) > MAX_DESCRIPTION:
        raise Refused(Problem("text", TOO_LONG, {"length": len(text), "most": MAX_DESCRIPTION}))
    deed = Deed(action, text=text, text_public=form.get("text_public") == "yes")
    if action == "note" and not text:
        raise Refused(Problem("text", WRITE))
    known = {"status": "status", "department": "department", "assign": "hands"}.get(action)
    if known is None:
        return deed
    value = form.get(known, "")
    allowed = [str(option[0]) for option in (await options(session, account))[known]]
    if value not in allowed:
        raise Refused(Problem(known, NOT_IN_LIST if value else CHOOSE))
    if action == "status":
        missed = Missed(form.get("missed_reason", ""), form.get("missed_words", "")[:MAX_DESCRIPTION])
        return Deed(action, status=value, text=text, text_public=deed.text_public, missed=missed)
    if action == "department":
        return Deed(action, text=text, department_id=int(value))
    kind, _, number = value.partition(":")
    team, person = (int(number) if kind == name else None for name in ("team_id", "assignee_id"))
    return Deed(action, text=text, team_id=team, assignee_id=person)


async def options(session: AsyncSession, account: Account) -> dict[str, list[tuple[Any, str]]]:
    """Field → (value, words) of what can be chosen. Oneself comes first of all people."""
    catalogue = await current_catalogue(session)
    teams = select(Team.id, Team.name).where(Team.active).order_by(Team.name)
    works = exists().where(AccountRole.account_id == Account.id)
    people = select(Account.id, Account.name).where(Account.active, works, Account.id != account.id)
    people = people.order_by(Account.name, Account.id).limit(MOST_PEOPLE)
    departments = [(one.id, translated(one, "name")) for one in catalogue.departments.values()]
    return {
        "status": [(one.code, gettext(one.label)) for one in STATUSES.values() if one.code not in NEVER_TOGETHER],
        "department": sorted(departments, key=lambda one: one[1]),
        "hands": [
            (f"assignee_id:{account.id}", gettext("Me (%(name)s)", name=account.name)),
            *[(f"team_id:{row.id}", gettext("Team %(name)s", name=row.name)) for row in await session.execute(teams)],
            *[(f"assignee_id:{row.id}", row.name) for row in await session.execute(people)],
            ("nobody:", gettext("Nobody")),
        ],
    }


def digest(chosen: Mapping[str, datetime], deed: Deed) -> str:
    """Says whether what is carried out is what was previewed."""
    said = repr((sorted(chosen.items()), astuple(deed)))
    return hashlib.sha256(said.encode()).hexdigest()[:24]
