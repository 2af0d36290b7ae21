"""Signing in through the city's own directory: there, and back with who somebody is."""

from __future__ import annotations

import secrets
import time
from typing import Any

import msgspec
import structlog
from litestar import Response, get
from litestar.datastructures import Cookie
from litestar.exceptions import NotFoundException
from litestar.response import Redirect

from app.accounts.ciphers import Unreadable, decipher, encipher
from app.accounts.confirming import TOO_OFTEN, wait_said
from app.accounts.controllers import sign_in_page
from app.accounts.directory import BACK, Asked, Directory, ask
from app.accounts.directory_accounts import account_of
from app.accounts.directory_answers import DirectoryError, Person
from app.accounts.sessions import PageRequest
from app.accounts.signing_in import begin, go_on, inside
from app.accounts.throttle import give_back, network_purses, take
from app.db import Database
from app.errors import Refused
from app.limits import client_address
from app.settings import Settings
from app.templating import current_locale, gettext, mark

log = structlog.get_logger()

THERE = "/sign-in/directory"
COOKIE = "directory"
PURPOSE = "sign-in through the directory"
LASTS = 600
NOT_BEGUN = mark("This sign-in was begun in another window, or more than ten minutes ago. Begin again.")
TURNED_BACK = mark("You did not sign in at the directory. Try again, or use your password.")
NO_ANSWER = mark("The city’s directory gave no good answer. Try again in a minute, or use your password.")


@get(THERE)
async def leave(request: PageRequest) -> Response[Any]:
    """303 to the directory; 502 with the sign-in page when it cannot be asked, 404 where the city has none."""
    asked = ask(inside(request.query_params.get("next", "")))
    try:
        address = await directory_of(request).address(asked, current_locale.get())
    except DirectoryError as error:
        return failed(asked.back, error)
    return Redirect(address, status_code=303, cookies=[cookie(request, asked)])


@get(BACK)
async def come_back(request: PageRequest) -> Response[Any]:
    """303 to where the person was going, or to the step that is left; the sign-in page says why not.

    400: not begun here, 403: turned back, or no account, 409: bound to somebody else, 429, 502: the directory fails.
    """
    directory, answer = directory_of(request), request.query_params
    asked = asked_by(request)
    if asked is None or not secrets.compare_digest(answer.get("state", "").encode(), asked.state.encode()):
        return refused("", gettext(NOT_BEGUN), 400)
    if answer.get("error") in ("access_denied", "login_required", "interaction_required", "consent_required"):
        return over(request, refused(asked.back, gettext(TURNED_BACK), 403))
    database: Database = request.app.state.database
    networks = network_purses("network", client_address(request))
    async with database.writing() as session:
        wait = await take(session, *networks)
    if wait:
        return refused(asked.back, gettext(TOO_OFTEN, wait=wait_said(wait)), 429, {"Retry-After": str(wait)})
    try:
        if "error" in answer or "code" not in answer:
            raise DirectoryError(f"it answers {answer.get('error', 'without a code')[:60]}")
        person = await directory.person(asked, answer["code"], answer.get("iss"))
    except DirectoryError as error:
        return over(request, failed(asked.back, error))
    return over(request, await enter(request, person, asked.back))


async def enter(request: PageRequest, person: Person, back: str) -> Response[Any]:
    """A session for whom the directory vouches for; a second factor that it has seen is not asked for again."""
    database: Database = request.app.state.database
    try:
        async with database.writing() as session:
            await give_back(session, *network_purses("network", client_address(request)))
            account = await account_of(session, request.app.state.settings, person)
            if person.two_factors:
                return await begin(request, session, account, back)
            return await go_on(request, session, account, back)
    except Refused as error:
        [problem] = error.problems
        return refused(back, gettext(problem.message, **problem.params), error.status)


def directory_of(request: PageRequest) -> Directory:
    """The city's directory, made at the first use. Raises NotFoundException where it has none."""
    state = request.app.state
    settings: Settings = state.settings
    if not settings.oidc_issuer:
        raise NotFoundException
    if "directory" not in state:
        state.directory = Directory(settings, state.http)
    directory: Directory = state.directory
    return directory


def cookie(request: PageRequest, asked: Asked | None) -> Cookie:
    """What the sign-in was begun with, kept by the browser alone; None takes it away."""
    settings: Settings = request.app.state.settings
    return Cookie(
        COOKIE,
        value=encipher(settings.secret_key, PURPOSE, msgspec.json.encode(asked)) if asked else "",
        max_age=LASTS if asked else 0,
        httponly=True,
        secure=settings.secure_cookies,
        # The way back is a link from elsewhere: "strict" would not send it.
        samesite="lax",
        path=THERE,
    )


def asked_by(request: PageRequest) -> Asked | None:
    """What this browser began with, within ten minutes; None for anything else."""
    settings: Settings = request.app.state.settings
    try:
        asked = msgspec.json.decode(decipher(settings.secret_key, PURPOSE, request.cookies.get(COOKIE, "")), type=Asked)
    except (Unreadable, msgspec.DecodeError):
        return None
    return asked if abs(time.time() - asked.at) <= LASTS else None


def over(request: PageRequest, response: Response[Any]) -> Response[Any]:
    """The same way back does not work twice."""
    response.set_cookie(cookie(request, None))
    return response


def failed(back: str, error: DirectoryError) -> Response[Any]:
    log.warning("directory", reason=str(error))
    return refused(back, gettext(NO_ANSWER), 502)


def refused(back: str, problem: str, status: int, headers: dict[str, str] | None = None) -> Response[Any]:
    return sign_in_page(back, problem=problem, status=status, headers=headers)


route_handlers = [leave, come_back]
