"""Statuses for looking at and planning work, work orders, what a merge moved, and other systems that are told

Revision ID: 0018
Revises: 0017
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.db import Json, UtcDateTime
from app.service_requests.count_triggers import statements

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
UNDONE = sa.text("closed_datetime IS NULL")
WAITING = sa.text("sent_datetime IS NULL AND failed_datetime IS NULL")
BEFORE = ("received", "accepted", "assigned", "in_progress", "acted_upon", "reopened")
# As the workflow was then: a later one brings its own index.
NOW = ("received", "triaged", "accepted", "assigned", "scheduled", "in_progress", "acted_upon", "reopened")
COLUMNS = (
    ("service_requests", "planned_date", sa.Date()),
    ("updates", "reason", sa.String(24)),
    ("updates", "planned_date", sa.Date()),
    ("photos", "likeness", sa.BigInteger()),
    ("staged_photos", "likeness", sa.BigInteger()),
)


def upgrade() -> None:
    for table, name, kind in COLUMNS:
        op.add_column(table, sa.Column(name, kind, nullable=True))
    index_open(NOW)
    # Nothing that is counted has one of the new statuses yet, so that no figure changes.
    for statement in statements(op.get_bind().dialect.name):
        op.get_bind().exec_driver_sql(statement)
    make_merges()
    make_webhooks()
    make_orders()


def index_open(codes: tuple[str, ...]) -> None:
    """SpatiaLite's index of places cannot be of some of them only."""
    if op.get_bind().dialect.name != "postgresql":
        return
    is_open = sa.text("status IN ({})".format(", ".join(f"'{code}'" for code in codes)))
    op.drop_index("ix_service_requests_open", table_name="service_requests")
    op.create_index(
        "ix_service_requests_open", "service_requests", ["location"], postgresql_using="gist", postgresql_where=is_open
    )


def make_merges() -> None:
    op.create_table(
        "merges",
        sa.Column("id", BIG, nullable=False),
        sa.Column("request_id", BIG, nullable=False),
        sa.Column("root_id", BIG, nullable=False),
        sa.Column("status", sa.String(24), nullable=False),
        sa.Column("status_notes", sa.Text()),
        sa.Column("planned_date", sa.Date()),
        sa.Column("moved", Json, nullable=False),
        sa.Column("account_id", sa.Integer()),
        sa.Column("merged_datetime", UtcDateTime(), nullable=False),
        sa.Column("undone_datetime", UtcDateTime()),
        sa.Column("undone_account_id", sa.Integer()),
        of("merges", "request_id", "service_requests", "CASCADE"),
        of("merges", "root_id", "service_requests", "CASCADE"),
        of("merges", "account_id", "accounts", "SET NULL"),
        of("merges", "undone_account_id", "accounts", "SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_merges")),
    )
    op.create_index(op.f("ix_merges_request_id"), "merges", ["request_id"])
    op.create_index(op.f("ix_merges_root_id"), "merges", ["root_id"])


def make_webhooks() -> None:
    op.create_table(
        "webhooks",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("url", sa.String(500), nullable=False),
        sa.Column("secret", sa.String(200), nullable=False),
        sa.Column("old_secret", sa.String(200)),
        sa.Column("old_secret_datetime", UtcDateTime()),
        sa.Column("events", Json, nullable=False),
        sa.Column("takes_orders", sa.Boolean(), nullable=False),
        sa.Column("key_hash", sa.String(64)),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("stopped_reason", sa.String(200)),
        sa.Column("failing_since_datetime", UtcDateTime()),
        sa.Column("pause_datetime", UtcDateTime()),
        sa.Column("created_datetime", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhooks")),
        sa.UniqueConstraint("name", name=op.f("uq_webhooks_name")),
        sa.UniqueConstraint("key_hash", name=op.f("uq_webhooks_key_hash")),
    )
    op.create_table(
        "webhook_deliveries",
        sa.Column("id", BIG, nullable=False),
        sa.Column("webhook_id", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.String(60), nullable=False),
        sa.Column("event", sa.String(60), nullable=False),
        sa.Column("about", sa.String(40), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("created_datetime", UtcDateTime(), nullable=False),
        sa.Column("due_datetime", UtcDateTime(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("sent_datetime", UtcDateTime()),
        sa.Column("failed_datetime", UtcDateTime()),
        of("webhook_deliveries", "webhook_id", "webhooks", "CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_deliveries")),
        sa.UniqueConstraint("message_id", name=op.f("uq_webhook_deliveries_message_id")),
    )
    some("ix_webhook_deliveries_waiting", "webhook_deliveries", ["due_datetime"], WAITING)
    op.create_index(op.f("ix_webhook_deliveries_webhook_id_id"), "webhook_deliveries", ["webhook_id", "id"])
    op.create_table(
        "webhook_attempts",
        sa.Column("id", BIG, nullable=False),
        sa.Column("delivery_id", BIG, nullable=False),
        sa.Column("tried_datetime", UtcDateTime(), nullable=False),
        sa.Column("took_ms", sa.Integer(), nullable=False),
        sa.Column("status", sa.Integer()),
        sa.Column("reason", sa.String(200), nullable=False),
        of("webhook_attempts", "delivery_id", "webhook_deliveries", "CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_attempts")),
    )
    op.create_index(op.f("ix_webhook_attempts_delivery_id"), "webhook_attempts", ["delivery_id"])
    op.create_table(
        "system_answers",
        sa.Column("id", BIG, nullable=False),
        sa.Column("webhook_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(200), nullable=False),
        sa.Column("content_hash", sa.String(64), nullable=False),
        sa.Column("answer", Json, nullable=False),
        sa.Column("received_datetime", UtcDateTime(), nullable=False),
        of("system_answers", "webhook_id", "webhooks", "CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_system_answers")),
        sa.UniqueConstraint("webhook_id", "key", name=op.f("uq_system_answers_webhook_id_key")),
    )


def make_orders() -> None:
    op.create_table(
        "work_orders",
        sa.Column("id", BIG, nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("instructions", sa.Text(), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("department_id", sa.Integer()),
        sa.Column("team_id", sa.Integer()),
        sa.Column("assignee_id", sa.Integer()),
        sa.Column("planned_date", sa.Date()),
        sa.Column("created_datetime", UtcDateTime(), nullable=False),
        sa.Column("updated_datetime", UtcDateTime(), nullable=False),
        sa.Column("closed_datetime", UtcDateTime()),
        sa.Column("webhook_id", sa.Integer()),
        sa.Column("external_id", sa.String(100)),
        sa.Column("external_url", sa.String(500)),
        sa.Column("position", sa.Integer()),
        sa.Column("answered_datetime", UtcDateTime()),
        of("work_orders", "department_id", "departments", "SET NULL"),
        of("work_orders", "team_id", "teams", "SET NULL"),
        of("work_orders", "assignee_id", "accounts", "SET NULL"),
        of("work_orders", "webhook_id", "webhooks", "SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_work_orders")),
        sa.UniqueConstraint("webhook_id", "external_id", name=op.f("uq_work_orders_webhook_id_external_id")),
    )
    op.create_index(op.f("ix_work_orders_department_id"), "work_orders", ["department_id"])
    op.create_index(op.f("ix_work_orders_closed_datetime"), "work_orders", ["closed_datetime"])
    some("ix_work_orders_day", "work_orders", ["planned_date", "id"], UNDONE)
    some("ix_work_orders_team", "work_orders", ["team_id"], UNDONE)
    some("ix_work_orders_person", "work_orders", ["assignee_id"], UNDONE)
    op.create_table(
        "work_order_requests",
        sa.Column("order_id", BIG, nullable=False),
        sa.Column("request_id", BIG, nullable=False),
        of("work_order_requests", "order_id", "work_orders", "CASCADE"),
        of("work_order_requests", "request_id", "service_requests", "CASCADE"),
        sa.PrimaryKeyConstraint("order_id", "request_id", name=op.f("pk_work_order_requests")),
    )
    op.create_index(op.f("ix_work_order_requests_request_id"), "work_order_requests", ["request_id"])
    op.create_table(
        "work_order_lines",
        sa.Column("id", BIG, nullable=False),
        sa.Column("order_id", BIG, nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("what", sa.String(200), nullable=False),
        sa.Column("quantity", sa.Numeric(12, 3), nullable=False),
        sa.Column("unit", sa.String(20), nullable=False),
        sa.Column("unit_price", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.Integer()),
        sa.Column("noted_datetime", UtcDateTime(), nullable=False),
        of("work_order_lines", "order_id", "work_orders", "CASCADE"),
        of("work_order_lines", "account_id", "accounts", "SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_work_order_lines")),
    )
    op.create_index(op.f("ix_work_order_lines_order_id"), "work_order_lines", ["order_id"])


def of(table: str, column: str, other: str, then: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}"), ondelete=then)


def some(name: str, table: str, columns: list[str], condition: sa.TextClause) -> None:
    op.create_index(name, table, columns, sqlite_where=condition, postgresql_where=condition)


def downgrade() -> None:
    for table in (
        "work_order_lines",
        "work_order_requests",
        "work_orders",
        "system_answers",
        "webhook_attempts",
        "webhook_deliveries",
        "webhooks",
        "merges",
    ):
        op.drop_table(table)
    index_open(BEFORE)
    for table, name, _ in reversed(COLUMNS):
        op.drop_column(table, name)
