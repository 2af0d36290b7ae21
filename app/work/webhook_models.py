"""Other systems that are told of what happens here, and every attempt to tell them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base
from app.service_requests.models import BigKey

WAITING = text("sent_datetime IS NULL AND failed_datetime IS NULL")


class Webhook(Base):
    """A connection to another system: where it listens, what it is told, and the key with which it answers.

    `secret` is enciphered (the receiver checks our signature with it), `key_hash` the SHA-256 of its API key.
    """

    __tablename__ = "webhooks"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(100), unique=True)
    url: Mapped[str] = mapped_column(String(500))
    secret: Mapped[str] = mapped_column(String(200))
    # Signs beside the new one until `old_secret_datetime`, so that the receiver can change over in its own time.
    old_secret: Mapped[str | None] = mapped_column(String(200))
    old_secret_datetime: Mapped[datetime | None]
    # Codes of `events.py`.
    events: Mapped[list[Any]]
    # Whether orders may be handed to it.
    takes_orders: Mapped[bool] = mapped_column(default=False)
    key_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    active: Mapped[bool] = mapped_column(default=True)
    # Why it was switched off by itself.
    stopped_reason: Mapped[str | None] = mapped_column(String(200))
    failing_since_datetime: Mapped[datetime | None]
    # Told nothing before then, where it asked for a pause.
    pause_datetime: Mapped[datetime | None]
    created_datetime: Mapped[datetime]


class WebhookDelivery(Base):
    """One message to one system. `message_id` stays the same however often it is sent: by it the receiver knows it."""

    __tablename__ = "webhook_deliveries"
    __table_args__ = (
        Index("ix_webhook_deliveries_waiting", "due_datetime", sqlite_where=WAITING, postgresql_where=WAITING),
        Index(None, "webhook_id", "id"),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    webhook_id: Mapped[int] = mapped_column(ForeignKey("webhooks.id", ondelete="CASCADE"))
    message_id: Mapped[str] = mapped_column(String(60), unique=True)
    event: Mapped[str] = mapped_column(String(60))
    # What it is about, as people name it: a service_request_id, the number of an order.
    about: Mapped[str] = mapped_column(String(40), default="")
    # The JSON that is sent and signed, byte by byte.
    payload: Mapped[str] = mapped_column(Text)
    created_datetime: Mapped[datetime]
    due_datetime: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    sent_datetime: Mapped[datetime | None]
    failed_datetime: Mapped[datetime | None]


class WebhookAttempt(Base):
    """One attempt: the HTTP `status`, or the `reason` why there was none; `took_ms` milliseconds."""

    __tablename__ = "webhook_attempts"

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    delivery_id: Mapped[int] = mapped_column(ForeignKey("webhook_deliveries.id", ondelete="CASCADE"), index=True)
    tried_datetime: Mapped[datetime]
    took_ms: Mapped[int]
    status: Mapped[int | None]
    reason: Mapped[str] = mapped_column(String(200), default="")


class SystemAnswer(Base):
    """What another system said under a key of its own, so that the same again is done once and answered alike."""

    __tablename__ = "system_answers"
    __table_args__ = (UniqueConstraint("webhook_id", "key"),)

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    webhook_id: Mapped[int] = mapped_column(ForeignKey("webhooks.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(String(200))
    # SHA-256 of what was sent: another thing under the same key is refused.
    content_hash: Mapped[str] = mapped_column(String(64))
    answer: Mapped[dict[str, Any]]
    received_datetime: Mapped[datetime]
