"""What happened in a district or a circle since the last time, in a few lines and with the latest reports."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row

from app.jurisdictions.area_index import AreaIndex
from app.notifications.news import News
from app.notifications.subscription_words import service_said, where_said
from app.notifications.sums import MOST, Sum
from app.service_requests.masking import masked_address
from app.services.catalogue import Catalogue
from app.services.words import said_in
from app.settings import Settings
from app.templating import current_locale, gettext, ngettext, say_day

SHOWN = 5


def news_of_sum(settings: Settings, found: Sum, catalogue: Catalogue, areas: AreaIndex) -> News:
    where = where_said(found.subscription, areas)
    counted = ", ".join(counts(found))
    lines = [
        gettext("From %(first)s until %(last)s.", first=say_day(found.since), last=say_day(found.until)),
        *(line for change, rows in found.found.items() for line in listed(settings, change, rows, catalogue)),
    ]
    return News(
        kind="sum",
        subject=f"{where}: {counted}",
        heading=f"{where}: {counted}",
        service=service_said(found.subscription, catalogue),
        words="\n".join(lines),
        url=f"{settings.public_url}{page_of(found)}",
    )


def page_of(found: Sum) -> str:
    arguments = found.subscription.arguments
    return f"/areas/{arguments['layer']}/{arguments['code']}" if found.subscription.what == "area" else "/map"


def counts(found: Sum) -> list[str]:
    """ "12 new", "9 closed": what there was, in the order in which it is asked for."""
    said = []
    for change, rows in found.found.items():
        n = len(rows)
        if n:
            said.append(gettext("500 or more: %(what)s", what=counted(change, n)) if n == MOST else counted(change, n))
    return said


def counted(change: str, n: int) -> str:
    if change == "new":
        return ngettext("%(num)d new", "%(num)d new", n)
    if change == "closed":
        return ngettext("%(num)d closed", "%(num)d closed", n)
    if change == "late":
        return ngettext("%(num)d late", "%(num)d late", n)
    return ngettext("%(num)d changed", "%(num)d changed", n)


def listed(settings: Settings, change: str, rows: list[Row[*tuple[Any, ...]]], catalogue: Catalogue) -> list[str]:
    """The latest, each with its address and its page."""
    if not rows:
        return []
    lines = ["", counted(change, len(rows)) + ":"]
    for row in rows[:SHOWN]:
        service = said_in(catalogue.by_id[row.service_id], "service_name", current_locale.get())
        address = masked_address(row.address_string)
        lines.append(" · ".join(part for part in (service, address) if part))
        lines.append(f"{settings.public_url}/requests/{row.service_request_id}")
    return lines
