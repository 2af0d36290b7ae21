"""The plan of past requests as rows of the database."""

import hashlib
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from app.db import point
from app.demo.city import City
from app.demo.history import PastRequest
from app.demo.outcomes import WORKING_DAYS
from app.jurisdictions.area_index import AreaIndex
from app.media.storage import PhotoKeys
from app.service_requests.cells import cell_key
from app.service_requests.identifiers import CHECKABLE, DIGITS, RANDOM_SYMBOLS, encode, grouped
from app.services.catalogue import Catalogue
from app.services.models import Service
from app.services.promise_rules import city_rule
from app.services.promises import at_risk_datetime
from app.services.responsibility import responsible_department

REACHABLE = 0.3  # share of those who may leave an address that do


@dataclass
class Rows:
    """By table, in the order in which they are to be written."""

    service_requests: list[dict[str, Any]] = field(default_factory=list)
    request_areas: list[dict[str, Any]] = field(default_factory=list)
    updates: list[dict[str, Any]] = field(default_factory=list)
    photos: list[dict[str, Any]] = field(default_factory=list)
    reporters: list[dict[str, Any]] = field(default_factory=list)
    followers: list[dict[str, Any]] = field(default_factory=list)
    contacts: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True)
class Picture:
    """A drawn photo as it was stored."""

    content_hash: str
    width: int
    height: int
    keys: PhotoKeys


@dataclass(frozen=True)
class Ground:
    """What the rows are made with. `pictures` by the name that the plan gives them."""

    city: City
    catalogue: Catalogue
    areas: AreaIndex
    pictures: Mapping[str, Picture]
    liaison_id: int
    seed: int


def make_rows(plan: Sequence[PastRequest], ground: Ground) -> Rows:
    """All rows; the request at position i has the id i + 1, and reporters have ids in their order."""
    dice = random.Random(f"{ground.seed} rows")
    rows = Rows()
    for number, request in enumerate(plan, 1):
        service = ground.catalogue.by_code[request.service_code]
        rows.service_requests.append(_request(number, request, service, ground, rows, dice))
        rows.updates += _updates(number, request)
        _people(number, request, service, ground, rows, dice)
        if request.picture:
            rows.photos.append(_photo(number, request, ground.pictures[request.picture]))
    return rows


def _request(
    number: int, request: PastRequest, service: Service, ground: Ground, rows: Rows, dice: random.Random
) -> dict[str, Any]:
    long, lat = ground.city.lonlat(request.spot.at)
    areas = ground.areas.find(lat, long, request.requested_datetime.date())
    rows.request_areas += [{"request_id": number, "area_id": area.id} for area in areas]
    department = responsible_department(ground.catalogue, service, [area.id for area in areas])
    shown = service.text_rule == "public" or (service.text_rule == "review" and dice.random() < 0.6)
    last = request.timeline[-1]
    rule = city_rule(ground.catalogue, service, datetime.now(UTC))
    due = request.expected_datetime
    at_risk = at_risk_datetime(rule.terms, request.requested_datetime, due, WORKING_DAYS) if rule and due else None
    return {
        "id": number,
        "service_request_id": _service_request_id(dice),
        "service_id": service.id,
        "department_id": department.id if department else None,
        "status": request.status,
        "status_notes": last.text or None,
        "description": request.description,
        "description_public": shown and not service.private,
        "answers": request.answers,
        "location": point(lat, long),
        "cell": cell_key(lat, long),
        "accuracy_m": request.accuracy_m,
        "place_source": request.place_source,
        "address_string": request.spot.address,
        "zipcode": next((area.code for area in areas if area.layer == "zip"), None),
        "requested_datetime": request.requested_datetime,
        "updated_datetime": last.at,
        "promise_rule_id": rule.id if rule else None,
        "expected_datetime": due,
        "at_risk_datetime": at_risk,
        "clock_datetime": at_risk if request.is_open else None,
        "closed_datetime": request.closed_datetime,
        "source": request.source,
        "locale": request.locale,
        "account_id": ground.liaison_id if request.source == "liaison" else None,
        "duplicate_of_id": None if request.duplicate_of is None else request.duplicate_of + 1,
        "reporter_count": 1 + len(request.reporters),
        "follower_count": request.followers,
    }


def _updates(number: int, request: PastRequest) -> list[dict[str, Any]]:
    """The timeline. Everybody has been told of it, so that the demo sends nothing."""
    entries: list[dict[str, Any]] = [
        {"kind": _kind(step.status, place), "status": step.status, "text": step.text, "at": step.at,
         "author": "reporter" if step.status in ("withdrawn", "reopened") else "city"}
        for place, step in enumerate(request.timeline)
    ]  # fmt: skip
    entries += [
        {"kind": "joined", "status": None, "text": "", "at": at, "author": "resident"} for at in request.reporters
    ]
    return [
        {
            "request_id": number,
            "updated_datetime": entry["at"],
            "kind": entry["kind"],
            "status": entry["status"],
            "text": entry["text"],
            "author": entry["author"],
            "announced_datetime": entry["at"],
        }
        for entry in sorted(entries, key=lambda entry: entry["at"])
    ]


def _kind(status: str | None, place: int) -> str:
    if place == 0:
        return "received"
    if status == "duplicate":
        return "merged"
    return "status" if status else "comment"


def _people(
    number: int, request: PastRequest, service: Service, ground: Ground, rows: Rows, dice: random.Random
) -> None:
    for turn, at in enumerate([request.requested_datetime, *request.reporters]):
        phone = request.source == "phone" and turn == 0
        rows.reporters.append({
            "id": len(rows.reporters) + 1, "request_id": number, "first": turn == 0,
            "device_hash": None if phone else _device(ground.seed, number, f"r{turn}"),
            "account_id": ground.liaison_id if request.source == "liaison" and turn == 0 else None,
            "reported_datetime": at,
        })  # fmt: skip
        if turn == 0 and _leaves_contact(service, dice):
            rows.contacts.append({
                "request_id": number, "reporter_id": len(rows.reporters),
                "name": f"Resident {dice.randint(1000, 9999)}", "email": f"resident{number}@mail.example",
                "notify": "none",
            })  # fmt: skip
    for turn in range(request.followers):
        rows.followers.append({
            "request_id": number, "device_hash": _device(ground.seed, number, f"f{turn}"),
            "followed_datetime": request.requested_datetime,
        })  # fmt: skip


def _leaves_contact(service: Service, dice: random.Random) -> bool:
    if service.contact_rule == "never":
        return False
    return service.contact_rule == "required" or dice.random() < REACHABLE


def _photo(number: int, request: PastRequest, picture: Picture) -> dict[str, Any]:
    return {
        "request_id": number,
        "position": 0,
        "content_hash": picture.content_hash,
        "master_key": picture.keys.master,
        "large_key": picture.keys.large,
        "small_key": picture.keys.small,
        "width": picture.width,
        "height": picture.height,
        "taken_datetime": request.requested_datetime,
    }


def _device(seed: int, number: int, who: str) -> str:
    return hashlib.sha256(f"demo {seed} {number} {who}".encode()).hexdigest()


def _service_request_id(dice: random.Random) -> str:
    """As `identifiers.new_service_request_id`, but from the seed: the demo is the same every time."""
    while True:
        value = dice.getrandbits(5 * RANDOM_SYMBOLS)
        if value % 37 < CHECKABLE:
            return grouped(encode(value) + DIGITS[value % 37])
