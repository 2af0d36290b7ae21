"""Sessions that can be seen, counted attempts, second factors, one-time links and the letters that carry them

Revision ID: 0010
Revises: 0009
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.db import UtcDateTime

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

UNSENT = sa.text("sent_datetime IS NULL")
SEEN = {
    "needs": sa.String(length=10),
    "seen_datetime": UtcDateTime(),
    "device": sa.String(length=60),
    "address": sa.String(length=45),
}


def upgrade() -> None:
    op.add_column("accounts", sa.Column("locale", sa.String(length=10), nullable=True))
    for name, kind in SEEN.items():
        op.add_column("sign_ins", sa.Column(name, kind, nullable=True))
    op.create_table(
        "attempts",
        sa.Column("key", sa.String(length=100), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("since_datetime", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_attempts")),
    )
    op.create_index(op.f("ix_attempts_since_datetime"), "attempts", ["since_datetime"])
    make_second_factors()
    make_letters()


def make_second_factors() -> None:
    op.create_table(
        "second_factors",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("secret", sa.String(length=200), nullable=False),
        sa.Column("last_step", sa.Integer(), nullable=False),
        sa.Column("confirmed_datetime", UtcDateTime(), nullable=False),
        of_an_account("second_factors"),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_second_factors")),
    )
    op.create_table(
        "recovery_codes",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("used_datetime", UtcDateTime(), nullable=True),
        of_an_account("recovery_codes"),
        sa.PrimaryKeyConstraint("account_id", "code_hash", name=op.f("pk_recovery_codes")),
    )


def make_letters() -> None:
    op.create_table(
        "one_time_links",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("expires_datetime", UtcDateTime(), nullable=False),
        sa.Column("used_datetime", UtcDateTime(), nullable=True),
        of_an_account("one_time_links"),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_one_time_links")),
    )
    op.create_table(
        "account_mails",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("locale", sa.String(length=10), nullable=False),
        sa.Column("created_datetime", UtcDateTime(), nullable=False),
        sa.Column("due_datetime", UtcDateTime(), nullable=False),
        sa.Column("sent_datetime", UtcDateTime(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("failure", sa.String(length=80), nullable=True),
        of_an_account("account_mails"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_mails")),
    )
    for table, column in (
        ("one_time_links", "account_id"), ("one_time_links", "expires_datetime"), ("account_mails", "account_id")
    ):  # fmt: skip
        op.create_index(op.f(f"ix_{table}_{column}"), table, [column])
    op.create_index(
        "ix_account_mails_unsent", "account_mails", ["id"], sqlite_where=UNSENT, postgresql_where=UNSENT
    )


def of_an_account(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["account_id"], ["accounts.id"], name=op.f(f"fk_{table}_account_id"), ondelete="CASCADE"
    )


def downgrade() -> None:
    for table in ("account_mails", "one_time_links", "recovery_codes", "second_factors", "attempts"):
        op.drop_table(table)
    for name in SEEN:
        op.execute(f"ALTER TABLE sign_ins DROP COLUMN {name}")
    op.execute("ALTER TABLE accounts DROP COLUMN locale")
