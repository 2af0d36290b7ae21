"""The newest requests of a part of the map, and of a source, are found by indexes

Revision ID: 0005
Revises: 0004
"""

from __future__ import annotations

from alembic import op

from app.service_requests.models import SQUARE

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_service_requests_square", "service_requests", [SQUARE, "requested_datetime", "id"])
    op.create_index(
        op.f("ix_service_requests_source_requested_datetime"), "service_requests", ["source", "requested_datetime"]
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_service_requests_source_requested_datetime"), table_name="service_requests")
    op.drop_index("ix_service_requests_square", table_name="service_requests")
