"""When something was seen, by a phone whose clock may be wrong: put right by the city's clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

# What an upload and two clocks that are nearly right may differ by.
TOLERANCE = timedelta(minutes=1)


def corrected(observed: str, client_datetime: str, now: datetime) -> str:
    """The phone's time of observation by the city's clock, never later than `now`; ISO 8601, "" for none.

    `client_datetime` is what the phone's clock showed when it sent, which is `now`. A time without a zone says
    nothing of when it was.
    """
    seen, sent = moment(observed), moment(client_datetime)
    if seen is None:
        return ""
    skew = now - sent if sent else timedelta(0)
    try:
        right = seen + skew if abs(skew) > TOLERANCE else seen
    except OverflowError:
        return ""
    return min(right, now).isoformat()


def moment(text: str) -> datetime | None:
    """A time with its zone, in UTC; None for anything else."""
    try:
        read = datetime.fromisoformat(text)
        return read.astimezone(UTC) if read.tzinfo else None
    except (ValueError, OverflowError):
        return None
