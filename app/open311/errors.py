"""What went wrong, in GeoReport's shape: a list of {code, description}, with the field where there is one."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response
from litestar.exceptions import HTTPException

from app.errors import Problem, Refused, Unavailable, exception_handlers
from app.jurisdictions.queries import NoCity
from app.media.storage import StorageUnavailable
from app.open311.formats import answer
from app.templating import mark

DESCRIPTIONS = {
    400: mark("This request cannot be read."),
    404: mark("There is nothing at this address. Paths end in .json or .xml."),
    405: mark("This address cannot be used with this method."),
    413: mark("The body is too large."),
    415: mark(
        "Send application/x-www-form-urlencoded, multipart/form-data, application/json or an XML body, "
        "and say in Content-Type which."
    ),
    429: mark("Too many requests. Wait as long as Retry-After says, then go on."),
    500: mark("Something broke on our side. Nothing was kept; try again in a minute."),
    503: mark("Not available just now. Nothing was kept; try again in a minute."),
}
NO_CITY = mark("There is no city here yet.")


class Fault(Exception):
    """A request that ends here: the HTTP status, and a message id with its parameters."""

    def __init__(
        self, status: int, message: str, *, headers: dict[str, str] | None = None, field: str = "", **params: Any
    ) -> None:
        super().__init__(message)
        self.status = status
        self.problem = Problem(field, message, params)
        self.headers = headers or {}


def on_fault(request: Request[Any, Any, Any], error: Fault) -> Response[bytes]:
    return error_answer(request, error.status, [error.problem], error.headers)


def on_refused(request: Request[Any, Any, Any], error: Refused) -> Response[bytes]:
    """Every problem of a submission is a 400: GeoReport knows no 422."""
    return error_answer(request, 400 if error.status == 422 else error.status, error.problems)


def on_no_city(request: Request[Any, Any, Any], error: NoCity) -> Response[bytes]:
    return error_answer(request, 503, [Problem("", NO_CITY)], {"Retry-After": "60"})


def on_storage_unavailable(request: Request[Any, Any, Any], error: StorageUnavailable) -> Response[bytes]:
    return on_other(request, Unavailable("the media store"))


def on_other(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """The status, the headers and the log line are the application's; the body is ours."""
    handler = next(exception_handlers[kind] for kind in type(error).__mro__ if kind in exception_handlers)
    told = handler(request, error)
    retry = {"Retry-After": told.headers["Retry-After"]} if "Retry-After" in told.headers else {}
    status = told.status_code
    words = DESCRIPTIONS.get(status, DESCRIPTIONS[500 if status >= 500 else 400])
    return error_answer(request, status, [Problem("", words)], retry)


def error_answer(
    request: Request[Any, Any, Any], status: int, problems: list[Problem], headers: dict[str, str] | None = None
) -> Response[bytes]:
    errors = [error_document(status, problem) for problem in problems]
    return answer(request, "errors", errors, status=status, headers={"Cache-Control": "no-store", **(headers or {})})


def error_document(status: int, problem: Problem) -> dict[str, Any]:
    """`code` is the HTTP status, as GeoReport has it; `field` says what to mend."""
    told: dict[str, Any] = {"code": status, "description": problem.said()}
    return {**told, "field": problem.field} if problem.field else told


open311_exception_handlers: dict[Any, Any] = {
    Fault: on_fault,
    Refused: on_refused,
    NoCity: on_no_city,
    StorageUnavailable: on_storage_unavailable,
    HTTPException: on_other,
    Exception: on_other,
}
