"""Who is signed in, and who may go on: the one guard of every route.

A route says what it takes with `opt={"permission": "desk.view"}`, a code of `permissions.py`, or SIGNED_IN for
whoever has an account. A route without it is for everybody: tests/accounts/test_routes.py lists these.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol
from urllib.parse import urlencode

from litestar import Request, Response
from litestar.connection import ASGIConnection
from litestar.datastructures import State
from litestar.exceptions import NotAuthorizedException, PermissionDeniedException
from litestar.handlers import BaseRouteHandler
from litestar.response import Redirect
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.models import Account, AccountRole, SignIn
from app.accounts.permissions import ALL, PERMISSIONS
from app.accounts.sessions import find_session, note_use
from app.db import Database
from app.errors import error_response, wants_json
from app.jurisdictions.models import Area

PERMISSION = "permission"
# Instead of a permission: an account is enough.
SIGNED_IN = "signed_in"
# Under this name a page knows who is signed in, whatever else it is given.
WHO = "signed_in_account"
PageRequest = Request[Any, Any, State]
Connection = ASGIConnection[Any, Any, Any, Any]


class SignInNeeded(NotAuthorizedException):
    """Nobody is signed in, and the page is for people who are."""


class Scoped(Protocol):
    """What lies in a scope or does not: a service request, with its areas loaded."""

    department_id: Any
    service_id: Any
    areas: Any


async def guard(connection: Connection, handler: BaseRouteHandler) -> None:
    """Before every route: raises SignInNeeded, or PermissionDeniedException for who may not.

    In a session of its own: nothing is read of what is being sent, and no writer waits, for who may not go on.
    """
    code = handler.opt.get(PERMISSION)
    if code is not None:
        database: Database = connection.app.state.database
        async with database.reading() as session:
            found = await permitted(connection, session, code)
        await note_use(connection, found)
        # The navigation of the staff's pages goes by it (templates/staff/_nav.html).
        connection.scope["state"][WHO] = found.account


async def provide_account(request: PageRequest, session: AsyncSession) -> Account:
    """The dependency `account`: who is signed in, with what they may do, as it is in the request's own transaction.

    It is asked again here: what was sent slowly may arrive after a role was taken away.
    """
    return (await provide_sign_in(request, session)).account


async def provide_sign_in(request: PageRequest, session: AsyncSession) -> SignIn:
    """The dependency `sign_in`: the session itself, for the pages that are about it."""
    return await permitted(request, session, request.route_handler.opt.get(PERMISSION, SIGNED_IN))


async def permitted(connection: Connection, session: AsyncSession, code: str) -> SignIn:
    """Raises SignInNeeded and PermissionDeniedException."""
    found = await require_sign_in(session, connection)
    if not may(found.account, code):
        raise PermissionDeniedException
    return found


async def require_sign_in(session: AsyncSession, connection: Connection, *, may_need: str | None = None) -> SignIn:
    """The session of who is signed in, or has only `may_need` left to do (sessions.py). Raises SignInNeeded."""
    found = await find_session(session, connection)
    if found is None or found.needs not in (None, may_need):
        raise SignInNeeded
    return found


def may(account: Account, code: str, request: Scoped | None = None) -> bool:
    """Whether a permission is the account's: for a service request, or without one for anything at all.

    Raises KeyError for a code that is none.
    """
    if code == SIGNED_IN:
        return True
    return any(request is None or covers(grant, request) for grant in grants_of(account, code))


def require(account: Account, code: str, request: Scoped) -> None:
    """Raises PermissionDeniedException where the permission does not reach this service request."""
    if not may(account, code, request):
        raise PermissionDeniedException


def grants_of(account: Account, code: str) -> Sequence[AccountRole]:
    """Those of the account's roles that give a permission. Raises KeyError for a code that is none."""
    whole_city = PERMISSIONS[code].whole_city
    return [
        grant
        for grant in account.grants
        if not (whole_city and grant.is_narrow) and not {ALL, code}.isdisjoint(grant.role.permissions)
    ]


def covers(grant: AccountRole, request: Scoped) -> bool:
    return (
        grant.department_id in (None, request.department_id)
        and grant.service_id in (None, request.service_id)
        and (grant.area_code is None or any(lies_in(area, grant) for area in request.areas))
    )


def lies_in(area: Area, grant: AccountRole) -> bool:
    return (area.layer, area.code) == (grant.layer, grant.area_code)


def on_sign_in_needed(request: PageRequest, _error: SignInNeeded) -> Response[Any]:
    """A page leads to the sign-in and back; a program, and whatever was being sent, is told 401."""
    if request.method != "GET" or wants_json(request) or request.headers.get("hx-request"):
        return error_response(request, 401)
    back = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return Redirect(f"/sign-in?{urlencode({'next': back})}", status_code=303)
