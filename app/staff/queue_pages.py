"""`/staff`: the queue, by view, filter and order; each page of it, and the filters that are kept."""

from __future__ import annotations

from collections.abc import Sequence
from operator import itemgetter
from typing import Any

from litestar import Request, get
from litestar.datastructures import State
from litestar.response import Template
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.guards import may
from app.accounts.models import Account
from app.accounts.team_models import Team
from app.jurisdictions.models import Area, AreaLayer
from app.service_requests.workflow import CLOSED, STATUSES
from app.services.queries import current_catalogue
from app.staff.queue_counts import MOST_COUNTED, view_counts
from app.staff.queue_filter import SORTS, SOURCES, VIEWS, QueueFilter, read_filter
from app.staff.queue_lines import lines
from app.staff.queue_rows import queue_page
from app.staff.request_page import NO_STORE
from app.staff.saved_filters import filters_of
from app.templating import gettext, translated

PageRequest = Request[Any, Any, State]
DESK = {"permission": "desk.view"}
MOST_AREAS = 1000


@get("/staff", opt=DESK)
async def show_queue(request: PageRequest, session: AsyncSession, account: Account, done: str = "") -> Template:
    """A page of the queue, or (asked for by a script) its list alone. 400 for a filter that is wrong."""
    asked = read_filter(given(request))
    page = await queue_page(session, account, asked, str(request.query_params.get("after", "")))
    context = {
        "account": account,
        "may": lambda code: may(account, code),
        "asked": asked,
        "lines": await lines(session, account, page.requests),
        "next_page": f"/staff?{asked.query(after=page.after)}" if page.after else "",
        "is_first": "after" not in request.query_params,
        "done": done,
        "views": VIEWS,
        "counts": await view_counts(session, account),
        "most_counted": MOST_COUNTED,
        "saved": await filters_of(session, account),
        **await choices(session, asked),
    }
    return Template("staff/queue.html", context=context, headers=NO_STORE)


def given(request: PageRequest) -> dict[str, str]:
    """The parameters of the address, the last value of each."""
    return {name: str(request.query_params.getall(name)[-1]) for name in request.query_params}


async def choices(session: AsyncSession, asked: QueueFilter) -> dict[str, Any]:
    """What a filter can be made of."""
    catalogue = await current_catalogue(session)
    teams = select(Team.id, Team.name).where(Team.active).order_by(Team.name)
    departments = [(one.id, translated(one, "name")) for one in catalogue.departments.values()]
    statuses = [one for one in STATUSES.values() if (one.code in CLOSED) == (asked.view == "closed")]
    return {
        "groups": [(group, catalogue.in_group(group.code)) for group in catalogue.groups],
        "groups_said": [(group.code, translated(group, "name")) for group in catalogue.groups],
        "departments_said": sorted(departments, key=itemgetter(1)),
        "teams": [tuple(row) for row in await session.execute(teams)],
        "statuses_said": [(one.code, gettext(one.label)) for one in statuses],
        "areas": await areas(session),
        "sources_said": [(code, gettext(words)) for code, words in SOURCES.items()],
        "sorts": SORTS,
    }


async def areas(session: AsyncSession) -> Sequence[Any]:
    """(layer, its name, code, name) of the areas of today's layers."""
    wanted = (
        select(Area.layer, AreaLayer.name.label("layer_name"), Area.code, Area.name)
        .join(AreaLayer, AreaLayer.code == Area.layer)
        .where(Area.valid_to.is_(None))
        .order_by(AreaLayer.position, Area.layer, Area.name, Area.code)
        .limit(MOST_AREAS)
    )
    return (await session.execute(wanted)).all()


route_handlers = [show_queue]
