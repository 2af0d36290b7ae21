"""Who is told, of what and how: subscribers, their browsers and subscriptions; deliveries by any channel

Revision ID: 0013
Revises: 0012
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.db import Json, UtcDateTime

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WAITING = sa.text("due_datetime IS NOT NULL")
BUNDLED = sa.text("lead_id IS NOT NULL")
OF_CONTACT = sa.text("contact_id IS NOT NULL")
# As deliveries were tried until now.
MOST_ATTEMPTS = 8
OLD = "id, update_id, contact_id, channel, created_datetime, sent_datetime, attempts, failure"


def upgrade() -> None:
    make_subscribers()
    make_subscriptions()
    op.execute("CREATE TABLE deliveries_before AS SELECT * FROM deliveries")
    op.drop_table("deliveries")
    make_deliveries()
    waits = f"sent_datetime IS NULL AND attempts < {MOST_ATTEMPTS}"
    op.execute(
        f"INSERT INTO deliveries ({OLD}, key, body, in_inbox, bundle, due_datetime)"
        f" SELECT {OLD}, 'u' || update_id || '.c' || contact_id || '.email', '{{}}', false, 'alone',"
        f" CASE WHEN {waits} THEN created_datetime END FROM deliveries_before"
    )
    op.drop_table("deliveries_before")
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "SELECT setval(pg_get_serial_sequence('deliveries', 'id'), (SELECT coalesce(max(id), 0) + 1 FROM deliveries), false)"
        )


def make_subscribers() -> None:
    op.create_table(
        "subscribers",
        sa.Column("id", BIG, nullable=False),
        sa.Column("device_hash", sa.String(64)),
        sa.Column("account_id", sa.Integer()),
        sa.Column("email", sa.String(254)),
        sa.Column("email_state", sa.String(10), nullable=False),
        sa.Column("phone", sa.String(40)),
        sa.Column("phone_state", sa.String(10), nullable=False),
        sa.Column("asked_datetime", UtcDateTime()),
        sa.Column("by_push", sa.Boolean(), nullable=False),
        sa.Column("by_email", sa.Boolean(), nullable=False),
        sa.Column("by_sms", sa.Boolean(), nullable=False),
        sa.Column("locale", sa.String(10), nullable=False),
        sa.Column("cadence", sa.String(10), nullable=False),
        sa.Column("on_changed", sa.Boolean(), nullable=False),
        sa.Column("on_closed", sa.Boolean(), nullable=False),
        sa.Column("on_late", sa.Boolean(), nullable=False),
        sa.Column("quiet_from", sa.Integer()),
        sa.Column("quiet_to", sa.Integer()),
        sa.Column("most_a_day", sa.Integer()),
        sa.Column("notices", sa.String(10), nullable=False),
        sa.Column("seen_id", sa.BigInteger(), nullable=False),
        sa.Column("created_datetime", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscribers")),
        sa.UniqueConstraint("device_hash", name=op.f("uq_subscribers_device_hash")),
        sa.UniqueConstraint("account_id", name=op.f("uq_subscribers_account_id")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_subscribers_account_id"), ondelete="CASCADE"
        ),
        sa.CheckConstraint("(quiet_from IS NULL) = (quiet_to IS NULL)", name=op.f("ck_subscribers_quiet")),
    )
    op.create_table(
        "push_endpoints",
        sa.Column("id", BIG, nullable=False),
        sa.Column("subscriber_id", BIG, nullable=False),
        sa.Column("endpoint", sa.String(2000), nullable=False),
        sa.Column("p256dh", sa.String(100), nullable=False),
        sa.Column("auth", sa.String(40), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("failing_datetime", UtcDateTime()),
        sa.Column("created_datetime", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_push_endpoints")),
        sa.UniqueConstraint("endpoint", name=op.f("uq_push_endpoints_endpoint")),
        sa.ForeignKeyConstraint(
            ["subscriber_id"], ["subscribers.id"], name=op.f("fk_push_endpoints_subscriber_id"), ondelete="CASCADE"
        ),
    )
    op.create_index(op.f("ix_push_endpoints_subscriber_id"), "push_endpoints", ["subscriber_id"])


def make_subscriptions() -> None:
    op.create_table(
        "subscriptions",
        sa.Column("id", BIG, nullable=False),
        sa.Column("subscriber_id", BIG, nullable=False),
        sa.Column("what", sa.String(10), nullable=False),
        sa.Column("service_id", sa.Integer()),
        sa.Column("arguments", Json, nullable=False),
        sa.Column("fingerprint", sa.String(32), nullable=False),
        sa.Column("on_new", sa.Boolean(), nullable=False),
        sa.Column("on_changed", sa.Boolean(), nullable=False),
        sa.Column("on_closed", sa.Boolean(), nullable=False),
        sa.Column("on_late", sa.Boolean(), nullable=False),
        sa.Column("cadence", sa.String(10), nullable=False),
        sa.Column("created_datetime", UtcDateTime(), nullable=False),
        sa.Column("told_datetime", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscriptions")),
        sa.UniqueConstraint(
            "subscriber_id", "fingerprint", name=op.f("uq_subscriptions_subscriber_id_fingerprint")
        ),
        sa.ForeignKeyConstraint(
            ["subscriber_id"], ["subscribers.id"], name=op.f("fk_subscriptions_subscriber_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["service_id"], ["services.id"], name=op.f("fk_subscriptions_service_id"), ondelete="CASCADE"
        ),
        sa.CheckConstraint("what IN ('service', 'area', 'circle', 'route')", name=op.f("ck_subscriptions_what")),
    )
    op.create_index(op.f("ix_subscriptions_cadence_told_datetime"), "subscriptions", ["cadence", "told_datetime"])
    op.create_index(op.f("ix_subscriptions_service_id"), "subscriptions", ["service_id"])
    op.create_table(
        "subscription_places",
        sa.Column("place", sa.BigInteger(), nullable=False),
        sa.Column("service_id", sa.Integer(), nullable=False),
        sa.Column("subscription_id", BIG, nullable=False),
        sa.PrimaryKeyConstraint("place", "service_id", "subscription_id", name=op.f("pk_subscription_places")),
        sa.ForeignKeyConstraint(
            ["subscription_id"],
            ["subscriptions.id"],
            name=op.f("fk_subscription_places_subscription_id"),
            ondelete="CASCADE",
        ),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_subscription_places_subscription_id"), "subscription_places", ["subscription_id"])


def make_deliveries() -> None:
    op.create_table(
        "deliveries",
        sa.Column("id", BIG, nullable=False),
        sa.Column("key", sa.String(80), nullable=False),
        sa.Column("subscriber_id", BIG),
        sa.Column("contact_id", BIG),
        sa.Column("channel", sa.String(10), nullable=False),
        sa.Column("update_id", BIG),
        sa.Column("announcement_message_id", sa.Integer()),
        sa.Column("notice_id", sa.BigInteger()),
        sa.Column("body", Json, nullable=False),
        sa.Column("in_inbox", sa.Boolean(), nullable=False),
        sa.Column("bundle", sa.String(10), nullable=False),
        sa.Column("lead_id", sa.BigInteger()),
        sa.Column("created_datetime", UtcDateTime(), nullable=False),
        sa.Column("due_datetime", UtcDateTime()),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("sent_datetime", UtcDateTime()),
        sa.Column("failure", sa.String(80)),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deliveries")),
        sa.UniqueConstraint("key", name=op.f("uq_deliveries_key")),
        sa.CheckConstraint("subscriber_id IS NOT NULL OR contact_id IS NOT NULL", name=op.f("ck_deliveries_somebody")),
        *(
            sa.ForeignKeyConstraint(
                [f"{name}_id"], [f"{name}s.id"], name=op.f(f"fk_deliveries_{name}_id"), ondelete="CASCADE"
            )
            for name in ("subscriber", "contact", "update", "announcement_message")
        ),
    )
    for name, columns, condition in (
        ("ix_deliveries_waiting", ["channel", "due_datetime", "id"], WAITING),
        ("ix_deliveries_bundle", ["lead_id"], BUNDLED),
        ("ix_deliveries_contact", ["contact_id"], OF_CONTACT),
        ("ix_deliveries_theirs", ["subscriber_id"], WAITING),
    ):
        op.create_index(name, "deliveries", columns, sqlite_where=condition, postgresql_where=condition)
    op.create_index(op.f("ix_deliveries_subscriber_id_id"), "deliveries", ["subscriber_id", "id"])
    op.create_index(op.f("ix_deliveries_update_id"), "deliveries", ["update_id"])


def downgrade() -> None:
    op.execute("DELETE FROM deliveries WHERE contact_id IS NULL OR update_id IS NULL OR channel <> 'email'")
    op.execute(f"CREATE TABLE deliveries_after AS SELECT {OLD} FROM deliveries")
    op.drop_table("deliveries")
    for table in ("subscription_places", "subscriptions", "push_endpoints", "subscribers"):
        op.drop_table(table)
    op.create_table(
        "deliveries",
        sa.Column("id", BIG, nullable=False),
        sa.Column("update_id", BIG, nullable=False),
        sa.Column("contact_id", BIG, nullable=False),
        sa.Column("channel", sa.String(10), nullable=False),
        sa.Column("created_datetime", UtcDateTime(), nullable=False),
        sa.Column("sent_datetime", UtcDateTime()),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("failure", sa.String(80)),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deliveries")),
        sa.UniqueConstraint("update_id", "contact_id", name=op.f("uq_deliveries_update_id_contact_id")),
        *(
            sa.ForeignKeyConstraint(
                [f"{name}_id"], [f"{name}s.id"], name=op.f(f"fk_deliveries_{name}_id"), ondelete="CASCADE"
            )
            for name in ("contact", "update")
        ),
    )
    op.create_index(op.f("ix_deliveries_contact_id"), "deliveries", ["contact_id"])
    op.execute(f"INSERT INTO deliveries ({OLD}) SELECT {OLD} FROM deliveries_after")
    op.drop_table("deliveries_after")
