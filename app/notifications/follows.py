"""Which subscriptions hold for new entries of timelines, found by the keys of place and service among a million."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.jurisdictions.models import Area
from app.notifications.models import Subscription, SubscriptionPlace
from app.notifications.places import holds, keys_of_request
from app.service_requests.models import RequestArea, ServiceRequest, Update
from app.services.queries import current_catalogue

EVERY_SERVICE = 0
MOST_KEYS = 2000
AT_ONCE = "at_once"


@dataclass(frozen=True, slots=True)
class Found:
    subscriber_id: int
    what: str
    arguments: Mapping[str, Any]
    on_new: bool
    on_changed: bool
    on_closed: bool
    on_late: bool
    cadence: str


@dataclass(frozen=True, slots=True)
class Ground:
    """Where a request stands: its cell key, and (layer, code) of its areas."""

    service_id: int
    cell: int
    areas: tuple[tuple[str, str], ...]

    def asked(self) -> list[tuple[int, int]]:
        """(place, service) of all subscriptions that may hold here."""
        return [(place, service) for place in keys_of_request(self.cell, self.areas) for service in self.services]

    @property
    def services(self) -> tuple[int, int]:
        return EVERY_SERVICE, self.service_id


async def found_subscriptions(session: AsyncSession, updates: Sequence[Update]) -> dict[int, list[Found]]:
    """By the entry's id: those who want to hear at once. Digests look for themselves what there was (`digests.py`).

    Nobody hears so of a private service's requests, of duplicates, and of what was imported.
    """
    grounds = await load_grounds(session, {update.request_id for update in updates})
    keys = {key: None for ground in grounds.values() for key in ground.asked()}
    by_key: dict[tuple[int, int], list[Found]] = defaultdict(list)
    services = sorted({service for _, service in keys})
    places = sorted({place for place, _ in keys})
    for start in range(0, len(places), MOST_KEYS):
        for place, service, *rest in await session.execute(
            subscriptions_at(places[start : start + MOST_KEYS], services)
        ):
            if (place, service) in keys:
                by_key[place, service].append(Found(*rest))
    if not by_key:
        return {}
    return {
        update.id: holding(grounds[update.request_id], by_key) for update in updates if update.request_id in grounds
    }


def subscriptions_at(places: Sequence[int], services: Sequence[int]) -> Select[*tuple[Any, ...]]:
    columns = [getattr(Subscription, name) for name in Found.__slots__]
    wanted = select(SubscriptionPlace.place, SubscriptionPlace.service_id, *columns)
    wanted = wanted.join(Subscription, Subscription.id == SubscriptionPlace.subscription_id)
    return wanted.where(
        SubscriptionPlace.place.in_(places), SubscriptionPlace.service_id.in_(services), Subscription.cadence == AT_ONCE
    )


def holding(ground: Ground, by_key: Mapping[tuple[int, int], list[Found]]) -> list[Found]:
    candidates: Iterable[Found] = (one for key in ground.asked() for one in by_key.get(key, ()))
    return [one for one in candidates if holds(one.what, one.arguments, ground.cell, ground.areas)]


async def load_grounds(session: AsyncSession, request_ids: set[int]) -> dict[int, Ground]:
    catalogue = await current_catalogue(session)
    request = ServiceRequest
    wanted = select(request.id, request.service_id, request.cell).where(request.id.in_(request_ids))
    public = wanted.where(request.duplicate_of_id.is_(None), request.source != "import")
    rows = [row for row in await session.execute(public) if not catalogue.by_id[row.service_id].private]
    areas: dict[int, list[tuple[str, str]]] = defaultdict(list)
    within = select(RequestArea.request_id, Area.layer, Area.code).join(Area, Area.id == RequestArea.area_id)
    for number, layer, code in await session.execute(within.where(RequestArea.request_id.in_(request_ids))):
        areas[number].append((layer, code))
    return {row.id: Ground(row.service_id, row.cell, tuple(areas[row.id])) for row in rows}
