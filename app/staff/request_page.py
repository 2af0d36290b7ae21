"""One request at the desk, with all that this member of staff may know and do."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any

from litestar.exceptions import NotFoundException
from litestar.response import Template
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.guards import may
from app.accounts.models import Account
from app.errors import Refused
from app.service_requests.cards import Card, card
from app.service_requests.forms import MAX_DESCRIPTION
from app.service_requests.identifiers import read_service_request_id
from app.service_requests.likely import likely_duplicates
from app.service_requests.missed import missed_reasons
from app.service_requests.models import Contact, ServiceRequest
from app.service_requests.request_context import answers_said
from app.service_requests.said import late_said, promise_said, status_of
from app.service_requests.timeline import entries
from app.service_requests.workflow import STATUSES
from app.services.queries import current_catalogue
from app.services.words import of_locale, said_in
from app.staff import queries
from app.staff.casework import casework_context
from app.staff.conflicts import changes_since
from app.staff.hands_said import hands_shown
from app.staff.referral_said import referral_shown
from app.staff.work_said import work_shown
from app.templating import current_locale, gettext

NO_STORE = {"Cache-Control": "private, no-store"}


async def find(session: AsyncSession, account: Account, service_request_id: str) -> ServiceRequest:
    """Raises NotFoundException for a number that is not there, or is out of the account's scope."""
    said = read_service_request_id(service_request_id)
    found = await queries.find_for_staff(session, account, said) if said else None
    if found is None:
        raise NotFoundException
    return found


async def request_page(
    session: AsyncSession,
    account: Account,
    request: ServiceRequest,
    *,
    done: str = "",
    form: dict[str, str] | None = None,
    refused: Refused | None = None,
    contacts: list[Contact] | None = None,
    original: Mapping[int, str] | None = None,
) -> Template:
    """The page; `contacts` and `original` words (by the id of what masked them) only for who has asked for them,
    which is in the audit trail."""
    catalogue = await current_catalogue(session)
    reaches = partial(may, account, request=request)
    context = {
        "account": account,
        "may": reaches,
        "report": request,
        "service_name": said_in(request.service, "service_name", current_locale.get()),
        "status": status_of(request),
        "late": late_said(request),
        "missed_reasons": await reasons_to_choose(session, request),
        "promise": promise_said(request.expected_datetime) if request.expected_datetime else "",
        "next": [STATUSES[code] for code in next_statuses(account, request)],
        **await casework_context(session, account, catalogue, request),
        **await conflict_context(session, request, form or {}, refused),
        "original": original or {},
        "entries": entries(request.updates[::-1], request.photos, own=True, staff=True),
        "photo_src": lambda photo, _size: f"/staff/requests/{request.service_request_id}/photos/{photo.id}",
        "answers": answers_said(catalogue, request),
        "likely": await likely_for_staff(session, account, request),
        "contacts": contacts,
        "has_contacts": reaches("contacts.view") and await queries.has_contacts(session, request.id),
        "departments": list(catalogue.departments.values()),
        "said_name": lambda row, field: said_in(row, field, current_locale.get()),
        "hands": await hands_shown(session, request),
        "work": await work_shown(session, account, request),
        "referral": await referral_shown(session, request.id),
        "form": form or {},
        "problems": {problem.field: problem.said() for problem in refused.problems} if refused else {},
        "done": done,
        "most": MAX_DESCRIPTION,
    }
    status = refused.status if refused else 200
    return Template("staff/request.html", context=context, status_code=status, headers=NO_STORE)


async def reasons_to_choose(session: AsyncSession, request: ServiceRequest) -> list[tuple[str, str]]:
    """Why its promise can have been missed, (code, words) each; none where it was not, or the report is closed."""
    return await reasons_said(session) if late_said(request) else []


async def reasons_said(session: AsyncSession) -> list[tuple[str, str]]:
    """Why a promise can have been missed, (code, words) each."""
    locale = current_locale.get()
    rows = await missed_reasons(session)
    return [(row.code, of_locale(row.translations, locale).get("label") or gettext(row.label)) for row in rows]


def seen_datetime(text: str) -> datetime | None:
    """What a form says of the state that somebody decided on; what no clock can have shown fits nothing."""
    try:
        found = datetime.fromisoformat(text)
        return found.astimezone(UTC) if found.tzinfo else found
    except OverflowError:
        return datetime.fromtimestamp(0, UTC)
    except ValueError:
        return None


async def conflict_context(
    session: AsyncSession, request: ServiceRequest, form: Mapping[str, str], refused: Refused | None
) -> dict[str, Any]:
    """What somebody else changed meanwhile. Once it is shown, what is sent again is decided on how it stands now."""
    seen = seen_datetime(form.get("seen", ""))
    if refused is None or refused.status != 409 or seen is None or seen.tzinfo is None:
        return {"changes": [], "seen": form.get("seen") or request.updated_datetime.isoformat()}
    return {"changes": await changes_since(session, request, seen), "seen": request.updated_datetime.isoformat()}


def next_statuses(account: Account, request: ServiceRequest) -> list[str]:
    """What may come next by the workflow, and by what this member of staff may do."""
    never = {"withdrawn"} if may(account, "requests.merge", request) else {"withdrawn", "duplicate"}
    return [code for code in status_of(request).next if code not in never]


async def likely_for_staff(
    session: AsyncSession, account: Account, request: ServiceRequest
) -> list[dict[str, Card | str]]:
    """What may be the same problem: a card each, and where it leads (at the desk, where it is theirs)."""
    likely = await likely_duplicates(session, request.id)
    theirs = await queries.ids_at_the_desk(session, account, [one.request.id for one in likely])
    told: list[dict[str, Card | str]] = []
    for one in likely:
        door = "/staff/requests" if one.request.id in theirs else "/requests"
        shown = card(one.request, distance_m=one.distance_m)
        told.append({"card": shown, "address": f"{door}/{one.request.service_request_id}"})
    return told
