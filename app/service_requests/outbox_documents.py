"""What a phone and the city say to each other about an outbox: the JSON of `docs/offline.md`."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

MOST_ITEMS = 50
Hash = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$", description="SHA-256 of the photo's bytes, in lower-case hex")]
Number = Annotated[str, Meta(description="A service_request_id", max_length=40)]


class Limits(Struct):
    """`photo_bytes` for one photo; `photos` for one report; `items` for one question."""

    photo_bytes: int
    photos: int
    items: int


class ItemState(Struct, omit_defaults=True):
    """What the city has of one item. `photos` have arrived, whether the report has or not."""

    client_request_id: UUID
    received: bool
    deleted: bool
    photos: list[str]
    service_request_id: str | UnsetType = UNSET
    url: str | UnsetType = UNSET
    likely_duplicates: list[str] | UnsetType = UNSET


class OutboxStatus(Struct):
    """`now` is the city's clock; `stamp` goes into every report that is sent during the next week."""

    now: datetime
    stamp: str
    items: list[ItemState]
    limits: Limits


class PhotoReceipt(Struct):
    client_request_id: UUID
    content_hash: str


class ReportItem(Struct):
    """A report. `fields` are those of the form, in any order: see `docs/offline.md`."""

    fields: Annotated[list[tuple[str, str]], Meta(max_length=1000)]
    photos: Annotated[list[Hash], Meta(max_length=50)] = []
    stamp: str = ""
    client_datetime: Annotated[str, Meta(description="The phone's clock at this moment, ISO 8601 with its zone")] = ""
    seen: Annotated[
        list[Number], Meta(max_length=500, description="Requests nearby that the person was shown, and theirs is not")
    ] = []


class ReportReceipt(Struct):
    """What was made of a report; `photos` are those that it has. `url` leads to its page."""

    client_request_id: UUID
    service_request_id: str
    url: str
    photos: list[str]
    likely_duplicates: list[str]


class Deletion(Struct):
    """`received`: the item had arrived before it was deleted. `withdrawn`: its report was taken back."""

    client_request_id: UUID
    deleted: bool
    received: bool
    withdrawn: bool


class ActionReceipt(Struct, omit_defaults=True):
    """What was done to a request, and how it stands now. `url` leads to its page."""

    service_request_id: str
    done: str
    status: str
    reporter_count: int
    follower_count: int
    updated_datetime: datetime
    url: str
    client_request_id: UUID | UnsetType = UNSET


class FieldProblem(Struct):
    field: str
    message: str


class ProblemDocument(Struct, omit_defaults=True):
    """RFC 9457, as `application/problem+json`. `missing` (409): photos to upload first. `retry` (400): send again."""

    type: str
    title: str
    status: int
    detail: str
    problems: list[FieldProblem]
    missing: list[str] | UnsetType = UNSET
    retry: bool | UnsetType = UNSET
