"""An item is deleted on the phone: whatever of it arrives later, or was on its way, is refused."""

from __future__ import annotations

import uuid

from sqlalchemy.ext.asyncio import AsyncSession

from app.errors import Refused
from app.service_requests.models import ServiceRequest
from app.service_requests.outbox_documents import Deletion
from app.service_requests.queries import find_request
from app.service_requests.receipts import DELETED, find_receipt, hold, keep_receipt, reported
from app.service_requests.staging import unstage
from app.service_requests.viewer import Viewer
from app.service_requests.withdraw import withdraw


async def delete_item(session: AsyncSession, client_request_id: uuid.UUID, viewers: list[Viewer]) -> Deletion:
    """Refuses this id from now on and forgets its photos; takes back its report where it is one of the viewers' own.

    Again, it answers the same. A join or a comment that has arrived stays done: `received` says so.
    """
    await hold(session, client_request_id)
    receipt = await find_receipt(session, client_request_id)
    if receipt and receipt.kind == DELETED:
        return told(client_request_id, **receipt.answer)
    request = await reported(session, client_request_id)
    withdrawn = request is not None and await take_back(session, request, viewers)
    answer = {"received": bool(request or receipt), "withdrawn": withdrawn}
    request_id = request.id if request else receipt.request_id if receipt else None
    await unstage(session, client_request_id)
    await keep_receipt(session, client_request_id, DELETED, request_id, answer)
    return told(client_request_id, **answer)


def told(client_request_id: uuid.UUID, *, received: bool, withdrawn: bool) -> Deletion:
    return Deletion(client_request_id, deleted=True, received=received, withdrawn=withdrawn)


async def take_back(session: AsyncSession, request: ServiceRequest, viewers: list[Viewer]) -> bool:
    """Whether the report is withdrawn now: not another device's, and none that the city has closed."""
    for viewer in viewers:
        found = await find_request(session, request.service_request_id, viewer)
        if found is None or not found.own:
            continue
        try:
            await withdraw(session, found.request)
        except Refused:
            return False
        return True
    return False
