"""The verdict: what the phone said, held against the city's database and its photo store."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.faults.city import Arrived, ArrivedPhoto, City
from tests.faults.ledger import Ledger
from tests.faults.reports import MadePhoto

WITHDRAWN = "withdrawn"


def judge(city: City, ledger: Ledger) -> list[str]:
    """Everything that is wrong in the city; empty when every promise was kept."""
    reports, photos = city.reports(), defaultdict[int, list[ArrivedPhoto]](list)
    for photo in city.photos():
        photos[photo.request].append(photo)
    found = [*doubles(reports), *foreign(reports, ledger), *losses(reports, ledger), *deletions(reports, ledger)]
    for report in reports:
        if report.client_request_id in ledger.put:
            found += differences(report, photos[report.id], ledger, city.media)
    return found


def doubles(reports: list[Arrived]) -> Iterator[str]:
    for name in ("client_request_id", "description"):
        for value, count in Counter(getattr(report, name) for report in reports).items():
            if count > 1:
                yield f"double: {count} reports have the {name} {value!r}"


def foreign(reports: list[Arrived], ledger: Ledger) -> Iterator[str]:
    for report in reports:
        if report.client_request_id not in ledger.put:
            yield f"foreign: nobody reported {report.client_request_id} ({report.description!r})"


def losses(reports: list[Arrived], ledger: Ledger) -> Iterator[str]:
    arrived = {report.client_request_id: report for report in reports}
    for one in sorted(ledger.owed):
        if one not in arrived:
            yield f"loss: {one} ({ledger.put[one].words}) was said to be saved, and is not in the city"
        elif arrived[one].status == WITHDRAWN:
            yield f"loss: {one} is withdrawn, and nobody deleted it"


def deletions(reports: list[Arrived], ledger: Ledger) -> Iterator[str]:
    for report in reports:
        answer = ledger.deleted.get(report.client_request_id)
        if answer in ("deleted", "deleting") and report.status != WITHDRAWN:
            yield f"undead: {report.client_request_id} was {answer}, and is {report.status!r} in the city"


def differences(report: Arrived, photos: list[ArrivedPhoto], ledger: Ledger, media: Path) -> Iterator[str]:
    """What is not as it was put: words, photos, their order and their pictures."""
    made, expected = ledger.put[report.client_request_id], ledger.photos_of(report.client_request_id)
    if report.description != made.words:
        yield f"changed: {report.client_request_id} says {report.description!r} instead of {made.words!r}"
    if [photo.content_hash for photo in photos] != list(expected):
        extra = {photo.content_hash for photo in photos} - set(expected)
        what = "foreign photo" if extra else "photos"
        yield f"{what}: {report.client_request_id} has {len(photos)} of {len(expected)}, {len(extra)} not its own"
    if report.observed and str(report.observed) > str(report.requested):
        yield f"clock: {report.client_request_id} was observed at {report.observed}, after {report.requested}"
    for photo in photos:
        if photo.content_hash in expected:
            yield from spoilt(report, photo, expected[photo.content_hash], media)


def spoilt(report: Arrived, photo: ArrivedPhoto, made: MadePhoto, media: Path) -> Iterator[str]:
    kept = made.prepared
    for key, file in zip(photo.keys, (kept.master, kept.large, kept.small), strict=True):
        path = media / key
        if not path.exists() or hashlib.sha256(path.read_bytes()).hexdigest() != file.sha256:
            yield f"spoilt photo: {key} of {report.client_request_id} is not what was stored"


def judge_phone(seen: dict[str, Any], city: City, ledger: Ledger) -> list[str]:
    """Whether the phone shows what is so, once its queue has come to rest."""
    found, numbers = [], city.has()
    for item in seen["items"]:
        found.append(f"stuck: {item['client_request_id']} is {item['state']}: {item['trouble']}")
    told = {one["client_request_id"]: one["service_request_id"] for one in seen["receipts"]}
    found += [*lies(told, numbers)]
    for one in sorted(set(ledger.put) & set(numbers) - set(told) - set(ledger.deleted) - ledger.shown):
        found.append(f"untold: the city has {one}, and the phone does not say so")
    drafts = {draft["client_request_id"] for draft in seen["drafts"]}
    owners = drafts | {item["client_request_id"] for item in seen["items"]}
    for photo in seen["photos"]:
        if photo["draft"] not in owners:
            found.append(f"orphan: photo {photo['id']} of {photo['draft']} is on the phone, and of nothing there")
    for one in sorted(drafts & ledger.saved):
        found.append(f"half: {one} was said to be queued, and is still a draft")
    return found


def lies(told: dict[str, str], numbers: dict[str, str]) -> Iterator[str]:
    """Where the phone says "sent" of what the city has not, or has under another number."""
    for one, number in told.items():
        if numbers.get(one) != number:
            yield f"lie: the phone says that {one} is sent as {number}, the city has {numbers.get(one)}"
