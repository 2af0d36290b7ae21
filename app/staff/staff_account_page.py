"""How the accounts are shown to who manages them: the list with the invitation, and one account with its roles."""

from __future__ import annotations

from typing import Any

from litestar import Request
from litestar.datastructures import State
from litestar.response import Template
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.administering import PAGE_SIZE, find_accounts, last_used
from app.accounts.models import Account
from app.accounts.roles import all_roles
from app.accounts.second_factor import find_second_factor
from app.errors import Refused
from app.services.queries import current_catalogue
from app.services.words import said_in
from app.staff.request_page import NO_STORE
from app.templating import current_locale

PageRequest = Request[Any, Any, State]


async def list_page(
    session: AsyncSession,
    request: PageRequest,
    words: str,
    page: int,
    *,
    form: dict[str, str] | None = None,
    refused: Refused | None = None,
) -> Template:
    found = await find_accounts(session, words, page)
    shown = found[:PAGE_SIZE]
    context = {
        "accounts": shown,
        "seen": await last_used(session, [one.id for one in shown]),
        "roles": await all_roles(session),
        "words": words,
        "page": page,
        "more": len(found) > PAGE_SIZE,
        "form": form or {},
        "sends_mail": bool(request.app.state.settings.smtp_url),
        "problems": said(refused),
    }
    status = refused.status if refused else 200
    return Template("staff/accounts.html", context=context, status_code=status, headers=NO_STORE)


async def one_page(
    session: AsyncSession,
    by: Account,
    found: Account,
    *,
    done: str = "",
    link: str = "",
    form: dict[str, str] | None = None,
    refused: Refused | None = None,
) -> Template:
    catalogue = await current_catalogue(session)
    context = {
        "one": found,
        "is_own": by.id == found.id,
        "seen": (await last_used(session, [found.id])).get(found.id),
        "factor": await find_second_factor(session, found.id),
        "roles": await all_roles(session),
        "departments": list(catalogue.departments.values()),
        "services": list(catalogue.by_id.values()),
        "said_name": lambda row, field: said_in(row, field, current_locale.get()),
        "form": form or {},
        "done": done,
        "link": link,
        "problems": said(refused),
    }
    status = refused.status if refused else 200
    return Template("staff/account.html", context=context, status_code=status, headers=NO_STORE)


def said(refused: Refused | None) -> dict[str, str]:
    """Field → sentence."""
    return {problem.field: problem.said() for problem in refused.problems} if refused else {}
