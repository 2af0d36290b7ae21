"""Where a GeoReport v2 server says that a request stands, as a code of `workflow.py`."""

from __future__ import annotations

import re

from app.agencies.georeport_documents import Record
from app.service_requests.workflow import STATUSES

# GeoReport has open and closed; servers say more than that.
SAID = {
    "received": ("open", "new", "submitted", "pending", "unassigned"),
    "accepted": ("acknowledged", "active"),
    "scheduled": ("action scheduled", "planned"),
    "in_progress": ("inprogress", "started", "investigating"),
    "fixed": ("closed", "completed", "complete", "resolved", "archived", "done"),
    "referred": ("transferred", "forwarded"),
    "duplicate": ("dup", "closed duplicate", "closed dup"),
    "withdrawn": ("cancelled", "canceled"),
}
CODES = {word: code for code, words in SAID.items() for word in words} | {code: code for code in STATUSES}
DUPLICATE = re.compile(
    r"\W*(closed\W+)?(this\W+|it\W+)?(is\W+|as\W+)?(an?\W+)?(duplicate|dup)\b|.*\bduplicate (of|case|request)\b",
    re.IGNORECASE | re.DOTALL,
)


def text(record: Record, name: str) -> str:
    value = record.get(name)
    return value if isinstance(value, str) else ""


def status_of(record: Record) -> str | None:
    """The code of where it stands: as finely as the endpoint says it. None for a word that is not known."""
    code = CODES.get(folded(text(record, "status_detail"))) or CODES.get(folded(text(record, "status")))
    if code == "fixed" and DUPLICATE.match(text(record, "status_notes")):
        return "duplicate"
    return code


def folded(word: str) -> str:
    word = " ".join(re.split(r"[^a-z]+", word.casefold())).strip()
    return word if word in CODES else word.replace(" ", "_")
