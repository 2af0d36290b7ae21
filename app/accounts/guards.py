"""Who is signed in, and who may go on."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from litestar import Request, Response
from litestar.datastructures import State
from litestar.exceptions import NotAuthorizedException, PermissionDeniedException
from litestar.response import Redirect
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import contains_eager

from app.accounts.actions import hash_token
from app.accounts.models import Account, SignIn
from app.errors import error_response, wants_json

SESSION_COOKIE = "session"
STAFF_ROLES = ("administrator", "supervisor", "clerk", "inspector")
PageRequest = Request[Any, Any, State]


class SignInNeeded(NotAuthorizedException):
    """Nobody is signed in, and the page is for people who are."""


async def signed_in(request: PageRequest, session: AsyncSession) -> Account | None:
    """The account of this request's session cookie, while it lasts and the account is active."""
    token = request.cookies.get(SESSION_COOKIE)
    if not token:
        return None
    wanted = (
        select(SignIn)
        .join(SignIn.account)
        .where(SignIn.token_hash == hash_token(token), SignIn.expires_datetime > datetime.now(UTC), Account.active)
        .options(contains_eager(SignIn.account))
    )
    found = (await session.execute(wanted)).scalar_one_or_none()
    return found.account if found else None


async def provide_staff(request: PageRequest, session: AsyncSession) -> Account:
    """The signed-in member of staff. Raises SignInNeeded, or PermissionDeniedException for another role."""
    account = await signed_in(request, session)
    if account is None:
        raise SignInNeeded
    if account.role not in STAFF_ROLES:
        raise PermissionDeniedException
    return account


def on_sign_in_needed(request: PageRequest, _error: SignInNeeded) -> Response[Any]:
    """A page leads to the sign-in and back; a program, and whatever was being sent, is told 401."""
    if request.method != "GET" or wants_json(request) or request.headers.get("hx-request"):
        return error_response(request, 401)
    back = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return Redirect(f"/sign-in?{urlencode({'next': back})}", status_code=303)
