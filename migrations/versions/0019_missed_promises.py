"""Why promises are missed, what the city owes then, how often they are kept, and what is said about that

Revision ID: 0019
Revises: 0018
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.db import Json, UtcDateTime
from app.service_requests.missed_models import FIRST_REASONS

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
OWED = sa.text("given_datetime IS NULL")
UNANSWERED = sa.text("answered_datetime IS NULL")
TABLES = ("promise_reviews", "promise_months", "promise_figures", "redress_cases", "redress_rules", "missed_reasons")


def upgrade() -> None:
    make_reasons()
    make_redress()
    make_figures()
    make_reviews()
    op.add_column("service_requests", sa.Column("missed_reason", sa.String(length=40), nullable=True))
    op.add_column("service_requests", sa.Column("new_expected_datetime", UtcDateTime(), nullable=True))
    op.add_column("updates", sa.Column("facts", Json, nullable=True))
    op.add_column("jurisdictions", sa.Column("promise_target", sa.Integer(), server_default="90", nullable=False))
    # Whoever has the work is told first; where nobody has it, the clerks.
    op.execute("UPDATE escalation_steps SET role = 'assignee' WHERE since = 'at_risk' AND role = 'clerk'")


def make_reasons() -> None:
    reasons = op.create_table(
        "missed_reasons",
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("label", sa.String(length=200), nullable=False),
        sa.Column("translations", Json, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_missed_reasons")),
    )
    rows = [
        {"code": code, "label": label, "translations": {}, "position": place, "active": True}
        for place, (code, label) in enumerate(FIRST_REASONS)
    ]
    op.bulk_insert(reasons, rows)


def make_redress() -> None:
    op.create_table(
        "redress_rules",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("service_id", sa.Integer(), nullable=True),
        sa.Column("group_code", sa.String(length=40), nullable=True),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("translations", Json, nullable=False),
        sa.Column("valid_from", UtcDateTime(), nullable=False),
        sa.Column("valid_to", UtcDateTime(), nullable=True),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("cases", "given")),
        sa.CheckConstraint("service_id IS NULL OR group_code IS NULL", name=op.f("ck_redress_rules_service_or_group")),
        sa.ForeignKeyConstraint(
            ["service_id"], ["services.id"], name=op.f("fk_redress_rules_service_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["group_code"], ["service_groups.code"], name=op.f("fk_redress_rules_group_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_redress_rules")),
    )
    op.create_table(
        "redress_cases",
        sa.Column("id", BIG, nullable=False),
        sa.Column("request_id", BIG, nullable=False),
        sa.Column("rule_id", sa.Integer(), nullable=False),
        sa.Column("created_datetime", UtcDateTime(), nullable=False),
        sa.Column("given_datetime", UtcDateTime(), nullable=True),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        *links("redress_cases", request_id="CASCADE", rule_id="CASCADE", account_id="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_redress_cases")),
        sa.UniqueConstraint("request_id", "rule_id", name=op.f("uq_redress_cases_request_id_rule_id")),
    )
    op.create_index(op.f("ix_redress_cases_rule_id"), "redress_cases", ["rule_id"])
    op.create_index("ix_redress_cases_owed", "redress_cases", ["id"], sqlite_where=OWED, postgresql_where=OWED)


def make_figures() -> None:
    keys = ("area_id", "department_id", "service_id", "month")
    op.create_table(
        "promise_figures",
        *(sa.Column(name, sa.Integer(), autoincrement=False, nullable=False) for name in keys),
        sa.Column("still_open", sa.Boolean(), nullable=False),
        sa.Column("kept", sa.Integer(), nullable=False),
        sa.Column("missed", sa.Integer(), nullable=False),
        sa.Column("took", Json, nullable=False),
        sa.PrimaryKeyConstraint(*keys, "still_open", name=op.f("pk_promise_figures")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_promise_figures_month_still_open"), "promise_figures", ["month", "still_open"])
    op.create_table(
        "promise_months",
        sa.Column("month", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("counted_datetime", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("month", name=op.f("pk_promise_months")),
    )


def make_reviews() -> None:
    op.create_table(
        "promise_reviews",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("month", sa.Integer(), nullable=False),
        sa.Column("service_id", sa.Integer(), nullable=False),
        sa.Column("department_id", sa.Integer(), nullable=True),
        sa.Column("opened_datetime", UtcDateTime(), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("target", "kept", "missed", "still_open")),
        *(sa.Column(name, sa.Double(), nullable=True) for name in ("median_hours", "ninetieth_hours")),
        sa.Column("reasons", Json, nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("answered_datetime", UtcDateTime(), nullable=True),
        sa.Column("account_id", sa.Integer(), nullable=True),
        *links("promise_reviews", service_id="CASCADE", department_id="SET NULL", account_id="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_promise_reviews")),
        sa.UniqueConstraint(
            "month", "service_id", "department_id", name=op.f("uq_promise_reviews_month_service_id_department_id")
        ),
    )
    op.create_index(
        "ix_promise_reviews_unanswered",
        "promise_reviews",
        ["id"],
        sqlite_where=UNANSWERED,
        postgresql_where=UNANSWERED,
    )


LINKS = {
    "request_id": "service_requests.id",
    "rule_id": "redress_rules.id",
    "account_id": "accounts.id",
    "service_id": "services.id",
    "department_id": "departments.id",
}


def links(table: str, **gone: str) -> list[sa.ForeignKeyConstraint]:
    return [
        sa.ForeignKeyConstraint([name], [LINKS[name]], name=op.f(f"fk_{table}_{name}"), ondelete=then)
        for name, then in gone.items()
    ]


def downgrade() -> None:
    op.execute("UPDATE escalation_steps SET role = 'clerk' WHERE role = 'assignee'")
    for name in ("missed_reason", "new_expected_datetime"):
        op.execute(f"ALTER TABLE service_requests DROP COLUMN {name}")
    op.execute("ALTER TABLE updates DROP COLUMN facts")
    op.execute("ALTER TABLE jurisdictions DROP COLUMN promise_target")
    for table in TABLES:
        op.drop_table(table)
