"""One agency's GeoReport v2 endpoint: a request is posted, and asked about. Never inside a transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlencode

import httpx

from app.agencies.georeport_documents import Record, Unreadable, read_records
from app.agencies.models import AgencyDoor, Referral
from app.outside import Answer, OutsideError, answered, send

SECONDS = 10.0
MOST_BYTES = 200_000
BUSY = (408, 425, 429)
# Our key, or our right to write there: nothing that another request would change.
OUR_FAULT = (401, 403, 404, 405)
HTML = "It answered with a page for people, not as Open311 does."


@dataclass(frozen=True, slots=True)
class Spoke:
    """It answered with records."""

    records: list[Record]


@dataclass(frozen=True, slots=True)
class Silent:
    """It did not answer, or not now: the same may be well later. `sure`: what was sent has not been taken."""

    reason: str
    seconds: float | None = None
    sure: bool = False


@dataclass(frozen=True, slots=True)
class Refuses:
    """It will not take this, and says why."""

    reason: str


@dataclass(frozen=True, slots=True)
class Broken:
    """Nothing will come of it until somebody looks: the address, the key, or what it answers is wrong."""

    reason: str


Outcome = Spoke | Silent | Refuses | Broken


async def post_request(client: httpx.AsyncClient, door: AgencyDoor, key: str, fields: Mapping[str, str]) -> Outcome:
    """Files a request there: `fields` are GeoReport's, `key` is the API key or ""."""
    always = {"jurisdiction_id": door.jurisdiction_id, "api_key": key}
    sent = urlencode({name: value for name, value in {**always, **fields}.items() if value})
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
    try:
        answer = await send(
            client, f"{door.endpoint}/requests.json", sent.encode(), headers, most=MOST_BYTES, seconds=SECONDS
        )
    except OutsideError as error:
        return Silent(str(error)) if error.passing else Broken(str(error))
    return outcome_of(answer)


async def ask_about(client: httpx.AsyncClient, door: AgencyDoor, referral: Referral) -> Outcome:
    """What they say of it now; before they have given a number, that number."""
    method, name = ("requests", referral.their_id) if referral.their_id else ("tokens", referral.token)
    url = f"{door.endpoint}/{method}/{quote(name or '', safe='')}.json"
    query = {"jurisdiction_id": door.jurisdiction_id} if door.jurisdiction_id else None
    try:
        request = client.build_request("GET", url, params=query)
        # A redirect is not followed: it may lead anywhere.
        answer = await answered(client, request, MOST_BYTES, SECONDS, follow_redirects=False)
    except (OutsideError, httpx.InvalidURL) as error:
        passing = getattr(error, "passing", False)
        return Silent(str(error)) if passing else Broken(str(error))
    return outcome_of(answer)


def outcome_of(answer: Answer) -> Outcome:
    status, said = answer.status, f"It answered {answer.status}."
    if 200 <= status < 300:
        try:
            return Spoke(read_records(answer.content))
        except Unreadable as error:
            is_page = answer.content.lstrip()[:200].lower().startswith((b"<!doctype html", b"<html"))
            return Broken(HTML if is_page else f"What it answered cannot be read: {error}")
    if 300 <= status < 400:
        return Broken(f"{said} The address leads elsewhere: write the one where it answers itself.")
    if status in BUSY or status >= 500:
        after = answer.headers.get("retry-after", "").strip()
        return Silent(said, float(after[:9]) if after.isascii() and after.isdigit() else None, sure=status == 429)
    if status in OUR_FAULT:
        return Broken(f"{said} Check the address, the key and the jurisdiction.")
    return Refuses(reason_in(answer) or said)


def reason_in(answer: Answer) -> str:
    """GeoReport's `description` of an error."""
    try:
        read_records(answer.content)
    except Unreadable as error:
        return str(error).partition(": ")[2][:200]
    return ""
