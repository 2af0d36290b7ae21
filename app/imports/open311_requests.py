"""What a GeoReport v2 server tells of one request, as a row to take in."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from app.agencies.georeport_documents import Record
from app.agencies.georeport_status import status_of, text
from app.agencies.georeport_times import moment
from app.imports.request_row import LONGEST_KEY, LeftOut, RequestRow
from app.service_requests.workflow import CLOSED


@dataclass(frozen=True, slots=True)
class Words:
    """What the endpoint's list of services says of each: name and group by service_code."""

    names: Mapping[str, str]
    groups: Mapping[str, str]


def words_of(services: list[Record]) -> Words:
    coded = {str(service["service_code"]): service for service in services if service.get("service_code")}
    names = {code: text(service, "service_name") for code, service in coded.items()}
    return Words(names, {code: text(service, "group") for code, service in coded.items()})


def import_key(source: str, service_request_id: str) -> str:
    """`source` is what the keys of one source begin with."""
    key = source + service_request_id
    return key if len(key) <= LONGEST_KEY else source + hashlib.sha256(key.encode()).hexdigest()[:40]


def request_row(record: Record, source: str, zone: ZoneInfo, words: Words) -> RequestRow | LeftOut:
    """A row of what the endpoint told. Times without a zone are the city's."""
    number = text(record, "service_request_id")
    key = import_key(source, number) if number else ""
    code = text(record, "service_code")
    name = text(record, "service_name") or words.names.get(code, "") or code
    if not name:
        return LeftOut(None, key, "no_service")
    status = status_of(record)
    if status is None:
        given = text(record, "status")
        return LeftOut(None, key, "unknown_status" if given else "no_status", given)
    updated = moment(record.get("updated_datetime"), zone)
    # GeoReport has no time of closing; the last change of what is closed is the nearest to it.
    closed = moment(record.get("closed_datetime"), zone) or updated
    original = text(record, "duplicate_of")
    return RequestRow(
        import_key=key,
        service=name,
        service_code=code or None,
        group=words.groups.get(code) or text(record, "group") or None,
        department=text(record, "agency_responsible") or None,
        status=status,
        status_notes=text(record, "status_notes") or None,
        requested_datetime=moment(record.get("requested_datetime"), zone),
        updated_datetime=updated,
        closed_datetime=closed if status in CLOSED else None,
        expected_datetime=moment(record.get("expected_datetime"), zone),
        lat=degrees(record.get("lat")),
        long=degrees(record.get("long") or record.get("lng") or record.get("lon")),
        address_string=" ".join((text(record, "address") or text(record, "address_string")).split()),
        zipcode=text(record, "zipcode") if text(record, "zipcode").strip("0") else None,
        description=text(record, "description"),
        duplicate_of_key=import_key(source, original) if original else None,
    )


def degrees(value: Any) -> float | None:
    try:
        number = float(str(value))
    except ValueError:
        return None
    return number if math.isfinite(number) else None
