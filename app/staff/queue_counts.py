"""How many requests each view has for somebody: counted as far as a person can take it in, and no further."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.models import Account
from app.service_requests.models import ServiceRequest
from app.staff.queue_filter import VIEWS
from app.staff.queue_views import by_areas, view_conditions
from app.staff.scope import within_scope

MOST_COUNTED = 99
IN_ORDER = (ServiceRequest.expected_datetime, ServiceRequest.id)


async def view_counts(session: AsyncSession, account: Account) -> dict[str, int]:
    """View → how many, in their scope; one more than MOST_COUNTED says that there are more. None of what is closed."""
    scope = within_scope(account, "desk.view", await by_areas(session, closed=False))
    counted = []
    for view in VIEWS:
        if view != "closed":
            where = [*scope, *await view_conditions(session, account, view)]
            # In the order of an index: PostgreSQL would else gather all of a department before it counts the first.
            first = select(ServiceRequest.id).where(*where).order_by(*IN_ORDER).limit(MOST_COUNTED + 1)
            some = first.subquery()
            counted.append(select(func.count()).select_from(some).scalar_subquery().label(view))
    row = (await session.execute(select(*counted))).one()
    return dict(row._mapping)
