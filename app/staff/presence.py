"""Who has a request's page open: a row that the page renews, and that counts for a minute."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from litestar import Request, post
from litestar.datastructures import State
from litestar.response import Template
from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.models import Account
from app.service_requests.models import ServiceRequest
from app.staff.queue_models import Presence
from app.staff.request_page import NO_STORE, find

PageRequest = Request[Any, Any, State]
# The page says every twenty seconds that it is still open.
COUNTS_FOR = timedelta(seconds=60)
KEPT_FOR = timedelta(hours=1)
MOST = 500


@post("/staff/requests/{service_request_id:str}/presence", opt={"permission": "desk.view"}, status_code=200)
async def post_presence(
    request: PageRequest, session: AsyncSession, account: Account, service_request_id: str
) -> Template:
    """Says that this page is open, or (`gone`) that it is not any more. Answers with who else has it open."""
    found = await find(session, account, service_request_id)
    if "gone" in await request.form():
        mine = (Presence.request_id == found.id, Presence.account_id == account.id)
        await session.execute(delete(Presence).where(*mine))
    else:
        await come(session, found.id, account.id)
    there = await who_is_there(session, [found.id], but=account.id)
    return Template("staff/_there.html", context={"there": there.get(found.id, ())}, headers=NO_STORE)


async def come(session: AsyncSession, request_id: int, account_id: int) -> None:
    now = datetime.now(UTC)
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    seen = insert(Presence).values(request_id=request_id, account_id=account_id, opened_datetime=now, seen_datetime=now)
    await session.execute(
        seen.on_conflict_do_update(index_elements=["request_id", "account_id"], set_={"seen_datetime": now})
    )
    await session.execute(delete(Presence).where(Presence.seen_datetime < now - KEPT_FOR))


async def who_is_there(session: AsyncSession, request_ids: Sequence[int], *, but: int) -> dict[int, list[str]]:
    """Request id → the names of those who have it open now, without one account's own."""
    if not request_ids:
        return {}
    now = datetime.now(UTC)
    wanted = (
        select(Presence.request_id, Account.name)
        .join(Account, Account.id == Presence.account_id)
        .where(Presence.request_id.in_(request_ids), Presence.seen_datetime > now - COUNTS_FOR, Account.id != but)
        .order_by(Presence.opened_datetime, Account.id)
        .limit(MOST)
    )
    found: dict[int, list[str]] = {}
    for request_id, name in await session.execute(wanted):
        found.setdefault(request_id, []).append(name)
    return found


async def there_in(session: AsyncSession, where: list[ColumnElement[bool]], *, but: int) -> dict[str, list[str]]:
    """Number → the names of those who have it open now, of the requests that fit; without one account's own."""
    here = select(Presence.request_id).where(Presence.seen_datetime > datetime.now(UTC) - COUNTS_FOR).limit(MOST)
    ids = sorted(set((await session.execute(here)).scalars()))
    wanted = select(ServiceRequest.id, ServiceRequest.service_request_id).where(ServiceRequest.id.in_(ids), *where)
    numbers = {row.id: row.service_request_id for row in await session.execute(wanted)} if ids else {}
    there = await who_is_there(session, list(numbers), but=but)
    return {numbers[request_id]: names for request_id, names in there.items()}


route_handlers = [post_presence]
