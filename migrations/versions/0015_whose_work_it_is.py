"""Teams, the rules of routing, each hand-over, and whose work a request is

Revision ID: 0015
Revises: 0014
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.db import Json, UtcDateTime

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
CURRENT = sa.text("valid_to IS NULL")
BY_RULE = sa.text("rule_id IS NOT NULL")
LINKS = (
    ("team_id", "teams"),
    ("assignee_id", "accounts"),
    ("routing_rule_id", "routing_rules"),
)
CITY_COLUMNS = (("routing_version", "1"), ("triage_hours", "4"))
INDEXES = (
    ("ix_service_requests_assignee", ["assignee_id", "expected_datetime", "id"], "assignee_id"),
    ("ix_service_requests_team", ["team_id", "expected_datetime", "id"], "team_id"),
    ("ix_service_requests_triage", ["triage_datetime"], "triage_datetime"),
)


def upgrade() -> None:
    make_teams()
    make_rules()
    add_columns()
    make_hand_overs()


def make_teams() -> None:
    op.create_table(
        "teams",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(40), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("department_id", sa.Integer()),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_teams")),
        sa.UniqueConstraint("code", name=op.f("uq_teams_code")),
        link("teams", "department_id", "departments"),
    )
    op.create_table(
        "team_members",
        sa.Column("team_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("team_id", "account_id", name=op.f("pk_team_members")),
        link("team_members", "team_id", "teams", "CASCADE"),
        link("team_members", "account_id", "accounts", "CASCADE"),
    )
    op.create_index(op.f("ix_team_members_account_id"), "team_members", ["account_id"])


def make_rules() -> None:
    op.create_table(
        "routing_rules",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(40), nullable=False),
        sa.Column("position", sa.Double(), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("conditions", Json, nullable=False),
        sa.Column("department_id", sa.Integer()),
        sa.Column("team_id", sa.Integer()),
        sa.Column("assignee_id", sa.Integer()),
        sa.Column("priority", sa.String(20)),
        sa.Column("valid_from", UtcDateTime(), nullable=False),
        sa.Column("valid_to", UtcDateTime()),
        sa.Column("account_id", sa.Integer()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_routing_rules")),
        link("routing_rules", "department_id", "departments"),
        link("routing_rules", "team_id", "teams"),
        link("routing_rules", "assignee_id", "accounts"),
        link("routing_rules", "account_id", "accounts"),
    )
    make_index("ix_routing_rules_current", "routing_rules", ["position"], CURRENT)
    op.create_index(op.f("ix_routing_rules_code_id"), "routing_rules", ["code", "id"])
    for name, first in CITY_COLUMNS:
        op.add_column("jurisdictions", sa.Column(name, sa.Integer(), server_default=first, nullable=False))


def add_columns() -> None:
    for name, table in LINKS:
        # As SQLite takes it too: it cannot add a check afterwards.
        check = f"CONSTRAINT fk_service_requests_{name} REFERENCES {table} (id)"
        op.execute(f"ALTER TABLE service_requests ADD COLUMN {name} INTEGER {check}")
    op.add_column("service_requests", sa.Column("triage_datetime", UtcDateTime(), nullable=True))
    op.add_column("service_requests", sa.Column("returned_count", sa.Integer(), server_default="0", nullable=False))
    for name, columns, of in INDEXES:
        make_index(name, "service_requests", columns, sa.text(f"{of} IS NOT NULL AND closed_datetime IS NULL"))


def make_hand_overs() -> None:
    ends = [f"{way}_{what}_id" for way in ("from", "to") for what in ("department", "team", "assignee")]
    tables = {"department_id": "departments", "team_id": "teams", "assignee_id": "accounts"}
    op.create_table(
        "hand_overs",
        sa.Column("id", BIG, nullable=False),
        sa.Column("request_id", BIG, nullable=False),
        sa.Column("handed_datetime", UtcDateTime(), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("rule_id", sa.Integer()),
        *(sa.Column(name, sa.Integer()) for name in ends),
        sa.Column("account_id", sa.Integer()),
        sa.Column("reason_code", sa.String(20), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hand_overs")),
        link("hand_overs", "request_id", "service_requests", "CASCADE"),
        sa.ForeignKeyConstraint(["rule_id"], ["routing_rules.id"], name=op.f("fk_hand_overs_rule_id")),
        *(link("hand_overs", name, tables[name.split("_", 1)[1]]) for name in ends),
        link("hand_overs", "account_id", "accounts"),
    )
    op.create_index(op.f("ix_hand_overs_request_id"), "hand_overs", ["request_id"])
    make_index(op.f("ix_hand_overs_rule_id_handed_datetime"), "hand_overs", ["rule_id", "handed_datetime"], BY_RULE)


def link(table: str, column: str, to: str, ondelete: str = "SET NULL") -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}"), ondelete=ondelete)


def make_index(name: str, table: str, columns: list[str], where: sa.TextClause) -> None:
    op.create_index(name, table, columns, sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    op.drop_table("hand_overs")
    for name, _, _ in INDEXES:
        op.drop_index(name, table_name="service_requests")
    for name in (*(name for name, _ in LINKS), "triage_datetime", "returned_count"):
        op.execute(f"ALTER TABLE service_requests DROP COLUMN {name}")
    for name, _ in CITY_COLUMNS:
        op.execute(f"ALTER TABLE jurisdictions DROP COLUMN {name}")
    for table in ("routing_rules", "team_members", "teams"):
        op.drop_table(table)
