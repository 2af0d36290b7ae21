"""Words in the queue: those of a report and of its address that begin as the words that are asked for."""

from __future__ import annotations

import re

from sqlalchemy import Boolean, ColumnElement, func, literal_column
from sqlalchemy.ext.asyncio import AsyncSession

from app.service_requests.models import SPOKEN, ServiceRequest

WORD = re.compile(r"[^\W_]+")
MOST = 8
ESCAPE = "\\"


def has_words(session: AsyncSession, said: str) -> list[ColumnElement[bool]]:
    """Conditions: each word is the beginning of one of a request's. None for no word at all.

    PostgreSQL has an index of them; SQLite, which is a small town's, reads them.
    """
    words = WORD.findall(said.lower())[:MOST]
    if not words:
        return []
    if session.get_bind().dialect.name == "postgresql":
        asked = func.to_tsquery(literal_column("'simple'::regconfig"), " & ".join(f"{word}:*" for word in words))
        return [literal_column(SPOKEN).op("@@", return_type=Boolean())(asked)]
    text = func.lower(" " + ServiceRequest.address_string + " " + ServiceRequest.description)
    return [text.like(f"% {word}%") for word in words]
