"""`/staff/audit`: who changed what, and who saw contact data, as a page and as a table for other programs."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import msgspec
from litestar import Request, get
from litestar.datastructures import State
from litestar.response import Stream, Template
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from app.accounts.audit import ACTIONS, PAGE_SIZE, AuditFilter, newest_entries, next_entries, note, people_who_sign_in
from app.accounts.models import Account, AuditEntry
from app.db import Database
from app.errors import UNREADABLE, Problem, Refused
from app.service_requests.identifiers import read_service_request_id
from app.service_requests.table_text import cell, table
from app.sql import holds
from app.staff.request_page import NO_STORE
from app.templating import current_timezone

PageRequest = Request[Any, Any, State]
TRAIL = {"permission": "audit.view"}
COLUMNS = ("id", "at", "account_id", "account_name", "action", "about", "facts")
CHUNK = 1000
# Before and after, an hour of another zone would be in a year that there is not.
FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(9000, 1, 1)
FIELDS = ("who", "action", "about", "from", "to")


@get("/staff/audit", opt=TRAIL)
async def show_audit(request: PageRequest, session: AsyncSession, account: Account) -> Template:
    """The newest entries under a filter. 400 for a filter that is wrong."""
    asked, given = request.query_params.dict(), given_in(request)
    before = read_number("before", request.query_params.get("before", ""), AuditEntry.id)
    found = await newest_entries(session, read_filter(given), before)
    shown = found[:PAGE_SIZE]
    context = {
        "account": account,
        "given": given,
        "people": await people_who_sign_in(session),
        "actions": ACTIONS,
        "entries": shown,
        "is_first": "before" not in asked,
        "query": query_of(given),
        "older": f"/staff/audit?{query_of(given, before=shown[-1].id)}" if len(found) > PAGE_SIZE else "",
    }
    return Template("staff/audit.html", context=context, headers=NO_STORE)


# Takes no session: a long answer is many reads, and none waits for a slow reader.
@get("/staff/audit.csv", opt=TRAIL)
async def audit_csv(request: PageRequest, account: Account) -> Stream:
    """All entries under a filter, the oldest first. 400 for a filter that is wrong."""
    database: Database = request.app.state.database
    given = given_in(request)
    asked = read_filter(given)
    async with database.writing() as session:
        await note(session, account, "audit.taken", facts={name: value for name, value in given.items() if value})
    headers = {**NO_STORE, "Content-Disposition": 'attachment; filename="audit.csv"'}
    return Stream(lines(database, asked), media_type="text/csv; charset=utf-8; header=present", headers=headers)


async def lines(database: Database, asked: AuditFilter) -> AsyncGenerator[str]:
    yield table([COLUMNS])
    last = 0
    while True:
        async with database.reading() as session:
            found = await next_entries(session, asked, last, CHUNK)
        if not found:
            return
        yield table(row_of(entry) for entry in found)
        last = found[-1].id


def row_of(entry: AuditEntry) -> list[str]:
    facts = msgspec.json.encode(entry.facts).decode() if entry.facts else ""
    values = (entry.id, entry.at.isoformat(), entry.account_id, entry.account_name, entry.action, entry.about, facts)
    return [cell(value) for value in values]


def given_in(request: PageRequest) -> dict[str, str]:
    return {name: str(request.query_params.get(name, "")).replace("\0", "") for name in FIELDS}


def read_filter(given: Mapping[str, str]) -> AuditFilter:
    """The filter of a page's address. Raises Refused (400)."""
    about = given["about"].strip()
    first, last = read_day("from", given["from"]), read_day("to", given["to"])
    return AuditFilter(
        account_id=read_number("who", given["who"], Account.id),
        action=given["action"],
        about=read_service_request_id(about) or about,
        from_datetime=midnight(first) if first else None,
        before_datetime=midnight(last + timedelta(days=1)) if last else None,
    )


def read_number(name: str, text: str | None, column: InstrumentedAttribute[int]) -> int | None:
    """Raises Refused (400) for what is no number of a row, whose `column` holds it."""
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 20 and holds(column, int(text))):
        raise Refused(Problem(name, UNREADABLE, {"name": name}), status=400)
    return int(text)


def read_day(name: str, text: str) -> date | None:
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise Refused(Problem(name, UNREADABLE, {"name": name}), status=400) from None
    return clamped(day)


def clamped(day: date) -> date:
    return min(max(day, FIRST_DAY), LAST_DAY)


def midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, ZoneInfo(current_timezone.get()))


def query_of(given: Mapping[str, str], **more: int) -> str:
    return urlencode({name: value for name, value in {**given, **more}.items() if value})


route_handlers = [show_audit, audit_csv]
