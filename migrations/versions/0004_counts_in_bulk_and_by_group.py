"""Many new requests are counted together, the triggers standing aside; groups of services have sums of their own

Revision ID: 0004
Revises: 0003
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.service_requests.count_rebuild import rebuild_statements
from app.service_requests.count_triggers import statements

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "counting_paused",
        sa.Column("id", number, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_counting_paused")),
    )
    dialect = op.get_bind().dialect.name
    for statement in (*rebuild_statements(dialect), *statements(dialect)):
        op.get_bind().exec_driver_sql(statement)


def downgrade() -> None:
    # The triggers of 0003 are made by the same functions: they go with it, or stay as they are.
    op.drop_table("counting_paused")
