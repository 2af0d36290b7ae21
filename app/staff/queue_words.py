"""Words in the queue: those of a report and of its address that begin as the words that are asked for."""

from __future__ import annotations

import re

from sqlalchemy import Boolean, ColumnElement, func, literal_column, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.service_requests.models import IN_HAND, SPOKEN, ServiceRequest
from app.sql import among

WORD = re.compile(r"[^\W_]+")
MOST = 8
# So many are put in order quicker than they are looked for in it.
RARE = 3000


async def has_words(session: AsyncSession, said: str, *, closed: bool) -> list[ColumnElement[bool]]:
    """Conditions: each word is the beginning of one of a request's. None for no word at all.

    PostgreSQL has an index of them, of what is open; SQLite, which is a small town's, reads them.
    """
    words = WORD.findall(said.lower())[:MOST]
    if not words:
        return []
    if session.get_bind().dialect.name != "postgresql":
        text = func.lower(" " + ServiceRequest.address_string + " " + ServiceRequest.description)
        return [text.like(f"% {word}%") for word in words]
    asked = func.to_tsquery(literal_column("'simple'::regconfig"), " & ".join(f"{word}:*" for word in words))
    spoken: ColumnElement[bool] = literal_column(SPOKEN).op("@@", return_type=Boolean())(asked)
    if closed:
        return [spoken]
    # PostgreSQL does not know how rare the beginning of a word is: it would look for a rare one through all that is
    # open, in the order of the list. Of a common one the first come soon.
    few = select(ServiceRequest.id).where(IN_HAND, spoken).limit(RARE + 1)
    found = (await session.execute(few)).scalars().all()
    return [spoken] if len(found) > RARE else [among(ServiceRequest.id, found)]
