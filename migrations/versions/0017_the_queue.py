"""The lists of the desk by their indexes, filters that staff keeps, and who has which request open

Revision ID: 0017
Revises: 0016
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.db import UtcDateTime

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
IN_HAND = "closed_datetime IS NULL"
NOT_YET_LATE = "closed_datetime IS NULL AND expected_datetime IS NOT NULL AND NOT late AND paused_datetime IS NULL"
BY_PROMISE = ["expected_datetime", "id"]
INDEXES = (
    ("queue", BY_PROMISE, IN_HAND),
    ("queue_department", ["department_id", *BY_PROMISE], IN_HAND),
    ("queue_service", ["service_id", *BY_PROMISE], IN_HAND),
    ("queue_source", ["source", *BY_PROMISE], IN_HAND),
    ("queue_filed", ["requested_datetime", "id"], IN_HAND),
    ("nobodys", BY_PROMISE, "assignee_id IS NULL AND closed_datetime IS NULL"),
    ("paused", BY_PROMISE, "paused_datetime IS NOT NULL AND closed_datetime IS NULL"),
    ("at_risk", ["at_risk_datetime"], NOT_YET_LATE),
)
# As PostgreSQL writes it.
SPOKEN = "to_tsvector('simple'::regconfig, (address_string::text || ' '::text) || description)"


def upgrade() -> None:
    for name, columns, where in INDEXES:
        only = sa.text(where)
        op.create_index(f"ix_service_requests_{name}", "service_requests", columns, sqlite_where=only, postgresql_where=only)
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"CREATE INDEX ix_service_requests_words ON service_requests USING gin ({SPOKEN}) WHERE {IN_HAND}")
    op.create_table(
        "saved_filters",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("account_id", sa.Integer, nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("query", sa.String(1000), nullable=False),
        sa.Column("shared", sa.Boolean, server_default=sa.false(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_filters")),
        sa.UniqueConstraint("account_id", "name", name=op.f("uq_saved_filters_account_id_name")),
        of_account("saved_filters"),
    )
    op.create_table(
        "presences",
        sa.Column("request_id", BIG, nullable=False),
        sa.Column("account_id", sa.Integer, nullable=False),
        sa.Column("opened_datetime", UtcDateTime, nullable=False),
        sa.Column("seen_datetime", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("request_id", "account_id", name=op.f("pk_presences")),
        sa.ForeignKeyConstraint(
            ["request_id"], ["service_requests.id"], name=op.f("fk_presences_request_id"), ondelete="CASCADE"
        ),
        of_account("presences"),
    )
    op.create_index(op.f("ix_presences_seen_datetime"), "presences", ["seen_datetime"])


def of_account(table: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_account_id")
    return sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=name, ondelete="CASCADE")


def downgrade() -> None:
    op.drop_table("presences")
    op.drop_table("saved_filters")
    if op.get_bind().dialect.name == "postgresql":
        op.drop_index("ix_service_requests_words", "service_requests")
    for name, _, _ in INDEXES:
        op.drop_index(f"ix_service_requests_{name}", "service_requests")
