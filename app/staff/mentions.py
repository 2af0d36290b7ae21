"""Colleagues are named in a note by “@” and the first part of their e-mail address, and are told of it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from app.accounts.guards import may
from app.accounts.models import Account, AccountRole
from app.errors import Problem, Refused
from app.service_requests.escalation_models import StaffNotice
from app.service_requests.models import ServiceRequest
from app.templating import mark

# Not within a word: that is an e-mail address.
MENTION = re.compile(r"(?<![\w.@+-])@(\w[\w.+-]*(?:@[\w-]+(?:\.[\w-]+)+)?)")
MOST_MENTIONS = 20
MOST_SUGGESTED = 8
MENTIONED = "mentioned"

NOBODY = mark("Nobody who may see this report is called @%(handle)s. Write it another way, or without the @.")
TOO_MANY = mark("Name at most %(most)d colleagues in one note.")


async def colleagues(session: AsyncSession, request: ServiceRequest) -> dict[str, Account]:
    """Those who may see a request at the desk, by the handle under which they are named."""
    wanted = select(Account).where(Account.active).order_by(Account.name, Account.id)
    wanted = wanted.options(selectinload(Account.grants).joinedload(AccountRole.role))
    staff = [one for one in (await session.execute(wanted)).scalars() if one.grants]
    return {handle: one for handle, one in handles(staff).items() if may(one, "desk.view", request)}


def handles(accounts: Sequence[Account]) -> dict[str, Account]:
    """The first part of the e-mail address, where it is one person's; the whole of it where several have it."""
    first = Counter(first_part(one) for one in accounts)
    return {one.email.lower() if first[first_part(one)] > 1 else first_part(one): one for one in accounts}


def first_part(account: Account) -> str:
    return account.email.lower().partition("@")[0]


def suggested(known: dict[str, Account], typed: str) -> list[dict[str, str]]:
    """The colleagues whose handle, or a word of whose name, begins with what was typed."""
    typed = typed.casefold()
    found = [
        {"handle": handle, "name": one.name}
        for handle, one in known.items()
        if handle.startswith(typed) or any(word.startswith(typed) for word in one.name.casefold().split())
    ]
    return found[:MOST_SUGGESTED]


def read_mentions(text: str, known: dict[str, Account]) -> list[Account]:
    """Who is named, each once, in the order of the text. Raises Refused (422) for somebody who is not there."""
    named: dict[int, Account] = {}
    problems = []
    for written in dict.fromkeys(match[1].rstrip(".-+").lower() for match in MENTION.finditer(text)):
        one = known.get(written) or next((one for one in known.values() if one.email.lower() == written), None)
        if one is None:
            problems.append(Problem("note", NOBODY, {"handle": written[:60]}))
        else:
            named[one.id] = one
    if problems:
        raise Refused(*problems[:1])
    if len(named) > MOST_MENTIONS:
        raise Refused(Problem("note", TOO_MANY, {"most": MOST_MENTIONS}))
    return list(named.values())


def tell_mentioned(session: AsyncSession, request: ServiceRequest, named: Iterable[Account], by: Account) -> None:
    """A notice for each; nobody is told of what they wrote themselves."""
    now = datetime.now(UTC)
    session.add_all(
        StaffNotice(account_id=one.id, request_id=request.id, kind=MENTIONED, created_datetime=now)
        for one in named
        if one.id != by.id
    )
