"""The dirt of a past request, whatever it came from: mended where that is certain, left out where it is not."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from app.imports.request_row import LONGEST_KEY, LeftOut, RequestRow
from app.service_requests.workflow import CLOSED, OPEN

EARLIEST = datetime(1970, 1, 2, tzinfo=UTC)
# A clock may be wrong by a day; a promise may reach far.
AHEAD = timedelta(days=1)
LONGEST_PROMISE = timedelta(days=3653)
ZIPCODE = re.compile(r"(?=.*[0-9])(?!0+$)[A-Za-z0-9][A-Za-z0-9 -]{2,11}")
LONGEST_ADDRESS = 500
LONGEST_TEXT = 10_000
# Both coordinates are whole hundredths of a degree: true by chance once in millions, and up to 800 m off.
ROUNDED_TO = 100


def checked(row: RequestRow, now: datetime, not_places: Collection[tuple[float, float]]) -> RequestRow | LeftOut:
    """The row as it may be kept, its `mended` saying what was done to it; or why it is left out."""
    reason = wrong_with(row, now, not_places)
    if reason:
        return LeftOut(row.line, row.import_key, *reason)
    mended = list(row.mended)
    closed, updated, expected = mended_times(row, now, mended)
    zipcode = row.zipcode.strip() if row.zipcode else None
    if zipcode and not ZIPCODE.fullmatch(zipcode):
        mended.append("bad_zipcode")
        zipcode = None
    notes, description = row.status_notes or None, row.description
    if max(len(notes or ""), len(description)) > LONGEST_TEXT or len(row.address_string) > LONGEST_ADDRESS:
        mended.append("cut")
    return replace(
        row,
        closed_datetime=closed,
        updated_datetime=updated,
        expected_datetime=expected,
        zipcode=zipcode,
        status_notes=notes and notes[:LONGEST_TEXT],
        description=description[:LONGEST_TEXT],
        address_string=row.address_string[:LONGEST_ADDRESS],
        mended=tuple(dict.fromkeys(mended)),
    )


def wrong_with(
    row: RequestRow, now: datetime, not_places: Collection[tuple[float, float]]
) -> tuple[str, str] | tuple[str] | None:
    """(reason, detail) for what cannot be mended."""
    if not row.import_key:
        return ("no_key",)
    if len(row.import_key) > LONGEST_KEY:
        return "long_key", row.import_key[:LONGEST_KEY]
    if row.requested_datetime is None:
        return ("no_date",)
    if not EARLIEST <= row.requested_datetime <= now + AHEAD:
        return "requested_out_of_range", row.requested_datetime.isoformat()
    if row.status not in OPEN and row.status not in CLOSED:
        return "unknown_status", row.status
    return wrong_place(row.lat, row.long, not_places)


def wrong_place(
    lat: float | None, long: float | None, not_places: Collection[tuple[float, float]]
) -> tuple[str, str] | tuple[str] | None:
    if lat is None or long is None:
        return ("no_place",)
    if not (-90 <= lat <= 90 and -180 <= long <= 180):
        return "bad_place", f"{lat}, {long}"
    if abs(lat) < 1e-6 and abs(long) < 1e-6:
        return ("zero_place",)
    if is_rounded(lat) and is_rounded(long):
        return "rounded_place", f"{lat:g}, {long:g}"
    if (lat, long) in not_places:
        return "not_a_place", f"{lat:g}, {long:g}"
    return None


def is_rounded(degrees: float) -> bool:
    hundredths = degrees * ROUNDED_TO
    return abs(hundredths - round(hundredths)) < 1e-7


def mended_times(
    row: RequestRow, now: datetime, mended: list[str]
) -> tuple[datetime | None, datetime | None, datetime | None]:
    """(closed, updated, expected) as they may be; what was wrong goes into `mended`."""
    requested = row.requested_datetime
    assert requested is not None
    closed, updated, expected = row.closed_datetime, row.updated_datetime, row.expected_datetime
    latest = now + AHEAD
    if row.status in OPEN:
        if closed is not None:
            mended.append("open_with_close_date")
            closed = None
    elif closed is None:
        mended.append("closed_without_date")
    elif not EARLIEST <= closed <= latest:
        mended.append("closed_out_of_range")
        closed = None
    elif closed < requested:
        mended.append("closed_before_requested")
        closed = None
    if updated is not None and not requested <= updated <= latest:
        if not EARLIEST <= updated <= latest:
            mended.append("updated_out_of_range")
        updated = None
    if expected is not None and not requested <= expected <= requested + LONGEST_PROMISE:
        mended.append("expected_out_of_range")
        expected = None
    return closed, updated, expected
