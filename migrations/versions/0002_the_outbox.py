"""The outbox: staged photos, receipts, likely duplicates

Revision ID: 0002
Revises: 0001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.db import Json, UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def big_key() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "staged_photos",
        sa.Column("id", big_key(), nullable=False),
        sa.Column("client_request_id", sa.Uuid(), nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("master_key", sa.String(length=200), nullable=False),
        sa.Column("large_key", sa.String(length=200), nullable=False),
        sa.Column("small_key", sa.String(length=200), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("taken_datetime", UtcDateTime(), nullable=True),
        sa.Column("uploaded_datetime", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staged_photos")),
        sa.UniqueConstraint(
            "client_request_id", "content_hash", name=op.f("uq_staged_photos_client_request_id_content_hash")
        ),
    )
    for column in ("master_key", "large_key", "small_key", "uploaded_datetime"):
        op.create_index(op.f(f"ix_staged_photos_{column}"), "staged_photos", [column], unique=False)
    op.create_table(
        "receipts",
        sa.Column("client_request_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("request_id", big_key(), nullable=True),
        sa.Column("answer", Json, nullable=False),
        sa.Column("received_datetime", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["request_id"], ["service_requests.id"], name=op.f("fk_receipts_request_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("client_request_id", name=op.f("pk_receipts")),
    )
    op.create_index(op.f("ix_receipts_request_id"), "receipts", ["request_id"], unique=False)
    op.create_table(
        "likely_duplicates",
        sa.Column("request_id", big_key(), nullable=False),
        sa.Column("other_id", big_key(), nullable=False),
        sa.Column("distance_m", sa.Double(), nullable=False),
        sa.Column("found_datetime", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["other_id"], ["service_requests.id"], name=op.f("fk_likely_duplicates_other_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["request_id"], ["service_requests.id"], name=op.f("fk_likely_duplicates_request_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("request_id", "other_id", name=op.f("pk_likely_duplicates")),
    )
    op.create_index(op.f("ix_likely_duplicates_other_id"), "likely_duplicates", ["other_id"], unique=False)


def downgrade() -> None:
    op.drop_table("likely_duplicates")
    op.drop_table("receipts")
    op.drop_table("staged_photos")
