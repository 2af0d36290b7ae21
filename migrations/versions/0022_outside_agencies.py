"""How outside agencies are told, and what was passed on to them

Revision ID: 0022
Revises: 0021
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.db import Json, UtcDateTime

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
DUE = sa.text("due_datetime IS NOT NULL")


def upgrade() -> None:
    op.create_table(
        "agency_doors",
        sa.Column("department_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("endpoint", sa.String(500), nullable=False),
        sa.Column("jurisdiction_id", sa.String(100), nullable=False),
        sa.Column("api_key", sa.Text(), nullable=False),
        sa.Column("service_codes", Json, nullable=False),
        sa.Column("default_code", sa.String(80), nullable=False),
        sa.Column("takes_client_id", sa.Boolean(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("pause_datetime", UtcDateTime()),
        sa.PrimaryKeyConstraint("department_id", name=op.f("pk_agency_doors")),
        sa.ForeignKeyConstraint(
            ["department_id"], ["departments.id"], name=op.f("fk_agency_doors_department_id"), ondelete="CASCADE"
        ),
    )
    op.create_table(
        "referrals",
        sa.Column("id", BIG, nullable=False),
        sa.Column("request_id", BIG, nullable=False),
        sa.Column("department_id", sa.Integer(), nullable=False),
        sa.Column("client_request_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("created_datetime", UtcDateTime(), nullable=False),
        sa.Column("due_datetime", UtcDateTime()),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("told_datetime", UtcDateTime()),
        sa.Column("token", sa.String(200)),
        sa.Column("their_id", sa.String(200)),
        sa.Column("their_status", sa.String(60), nullable=False),
        sa.Column("their_notes", sa.Text(), nullable=False),
        sa.Column("failure", sa.String(300)),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_referrals")),
        sa.UniqueConstraint("client_request_id", name=op.f("uq_referrals_client_request_id")),
        sa.ForeignKeyConstraint(
            ["request_id"], ["service_requests.id"], name=op.f("fk_referrals_request_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["department_id"], ["departments.id"], name=op.f("fk_referrals_department_id"), ondelete="CASCADE"
        ),
    )
    op.create_index(op.f("ix_referrals_request_id"), "referrals", ["request_id"])
    op.create_index("ix_referrals_due", "referrals", ["due_datetime"], sqlite_where=DUE, postgresql_where=DUE)


def downgrade() -> None:
    op.drop_table("referrals")
    op.drop_table("agency_doors")
