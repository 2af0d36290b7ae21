"""Guessing is slowed down: attempts are counted in the database, so that all processes count together.

An attempt is counted before it is judged: a hundred guesses sent at once are a hundred attempts.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address, ip_network

from sqlalchemy import case, delete, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.sign_in_models import Attempts
from app.limits import is_remote


@dataclass(frozen=True, slots=True)
class Limit:
    most: int
    period: timedelta


LIMITS = {
    "password": Limit(10, timedelta(minutes=15)),
    # All of a town hall may stand behind one address.
    "network": Limit(100, timedelta(minutes=15)),
    "code": Limit(10, timedelta(minutes=15)),
    "letter": Limit(3, timedelta(hours=1)),
    "letter network": Limit(30, timedelta(hours=1)),
}
FORGOTTEN_AFTER = timedelta(days=1)
# What one customer is given, who could otherwise change addresses as they like.
NETWORK_BITS = {4: 24, 6: 56}


@dataclass(frozen=True, slots=True)
class Purse:
    """Whose attempts of a kind are counted: an e-mail address, a network, an account."""

    kind: str
    whose: str

    @property
    def key(self) -> str:
        return f"{self.kind} {hashlib.sha256(self.whose.encode()).hexdigest()}"


def network_purses(kind: str, address: str) -> list[Purse]:
    """The purse of an IP address' network; none for this machine's own addresses, which a proxy would name."""
    if not is_remote(address):
        return []
    bits = NETWORK_BITS[ip_address(address).version]
    return [Purse(kind, str(ip_network(f"{address}/{bits}", strict=False)))]


async def take(session: AsyncSession, *purses: Purse) -> int:
    """Counts an attempt for each. Returns 0, or the seconds to wait where one has been tried too often."""
    now = datetime.now(UTC)
    await session.execute(delete(Attempts).where(Attempts.since_datetime < now - FORGOTTEN_AFTER))
    # Always in the same order, so that no two wait for each other.
    waits = [await count(session, purse, now) for purse in sorted(purses, key=lambda purse: purse.key)]
    return max(waits, default=0)


async def count(session: AsyncSession, purse: Purse, now: datetime) -> int:
    limit = LIMITS[purse.kind]
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    is_over = Attempts.since_datetime <= now - limit.period
    statement = dialect.insert(Attempts).values(key=purse.key, count=1, since_datetime=now)
    statement = statement.on_conflict_do_update(
        index_elements=["key"],
        set_={
            "count": case((is_over, 1), else_=Attempts.count + 1),
            "since_datetime": case((is_over, now), else_=Attempts.since_datetime),
        },
    )
    found = await session.execute(statement.returning(Attempts.count, Attempts.since_datetime))
    counted, since = found.one()
    return max(1, math.ceil((since + limit.period - now).total_seconds())) if counted > limit.most else 0


async def give_back(session: AsyncSession, *purses: Purse) -> None:
    """After an attempt that was right: it is not counted."""
    for purse in sorted(purses, key=lambda purse: purse.key):
        mine = Attempts.key == purse.key
        await session.execute(update(Attempts).where(mine, Attempts.count > 0).values(count=Attempts.count - 1))


async def forget(session: AsyncSession, *purses: Purse) -> None:
    """After the holder has shown who they are: all that was counted is forgotten."""
    await session.execute(delete(Attempts).where(Attempts.key.in_([purse.key for purse in purses])))
