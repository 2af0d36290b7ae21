"""PostgreSQL does not check the areas of each request; what few rows have is indexed of these few only

Revision ID: 0008
Revises: 0007
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

LINKED = sa.text("duplicate_of_id IS NOT NULL")
UNANNOUNCED = sa.text("announced_datetime IS NULL")
# (name, column, the table that it names, what becomes of the row when that one goes)
CHECKS = (
    ("fk_request_areas_request_id", "request_id", "service_requests", "CASCADE"),
    ("fk_request_areas_area_id", "area_id", "areas", None),
)


def upgrade() -> None:
    op.drop_index("ix_service_requests_duplicate_of_id", table_name="service_requests")
    op.create_index(
        "ix_service_requests_duplicate_of_id",
        "service_requests",
        ["duplicate_of_id"],
        sqlite_where=LINKED,
        postgresql_where=LINKED,
    )
    op.drop_index("ix_updates_announced_datetime_id", table_name="updates")
    op.create_index(
        "ix_updates_unannounced", "updates", ["id"], sqlite_where=UNANNOUNCED, postgresql_where=UNANNOUNCED
    )
    # SQLite would have to write the table anew, and checks cost it little.
    if op.get_bind().dialect.name == "postgresql":
        for name, *_ in CHECKS:
            op.drop_constraint(name, "request_areas", type_="foreignkey")


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        for name, column, table, on_delete in CHECKS:
            op.create_foreign_key(name, "request_areas", table, [column], ["id"], ondelete=on_delete)
    op.drop_index("ix_updates_unannounced", table_name="updates")
    op.create_index("ix_updates_announced_datetime_id", "updates", ["announced_datetime", "id"])
    op.drop_index("ix_service_requests_duplicate_of_id", table_name="service_requests")
    op.create_index("ix_service_requests_duplicate_of_id", "service_requests", ["duplicate_of_id"])
