"""Announcements, the places that they name, and the messages that went out about them

Revision ID: 0011
Revises: 0010
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.db import Json, UtcDateTime

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

UNTOLD = sa.text("announced_datetime IS NULL")


def upgrade() -> None:
    op.create_table(
        "announcements",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("department_id", sa.Integer),
        sa.Column("severity", sa.String(10), nullable=False),
        sa.Column("category", sa.String(10), nullable=False),
        sa.Column("urgency", sa.String(10), nullable=False),
        sa.Column("certainty", sa.String(10), nullable=False),
        sa.Column("headline", sa.String(160), nullable=False),
        sa.Column("description", sa.String(4000), nullable=False),
        sa.Column("instruction", sa.String(2000), nullable=False),
        sa.Column("translations", Json, nullable=False),
        sa.Column("starts_datetime", UtcDateTime, nullable=False),
        sa.Column("ends_datetime", UtcDateTime, nullable=False),
        sa.Column("reach", sa.String(10), nullable=False),
        sa.Column("areas", Json, nullable=False),
        sa.Column("lat", sa.Double()),
        sa.Column("long", sa.Double()),
        sa.Column("radius_m", sa.Double()),
        sa.Column("centre", sa.String(300), nullable=False),
        sa.Column("created_datetime", UtcDateTime, nullable=False),
        sa.Column("updated_datetime", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_announcements")),
        sa.ForeignKeyConstraint(["department_id"], ["departments.id"], name=op.f("fk_announcements_department_id")),
    )
    op.create_index(op.f("ix_announcements_state_ends_datetime"), "announcements", ["state", "ends_datetime"])
    op.create_table(
        "announcement_places",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("announcement_id", sa.Integer, nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("address", sa.String(300), nullable=False),
        sa.Column("note", sa.String(300), nullable=False),
        sa.Column("translations", Json, nullable=False),
        sa.Column("lat", sa.Double(), nullable=False),
        sa.Column("long", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_announcement_places")),
        sa.ForeignKeyConstraint(
            ["announcement_id"],
            ["announcements.id"],
            name=op.f("fk_announcement_places_announcement_id"),
            ondelete="CASCADE",
        ),
    )
    op.create_index(op.f("ix_announcement_places_announcement_id"), "announcement_places", ["announcement_id"])
    op.create_table(
        "announcement_messages",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("announcement_id", sa.Integer, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("note", sa.String(500), nullable=False),
        sa.Column("translations", Json, nullable=False),
        sa.Column("account_id", sa.Integer),
        sa.Column("sent_datetime", UtcDateTime, nullable=False),
        sa.Column("announced_datetime", UtcDateTime),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_announcement_messages")),
        sa.UniqueConstraint(
            "announcement_id", "version", name=op.f("uq_announcement_messages_announcement_id_version")
        ),
        sa.ForeignKeyConstraint(
            ["announcement_id"],
            ["announcements.id"],
            name=op.f("fk_announcement_messages_announcement_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounts.id"],
            name=op.f("fk_announcement_messages_account_id"),
            ondelete="SET NULL",
        ),
    )
    op.create_index(
        "ix_announcement_messages_untold",
        "announcement_messages",
        ["id"],
        sqlite_where=UNTOLD,
        postgresql_where=UNTOLD,
    )


def downgrade() -> None:
    op.drop_table("announcement_messages")
    op.drop_table("announcement_places")
    op.drop_table("announcements")
