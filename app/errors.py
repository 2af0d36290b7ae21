"""What can go wrong and how it is told: a page, a fragment, or problem JSON (RFC 9457), by what was asked for."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import structlog
from litestar import MediaType, Request, Response
from litestar.exceptions import HTTPException, ValidationException
from litestar.response import Template
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from app.templating import gettext, mark

log = structlog.get_logger()

# No page is there, whatever the caller says that it would take.
FOR_PROGRAMS = ("/outbox", "/api/work-orders")
# What a program asks for; a browser that follows a link there says that it takes a page too.
DATA = (".mvt", ".json", ".geojson", ".csv", ".atom")
WORDS: dict[int, tuple[str, str]] = {
    400: (mark("We could not read that"), mark("Go back, check what you sent, and try again.")),
    401: (mark("Please sign in"), mark("Sign in, then try again. What you entered is kept on your device.")),
    403: (mark("That is not yours to open"), mark("Sign in with an account that may, or ask the city.")),
    404: (mark("There is nothing here"), mark("Check the address or the number, letter by letter.")),
    405: (mark("That cannot be done here"), mark("Go back and use the buttons on the page.")),
    408: (mark("That took too long"), mark("Try again; nothing was lost.")),
    409: (mark("Somebody changed this meanwhile"), mark("Open the page again to see it, then repeat your change.")),
    410: (mark("This is gone"), mark("The link has expired. Ask for a new one.")),
    413: (mark("That is too large"), mark("Send fewer or smaller photos.")),
    415: (mark("We cannot read that kind of file"), mark("Send a photo as JPEG, PNG, WebP, HEIC or AVIF.")),
    422: (mark("Something needs your attention"), mark("Correct what is marked and send again.")),
    429: (mark("Too many at once"), mark("Wait a minute, then try again.")),
    500: (mark("Something broke on our side"), mark("Nothing that you sent was kept by us. Try again in a minute.")),
    503: (mark("We cannot do that just now"), mark("Nothing was lost on your side. Try again in a minute.")),
}
UNREADABLE = mark("“%(name)s” has a value that cannot be.")


@dataclasses.dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: the field's name, a message id for gettext, and what fills its `%(name)s`."""

    field: str
    message: str
    params: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    def said(self) -> str:
        """The message in the locale of the moment."""
        return gettext(self.message, **self.params)


class Refused(Exception):
    """A change that is refused, with every reason at once. `status` is 400, 404, 409, 410, 413, 415 or 422.

    `more` is for programs: further members of the problem JSON.
    """

    def __init__(self, *problems: Problem, status: int = 422, more: Mapping[str, Any] | None = None) -> None:
        super().__init__("; ".join(f"{problem.field}: {problem.message}" for problem in problems))
        self.problems = list(problems)
        self.status = status
        self.more = dict(more or {})


class Unavailable(Exception):
    """Something that we need does not answer (disk, media store). The request may be repeated."""


def wants_json(request: Request[Any, Any, Any]) -> bool:
    accept, path = request.headers.get("accept", ""), request.url.path
    takes_data = "json" in accept or path.endswith(DATA)
    return path.startswith(FOR_PROGRAMS) or (takes_data and "text/html" not in accept)


def error_response(
    request: Request[Any, Any, Any],
    status: int,
    problems: list[Problem] | None = None,
    detail: str = "",
    more: Mapping[str, Any] | None = None,
) -> Response[Any]:
    """The answer for a status, in the form that was asked for; `more` is for programs only."""
    title, advice = (gettext(words) for words in WORDS.get(status, WORDS[500 if status >= 500 else 400]))
    headers = {"Retry-After": "30"} if status in (429, 503) else {}
    told = [{"field": problem.field, "message": problem.said()} for problem in problems or []]
    if wants_json(request):
        # One reason alone says more than what is true of every answer with this status.
        detail = detail or (told[0]["message"] if len(told) == 1 else advice)
        body = {"type": "about:blank", "title": title, "status": status, "detail": detail, "problems": told}
        headers["Cache-Control"] = "no-store"
        return Response(
            body | dict(more or {}), status_code=status, headers=headers, media_type="application/problem+json"
        )
    fragment = request.headers.get("hx-request") == "true" and not request.headers.get("hx-boosted")
    return Template(
        "errors/_error.html" if fragment else "errors/error.html",
        context={"title": title, "advice": detail or advice, "status": status, "problems": told},
        status_code=status,
        headers=headers,
        media_type=MediaType.HTML,
    )


def on_refused(request: Request[Any, Any, Any], error: Refused) -> Response[Any]:
    return error_response(request, error.status, error.problems, more=error.more)


def on_http_exception(request: Request[Any, Any, Any], error: HTTPException) -> Response[Any]:
    answer = error_response(request, error.status_code, unreadable(error))
    answer.headers.update(error.headers or {})
    return answer


def unreadable(error: HTTPException) -> list[Problem]:
    """The parameters of the address whose values are not of their kind."""
    wrong = error.extra if isinstance(error, ValidationException) and isinstance(error.extra, list) else []
    names = dict.fromkeys(str(item["key"]).rstrip("_") for item in wrong if isinstance(item, dict) and "key" in item)
    return [Problem(name, UNREADABLE, {"name": name}) for name in names]


def on_unavailable(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    log.error("unavailable", reason=type(error).__name__)
    return error_response(request, 503)


def on_database_error(request: Request[Any, Any, Any], error: DBAPIError) -> Response[Any]:
    """A database that is gone, full or busy is a 503; a statement that is wrong is our fault: a 500."""
    gone = error.connection_invalidated or type(error.orig).__name__ in ("OperationalError", "AdminShutdown")
    # What follows the first line is the row that was refused, which may be somebody's contact data.
    log.error("database", reason=str(error.orig).partition("\n")[0][:200], gone=gone)
    return error_response(request, 503 if gone else 500)


def on_exception(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    log.error("failed", exc_info=error)
    return error_response(request, HTTPStatus.INTERNAL_SERVER_ERROR)


exception_handlers: dict[Any, Any] = {
    Refused: on_refused,
    Unavailable: on_unavailable,
    HTTPException: on_http_exception,
    PoolTimeout: on_unavailable,
    DBAPIError: on_database_error,
    OSError: on_unavailable,
    Exception: on_exception,
}
