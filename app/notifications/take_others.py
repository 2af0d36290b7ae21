"""What staff and everybody are told: notices of the staff, and messages of announcements, become deliveries."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from app.accounts.models import Account
from app.db import Database
from app.jurisdictions.area_index import AreaIndex
from app.jurisdictions.queries import areas_index, get_jurisdiction
from app.notifications.announcement_ground import circle_polygon
from app.notifications.announcement_models import Announcement, AnnouncementMessage
from app.notifications.announcement_telling import Told, told_of
from app.notifications.models import Subscriber, Subscription
from app.notifications.recipients import Crowd, Person, load_subscribers
from app.notifications.subscribers import found_or_made
from app.notifications.take import EMAIL, Moment, Ways, channels, moment, rows, wishes_of, write
from app.notifications.when import ALONE, due_at
from app.service_requests.escalation_models import StaffNotice
from app.settings import Settings
from app.templating import DEFAULT_LOCALE

BATCH = 500
# Nobody is told of what nobody was there to tell of.
OUTDATED = timedelta(days=7)


async def take_notices(database: Database, settings: Settings, ways: Ways) -> bool:
    """Staff hear in their inbox and by e-mail, of all of a minute in one message."""
    untold = select(StaffNotice).where(StaffNotice.told_datetime.is_(None)).order_by(StaffNotice.id).limit(BATCH)
    async with database.reading() as session:
        if not (await session.execute(untold.limit(1))).first():
            return False
    async with database.writing() as session:
        notices = list((await session.execute(untold.with_for_update(skip_locked=True))).scalars())
        when = await moment(session, settings)
        theirs = {number: await staff_subscriber(session, number) for number in {one.account_id for one in notices}}
        made: list[dict[str, Any]] = []
        for notice in notices:
            notice.told_datetime = when.now
            subscriber = theirs[notice.account_id]
            bundle, due = due_at(when.now, wishes_of(subscriber), when.zone, when.gather)
            chosen = [EMAIL] if ways.email and subscriber.by_email else []
            about = {"notice_id": notice.id}
            made += rows(f"n{notice.id}", Person(subscriber.id), chosen, bundle, due, when.now, about)
        await session.flush()
        await write(session, made)
    return len(notices) == BATCH


async def staff_subscriber(session: AsyncSession, account_id: int) -> Subscriber:
    account = await session.get_one(Account, account_id)
    return await found_or_made(session, account_id=account_id, locale=account.locale or DEFAULT_LOCALE)


async def take_announcements(database: Database, settings: Settings, ways: Ways) -> None:
    """A message's subscribers a batch in each transaction, and then its mark: whoever is killed begins again, and
    those who have a delivery of it get no other."""
    async with database.reading() as session:
        untold = select(AnnouncementMessage).where(AnnouncementMessage.announced_datetime.is_(None))
        messages = (await session.execute(untold.order_by(AnnouncementMessage.id))).scalars().all()
    for message in messages:
        if message.sent_datetime > datetime.now(UTC) - OUTDATED:
            await tell_everybody(database, settings, ways, message)
        async with database.writing() as session:
            taken = update(AnnouncementMessage).where(AnnouncementMessage.id == message.id)
            await session.execute(taken.values(announced_datetime=datetime.now(UTC)))


async def tell_everybody(database: Database, settings: Settings, ways: Ways, message: AnnouncementMessage) -> None:
    async with database.reading() as session:
        wanted = select(Announcement).where(Announcement.id == message.announcement_id)
        wanted = wanted.options(selectinload(Announcement.messages))
        announcement = (await session.execute(wanted)).scalar_one()
        told = told_of(announcement)
        # The last one tells of those before it too.
        if announcement.messages[-1].id != message.id:
            return
        index = await areas_index(session, await get_jurisdiction(session))
        when = await moment(session, settings)
    after, concerns = 0, concerned(told, index, when.now)
    while True:
        async with database.writing() as session:
            numbers = await next_subscribers(session, told, after)
            if not numbers:
                return
            after = numbers[-1]
            made = await rows_for(session, message, told, numbers, concerns, ways, when)
            await write(session, made)


async def next_subscribers(session: AsyncSession, told: Told, after: int) -> Sequence[int]:
    chosen = ("all", "urgent") if told.urgent else ("all",)
    wanted = select(Subscriber.id).where(Subscriber.id > after, Subscriber.notices.in_(chosen))
    wanted = wanted.where(Subscriber.account_id.is_(None))
    return (await session.execute(wanted.order_by(Subscriber.id).limit(BATCH))).scalars().all()


async def rows_for(
    session: AsyncSession,
    message: AnnouncementMessage,
    told: Told,
    numbers: Sequence[int],
    concerns: Callable[[Subscription], bool],
    ways: Ways,
    when: Moment,
) -> list[dict[str, Any]]:
    if told.reach != "all":
        theirs = select(Subscription).where(Subscription.subscriber_id.in_(numbers), Subscription.what != "service")
        subscriptions = (await session.execute(theirs)).scalars()
        numbers = sorted({one.subscriber_id for one in subscriptions if concerns(one)})
    crowd = Crowd()
    await load_subscribers(session, crowd, numbers)
    made: list[dict[str, Any]] = []
    for subscriber, has_push in crowd.subscribers.values():
        bundle, due = due_at(when.now, wishes_of(subscriber, "at_once"), when.zone)
        if told.urgent:
            bundle, due = ALONE, when.now
        chosen = channels(subscriber, ways, has_push=has_push)
        about = {"announcement_message_id": message.id}
        made += rows(f"a{message.id}", Person(subscriber.id), chosen, bundle, due, when.now, about)
    return made


def concerned(told: Told, index: AreaIndex, now: datetime) -> Callable[[Subscription], bool]:
    """Whether somebody's subscription is for a part of the city that an announcement is about."""
    shape = shape_of_reach(told, index)
    cached: dict[tuple[str, str], bool] = {}

    def check(one: Subscription) -> bool:
        arguments = one.arguments
        if one.what == "area":
            area = (arguments["layer"], arguments["code"])
            if area not in cached:
                cached[area] = area in told.areas or meets(shape, last_shapes(index, [area]))
            return cached[area]
        points = [(arguments["lat"], arguments["long"])] if one.what == "circle" else arguments["points"]
        return meets(shape, [circle_polygon(lat, long, arguments["radius_m"]) for lat, long in points])

    return check


def shape_of_reach(told: Told, index: AreaIndex) -> list[BaseGeometry]:
    return [circle_polygon(*told.circle)] if told.circle else last_shapes(index, told.areas)


def last_shapes(index: AreaIndex, areas: Iterable[tuple[str, str]]) -> list[BaseGeometry]:
    return [versions[-1].shape for layer, code in areas if (versions := index.versions(layer, code))]


def meets(shapes: Sequence[BaseGeometry], others: Sequence[BaseGeometry]) -> bool:
    """Whether they have ground in common, and not only a border."""
    return any(bool(shapely.intersects(a, b)) and not bool(shapely.touches(a, b)) for a in shapes for b in others)
