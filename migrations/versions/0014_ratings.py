"""What people answer to “Is it fixed?”

Revision ID: 0014
Revises: 0013
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.db import UtcDateTime

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

BigKey = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "ratings",
        sa.Column("id", BigKey, nullable=False),
        sa.Column("request_id", BigKey, nullable=False),
        sa.Column("update_id", BigKey, nullable=False),
        sa.Column("rater", sa.String(24), nullable=False),
        sa.Column("answer", sa.String(3), nullable=False),
        sa.Column("stars", sa.Integer),
        sa.Column("words", sa.Text, nullable=False),
        sa.Column("answered_datetime", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ratings")),
        sa.UniqueConstraint("update_id", "rater", name=op.f("uq_ratings_update_id_rater")),
        sa.CheckConstraint("stars BETWEEN 1 AND 5", name=op.f("ck_ratings_stars")),
        sa.ForeignKeyConstraint(
            ["request_id"], ["service_requests.id"], name=op.f("fk_ratings_request_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["update_id"], ["updates.id"], name=op.f("fk_ratings_update_id"), ondelete="CASCADE"),
    )
    op.create_index(op.f("ix_ratings_request_id"), "ratings", ["request_id"])
    op.create_index(op.f("ix_ratings_answered_datetime"), "ratings", ["answered_datetime"])


def downgrade() -> None:
    op.drop_table("ratings")
