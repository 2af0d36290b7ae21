"""/account/second-factor: an authenticator app is set up, its recovery codes are renewed, it is taken away."""

from __future__ import annotations

from typing import Any

import segno
from litestar import Response, get, post
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts import totp
from app.accounts.audit import note
from app.accounts.confirming import (
    WRONG_CODE,
    TooOften,
    confirm_code,
    confirm_password,
    said_problems,
    wait_header,
)
from app.accounts.guards import PERMISSION, SIGNED_IN, require_sign_in
from app.accounts.models import SignIn
from app.accounts.second_factor import (
    codes_left,
    find_second_factor,
    renew_codes,
    sealed_secret,
    secret_for,
    turn_off,
    turn_on,
)
from app.accounts.sessions import NEEDS_SETUP, PageRequest, end_all, session_cookie, start_session
from app.accounts.signing_in import begin, inside, role_needs_factor
from app.accounts.throttle import Purse, forget, take
from app.db import Database
from app.errors import Problem, Refused
from app.jurisdictions.current import current_city
from app.settings import Settings
from app.templating import mark

NO_STORE = {"Cache-Control": "private, no-store"}
FORM_BYTES = 100_000
PAGE_IS_OLD = mark("This page is too old. Scan the new picture, then write the code that the app shows.")
THERE_IS_ONE = mark("There is a second factor already. Take it away first, then set up the new one.")
THERE_IS_NONE = mark("There is no second factor. Set one up first.")


@get("/account/second-factor")
async def show_second_factor(request: PageRequest, session: AsyncSession) -> Template:
    sign_in = await require_sign_in(session, request, may_need=NEEDS_SETUP)
    return await second_factor_page(request, session, sign_in, back=request.query_params.get("next", ""))


@post("/account/second-factor", status_code=200, request_max_body_size=FORM_BYTES)
async def post_second_factor(request: PageRequest) -> Response[Any]:
    """Sets an app up: the recovery codes, shown this once; 422 for a wrong code or password, 429.

    A session that waited for this becomes a whole one; all others end.
    """
    form = {name: str(value) for name, value in (await request.form()).multi_items()}
    sign_in = await current(request, may_need=NEEDS_SETUP)
    secret = secret_for(request.app.state.settings, sign_in.account_id, form.get("secret", ""))
    try:
        if sign_in.needs is None:
            await confirm_password(request, sign_in.account, form.get("current", ""))
        if secret is None:
            raise Refused(Problem("code", PAGE_IS_OLD))
        codes, token = await set_up(request, sign_in, secret, form.get("code", ""))
    except Refused as refused:
        return await refused_page(request, sign_in, refused, back=form.get("next", ""), secret=secret)
    answer = codes_page(codes, back=form.get("next", "") if sign_in.needs else "/account")
    answer.cookies.append(session_cookie(request, token))
    return answer


async def set_up(request: PageRequest, sign_in: SignIn, secret: bytes, code: str) -> tuple[list[str], str]:
    """The recovery codes and the token of the new session. Raises Refused (409, 422) and TooOften."""
    database: Database = request.app.state.database
    purse = Purse("code", str(sign_in.account_id))
    codes, token = None, ""
    async with database.writing() as session:
        if await find_second_factor(session, sign_in.account_id):
            raise Refused(Problem("code", THERE_IS_ONE), status=409)
        wait = await take(session, purse)
        if not wait:
            codes = await turn_on(session, request.app.state.settings, sign_in.account_id, secret, code)
        if codes:
            await forget(session, purse)
            await note(session, sign_in.account, "account.second_factor_on", about=sign_in.account.email)
            await end_all(session, sign_in.account_id)
            token = await start_session(session, sign_in.account, request)
    # Only now: what was counted stays.
    if wait:
        raise TooOften("code", wait)
    if codes is None:
        raise Refused(Problem("code", WRONG_CODE))
    return codes, token


@post("/account/second-factor/codes", opt={PERMISSION: SIGNED_IN}, status_code=200, request_max_body_size=FORM_BYTES)
async def post_codes(request: PageRequest) -> Response[Any]:
    """Ten new recovery codes, shown this once; 422 for a wrong password, 429; 409 where there is no second factor."""
    database: Database = request.app.state.database
    form = await request.form()
    sign_in = await current(request)
    try:
        await confirm_password(request, sign_in.account, str(form.get("current", "")))
        async with database.writing() as session:
            if await find_second_factor(session, sign_in.account_id) is None:
                raise Refused(Problem("current", THERE_IS_NONE), status=409)
            codes = await renew_codes(session, request.app.state.settings, sign_in.account_id)
            await note(session, sign_in.account, "account.codes_renewed", about=sign_in.account.email)
    except Refused as refused:
        return await refused_page(request, sign_in, refused)
    return codes_page(codes, back="/account")


@post("/account/second-factor/off", opt={PERMISSION: SIGNED_IN}, status_code=200, request_max_body_size=FORM_BYTES)
async def post_off(request: PageRequest) -> Response[Any]:
    """Takes the second factor away: 303; 422 for a wrong password or code, 429.

    Whose role asks for one is signed in again only when the new one is set up.
    """
    database: Database = request.app.state.database
    form = await request.form()
    sign_in = await current(request)
    try:
        await confirm_password(request, sign_in.account, str(form.get("off_current", "")), field="off_current")
        await confirm_code(request, sign_in.account_id, str(form.get("off_code", "")), field="off_code")
    except Refused as refused:
        return await refused_page(request, sign_in, refused)
    async with database.writing() as session:
        await turn_off(session, sign_in.account_id)
        await note(session, sign_in.account, "account.second_factor_off", about=sign_in.account.email)
        if await role_needs_factor(session, sign_in.account_id):
            await end_all(session, sign_in.account_id)
            return await begin(request, session, sign_in.account, "/account", NEEDS_SETUP)
    return Redirect("/account?done=second-factor-off", status_code=303)


async def current(request: PageRequest, *, may_need: str | None = None) -> SignIn:
    """The session of this request, read and let go: a password is checked while nobody waits."""
    database: Database = request.app.state.database
    async with database.reading() as session:
        return await require_sign_in(session, request, may_need=may_need)


async def refused_page(
    request: PageRequest, sign_in: SignIn, refused: Refused, *, back: str = "", secret: bytes | None = None
) -> Template:
    database: Database = request.app.state.database
    async with database.reading() as session:
        return await second_factor_page(request, session, sign_in, back=back, secret=secret, refused=refused)


async def second_factor_page(
    request: PageRequest,
    session: AsyncSession,
    sign_in: SignIn,
    *,
    back: str = "",
    secret: bytes | None = None,
    refused: Refused | None = None,
) -> Template:
    """What there is, or how to set it up: with `secret`, that one again."""
    settings: Settings = request.app.state.settings
    account, city = sign_in.account, current_city.get()
    secret = secret or totp.new_secret()
    address = totp.address(secret, issuer=city.name if city else "Blockwise", name=account.email)
    context = {
        "factor": await find_second_factor(session, account.id),
        "codes_left": await codes_left(session, account.id),
        "is_needed": sign_in.needs == NEEDS_SETUP,
        "secret": sealed_secret(settings, account.id, secret),
        "written": totp.written(secret),
        "address": address,
        "picture": segno.make(address, micro=False).svg_data_uri(scale=5, light="#fff"),
        "next": inside(back),
        "problems": said_problems(refused),
    }
    status = refused.status if refused else 200
    headers = NO_STORE | wait_header(refused)
    return Template("accounts/second_factor.html", context=context, status_code=status, headers=headers)


def codes_page(codes: list[str], *, back: str) -> Template:
    context = {"codes": codes, "next": inside(back)}
    return Template("accounts/recovery_codes.html", context=context, headers=NO_STORE)


route_handlers = [show_second_factor, post_second_factor, post_codes, post_off]
