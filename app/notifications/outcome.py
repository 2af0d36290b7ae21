"""How sending one message through one channel ended: the same four answers for push, e-mail and SMS."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import msgspec

# Whoever asks for a longer pause than this is asked again all the same.
LONGEST_PAUSE = 24 * 3600.0
TOO_LARGE = "too large"


class Sent(msgspec.Struct, frozen=True, tag=True):
    """The channel has taken it."""


class Gone(msgspec.Struct, frozen=True, tag=True):
    """Nobody is reached at this address any more: forget the address, and use another channel."""

    reason: str = ""


class Later(msgspec.Struct, frozen=True, tag=True):
    """The same may go through later: not before `seconds` (0: the sender's own pause).

    `shut`: nobody gets through this channel now (its server is down or refuses us), so leave the others too.
    """

    seconds: float = 0
    reason: str = ""
    shut: bool = False


class Failed(msgspec.Struct, frozen=True, tag=True):
    """This message will never go this way, though the address may be good: use another channel."""

    reason: str


Outcome = Sent | Gone | Later | Failed


def outcome_of_status(status: int, headers: Mapping[str, str]) -> Outcome:
    """What an HTTP answer (RFC 9110) says, where the channel has no words of its own for it.

    A reason is a kind, such as "500", never a text that may hold somebody's address.
    """
    if 200 <= status < 300:
        return Sent()
    if status in (404, 410):
        return Gone(str(status))
    if status == 413:
        return Failed(TOO_LARGE)
    if status in (408, 425, 429) or status >= 500:
        return Later(retry_after(headers.get("retry-after", "")), str(status))
    return Failed(str(status))


def retry_after(said: str, now: datetime | None = None) -> float:
    """Seconds to wait that a `Retry-After` names, as seconds or as a date; 0 when it names none."""
    said = said.strip()
    if said.isascii() and said.isdigit():
        return min(float(said[:9]), LONGEST_PAUSE)
    try:
        until = parsedate_to_datetime(said)
    except ValueError:
        return 0.0
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return min(max((until - (now or datetime.now(UTC))).total_seconds(), 0.0), LONGEST_PAUSE)
