"""Filters that staff keeps by name, for themselves or for everybody at the desk."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qsl

from litestar import Request, Response, post
from litestar.datastructures import State
from litestar.exceptions import NotFoundException
from litestar.response import Redirect
from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from app.accounts.audit import note
from app.accounts.models import Account
from app.errors import Problem, Refused
from app.service_requests.forms import clean
from app.sql import find_row
from app.staff.queue_filter import read_filter
from app.staff.queue_models import SavedFilter
from app.templating import mark

PageRequest = Request[Any, Any, State]
DESK = {"permission": "desk.view"}
MOST_NAME, MOST_KEPT, MOST_SHOWN = 80, 50, 200
NAME_IT = mark("Give the filter a name of at most %(most)d characters.")
TOO_MANY = mark("You keep %(most)d filters. Throw one away first.")


async def filters_of(session: AsyncSession, account: Account) -> Sequence[SavedFilter]:
    """One's own filters and those that others share, by name; own ones first."""
    mine = SavedFilter.account_id == account.id
    wanted = select(SavedFilter).where(or_(mine, SavedFilter.shared)).options(joinedload(SavedFilter.account))
    found = await session.execute(wanted.order_by(mine.desc(), SavedFilter.name, SavedFilter.id).limit(MOST_SHOWN))
    return found.scalars().all()


@post("/staff/filters", opt=DESK, status_code=200)
async def post_filter(request: PageRequest, session: AsyncSession, account: Account) -> Response[Any]:
    """Keeps the filter of an address (`query`) under a `name`, in the place of one's own of that name.

    Raises Refused (400, 409, 422).
    """
    form = {name: clean(str(value)) for name, value in (await request.form()).multi_items()}
    name, asked = form.get("name", ""), read_filter(dict(parse_qsl(form.get("query", ""))))
    if not 0 < len(name) <= MOST_NAME:
        raise Refused(Problem("name", NAME_IT, {"most": MOST_NAME}))
    mine = select(SavedFilter).where(SavedFilter.account_id == account.id)
    kept = (await session.execute(mine.where(SavedFilter.name == name))).scalar_one_or_none()
    if kept is None:
        if (await session.execute(select(func.count()).select_from(mine.subquery()))).scalar_one() >= MOST_KEPT:
            raise Refused(Problem("name", TOO_MANY, {"most": MOST_KEPT}), status=409)
        kept = SavedFilter(account_id=account.id, name=name)
        session.add(kept)
    kept.query, kept.shared = asked.query(), form.get("shared") == "yes"
    await session.flush()
    await note(session, account, "filter.kept", about=name, facts={"query": kept.query, "shared": kept.shared})
    return Redirect(f"/staff?{kept.query}&done=filter", status_code=303)


@post("/staff/filters/{filter_id:int}/remove", opt=DESK, status_code=200)
async def post_filter_removed(session: AsyncSession, account: Account, filter_id: int) -> Redirect:
    """Throws away a filter of one's own."""
    found = await find_row(session, SavedFilter, filter_id)
    if found is None or found.account_id != account.id:
        raise NotFoundException
    await session.delete(found)
    await note(session, account, "filter.removed", about=found.name)
    return Redirect("/staff?done=filter", status_code=303)


route_handlers = [post_filter, post_filter_removed]
