"""Sums by source: changes say by which source a request came, and its sums are kept by cell

Revision ID: 0007
Revises: 0006
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.service_requests.count_rebuild import source_statements
from app.service_requests.count_sql import FIRST_SUMS
from app.service_requests.count_triggers import removals, statements

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def counts(*names: str) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.Integer(), nullable=False) for name in names]


def upgrade() -> None:
    dialect = op.get_bind().dialect.name
    # From here on nobody writes what is counted.
    for statement in removals(dialect):
        op.execute(statement)
    if dialect == "postgresql":
        op.execute("LOCK TABLE count_changes")
    fold_what_waits()
    op.drop_table("count_changes")
    op.create_table(
        "count_changes",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        *counts("sign", "area_id"),
        sa.Column("cell", sa.BigInteger(), nullable=False),
        *counts("service_id"),
        sa.Column("standing", sa.String(length=9), nullable=False),
        *counts("filed"),
        sa.Column("closed", sa.Integer(), nullable=True),
        sa.Column("days_to_close", sa.Integer(), nullable=True),
        sa.Column("source", sa.String(length=20), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_count_changes")),
    )
    op.create_index(op.f("ix_count_changes_area_id_cell"), "count_changes", ["area_id", "cell"])
    op.create_table(
        "source_counts",
        *counts("level"),
        sa.Column("source", sa.String(length=20), nullable=False),
        *counts("month"),
        sa.Column("cell", sa.BigInteger(), nullable=False),
        *counts("group_key", "open", "late", "closed", "duplicate"),
        sa.PrimaryKeyConstraint("level", "source", "month", "cell", "group_key", name=op.f("pk_source_counts")),
        sqlite_with_rowid=False,
    )
    for statement in (*source_statements(dialect), *statements(dialect)):
        op.get_bind().exec_driver_sql(statement)
    if dialect == "postgresql":
        op.execute("ANALYZE source_counts")


def fold_what_waits() -> None:
    """What was noted without a source goes into the sums of before: its source is counted from its row."""
    for sums in FIRST_SUMS:
        op.execute(sums.add("count_changes"))
        op.execute(sums.remove_empty("count_changes"))


def downgrade() -> None:
    # The triggers of 0006 are made by the same functions: they stay as they are, and note the source too.
    op.drop_table("source_counts")
