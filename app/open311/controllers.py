"""Open311 GeoReport v2 (https://wiki.open311.org/GeoReport_v2). Paths end in .json or .xml."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Annotated, Any

from litestar import Request, Response, Router, post, route
from litestar.datastructures import State
from litestar.enums import HttpMethod
from litestar.params import Parameter
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import Database
from app.errors import Refused
from app.open311 import updates
from app.open311.cross_origin import open_for_reading
from app.open311.errors import DESCRIPTIONS, Fault, open311_exception_handlers
from app.open311.filters import is_true, read_filters
from app.open311.formats import MEDIA_TYPES, answer, format_of, unless_known
from app.open311.forms import read_sent
from app.open311.guards import limit_reading, require_city
from app.open311.intake import require_sender, take_in
from app.open311.paging import paging_headers
from app.open311.queries import find_request, find_requests
from app.open311.request_documents import Teller, request_document
from app.open311.service_documents import definition_document, discovery_document, service_document
from app.service_requests.models import ServiceRequest
from app.services.queries import current_catalogue
from app.templating import choose_locale, current_locale, mark

Asked = Request[Any, Any, State]
READ = [HttpMethod.GET, HttpMethod.HEAD]
FileName = Annotated[str, Parameter(description="The identifier, then .json or .xml")]

UNKNOWN_SERVICE = mark("service_code %(code)s was not found.")
UNKNOWN_REQUEST = mark("Service request not found with id or token %(id)s")


async def enter(request: Asked) -> None:
    """The language of the answer: `locale`, else `Accept-Language`. Cookies do not count: programs have none."""
    wanted = request.query_params.get("locale")
    current_locale.set(choose_locale(wanted, request.headers.get("accept-language", "")))


@route(["/discovery.json", "/discovery.xml"], http_method=READ, summary="Where the API is, and how to get a key")
async def discovery(request: Asked, session: AsyncSession) -> Response[bytes]:
    teller = await reading(request, session)
    return unless_known(request, "discovery", discovery_document(teller.city, teller.public_url))


@route(["/v2/services.json", "/v2/services.xml"], http_method=READ, summary="The kinds of problems to report")
async def list_services(request: Asked, session: AsyncSession) -> Response[bytes]:
    teller = await reading(request, session)
    document = [
        service_document(teller.catalogue, service, teller.locale, extensions=teller.extensions)
        for service in teller.catalogue.services
    ]
    return unless_known(request, "services", document)


@route("/v2/services/{file:str}", http_method=READ, summary="The questions of one service")
async def define_service(request: Asked, session: AsyncSession, file: FileName) -> Response[bytes]:
    teller, code = await reading(request, session), name_in(file)
    service = teller.catalogue.service(code)
    if service is None:
        raise Fault(404, UNKNOWN_SERVICE, field="service_code", code=code[:100])
    document = definition_document(service, teller.locale, extensions=teller.extensions)
    return unless_known(request, "service_definition", document)


@route(["/v2/requests.json", "/v2/requests.xml"], http_method=READ, summary="Public requests, filtered and paged")
async def list_requests(request: Asked, session: AsyncSession) -> Response[bytes]:
    teller = await reading(request, session)
    query = request.query_params.dict()
    filters, problems = read_filters(query, teller.catalogue, teller.city.timezone, datetime.now(UTC))
    if problems:
        raise Refused(*problems, status=400)
    found = await find_requests(session, filters, teller.catalogue)
    document = [request_document(one, teller) for one in found.requests]
    address = f"{teller.public_url}{request.url.path}"
    return unless_known(request, "service_requests", document, paging_headers(address, query, filters, found.total))


@route("/v2/requests/{file:str}", http_method=READ, summary="One public request")
async def show_request(request: Asked, session: AsyncSession, file: FileName) -> Response[bytes]:
    teller = await reading(request, session)
    found = await require_request(session, name_in(file), teller)
    changed = {"Last-Modified": format_datetime(found.updated_datetime, usegmt=True)}
    return unless_known(request, "service_requests", [request_document(found, teller)], changed)


@route("/v2/tokens/{file:str}", http_method=READ, summary="The request behind a token")
async def show_token(request: Asked, session: AsyncSession, file: FileName) -> Response[bytes]:
    teller, token = await reading(request, session), name_in(file)
    found = await require_request(session, token, teller)
    document = {"service_request_id": found.service_request_id, "token": token}
    return unless_known(request, "service_requests", [document])


@post(
    ["/v2/requests.json", "/v2/requests.xml"],
    status_code=201,
    summary="Report a problem",
    description="A form, JSON or XML; photos as files in multipart. Needs an API key.",
)
async def create_request(request: Asked) -> Response[bytes]:
    """201 with a new request, 200 with the one that the same `client_request_id` made before."""
    database: Database = request.app.state.database
    sent = await read_sent(request)
    async with database.reading() as session:
        client = await require_sender(session, request, sent)
    submitted, document = await take_in(request.app.state, client, sent)
    path = f"/open311/v2/requests/{submitted.request.service_request_id}.{format_of(request)}"
    status = 201 if submitted.created else 200
    return answer(request, "service_requests", [document], status=status, headers={"Location": path})


@route(
    ["/v2/servicerequestupdates.json", "/v2/servicerequestupdates.xml"],
    http_method=READ,
    summary="What happened to public requests",
)
async def list_updates(request: Asked, session: AsyncSession) -> Response[bytes]:
    teller = await reading(request, session)
    asked = updates.read_asked(request.query_params.dict(), teller.city.timezone, datetime.now(UTC))
    found = await updates.find_updates(session, asked, teller.catalogue)
    document = [updates.told(update, of, teller) for update, of in found]
    return unless_known(request, "service_request_updates", document)


@post(
    ["/v2/servicerequestupdates.json", "/v2/servicerequestupdates.xml"],
    status_code=200,
    summary="A work-order system says what became of a request",
    description="A form, JSON or XML. Needs the key of a system that has a work order for the request.",
)
async def create_update(request: Asked) -> Response[bytes]:
    """The same `update_id` again is answered alike and done once."""
    database: Database = request.app.state.database
    sent = await read_sent(request)
    async with database.writing() as session:
        webhook = await updates.require_system(session, request, sent)
        zone = (await require_city(session, "")).timezone
        document = await updates.take_update(session, webhook, sent, zone)
    return answer(request, "service_request_updates", [document])


@route(["/{rest:path}", "/v2/{rest:path}"], http_method=READ, include_in_schema=False)
async def nothing_here(request: Asked) -> None:
    raise Fault(404, DESCRIPTIONS[404])


async def reading(request: Asked, session: AsyncSession) -> Teller:
    """What each read begins with: within its rate, for this city, in this language. Raises Fault (404, 429)."""
    await limit_reading(session, request)
    city = await require_city(session, request.query_params.get("jurisdiction_id", ""))
    return Teller(
        city=city,
        catalogue=await current_catalogue(session),
        locale=current_locale.get(),
        public_url=request.app.state.settings.public_url,
        extensions=is_true(request.query_params.get("extensions", "")),
    )


def name_in(file: str) -> str:
    """ "pothole" of "pothole.json". Raises Fault (404) without one of the two extensions."""
    name, _, extension = file.rpartition(".")
    if not name or extension not in MEDIA_TYPES:
        raise Fault(404, DESCRIPTIONS[404])
    return name


async def require_request(session: AsyncSession, said: str, teller: Teller) -> ServiceRequest:
    """The public request of a number or a token. Raises Fault (404)."""
    found = await find_request(session, said, teller.catalogue, extensions=teller.extensions)
    if found is None:
        raise Fault(404, UNKNOWN_REQUEST, id=said[:100])
    return found


open311_router = Router(
    path="/open311",
    route_handlers=[
        discovery,
        list_services,
        define_service,
        list_requests,
        show_request,
        show_token,
        create_request,
        list_updates,
        create_update,
        nothing_here,
    ],
    before_request=enter,
    middleware=[open_for_reading],
    exception_handlers=open311_exception_handlers,
    tags=["Open311 GeoReport v2"],
)
route_handlers = [open311_router]
