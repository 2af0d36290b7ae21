"""What the city has of the items that a phone asks about."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.service_requests.likely import likely_numbers
from app.service_requests.models import Photo, ServiceRequest
from app.service_requests.outbox_documents import ItemState
from app.service_requests.outbox_models import Receipt, StagedPhoto
from app.service_requests.outbox_report import page_of
from app.service_requests.receipts import DELETED


async def item_states(session: AsyncSession, wanted: Sequence[uuid.UUID]) -> list[ItemState]:
    """One state for each id, in the order asked for."""
    reports = select(ServiceRequest).where(ServiceRequest.client_request_id.in_(wanted))
    requests = {request.client_request_id: request for request in (await session.execute(reports)).scalars()}
    found = (await session.execute(select(Receipt).where(Receipt.client_request_id.in_(wanted)))).scalars()
    receipts = {receipt.client_request_id: receipt for receipt in found}
    photos = await photos_here(session, wanted)
    likely = await likely_numbers(session, [request.id for request in requests.values()])
    states = []
    for number in wanted:
        state = state_of(number, requests.get(number), receipts.get(number), photos.get(number, []))
        if (request := requests.get(number)) is not None and not state.deleted:
            state.likely_duplicates = likely[request.id]
        states.append(state)
    return states


def state_of(
    number: uuid.UUID, request: ServiceRequest | None, receipt: Receipt | None, photos: list[str]
) -> ItemState:
    deleted = receipt is not None and receipt.kind == DELETED
    state = ItemState(number, received=False, deleted=deleted, photos=photos)
    if request is not None:
        state.received, state.service_request_id = True, request.service_request_id
        state.url = page_of(request.service_request_id)
    elif deleted and receipt is not None:
        state.received = receipt.answer["received"]
    elif receipt is not None:
        state.received, state.service_request_id = True, receipt.answer["service_request_id"]
        state.url = receipt.answer["url"]
    return state


async def photos_here(session: AsyncSession, wanted: Sequence[uuid.UUID]) -> dict[uuid.UUID, list[str]]:
    """The hashes of the photos of each item, waiting for their report or a part of it."""
    staged = select(StagedPhoto.client_request_id, StagedPhoto.content_hash)
    attached = select(ServiceRequest.client_request_id, Photo.content_hash).join(
        Photo, Photo.request_id == ServiceRequest.id
    )
    here: dict[uuid.UUID, list[str]] = {}
    for rows in (
        attached.where(ServiceRequest.client_request_id.in_(wanted)).order_by(Photo.position),
        staged.where(StagedPhoto.client_request_id.in_(wanted)).order_by(StagedPhoto.id),
    ):
        for number, content_hash in await session.execute(rows):
            if number is not None:
                here.setdefault(number, []).append(content_hash)
    return here
