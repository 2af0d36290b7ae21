"""What is asked of all requests of a part of the map stands in an index; the open ones of a place have one of their own

Requests that came before their areas get them: until now they did not.

Revision ID: 0006
Revises: 0005
"""

from __future__ import annotations

from alembic import op
from sqlalchemy import text

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

# As a job says when it is due.
NOW = {"sqlite": "strftime('%Y-%m-%d %H:%M:%f', 'now') || '000'", "postgresql": "now()"}
# As the workflow was then: a later one brings its own index.
IS_OPEN = text("status IN ('received', 'accepted', 'assigned', 'in_progress', 'acted_upon', 'reopened')")
FACTS = ["cell", "service_id", "status", "late", "source", "requested_datetime", "closed_datetime", "id"]


def upgrade() -> None:
    op.drop_index(op.f("ix_service_requests_cell"), table_name="service_requests")
    op.create_index("ix_service_requests_facts", "service_requests", FACTS)
    if op.get_bind().dialect.name == "postgresql":
        op.create_index(
            "ix_service_requests_open",
            "service_requests",
            ["location"],
            postgresql_using="gist",
            postgresql_where=IS_OPEN,
        )
    op.execute(
        "INSERT INTO jobs (name, arguments, run_datetime, attempts)"
        f" SELECT 'assign_areas', '{{\"layer\": null}}', {NOW[op.get_bind().dialect.name]}, 0"
        " WHERE EXISTS (SELECT 1 FROM service_requests) AND EXISTS (SELECT 1 FROM areas)"
    )


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.drop_index("ix_service_requests_open", table_name="service_requests")
    op.drop_index("ix_service_requests_facts", table_name="service_requests")
    op.create_index(op.f("ix_service_requests_cell"), "service_requests", ["cell"])
