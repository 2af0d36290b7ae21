"""Who is told, by which ways, of what; and one row for each thing that a person is told through a channel."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base
from app.service_requests.models import BigKey

WAITING = text("due_datetime IS NOT NULL")
BUNDLED = text("lead_id IS NOT NULL")
OF_CONTACT = text("contact_id IS NOT NULL")


class Subscriber(Base):
    """A person as those who tell people know them: by a device, or (staff) by an account; and how they are told.

    `cadence`, `on_changed`, `on_closed` and `on_late` are for what they reported, joined or follow; a subscription
    has its own. Quiet hours are minutes of the city's day, from inclusive to exclusive, and may go over midnight.
    """

    __tablename__ = "subscribers"
    __table_args__ = (CheckConstraint("(quiet_from IS NULL) = (quiet_to IS NULL)", name="quiet"),)

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    device_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), unique=True)
    # An address is written to once its holder has said yes: none, asked, confirmed,
    # stopped, gone (nobody is there).
    email: Mapped[str | None] = mapped_column(String(254))
    email_state: Mapped[str] = mapped_column(String(10), default="none")
    phone: Mapped[str | None] = mapped_column(String(40))
    phone_state: Mapped[str] = mapped_column(String(10), default="none")
    # When one of them was last asked for.
    asked_datetime: Mapped[datetime | None]
    by_push: Mapped[bool] = mapped_column(default=True)
    by_email: Mapped[bool] = mapped_column(default=True)
    by_sms: Mapped[bool] = mapped_column(default=False)
    locale: Mapped[str] = mapped_column(String(10), default="en")
    # at_once, daily or weekly
    cadence: Mapped[str] = mapped_column(String(10), default="at_once")
    on_changed: Mapped[bool] = mapped_column(default=True)
    on_closed: Mapped[bool] = mapped_column(default=True)
    on_late: Mapped[bool] = mapped_column(default=True)
    quiet_from: Mapped[int | None]
    quiet_to: Mapped[int | None]
    # Messages a day and channel; what is more waits for the next morning's digest. None: as many as there are.
    most_a_day: Mapped[int | None]
    # Which of the city's notices: all, urgent or none.
    notices: Mapped[str] = mapped_column(String(10), default="urgent")
    # The last delivery that they have seen in their inbox.
    seen_id: Mapped[int] = mapped_column(BigInteger, default=0)
    created_datetime: Mapped[datetime]


class PushEndpoint(Base):
    """A browser of a subscriber: where its push service takes messages for it, and its keys in base64url."""

    __tablename__ = "push_endpoints"

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    subscriber_id: Mapped[int] = mapped_column(ForeignKey("subscribers.id", ondelete="CASCADE"), index=True)
    endpoint: Mapped[str] = mapped_column(String(2000), unique=True)
    p256dh: Mapped[str] = mapped_column(String(100))
    auth: Mapped[str] = mapped_column(String(40))
    # In a row; and since when.
    failures: Mapped[int] = mapped_column(default=0)
    failing_datetime: Mapped[datetime | None]
    created_datetime: Mapped[datetime]


class Subscription(Base):
    """What somebody wants to hear of beside their own: a service (None: every one), in the city or a part of it.

    `what` is service (all of the city), area, circle or route. `arguments`: an area's {"layer", "code"}, a circle's
    {"lat", "long", "radius_m", "label"}, a route's {"points": [[lat, long], …], "radius_m", "label"}; degrees WGS84.
    """

    __tablename__ = "subscriptions"
    __table_args__ = (
        CheckConstraint("what IN ('service', 'area', 'circle', 'route')", name="what"),
        UniqueConstraint("subscriber_id", "fingerprint"),
        Index(None, "cadence", "told_datetime"),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    subscriber_id: Mapped[int] = mapped_column(ForeignKey("subscribers.id", ondelete="CASCADE"))
    what: Mapped[str] = mapped_column(String(10))
    service_id: Mapped[int | None] = mapped_column(ForeignKey("services.id", ondelete="CASCADE"), index=True)
    arguments: Mapped[dict[str, Any]] = mapped_column(default=dict)
    # The same twice is one.
    fingerprint: Mapped[str] = mapped_column(String(32))
    on_new: Mapped[bool] = mapped_column(default=True)
    on_changed: Mapped[bool] = mapped_column(default=False)
    on_closed: Mapped[bool] = mapped_column(default=True)
    on_late: Mapped[bool] = mapped_column(default=False)
    cadence: Mapped[str] = mapped_column(String(10), default="at_once")
    created_datetime: Mapped[datetime]
    # Until when it has been told, where it is told by the day or the week (`digests.py`).
    told_datetime: Mapped[datetime]


class SubscriptionPlace(Base):
    """Derived from `subscriptions`: the keys that a request's place and service are looked up by (`places.py`)."""

    __tablename__ = "subscription_places"
    __table_args__ = ({"sqlite_with_rowid": False},)

    place: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    # 0: every one.
    service_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    subscription_id: Mapped[int] = mapped_column(
        BigKey,
        ForeignKey("subscriptions.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
        index=True,
    )


class Delivery(Base):
    """One thing that one person is told through one channel, once: `key` says which, and is unique.

    It is about an entry of a timeline, a message of an announcement, a notice for staff, or what its `body` says.
    `due_datetime` is when it is tried (again), and None once that is over. Those that go out as one message have the
    `lead_id` of the first; only this one is due. `bundle` tells which may: those with the same one.
    """

    __tablename__ = "deliveries"
    __table_args__ = (
        CheckConstraint("subscriber_id IS NOT NULL OR contact_id IS NOT NULL", name="somebody"),
        Index("ix_deliveries_waiting", "channel", "due_datetime", "id", sqlite_where=WAITING, postgresql_where=WAITING),
        Index("ix_deliveries_bundle", "lead_id", sqlite_where=BUNDLED, postgresql_where=BUNDLED),
        Index("ix_deliveries_contact", "contact_id", sqlite_where=OF_CONTACT, postgresql_where=OF_CONTACT),
        Index("ix_deliveries_theirs", "subscriber_id", sqlite_where=WAITING, postgresql_where=WAITING),
        Index(None, "subscriber_id", "id"),
        Index(None, "update_id"),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    key: Mapped[str] = mapped_column(String(80), unique=True)
    subscriber_id: Mapped[int | None] = mapped_column(ForeignKey("subscribers.id", ondelete="CASCADE"))
    # Whose address it goes to, where that was given with a report.
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contacts.id", ondelete="CASCADE"))
    # push, email, sms or inbox
    channel: Mapped[str] = mapped_column(String(10))
    update_id: Mapped[int | None] = mapped_column(ForeignKey("updates.id", ondelete="CASCADE"))
    announcement_message_id: Mapped[int | None] = mapped_column(
        ForeignKey("announcement_messages.id", ondelete="CASCADE")
    )
    # Of `staff_notices`.
    notice_id: Mapped[int | None] = mapped_column(BigInteger)
    body: Mapped[dict[str, Any]] = mapped_column(default=dict)
    # Of the channels that tell a person the same, one stands in the inbox.
    in_inbox: Mapped[bool] = mapped_column(default=False)
    bundle: Mapped[str] = mapped_column(String(10), default="now")
    lead_id: Mapped[int | None] = mapped_column(BigInteger)
    created_datetime: Mapped[datetime]
    due_datetime: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    sent_datetime: Mapped[datetime | None]
    # The kind of the last failure, never its text.
    failure: Mapped[str | None] = mapped_column(String(80))
