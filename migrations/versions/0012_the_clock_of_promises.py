"""Promises in versions, the calendar of the city, and the clock of each request

Revision ID: 0012
Revises: 0011
"""

from __future__ import annotations

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from app.db import Json, UtcDateTime
from app.service_requests.escalation_models import FIRST_STEPS

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

NOT_YET_LATE = sa.text("closed_datetime IS NULL AND expected_datetime IS NOT NULL AND NOT late")
NOR_PAUSED = sa.text(f"{NOT_YET_LATE.text} AND paused_datetime IS NULL")
TICKING = sa.text("clock_datetime IS NOT NULL")
UNTOLD = sa.text("told_datetime IS NULL")
SUSPENDED = sa.text("suspension_id IS NOT NULL")
LINKS = (("promise_rule_id", "promise_rules"), ("suspension_id", "suspensions"))
MOMENTS = ("at_risk_datetime", "paused_datetime", "clock_datetime")
BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    make_rules()
    make_calendar()
    make_suspensions()
    make_steps()
    take_promises()
    op.add_column("service_requests", sa.Column("priority", sa.String(length=20), nullable=True))
    for name in MOMENTS:
        op.add_column("service_requests", sa.Column(name, UtcDateTime(), nullable=True))
    for name, table in LINKS:
        # As SQLite takes it too: it cannot add a check afterwards.
        check = f"CONSTRAINT fk_service_requests_{name} REFERENCES {table} (id)"
        op.execute(f"ALTER TABLE service_requests ADD COLUMN {name} INTEGER {check}")
    make_index("ix_service_requests_suspension_id", "suspension_id", SUSPENDED)
    make_index("ix_service_requests_clock", "clock_datetime", TICKING)
    op.drop_index("ix_service_requests_due", table_name="service_requests")
    make_index("ix_service_requests_due", "expected_datetime", NOR_PAUSED)


def make_rules() -> None:
    op.create_table(
        "promise_rules",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("service_id", sa.Integer(), nullable=True),
        sa.Column("group_code", sa.String(length=40), nullable=True),
        sa.Column("layer", sa.String(length=40), nullable=True),
        sa.Column("area_code", sa.String(length=80), nullable=True),
        sa.Column("priority", sa.String(length=20), nullable=True),
        sa.Column("hours", sa.Integer(), nullable=True),
        sa.Column("days", sa.Integer(), nullable=True),
        sa.Column("clock", sa.String(length=10), nullable=False),
        sa.Column("at_risk_percent", sa.Integer(), nullable=False),
        sa.Column("valid_from", UtcDateTime(), nullable=False),
        sa.Column("valid_to", UtcDateTime(), nullable=True),
        sa.CheckConstraint("hours IS NULL OR days IS NULL", name=op.f("ck_promise_rules_hours_or_days")),
        sa.CheckConstraint("service_id IS NULL OR group_code IS NULL", name=op.f("ck_promise_rules_service_or_group")),
        sa.ForeignKeyConstraint(
            ["service_id"], ["services.id"], name=op.f("fk_promise_rules_service_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["group_code"], ["service_groups.code"], name=op.f("fk_promise_rules_group_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_promise_rules")),
    )
    op.create_index(op.f("ix_promise_rules_service_id"), "promise_rules", ["service_id"])


def make_calendar() -> None:
    op.add_column("jurisdictions", sa.Column("country", sa.String(length=2), nullable=True))
    op.add_column("jurisdictions", sa.Column("subdivision", sa.String(length=10), nullable=True))
    op.create_table(
        "working_hours",
        sa.Column("weekday", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("opens", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("closes", sa.Integer(), nullable=False),
        sa.CheckConstraint("weekday BETWEEN 0 AND 6", name=op.f("ck_working_hours_weekday")),
        sa.CheckConstraint(
            "0 <= opens AND opens < closes AND closes <= 1440", name=op.f("ck_working_hours_within_the_day")
        ),
        sa.PrimaryKeyConstraint("weekday", "opens", name=op.f("pk_working_hours")),
    )
    op.create_table(
        "own_days",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("works", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_own_days")),
    )


def make_suspensions() -> None:
    op.create_table(
        "suspensions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("service_id", sa.Integer(), nullable=True),
        sa.Column("group_code", sa.String(length=40), nullable=True),
        sa.Column("layer", sa.String(length=40), nullable=True),
        sa.Column("area_code", sa.String(length=80), nullable=True),
        sa.Column("start_datetime", UtcDateTime(), nullable=False),
        sa.Column("end_datetime", UtcDateTime(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("translations", Json, nullable=False),
        sa.Column("begun_datetime", UtcDateTime(), nullable=True),
        sa.Column("ended_datetime", UtcDateTime(), nullable=True),
        sa.CheckConstraint("service_id IS NULL OR group_code IS NULL", name=op.f("ck_suspensions_service_or_group")),
        sa.CheckConstraint(
            "end_datetime IS NULL OR start_datetime < end_datetime", name=op.f("ck_suspensions_ends_after_its_start")
        ),
        sa.ForeignKeyConstraint(
            ["service_id"], ["services.id"], name=op.f("fk_suspensions_service_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["group_code"], ["service_groups.code"], name=op.f("fk_suspensions_group_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suspensions")),
    )


def make_steps() -> None:
    steps = op.create_table(
        "escalation_steps",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("group_code", sa.String(length=40), nullable=True),
        sa.Column("department_id", sa.Integer(), nullable=True),
        sa.Column("since", sa.String(length=10), nullable=False),
        sa.Column("after_hours", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(length=40), nullable=False),
        sa.CheckConstraint("since IN ('at_risk', 'late')", name=op.f("ck_escalation_steps_since")),
        sa.CheckConstraint("after_hours >= 0", name=op.f("ck_escalation_steps_after_hours")),
        sa.ForeignKeyConstraint(["group_code"], ["service_groups.code"], name=op.f("fk_escalation_steps_group_code")),
        sa.ForeignKeyConstraint(
            ["department_id"], ["departments.id"], name=op.f("fk_escalation_steps_department_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_escalation_steps")),
    )
    rows = [{"since": since, "after_hours": hours, "role": role} for since, hours, role in FIRST_STEPS]
    op.bulk_insert(steps, rows)
    op.create_table(
        "staff_notices",
        sa.Column("id", BIG, nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("request_id", BIG, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("facts", Json, nullable=False),
        sa.Column("created_datetime", UtcDateTime(), nullable=False),
        sa.Column("told_datetime", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_staff_notices_account_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["request_id"], ["service_requests.id"], name=op.f("fk_staff_notices_request_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_notices")),
    )
    op.create_index(
        op.f("ix_staff_notices_account_id_created_datetime"), "staff_notices", ["account_id", "created_datetime"]
    )
    op.create_index(op.f("ix_staff_notices_request_id"), "staff_notices", ["request_id"])
    op.create_index("ix_staff_notices_untold", "staff_notices", ["id"], sqlite_where=UNTOLD, postgresql_where=UNTOLD)


def take_promises() -> None:
    """What services promised so far are the first versions."""
    first = sa.text(
        "INSERT INTO promise_rules (service_id, hours, days, clock, at_risk_percent, valid_from)"
        " SELECT id, promise_hours, CASE WHEN promise_hours IS NULL THEN promise_days END, 'calendar', 75, :since"
        " FROM services WHERE promise_hours IS NOT NULL OR promise_days IS NOT NULL ORDER BY id"
    ).bindparams(sa.bindparam("since", datetime(1970, 1, 1, tzinfo=UTC), UtcDateTime()))
    op.get_bind().execute(first)
    for name in ("promise_hours", "promise_days"):
        op.execute(f"ALTER TABLE services DROP COLUMN {name}")


def make_index(name: str, column: str, where: sa.TextClause) -> None:
    op.create_index(name, "service_requests", [column], sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    for name in ("promise_hours", "promise_days"):
        op.add_column("services", sa.Column(name, sa.Integer(), nullable=True))
        op.execute(
            f"UPDATE services SET {name} = (SELECT {name.removeprefix('promise_')} FROM promise_rules"
            " WHERE service_id = services.id AND layer IS NULL AND priority IS NULL AND valid_to IS NULL"
            " ORDER BY id DESC LIMIT 1)"
        )
    for name in ("ix_service_requests_due", "ix_service_requests_clock", "ix_service_requests_suspension_id"):
        op.drop_index(name, table_name="service_requests")
    for name in (*(name for name, _ in LINKS), *MOMENTS, "priority"):
        op.execute(f"ALTER TABLE service_requests DROP COLUMN {name}")
    make_index("ix_service_requests_due", "expected_datetime", NOT_YET_LATE)
    for table in ("staff_notices", "escalation_steps", "suspensions", "own_days", "working_hours", "promise_rules"):
        op.drop_table(table)
    for name in ("country", "subdivision"):
        op.execute(f"ALTER TABLE jurisdictions DROP COLUMN {name}")
