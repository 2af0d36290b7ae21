"""What every request passes on its way in and out: its id, the reader's language, same-origin, headers, a log line."""

from __future__ import annotations

import time
import uuid
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import parse_qs

import structlog
from litestar import Request, Response, post
from litestar.datastructures import Cookie, FormMultiDict, State
from litestar.enums import RequestEncodingType, ScopeType
from litestar.exceptions import PermissionDeniedException, TooManyRequestsException
from litestar.exceptions.http_exceptions import RequestEntityTooLarge
from litestar.params import Body
from litestar.response import Redirect
from litestar.types import ASGIApp, Empty, Message, Receive, Scope, Send

from app.db import Database
from app.errors import error_response
from app.jurisdictions.current import enter_city
from app.jurisdictions.queries import NoCity
from app.limits import Buckets, client_address, is_remote
from app.templating import DEFAULT_LOCALE, LOCALE_COOKIE, LOCALES, choose_locale, current_locale, gettext, mark

log = structlog.get_logger()

# Inline styles are needed by no page; MapLibre sets its own through the CSSOM, and makes its worker from a blob.
POLICY = (
    "default-src 'self'; img-src 'self' data: blob:; worker-src 'self' blob:; child-src 'self' blob:; "
    "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
HEADERS = [
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"strict-origin-when-cross-origin"),
    (b"permissions-policy", b"geolocation=(self), camera=(self), microphone=(self)"),
    (b"cross-origin-opener-policy", b"same-origin"),
]
NO_CITY = mark(
    "There is no city here yet. Whoever runs this brings one in with “blockwise import” or “blockwise demo”."
)
# A family behind one address sends this much; a program that fills the disk is held to it.
WRITES_A_MINUTE = 60
# A phone that was without a network for days sends a hundred reports at once. A form may bring five photos with it.
ITEMS_A_MINUTE = 2 * WRITES_A_MINUTE
PHOTOS_A_MINUTE = 5 * WRITES_A_MINUTE
writes = Buckets()
RATE = "rate_headers"
SAFE = ("GET", "HEAD", "OPTIONS")
# Programs, not pages: they carry no cookie that counts.
OPEN_TO_OTHER_ORIGINS = ("/open311/",)
# The words of a form: photos are files, and count apart.
MAX_WORDS_BYTES = 4_000_000
MAX_FIELDS = 1000
# These must answer, fast, when the database does not.
WITHOUT_CITY = ("/static/", "/healthz", "/readyz", "/metrics")


def edge(app: ASGIApp, state: State, *entering: Callable[[Database], Awaitable[None]]) -> ASGIApp:
    """Wraps the whole application, pages that are not there included.

    Gives each request an id and answers with it, chooses the reader's language and the city's clock, adds the
    headers that every answer has, and logs method, route, status and time. The log names the route, never the
    address that was asked for: that may hold a secret key. `entering` sets what else every page shows.
    """

    async def middleware(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await app(scope, receive, send)
            return
        request_id = uuid.uuid4().hex
        structlog.contextvars.bind_contextvars(request_id=request_id)
        await enter(Request(scope), state.database, entering)
        started, status = time.perf_counter(), 500

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], *missing_headers(message["headers"], request_id)]
                message["headers"] += scope["state"].get(RATE, [])
            await send(message)

        try:
            await app(scope, receive, send_with_headers)
        finally:
            took = round((time.perf_counter() - started) * 1000, 1)
            log.info("request", method=scope["method"], route=scope.get("path_template", ""), status=status, ms=took)
            structlog.contextvars.unbind_contextvars("request_id")

    return middleware


async def enter(
    request: Request[Any, Any, Any], database: Database, entering: Iterable[Callable[[Database], Awaitable[None]]]
) -> None:
    chosen = request.query_params.get("lang") or request.cookies.get(LOCALE_COOKIE)
    current_locale.set(choose_locale(chosen, request.headers.get("accept-language", "")))
    if not request.url.path.startswith(WITHOUT_CITY):
        await enter_city(database)
        for one in entering:
            await one(database)


def missing_headers(have: Iterable[tuple[bytes, bytes]], request_id: str) -> list[tuple[bytes, bytes]]:
    """The headers that every answer has, without those that its handler has set itself."""
    names = {name.lower() for name, _ in have}
    wanted = [*HEADERS, (b"content-language", current_locale.get().encode()), (b"x-request-id", request_id.encode())]
    return [(name, value) for name, value in wanted if name not in names]


async def refuse_unfit(request: Request[Any, Any, Any]) -> None:
    """Refuses a change that another site's page sends, or one of too many from one address.

    Raises PermissionDeniedException (403) and TooManyRequestsException (429), once the body has come: who is
    answered while still sending a photo over a slow link sees a broken connection, and never the answer.
    """
    try:
        check_sender(request)
    except (PermissionDeniedException, TooManyRequestsException):
        with suppress(RequestEntityTooLarge):
            async for _ in request.stream():
                pass
        raise


def check_sender(request: Request[Any, Any, Any]) -> None:
    """What `refuse_unfit` refuses. Open311 has rules of its own."""
    if request.method in SAFE or request.url.path.startswith(OPEN_TO_OTHER_ORIGINS):
        return
    if is_foreign(request):
        raise PermissionDeniedException("This form was sent from another site.")
    address = client_address(request)
    # This machine's own: whoever is on it has other ways, and a proxy names whom it speaks for.
    if not is_remote(address):
        return
    kind, per_minute = budget_of(request)
    wait = writes.take(f"{kind} {address}", per_minute)
    request.scope["state"][RATE] = rate_headers(per_minute, *writes.left(f"{kind} {address}", per_minute))
    if wait:
        raise TooManyRequestsException(headers={"Retry-After": str(wait)})


def budget_of(request: Request[Any, Any, Any]) -> tuple[str, int]:
    """Which purse a write is paid from, and how many a minute that holds."""
    path = request.url.path
    if not path.startswith("/outbox/"):
        return "form", WRITES_A_MINUTE
    return ("photo", PHOTOS_A_MINUTE) if "/photos/" in path else ("item", ITEMS_A_MINUTE)


def rate_headers(limit: int, remaining: int, reset: int) -> list[tuple[bytes, bytes]]:
    """What an address may still send, as programs read it; `reset` in seconds."""
    told = {"ratelimit-limit": limit, "ratelimit-remaining": remaining, "ratelimit-reset": reset}
    return [(name.encode(), str(number).encode()) for name, number in told.items()]


def on_no_city(request: Request[Any, Any, Any], _error: NoCity) -> Response[Any]:
    """Before a city has been brought in there is nothing to report to: 503, with what to do about it."""
    return error_response(request, 503, detail=gettext(NO_CITY))


def is_foreign(request: Request[Any, Any, Any]) -> bool:
    """Whether a browser says that another site's page made this request (Fetch Metadata, else Origin)."""
    site = request.headers.get("sec-fetch-site")
    if site:
        return site not in ("same-origin", "none")
    origin = request.headers.get("origin")
    # Not parsed: what is no address at all is foreign too.
    return bool(origin) and (origin or "").partition("://")[2] != request.headers.get("host", "")


class BoundedRequest(Request[Any, Any, State]):
    """A request whose form costs no more than a form should, and is forgotten when it is answered.

    Litestar keeps the last 1,024 URL-encoded forms that it read, passwords and addresses included, and reads
    as many fields as there are.
    """

    async def form(self) -> FormMultiDict:
        """The form. Raises RequestEntityTooLarge (413) for more words or fields than any form here has."""
        if self._connection_state.form is Empty and self.content_type[0] == RequestEncodingType.URL_ENCODED:
            self._connection_state.form = await self.url_encoded_fields()
        form = await super().form()
        if sum(len(value) for _, value in form.multi_items() if isinstance(value, str)) > MAX_WORDS_BYTES:
            raise RequestEntityTooLarge
        return form

    async def url_encoded_fields(self) -> dict[str, Any]:
        """The values of each field, in their order."""
        body = bytearray()
        async for chunk in self.stream():
            body += chunk
            if len(body) > MAX_WORDS_BYTES:
                raise RequestEntityTooLarge
        try:
            return parse_qs(body.decode("latin-1"), keep_blank_values=True, max_num_fields=MAX_FIELDS)
        except ValueError as error:
            raise RequestEntityTooLarge from error


@dataclass(frozen=True, slots=True)
class LanguageForm:
    locale: str
    back: str = "/"


@post("/language", status_code=303, request_max_body_size=10_000)
async def choose_language(data: Annotated[LanguageForm, Body(media_type=RequestEncodingType.URL_ENCODED)]) -> Redirect:
    """Keeps the language chosen by hand for a year, and goes back to where the person was."""
    local = data.back.startswith("/") and not data.back.startswith(("//", "/\\"))
    chosen = data.locale if data.locale in LOCALES else DEFAULT_LOCALE
    cookie = Cookie(LOCALE_COOKIE, value=chosen, max_age=31_536_000, samesite="lax", path="/")
    return Redirect(data.back if local else "/", status_code=303, cookies=[cookie])
