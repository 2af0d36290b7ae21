"""Counts: what is late, the rollups, the triggers that feed them, and the city's clock

Revision ID: 0003
Revises: 0002
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.db import UtcDateTime
from app.jurisdictions.models import write_clock
from app.service_requests.count_rebuild import rebuild_statements
from app.service_requests.count_triggers import removals, statements

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

NOT_YET_LATE = sa.text("closed_datetime IS NULL AND expected_datetime IS NOT NULL AND NOT late")
LATE = sa.text("late")
CLOSED = sa.text("closed_datetime IS NOT NULL")


def big_key() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def counts(*names: str) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.Integer(), nullable=False) for name in names]


def upgrade() -> None:
    dialect = op.get_bind().dialect.name
    late = sa.Column("late", sa.Boolean(), server_default=sa.false(), nullable=False)
    op.add_column("service_requests", late)
    op.add_column("service_requests", sa.Column("import_key", sa.String(length=120), nullable=True))
    op.create_index(op.f("ix_service_requests_import_key"), "service_requests", ["import_key"], unique=True)
    op.create_index(op.f("ix_service_requests_service_id_cell"), "service_requests", ["service_id", "cell"])
    op.create_index(
        op.f("ix_service_requests_closed_datetime_id"),
        "service_requests",
        ["closed_datetime", "id"],
        sqlite_where=CLOSED,
        postgresql_where=CLOSED,
    )
    for name, condition in (("due", NOT_YET_LATE), ("late", LATE)):
        op.create_index(
            f"ix_service_requests_{name}",
            "service_requests",
            ["expected_datetime"],
            sqlite_where=condition,
            postgresql_where=condition,
        )
    op.create_table(
        "utc_offsets",
        sa.Column("since_datetime", UtcDateTime(), nullable=False),
        sa.Column("seconds", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("since_datetime", name=op.f("pk_utc_offsets")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "count_changes",
        sa.Column("id", big_key(), nullable=False),
        *counts("sign", "area_id"),
        sa.Column("cell", sa.BigInteger(), nullable=False),
        *counts("service_id"),
        sa.Column("standing", sa.String(length=9), nullable=False),
        *counts("filed"),
        sa.Column("closed", sa.Integer(), nullable=True),
        sa.Column("days_to_close", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_count_changes")),
    )
    op.create_index(op.f("ix_count_changes_area_id_cell"), "count_changes", ["area_id", "cell"])
    op.create_table(
        "cell_counts",
        *counts("level", "service_id", "month"),
        sa.Column("cell", sa.BigInteger(), nullable=False),
        *counts("open", "late", "closed", "duplicate"),
        sa.PrimaryKeyConstraint("level", "service_id", "month", "cell", name=op.f("pk_cell_counts")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "area_counts",
        *counts("area_id", "service_id", "period", "open", "late", "closed", "duplicate", "closings"),
        sa.PrimaryKeyConstraint("area_id", "service_id", "period", name=op.f("pk_area_counts")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "area_closing_days",
        *counts("area_id", "month", "days", "n"),
        sa.PrimaryKeyConstraint("area_id", "month", "days", name=op.f("pk_area_closing_days")),
        sqlite_with_rowid=False,
    )
    timezone = op.get_bind().execute(sa.text("SELECT timezone FROM jurisdictions")).scalar()
    if timezone is not None:
        write_clock(op.get_bind(), timezone)
    for statement in (*rebuild_statements(dialect), *statements(dialect)):
        op.get_bind().exec_driver_sql(statement)


def downgrade() -> None:
    for statement in removals(op.get_bind().dialect.name):
        op.execute(statement)
    for table in ("area_closing_days", "area_counts", "cell_counts", "count_changes", "utc_offsets"):
        op.drop_table(table)
    for index in ("late", "due", "closed_datetime_id", "service_id_cell", "import_key"):
        op.drop_index(f"ix_service_requests_{index}", "service_requests")
    op.drop_column("service_requests", "import_key")
    op.drop_column("service_requests", "late")
