"""Moments as GeoReport v2 servers write them, and as they are asked for."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

# "2012-05-22 23:57:23.97 -0700": a blank before the offset is what fromisoformat does not bear.
BEFORE_OFFSET = re.compile(r"\s+(?=(Z|[+-]\d\d:?\d\d)$)", re.IGNORECASE)


def moment(text: object, zone: ZoneInfo) -> datetime | None:
    """A moment in UTC; one without a zone is the city's. None for what is no moment."""
    if not isinstance(text, str):
        return None
    try:
        said = datetime.fromisoformat(BEFORE_OFFSET.sub("", text.strip()).upper())
        return (said if said.tzinfo else said.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def asked(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
