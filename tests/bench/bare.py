"""The application with one more route: the least that any intake must do, to measure ours against.

It parses the same form and writes the same rows in one transaction through the same session; it checks nothing,
places nothing, and has its values ready.
"""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from litestar import Litestar, Request, Response, post
from litestar.datastructures import State
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app import main
from app.db import point
from app.service_requests.cells import cell_key
from app.service_requests.identifiers import new_service_request_id
from app.service_requests.models import Reporter, RequestArea, ServiceRequest, Update

AREAS = (1, 2, 3, 4)


@post("/bare", status_code=201)
async def bare(request: Request[Any, Any, State], session: AsyncSession) -> Response[dict[str, str]]:
    form = await request.form()
    lat, long, now = float(str(form["lat"])), float(str(form["long"])), datetime.now(UTC)
    number = new_service_request_id()
    values = {
        "service_request_id": number,
        "client_request_id": uuid.UUID(str(form["client_request_id"])),
        "service_id": 1,
        "department_id": 1,
        "status": "received",
        "description": str(form["description"]),
        "description_public": True,
        "answers": {},
        "location": point(lat, long),
        "cell": cell_key(lat, long),
        "accuracy_m": 10.0,
        "place_source": "device",
        "address_string": str(form["address_string"]),
        "requested_datetime": now,
        "updated_datetime": now,
        "expected_datetime": now + timedelta(days=2),
        "source": "web",
        "locale": "en",
        "reporter_count": 1,
        "follower_count": 0,
    }
    request_id = (
        await session.execute(insert(ServiceRequest).values(**values).returning(ServiceRequest.id))
    ).scalar_one()
    device = {"request_id": request_id, "first": True, "device_hash": number, "reported_datetime": now}
    await session.execute(insert(Reporter).values(**device))
    received = {"kind": "received", "status": "received", "text": "", "text_public": True, "author": "city"}
    await session.execute(insert(Update).values(request_id=request_id, updated_datetime=now, **received))
    await session.execute(insert(RequestArea), [{"request_id": request_id, "area_id": area} for area in AREAS])
    return Response(
        {"service_request_id": number, "client_request_id": str(form["client_request_id"])}, status_code=201
    )


def create_app() -> Litestar:
    main.route_handlers.append(bare)
    return main.create_app()
