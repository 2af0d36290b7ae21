"""The outbox of a phone: what is here of it, its photos, its reports, and what it has deleted. See docs/offline.md."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Response, Router, delete, get, put
from litestar.datastructures import Cookie, State
from litestar.exceptions import ClientException
from litestar.params import QueryParameter

from app.accounts.devices import device_hash, known_device, new_device_token
from app.db import Database
from app.errors import Problem, Refused, error_response, on_http_exception
from app.service_requests.check import MAX_PHOTOS
from app.service_requests.delete_item import delete_item
from app.service_requests.item_states import item_states
from app.service_requests.outbox_documents import (
    MOST_ITEMS,
    Deletion,
    Limits,
    OutboxStatus,
    PhotoReceipt,
    ReportItem,
    ReportReceipt,
)
from app.service_requests.outbox_openapi import OutboxOperation, PhotoOperation, again, problems
from app.service_requests.outbox_photo import MAX_BYTES, keep_photo, read_photo
from app.service_requests.outbox_report import draft_of, take_report
from app.service_requests.report_draft import stamp_for, stamped_device, stamped_hash
from app.service_requests.staging import arrived, stage
from app.service_requests.viewer import Viewer
from app.settings import Settings
from app.templating import current_timezone, mark

Asked = Request[Any, Any, State]
NO_STORE = {"Cache-Control": "no-store"}
WORDS_BYTES = 4_000_000
STAMP_HEADER = "blockwise-stamp"

UNREADABLE = mark("This report cannot be read. Open it on the phone, look it over, and send it again.")
NOT_JSON = mark("Send the report as JSON (application/json), without a Content-Encoding.")
NOT_THE_NUMBERS = mark("Ask about 1 to %(most)d items, each by its UUID.")


@get(
    "/outbox",
    summary="What the city has of the items of an outbox",
    responses=problems(400),
    operation_class=OutboxOperation,
)
async def show_outbox(
    request: Asked,
    numbers: Annotated[list[str] | None, QueryParameter(name="id", description="A UUID; up to 50 of them")] = None,
) -> Response[OutboxStatus]:
    """The state of each item, a stamp for reports, the city's clock, and the limits."""
    database: Database = request.app.state.database
    settings: Settings = request.app.state.settings
    wanted = read_numbers(numbers or [])
    async with database.reading() as session:
        items = await item_states(session, wanted)
    # The cookie and the stamp name the same device: should the cookie be lost, the stamp still knows it.
    token = new_device_token()
    told = OutboxStatus(
        now=datetime.now(UTC),
        stamp=stamp_for(settings.secret_key, token, device_hash(request)),
        items=items,
        limits=Limits(photo_bytes=MAX_BYTES, photos=MAX_PHOTOS, items=MOST_ITEMS),
    )
    return Response(told, headers=NO_STORE, cookies=first_cookie(request, token))


@put(
    "/outbox/{client_request_id:uuid}/photos/{content_hash:str}",
    status_code=201,
    summary="A photo of a report that is still to come",
    responses=again(PhotoReceipt, "It is here already") | problems(400, 409, 410, 413, 415, 422),
    operation_class=PhotoOperation,
)
async def put_photo(request: Asked, client_request_id: UUID, content_hash: str) -> Response[PhotoReceipt]:
    """The photo's bytes as they are. 201 when it is new, 200 when it is here already."""
    database: Database = request.app.state.database
    raw = await read_photo(request, content_hash)
    async with database.reading() as session:
        new = not await arrived(session, client_request_id, content_hash)
    if new:
        # Before any transaction begins: no writer waits for a decoder or a store.
        photo = await keep_photo(request.app.state.media, raw, content_hash, current_timezone.get())
        async with database.writing() as session:
            new = await stage(session, client_request_id, photo)
    receipt = PhotoReceipt(client_request_id, content_hash)
    return Response(receipt, status_code=201 if new else 200, headers=NO_STORE)


@put(
    "/outbox/{client_request_id:uuid}",
    status_code=201,
    request_max_body_size=WORDS_BYTES,
    summary="A report out of an outbox",
    responses=again(ReportReceipt, "It is here already") | problems(400, 409, 410, 413, 415, 422),
    operation_class=OutboxOperation,
)
async def put_report(request: Asked, client_request_id: UUID, data: ReportItem) -> Response[ReportReceipt]:
    """201 when it is new, 200 with the same answer when it is here already."""
    database: Database = request.app.state.database
    settings: Settings = request.app.state.settings
    refuse_unread(request)
    draft = draft_of(client_request_id, data)
    made_for = stamped_device(settings.secret_key, draft.get("stamp"))
    device, cookie = known_device(request, secure=settings.secure_cookies, fresh=made_for)
    async with database.writing() as session:
        taken = await take_report(session, draft, data, secret_key=settings.secret_key, device_hash=device)
        receipt = taken.receipt()
    # A report that belongs to another device must not give this one a new cookie in place of its own.
    cookies = [cookie] if taken.submitted.own else []
    status = 201 if taken.submitted.created else 200
    return Response(receipt, status_code=status, headers=NO_STORE, cookies=cookies)


@delete(
    "/outbox/{client_request_id:uuid}",
    status_code=200,
    summary="An item was deleted on the phone",
    responses=problems(),
    operation_class=OutboxOperation,
)
async def delete_outbox_item(request: Asked, client_request_id: UUID) -> Response[Deletion]:
    """From now on this item is refused with 410; its report, if it has come, is taken back where it is one's own."""
    database: Database = request.app.state.database
    async with database.writing() as session:
        deletion = await delete_item(session, client_request_id, viewers(request))
    return Response(deletion, headers=NO_STORE)


def viewers(request: Asked) -> list[Viewer]:
    """The device that asks, and the one that the first try's stamp names: a phone may have lost its cookie since."""
    settings: Settings = request.app.state.settings
    stamped = stamped_hash(settings.secret_key, request.headers.get(STAMP_HEADER, ""))
    return [Viewer(device_hash(request)), *([Viewer(stamped)] if stamped else [])]


def read_numbers(said: list[str]) -> list[UUID]:
    """The ids that are asked about, each once. Raises Refused (400) for none, for too many, and for what is no UUID."""
    problem = Refused(Problem("id", NOT_THE_NUMBERS, {"most": MOST_ITEMS}), status=400)
    try:
        wanted = list(dict.fromkeys(UUID(text) for text in said[: MOST_ITEMS + 1]))
    except ValueError:
        raise problem from None
    if not 1 <= len(said) <= MOST_ITEMS:
        raise problem
    return wanted


def refuse_unread(request: Asked) -> None:
    """Raises Refused (415) for a report that is no plain JSON."""
    if request.content_type[0] != "application/json" or "content-encoding" in request.headers:
        raise Refused(Problem("fields", NOT_JSON), status=415)


def first_cookie(request: Asked, token: str) -> list[Cookie]:
    """The cookie of a device that we have not met. A known one keeps its own, lest it comes back once forgotten."""
    settings: Settings = request.app.state.settings
    if device_hash(request):
        return []
    return [known_device(request, secure=settings.secure_cookies, fresh=token)[1]]


def on_unreadable(request: Asked, error: Exception) -> Response[Any]:
    """A body that is no JSON in UTF-8, or not the JSON of a report: 400, and for who writes a client, where."""
    if isinstance(error, ClientException) and error.status_code != 400:
        return on_http_exception(request, error)
    said = [str(one.get("key", "")) for one in getattr(error, "extra", None) or []]
    return error_response(request, 400, [Problem(field, UNREADABLE) for field in said or ["fields"]])


outbox_router = Router(
    path="/",
    route_handlers=[show_outbox, put_photo, put_report, delete_outbox_item],
    exception_handlers=dict.fromkeys((UnicodeDecodeError, RecursionError, ClientException), on_unreadable),
    tags=["Outbox"],
)
route_handlers = [outbox_router]
