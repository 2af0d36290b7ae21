"""Writes: programs that may send requests."""

from __future__ import annotations

import hashlib
import secrets
from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.open311.models import ApiClient

DEFAULT_PER_MINUTE = 60


async def create_api_client(
    session: AsyncSession, name: str, email: str | None = None, requests_per_minute: int = DEFAULT_PER_MINUTE
) -> str:
    """A new program's API key (43 URL-safe characters). Only its hash is kept: show it once.

    Raises ValueError for an empty name or a rate below 1.
    """
    if not name.strip():
        raise ValueError("give the program a name")
    if requests_per_minute < 1:
        raise ValueError("a program must be allowed at least 1 request a minute")
    key = secrets.token_urlsafe(32)
    session.add(
        ApiClient(
            name=name.strip()[:200],
            email=email or None,
            key_hash=key_hash(key),
            requests_per_minute=requests_per_minute,
            created_datetime=datetime.now(UTC),
        )
    )
    await session.flush()
    return key


def key_hash(key: str) -> str:
    """SHA-256 in hex. The key holds 256 random bits, so that a slow hash would add nothing."""
    return hashlib.sha256(key.encode()).hexdigest()
