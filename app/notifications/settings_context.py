"""What the page of settings shows: what is kept, or what was just typed and could not be."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.jurisdictions.area_index import AreaIndex
from app.jurisdictions.models import AreaLayer
from app.jurisdictions.queries import areas_index, get_jurisdiction
from app.notifications.follow_form import LEAST_M, MOST_M, WHATS
from app.notifications.models import PushEndpoint, Subscriber, Subscription
from app.notifications.settings_form import NOTICES, OWN_CHANGES, WAYS, Pairs, clock_said, first, many
from app.notifications.subscription_words import (
    CADENCES,
    CHANGES,
    cadence_said,
    changes_said,
    service_said,
    where_said,
)
from app.services.catalogue import Catalogue
from app.services.queries import current_catalogue
from app.services.words import said_in
from app.settings import Settings
from app.templating import LOCALES, current_locale, gettext, translated

# What somebody has before they chose anything.
FIRST = Subscriber(
    email_state="none",
    phone_state="none",
    by_push=True,
    by_email=True,
    by_sms=False,
    cadence="at_once",
    on_changed=True,
    on_closed=True,
    on_late=True,
    notices="urgent",
)
FOLLOW = [("what", "area"), ("cadence", "weekly"), ("changes", "new"), ("changes", "closed"), ("radius_m", "300")]


async def settings_context(
    session: AsyncSession, settings: Settings, subscriber: Subscriber | None, typed: Pairs, follow: Pairs
) -> dict[str, Any]:
    city = await get_jurisdiction(session)
    index, catalogue = await areas_index(session, city), await current_catalogue(session, city)
    today = datetime.now(UTC).astimezone(ZoneInfo(city.timezone)).date()
    pairs = typed or pairs_of_subscriber(subscriber or FIRST)
    following = [*follow, *(pair for pair in FOLLOW if not many(follow, pair[0]))]
    ways = {way: gettext(words) for way, words in WAYS.items() if way != "sms" or settings.sms_url}
    return {
        "ways": list(ways.items()),
        "given": {name: first(pairs, name) for name in dict(pairs)},
        "by": many(pairs, "by"),
        "on": many(pairs, "on"),
        "subscriber": subscriber,
        "has_push": subscriber is not None and await has_push(session, subscriber),
        "own_changes": [(change, gettext(CHANGES[change])) for change in OWN_CHANGES],
        "changes": [(change, gettext(words)) for change, words in CHANGES.items()],
        "cadences": [(code, gettext(words)) for code, words in CADENCES.items()],
        "notices": [(code, gettext(words)) for code, words in NOTICES.items()],
        "languages": list(LOCALES.items()),
        "follows": await follows_of(session, subscriber, index, catalogue) if subscriber else [],
        "follow": {name: first(following, name) for name in dict(following)},
        "follow_changes": many(following, "changes"),
        "whats": [(code, gettext(words)) for code, words in WHATS.items()],
        "services": [
            (service.service_code, said_in(service, "service_name", current_locale.get()))
            for service in catalogue.services
            if not service.private
        ],
        "layers": await layers_of(session, index, today),
        "least_m": LEAST_M,
        "most_m": MOST_M,
    }


def pairs_of_subscriber(one: Subscriber) -> Pairs:
    said = {
        "email": one.email or "",
        "phone": one.phone or "",
        "locale": one.locale or current_locale.get(),
        "cadence": one.cadence,
        "notices": one.notices,
        "quiet_from": clock_said(one.quiet_from),
        "quiet_to": clock_said(one.quiet_to),
        "most_a_day": str(one.most_a_day or ""),
    }
    chosen = [("by", way) for way in WAYS if getattr(one, f"by_{way}") and (way != "email" or one.email)]
    on = [("on", change) for change in OWN_CHANGES if getattr(one, f"on_{change}")]
    return [*said.items(), *chosen, *on]


async def has_push(session: AsyncSession, subscriber: Subscriber) -> bool:
    found = select(exists().where(PushEndpoint.subscriber_id == subscriber.id))
    return bool((await session.execute(found)).scalar())


async def follows_of(
    session: AsyncSession, subscriber: Subscriber, index: AreaIndex, catalogue: Catalogue
) -> list[dict[str, Any]]:
    theirs = select(Subscription).where(Subscription.subscriber_id == subscriber.id).order_by(Subscription.id)
    return [
        {
            "id": one.id,
            "service": service_said(one, catalogue),
            "where": where_said(one, index),
            "changes": changes_said(one),
            "cadence": cadence_said(one),
        }
        for one in (await session.execute(theirs)).scalars()
    ]


async def layers_of(session: AsyncSession, index: AreaIndex, today: Any) -> list[tuple[str, list[tuple[str, str]]]]:
    """(name of the layer, its areas as ("layer:code", name)), in the layers' order; not the land of agencies."""
    layers = (await session.execute(select(AreaLayer).order_by(AreaLayer.position, AreaLayer.code))).scalars()
    found: dict[str, list[tuple[str, str]]] = {}
    for ref, _ in index.boxes(today):
        found.setdefault(ref.layer, []).append((f"{ref.layer}:{ref.code}", ref.name))
    return [
        (translated(layer, "name"), found[layer.code])
        for layer in layers
        if layer.code in found and layer.code != "agency"
    ]
