"""Roles are rows, an account has them for a scope, and the audit trail is never altered

Revision ID: 0009
Revises: 0008
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.accounts.permissions import ROLES
from app.db import Json, UtcDateTime

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

NEVER = "the audit trail is never altered"
SQLITE_TRIGGERS = (
    f"CREATE TRIGGER audit_entries_not_changed BEFORE UPDATE ON audit_entries BEGIN SELECT RAISE(ABORT, '{NEVER}'); END",
    f"CREATE TRIGGER audit_entries_not_deleted BEFORE DELETE ON audit_entries BEGIN SELECT RAISE(ABORT, '{NEVER}'); END",
    # INSERT OR REPLACE takes a row away without asking the trigger above.
    "CREATE TRIGGER audit_entries_not_replaced BEFORE INSERT ON audit_entries"
    f" WHEN EXISTS (SELECT 1 FROM audit_entries WHERE id = NEW.id) BEGIN SELECT RAISE(ABORT, '{NEVER}'); END",
)
# By statement: ON CONFLICT DO UPDATE and TRUNCATE are refused too, whether or not a row is met.
POSTGRESQL_TRIGGERS = (
    "CREATE FUNCTION audit_entries_kept() RETURNS trigger LANGUAGE plpgsql AS"
    f" $$ BEGIN RAISE EXCEPTION '{NEVER}'; END $$",
    "CREATE TRIGGER audit_entries_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entries"
    " FOR EACH STATEMENT EXECUTE FUNCTION audit_entries_kept()",
)


def upgrade() -> None:
    roles = op.create_table(
        "roles",
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("permissions", Json, nullable=False),
        sa.Column("needs_totp", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_roles")),
    )
    first = [
        {"code": role.code, "name": role.name, "permissions": list(role.permissions), "needs_totp": False}
        for role in ROLES
    ]
    op.bulk_insert(roles, first)
    make_account_roles()
    op.execute(
        "INSERT INTO account_roles (account_id, role_code, department_id)"
        " SELECT id, role, CASE WHEN role = 'administrator' THEN NULL ELSE department_id END"
        " FROM accounts WHERE role IN (SELECT code FROM roles) ORDER BY id"
    )
    op.execute("ALTER TABLE accounts DROP COLUMN role")
    make_audit_entries()


def make_account_roles() -> None:
    op.create_table(
        "account_roles",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("role_code", sa.String(length=40), nullable=False),
        sa.Column("department_id", sa.Integer(), nullable=True),
        sa.Column("service_id", sa.Integer(), nullable=True),
        sa.Column("layer", sa.String(length=40), nullable=True),
        sa.Column("area_code", sa.String(length=80), nullable=True),
        sa.CheckConstraint("(layer IS NULL) = (area_code IS NULL)", name=op.f("ck_account_roles_area")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_account_roles_account_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["role_code"], ["roles.code"], name=op.f("fk_account_roles_role_code")),
        sa.ForeignKeyConstraint(
            ["department_id"], ["departments.id"], name=op.f("fk_account_roles_department_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["service_id"], ["services.id"], name=op.f("fk_account_roles_service_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_roles")),
    )
    op.create_index(op.f("ix_account_roles_account_id"), "account_roles", ["account_id"])


def make_audit_entries() -> None:
    op.create_table(
        "audit_entries",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("account_name", sa.String(length=200), nullable=False),
        sa.Column("action", sa.String(length=60), nullable=False),
        sa.Column("about", sa.String(length=254), nullable=False),
        sa.Column("facts", Json, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entries")),
    )
    op.create_index(op.f("ix_audit_entries_account_id_id"), "audit_entries", ["account_id", "id"])
    op.create_index(op.f("ix_audit_entries_about_id"), "audit_entries", ["about", "id"])
    op.create_index(op.f("ix_audit_entries_at"), "audit_entries", ["at"])
    on_sqlite = op.get_bind().dialect.name == "sqlite"
    for statement in SQLITE_TRIGGERS if on_sqlite else POSTGRESQL_TRIGGERS:
        op.get_bind().exec_driver_sql(statement)


def downgrade() -> None:
    op.drop_table("audit_entries")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION audit_entries_kept()")
    op.execute("ALTER TABLE accounts ADD COLUMN role VARCHAR(20) DEFAULT 'resident' NOT NULL")
    first = "SELECT role_code FROM account_roles WHERE account_id = accounts.id ORDER BY id LIMIT 1"
    op.execute(f"UPDATE accounts SET role = substr(COALESCE(({first}), 'resident'), 1, 20)")
    op.drop_table("account_roles")
    op.drop_table("roles")
