"""The dirt of a past request, whatever it came from: mended where that is certain, left out where it is not."""

from __future__ import annotations

import re
from collections.abc import Collection
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
# Control characters but tab and line feed, and halves of characters: no database keeps them.
UNWRITABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
TEXTS = (
    "import_key", "duplicate_of_key", "service", "service_code", "group", "department", "department_name",
    "status_notes", "description", "address_string",
)  # fmt: skip
# Both coordinates are whole hundredths of a degree: true by chance once in millions, and up to 800 m off.
ROUNDED_TO = 100


def checked(row: RequestRow, now: datetime, not_places: Collection[tuple[float, float]]) -> RequestRow | LeftOut:
    """The same row put right, its `mended` saying what was done to it; or why it is left out."""
    reason = wrong_with(row, now, not_places)
    if reason:
        return LeftOut(row.line, row.import_key, *reason)
    amiss = list(row.mended)
    mend_times(row, now, amiss)
    mend_texts(row, amiss)
    row.mended = tuple(dict.fromkeys(amiss))
    return row


def mend_texts(row: RequestRow, amiss: list[str]) -> None:
    row.zipcode = row.zipcode.strip() if row.zipcode else None
    if row.zipcode and not ZIPCODE.fullmatch(row.zipcode):
        amiss.append("bad_zipcode")
        row.zipcode = None
    for name in TEXTS:
        words = getattr(row, name)
        if words and not words.isprintable():
            setattr(row, name, UNWRITABLE.sub("", words))
    row.status_notes = row.status_notes or None
    if len(row.status_notes or "") > LONGEST_TEXT or len(row.description) > LONGEST_TEXT:
        amiss.append("cut")
        row.status_notes = row.status_notes and row.status_notes[:LONGEST_TEXT]
        row.description = row.description[:LONGEST_TEXT]
    if len(row.address_string) > LONGEST_ADDRESS:
        amiss.append("cut")
        row.address_string = row.address_string[:LONGEST_ADDRESS]


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


def mend_times(row: RequestRow, now: datetime, amiss: list[str]) -> None:
    requested, closed, latest = row.requested_datetime, row.closed_datetime, now + AHEAD
    assert requested is not None
    wrong = wrong_closing(row.status, requested, closed, latest)
    if wrong:
        amiss.append(wrong)
        row.closed_datetime = None
    if row.updated_datetime is not None and not requested <= row.updated_datetime <= latest:
        if not EARLIEST <= row.updated_datetime <= latest:
            amiss.append("updated_out_of_range")
        row.updated_datetime = None
    if row.expected_datetime is not None and not requested <= row.expected_datetime <= requested + LONGEST_PROMISE:
        amiss.append("expected_out_of_range")
        row.expected_datetime = None


def wrong_closing(status: str, requested: datetime, closed: datetime | None, latest: datetime) -> str | None:
    if status in OPEN:
        return "open_with_close_date" if closed is not None else None
    if closed is None:
        return "closed_without_date"
    if not EARLIEST <= closed <= latest:
        return "closed_out_of_range"
    return "closed_before_requested" if closed < requested else None
