"""Who hears of an entry of a timeline: its people, and who follows its kind or its place. Never of what they did.

Asked for many entries at once, with a fixed number of statements, each led by an index.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import Select, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.notifications.follows import Found, found_subscriptions
from app.notifications.models import PushEndpoint, Subscriber
from app.service_requests.models import Contact, Follower, Reporter, ServiceRequest, Update
from app.service_requests.workflow import CLOSED

NEW, CHANGED, ENDED, LATE = "new", "changed", "closed", "late"
ABOUT_THE_PROMISE = ("late", "explained", "redress")
BY_THE_CITY = ("comment", "merged", "paused", "resumed", "suspended", *ABOUT_THE_PROMISE)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who hears: as a subscriber, by the address that they left with a report, or both.

    `rater` names them in “Is it fixed?” (`rating_links`); `reported`: it is theirs, and not only followed;
    `cadence`: how a subscription wants to be told, None for what is their own.
    """

    subscriber_id: int | None = None
    contact_id: int | None = None
    rater: str = ""
    first: bool = False
    reported: bool = False
    cadence: str | None = None
    # All the rows by which they may be a rater: of one who reported it twice `rater` is one of them.
    rows: frozenset[str] = frozenset()


@dataclass(slots=True)
class Crowd:
    """The people of a batch: by request, by address; and the subscribers themselves, with whether they have push."""

    people: dict[int, list[Person]] = field(default_factory=lambda: defaultdict(list))
    subscribers: dict[int, tuple[Subscriber, bool]] = field(default_factory=dict)


def change_of(update: Update) -> str | None:
    """What an entry is to those who chose what they hear of: new, changed, closed, late; None: nobody hears of it."""
    if update.kind == "received":
        return NEW
    if update.kind == "status":
        return ENDED if update.status in CLOSED else CHANGED
    if update.author != "city" or update.kind not in BY_THE_CITY:
        return None
    if update.kind == "comment" and not (update.text and update.text_public):
        return None
    return LATE if update.kind in ABOUT_THE_PROMISE else CHANGED


async def recipients(session: AsyncSession, updates: Sequence[Update]) -> tuple[dict[int, list[Person]], Crowd]:
    """Who hears of each entry, by its id. A person is in it once, whatever they have to do with the request."""
    told = [update for update in updates if change_of(update)]
    if not told:
        return {}, Crowd()
    crowd = await people_of(session, {update.request_id for update in told})
    found = await found_subscriptions(session, told)
    wanted = {person.subscriber_id for people in crowd.people.values() for person in people}
    wanted |= {one.subscriber_id for those in found.values() for one in those}
    await load_subscribers(session, crowd, [number for number in wanted if number is not None])
    return {update.id: list(hearing(update, crowd, found.get(update.id, []))) for update in told}, crowd


def hearing(update: Update, crowd: Crowd, found: Sequence[Found]) -> Iterator[Person]:
    change = change_of(update)
    known: set[int] = set()
    for person in crowd.people.get(update.request_id, []):
        if person.subscriber_id is not None:
            known.add(person.subscriber_id)
        if is_told(person, update, change, crowd):
            yield person
    for one in found:
        if getattr(one, f"on_{change}") and one.subscriber_id not in known:
            known.add(one.subscriber_id)
            yield Person(one.subscriber_id, cadence=one.cadence)


def is_told(person: Person, update: Update, change: str | None, crowd: Crowd) -> bool:
    if change == NEW:
        # Only by letter, with the private link: they have just sent it.
        return person.first and person.contact_id is not None
    if (update.author == "reporter" and person.first) or (update.facts or {}).get("rater") in person.rows:
        return False
    subscriber, _ = crowd.subscribers.get(person.subscriber_id or 0, (None, False))
    return subscriber is None or bool(getattr(subscriber, f"on_{change}"))


async def people_of(session: AsyncSession, request_ids: set[int]) -> Crowd:
    """Reporters, with the address that they left, and followers; those of a duplicate hear of its root too."""
    roots = {number: number for number in request_ids}
    children = select(ServiceRequest.id, ServiceRequest.duplicate_of_id)
    children = children.where(
        ServiceRequest.duplicate_of_id.in_(request_ids), ServiceRequest.duplicate_of_id.is_not(None)
    )
    for child, root in await session.execute(children):
        roots.setdefault(child, root or child)
    once: dict[tuple[int, str], Person] = {}
    for row in await session.execute(reporters(roots)):
        for request_id in {row.request_id, roots[row.request_id]} & request_ids:
            first = row.first and row.request_id == request_id
            add(once, request_id, row, Person(row.subscriber_id, row.contact_id, f"r{row.id}", first, reported=True))
    for row in await session.execute(followers(roots)):
        for request_id in {row.request_id, roots[row.request_id]} & request_ids:
            add(once, request_id, row, Person(row.subscriber_id, None, f"f{row.id}"))
    crowd = Crowd()
    for (request_id, _), person in once.items():
        crowd.people[request_id].append(person)
    return crowd


def add(once: dict[tuple[int, str], Person], request_id: int, row: Any, person: Person) -> None:
    """A person counts once, and one address does: what was known of them first stays."""
    name = f"s{person.subscriber_id}" if person.subscriber_id else f"e{row.email}"
    before = once.get((request_id, name), person)
    contact_id = person.contact_id if before.contact_id is None else before.contact_id
    rows, first = before.rows | {person.rater}, before.first or person.first
    once[request_id, name] = replace(before, contact_id=contact_id, first=first, rows=rows)


def reporters(request_ids: dict[int, int]) -> Select[*tuple[Any, ...]]:
    """Those who can be told: by an address of theirs, or as subscribers. The first reporter comes first."""
    address = (Contact.reporter_id == Reporter.id) & (Contact.notify == "email") & Contact.email.is_not(None)
    columns = (Reporter.id, Reporter.request_id, Reporter.first, Subscriber.id, Contact.id, Contact.email)
    wanted = select(*(column.label(name) for column, name in zip(columns, NAMES, strict=True)))
    wanted = wanted.outerjoin(Subscriber, Subscriber.device_hash == Reporter.device_hash)
    wanted = wanted.outerjoin(Contact, address & (Contact.request_id == Reporter.request_id))
    somebody = or_(Subscriber.id.is_not(None), Contact.id.is_not(None))
    wanted = wanted.where(Reporter.request_id.in_(request_ids), somebody)
    return wanted.order_by(Reporter.request_id, Reporter.first.desc(), Reporter.id, Contact.id)


NAMES = ("id", "request_id", "first", "subscriber_id", "contact_id", "email")


def followers(request_ids: dict[int, int]) -> Select[*tuple[Any, ...]]:
    wanted = select(Follower.id, Follower.request_id, Subscriber.id.label("subscriber_id"))
    wanted = wanted.join(Subscriber, Subscriber.device_hash == Follower.device_hash)
    return wanted.where(Follower.request_id.in_(request_ids)).order_by(Follower.id)


async def load_subscribers(session: AsyncSession, crowd: Crowd, numbers: Sequence[int]) -> None:
    has_push = exists().where(PushEndpoint.subscriber_id == Subscriber.id)
    for start in range(0, len(numbers), MOST_AT_ONCE):
        wanted = select(Subscriber, has_push).where(Subscriber.id.in_(numbers[start : start + MOST_AT_ONCE]))
        for subscriber, push in await session.execute(wanted):
            crowd.subscribers[subscriber.id] = subscriber, push


MOST_AT_ONCE = 2000
