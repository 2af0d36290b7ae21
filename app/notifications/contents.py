"""What deliveries say, put together when they are sent: what was hidden or stopped meanwhile is in none of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from app.accounts.models import Account
from app.jurisdictions.area_index import AreaIndex
from app.jurisdictions.models import Jurisdiction
from app.jurisdictions.queries import areas_index, get_jurisdiction
from app.notifications.announcement_models import Announcement, AnnouncementMessage
from app.notifications.confirm import confirming
from app.notifications.models import Delivery, Subscriber, Subscription
from app.notifications.news import News, announced, news_of, noticed
from app.notifications.news_of_sums import news_of_sum
from app.notifications.sums import Sum, sum_of
from app.service_requests.escalation_models import StaffNotice
from app.service_requests.models import Contact, Photo, Reporter, ServiceRequest, Update
from app.service_requests.rating_links import fixed_link
from app.services.catalogue import Catalogue
from app.services.queries import current_catalogue
from app.services.words import said_in
from app.settings import Settings
from app.templating import DEFAULT_LOCALE, LOCALES, current_locale, current_timezone

FIXED = "fixed"


@dataclass(frozen=True, slots=True)
class Reader:
    """Whom a message is for. `address`: where e-mail goes; `first`: the first reporter, who gets their link."""

    locale: str
    address: str = ""
    phone: str = ""
    contact: Contact | None = None
    subscriber: Subscriber | None = None
    first: bool = False


@dataclass(slots=True)
class Contents:
    """All that a batch of deliveries is about, read with a few statements, by id."""

    settings: Settings
    city: Jurisdiction
    catalogue: Catalogue
    updates: dict[int, Update]
    requests: dict[int, ServiceRequest]
    photos: dict[int, list[Photo]]
    contacts: dict[int, tuple[Contact, bool]]
    subscribers: dict[int, Subscriber]
    accounts: dict[int, Account]
    announcements: dict[int, Announcement]
    notices: dict[int, StaffNotice]
    # By the delivery's id.
    sums: dict[int, Sum]
    areas: AreaIndex

    def reader(self, delivery: Delivery) -> Reader | None:
        """None for somebody who wants no more of it, or whose address is known no more."""
        contact, first = self.contacts.get(delivery.contact_id or 0, (None, False))
        subscriber = self.subscribers.get(delivery.subscriber_id or 0)
        address = self.address_of(delivery, contact, subscriber)
        if delivery.channel == "email" and not address:
            return None
        locale = subscriber.locale if subscriber else DEFAULT_LOCALE
        if subscriber is None and contact is not None:
            # The language that they reported in, whichever report the news is of.
            locale = self.requests[contact.request_id].locale
        phone = subscriber.phone if subscriber and subscriber.by_sms else None
        locale = locale if locale in LOCALES else DEFAULT_LOCALE
        return Reader(locale, address, phone or "", contact, subscriber, first)

    def address_of(self, delivery: Delivery, contact: Contact | None, subscriber: Subscriber | None) -> str:
        if delivery.contact_id:
            return (contact.email or "") if contact and contact.notify == "email" else ""
        if subscriber is None:
            return ""
        if subscriber.account_id:
            account = self.accounts.get(subscriber.account_id)
            return account.email if account and account.active and subscriber.by_email else ""
        # What push could not is said to who has an address, though they chose push.
        chosen = subscriber.by_email or "instead" in delivery.body
        usable = delivery.body.get("confirm") == "email" or (chosen and subscriber.email_state == "confirmed")
        return subscriber.email or "" if usable else ""

    def any_reader(self, delivery: Delivery, locale: str) -> Reader:
        """Whoever it is for, as they read on a page of ours."""
        return Reader(locale, subscriber=self.subscribers.get(delivery.subscriber_id or 0))

    def address(self, delivery: Delivery) -> str:
        """Where it went or was to go, whether or not that is still wanted: for staff."""
        contact, _ = self.contacts.get(delivery.contact_id or 0, (None, False))
        subscriber = self.subscribers.get(delivery.subscriber_id or 0)
        if contact is not None:
            return contact.email or ""
        if subscriber is None or delivery.channel not in ("email", "sms"):
            return ""
        account = self.accounts.get(subscriber.account_id or 0)
        own = subscriber.phone if delivery.channel == "sms" else subscriber.email
        return account.email if account else own or ""

    def news(self, delivery: Delivery, reader: Reader) -> News | None:
        """What one delivery says; None where what it was about is gone."""
        update = self.updates.get(delivery.update_id or 0)
        if update is not None:
            return self.of_update(update, reader, self.rater_of(delivery))
        announcement = self.announcements.get(delivery.announcement_message_id or 0)
        if announcement is not None:
            return announced(self.settings, announcement)
        notice = self.notices.get(delivery.notice_id or 0)
        if notice is not None:
            request = self.requests[notice.request_id]
            return noticed(self.settings, notice.kind, request, self.service_of(request, reader.locale))
        if reader.subscriber and (asked := delivery.body.get("confirm")):
            return confirming(self.settings, reader.subscriber, asked)
        found = self.sums.get(delivery.id)
        return news_of_sum(self.settings, found, self.catalogue, self.areas) if found and not found.is_empty else None

    def rater_of(self, delivery: Delivery) -> str:
        """Who answers “Is it fixed?”: of one message's deliveries, each has its own; "" for who may not be asked."""
        contact, _ = self.contacts.get(delivery.contact_id or 0, (None, False))
        return delivery.body.get("rater") or (f"r{contact.reporter_id}" if contact else "")

    def of_update(self, update: Update, reader: Reader, rater: str) -> News | None:
        """None for others than its reporters once the kind of a request is one that stays with the city."""
        request = self.requests[update.request_id]
        own = reader.contact is not None or rater.startswith("r")
        if self.catalogue.by_id[request.service_id].private and not own:
            return None
        service = self.service_of(request, reader.locale)
        news = news_of(self.settings, update, request, service, self.photos.get(update.id, []), own=own)
        if reader.first and reader.contact and reader.contact.request_id == request.id:
            news = replace(news, address=request.address_string)
        if update.status != FIXED or request.status != FIXED or not rater:
            return news
        yes, no = (fixed_link(self.settings, news.number, rater, answer) for answer in ("yes", "no"))
        return replace(news, asked=(yes, no))

    def service_of(self, request: ServiceRequest, locale: str) -> str:
        return said_in(self.catalogue.by_id[request.service_id], "service_name", locale)

    def speak(self, locale: str) -> None:
        current_locale.set(locale)
        current_timezone.set(self.city.timezone)


async def load_contents(session: AsyncSession, settings: Settings, deliveries: Sequence[Delivery]) -> Contents:
    def of(name: str) -> set[Any]:
        return {value for delivery in deliveries if (value := getattr(delivery, name)) is not None}

    city = await get_jurisdiction(session)
    updates = await by_id(session, Update, of("update_id"))
    notices = await by_id(session, StaffNotice, of("notice_id"))
    contacts = await contacts_of(session, of("contact_id"))
    request_ids = {one.request_id for one in (*updates.values(), *notices.values())}
    request_ids |= {contact.request_id for contact, _ in contacts.values()}
    closing = {update.id for update in updates.values() if update.status == FIXED}
    subscribers = await by_id(session, Subscriber, of("subscriber_id"))
    catalogue = await current_catalogue(session, city)
    return Contents(
        settings=settings,
        city=city,
        catalogue=catalogue,
        updates=updates,
        requests=await by_id(session, ServiceRequest, request_ids),
        photos=await photos_of(session, closing),
        contacts=contacts,
        subscribers=subscribers,
        accounts=await by_id(session, Account, {s.account_id for s in subscribers.values() if s.account_id}),
        announcements=await announcements_of(session, of("announcement_message_id")),
        notices=notices,
        sums=await sums_of(session, catalogue, deliveries),
        areas=await areas_index(session, city),
    )


async def by_id(session: AsyncSession, table: type[Any], numbers: Iterable[int]) -> dict[int, Any]:
    wanted = list(numbers)
    if not wanted:
        return {}
    found: Select[Any] = select(table).where(table.id.in_(wanted))
    return {row.id: row for row in (await session.execute(found)).scalars()}


async def photos_of(session: AsyncSession, update_ids: set[int]) -> dict[int, list[Photo]]:
    photos: dict[int, list[Photo]] = defaultdict(list)
    if update_ids:
        wanted = select(Photo).where(Photo.update_id.in_(update_ids)).order_by(Photo.position)
        for photo in (await session.execute(wanted)).scalars():
            photos[photo.update_id or 0].append(photo)
    return photos


async def contacts_of(session: AsyncSession, numbers: set[int]) -> dict[int, tuple[Contact, bool]]:
    if not numbers:
        return {}
    wanted = select(Contact, Reporter.first).join(Reporter, Reporter.id == Contact.reporter_id)
    rows = await session.execute(wanted.where(Contact.id.in_(numbers)))
    return {contact.id: (contact, first) for contact, first in rows}


async def announcements_of(session: AsyncSession, message_ids: set[int]) -> dict[int, Announcement]:
    """By the message's id. What is told is what stands now: its last message."""
    if not message_ids:
        return {}
    pairs = select(AnnouncementMessage.id, Announcement).join(
        Announcement, Announcement.id == AnnouncementMessage.announcement_id
    )
    pairs = pairs.where(AnnouncementMessage.id.in_(message_ids)).options(selectinload(Announcement.messages))
    found: dict[int, Announcement] = {}
    for number, announcement in await session.execute(pairs):
        found[number] = announcement
    return found


async def sums_of(session: AsyncSession, catalogue: Catalogue, deliveries: Sequence[Delivery]) -> dict[int, Sum]:
    """What each digest is about; the same district of the same week is read once."""
    told = {delivery.id: delivery.body for delivery in deliveries if "subscription" in delivery.body}
    subscriptions = await by_id(session, Subscription, {body["subscription"] for body in told.values()})
    once: dict[tuple[str, str, str], Sum] = {}
    sums: dict[int, Sum] = {}
    for number, body in told.items():
        subscription: Subscription | None = subscriptions.get(body["subscription"])
        if subscription is None:
            continue
        key = subscription.fingerprint, body["since"], body["until"]
        if key not in once:
            since, until = (datetime.fromisoformat(body[name]) for name in ("since", "until"))
            once[key] = await sum_of(session, catalogue, subscription, since, until)
        sums[number] = once[key]
    return sums
