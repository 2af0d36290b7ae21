"""What other systems are told of an order and of a request: as much as the work needs, and no contact data.

Addresses are paths; the message itself says under `source` where this server stands.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload, selectinload

from app.jurisdictions.models import Department
from app.service_requests.masking import masked
from app.service_requests.models import ServiceRequest, Update
from app.service_requests.photo_urls import photo_url
from app.service_requests.workflow import STATUSES
from app.services.queries import current_catalogue
from app.work.models import WorkOrder, WorkOrderRequest


async def order_document(session: AsyncSession, order: WorkOrder, *, private: bool = True) -> dict[str, Any]:
    """`private`: with its requests of private services too."""
    linked = select(WorkOrderRequest.request_id).where(WorkOrderRequest.order_id == order.id)
    wanted = select(ServiceRequest).where(ServiceRequest.id.in_(linked)).order_by(ServiceRequest.id)
    loaded = joinedload(ServiceRequest.service), selectinload(ServiceRequest.photos)
    requests = (await session.execute(wanted.options(*loaded))).scalars()
    catalogue = await current_catalogue(session)
    return {
        "number": order.number,
        "external_id": order.external_id,
        "state": order.state,
        "title": order.title,
        "instructions": order.instructions,
        "department": department_code(catalogue.departments.get(order.department_id or 0)),
        "planned_date": order.planned_date.isoformat() if order.planned_date else None,
        "updates": f"/api/work-orders/{order.number}/updates",
        "requests": [request_document(request) for request in requests if private or not request.service.private],
    }


def department_code(department: Department | None) -> str | None:
    return department.code if department else None


def request_document(request: ServiceRequest) -> dict[str, Any]:
    """Its service and photos must be loaded. E-mail addresses and phone numbers in its words are masked."""
    public = not request.service.private
    return {
        "service_request_id": request.service_request_id,
        "service_code": request.service.service_code,
        "service_name": request.service.service_name,
        "status": STATUSES[request.status].open311,
        "status_detail": request.status,
        "description": masked(request.description),
        "address": request.address_string,
        "lat": request.lat,
        "long": request.long,
        "requested_datetime": written(request.requested_datetime),
        "expected_datetime": written(request.expected_datetime),
        "photos": [photo_url(photo) for photo in request.photos if photo.public and public],
        "page": f"/requests/{request.service_request_id}",
    }


def update_document(update: Update) -> dict[str, Any]:
    """An entry of the timeline as the public may read it."""
    status = STATUSES.get(update.status or "")
    return {
        "update_id": str(update.id),
        "kind": update.kind,
        "author": update.author,
        "status": status.open311 if status else None,
        "status_detail": status.code if status else None,
        "reason": update.reason,
        "planned_date": update.planned_date.isoformat() if update.planned_date else None,
        "text": masked(update.text) if update.text and update.text_public else None,
        "updated_datetime": written(update.updated_datetime),
    }


def written(moment: datetime | None) -> str | None:
    return moment.isoformat().replace("+00:00", "Z") if moment else None
