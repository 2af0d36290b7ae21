"""Notes with mentions and files, canned answers, moderation, flags, and questions as they were asked before

Revision ID: 0021
Revises: 0020
"""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

from app.db import Json, UtcDateTime

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
FLAGGED = sa.text("flagged_datetime IS NOT NULL")
WAITING = sa.text("settled_datetime IS NULL")
# Who of a city's first roles may write the answers that the desk gives again and again.
MANAGERS = ("supervisor", "department_head")
ANSWERS = "answers.manage"


def upgrade() -> None:
    make_notes()
    make_answers()
    make_moderation()
    make_past_questions()
    op.add_column("service_requests", sa.Column("flagged_datetime", UtcDateTime(), nullable=True))
    only = {"sqlite_where": FLAGGED, "postgresql_where": FLAGGED}
    op.create_index("ix_service_requests_flagged", "service_requests", ["flagged_datetime"], **only)
    give_to_managers()


def make_notes() -> None:
    op.create_table(
        "notes",
        sa.Column("id", BIG, nullable=False),
        sa.Column("request_id", BIG, nullable=False),
        sa.Column("account_id", sa.Integer()),
        sa.Column("account_name", sa.String(200), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("written_datetime", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notes")),
        link("notes", "request_id", "service_requests"),
        link("notes", "account_id", "accounts", "SET NULL"),
    )
    index("notes", "request_id")
    op.create_table(
        "note_mentions",
        sa.Column("note_id", BIG, nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("account_name", sa.String(200), nullable=False),
        sa.PrimaryKeyConstraint("note_id", "account_id", name=op.f("pk_note_mentions")),
        link("note_mentions", "note_id", "notes"),
        link("note_mentions", "account_id", "accounts"),
    )
    op.create_table(
        "note_files",
        sa.Column("id", BIG, nullable=False),
        sa.Column("note_id", BIG, nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("media_type", sa.String(40), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(200), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_note_files")),
        link("note_files", "note_id", "notes"),
    )
    index("note_files", "note_id")
    index("note_files", "key")


def make_answers() -> None:
    op.create_table(
        "canned_answers",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(100), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("translations", Json, nullable=False),
        sa.Column("department_id", sa.Integer()),
        sa.Column("service_id", sa.Integer()),
        sa.Column("updated_datetime", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_canned_answers")),
        link("canned_answers", "department_id", "departments"),
        link("canned_answers", "service_id", "services"),
    )
    index("canned_answers", "department_id")
    index("canned_answers", "service_id")


def make_moderation() -> None:
    op.create_table(
        "moderations",
        sa.Column("id", BIG, nullable=False),
        sa.Column("request_id", BIG, nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("update_id", BIG),
        sa.Column("photo_id", BIG),
        sa.Column("reason", sa.String(500), nullable=False),
        sa.Column("facts", Json, nullable=False),
        sa.Column("account_id", sa.Integer()),
        sa.Column("account_name", sa.String(200), nullable=False),
        sa.Column("done_datetime", UtcDateTime(), nullable=False),
        sa.Column("undone_datetime", UtcDateTime()),
        sa.Column("undone_by", sa.String(200), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_moderations")),
        link("moderations", "request_id", "service_requests"),
        link("moderations", "update_id", "updates"),
        link("moderations", "photo_id", "photos"),
        link("moderations", "account_id", "accounts", "SET NULL"),
    )
    for column in ("request_id", "update_id", "photo_id"):
        index("moderations", column)
    op.create_table(
        "flags",
        sa.Column("id", BIG, nullable=False),
        sa.Column("request_id", BIG, nullable=False),
        sa.Column("about", sa.String(10), nullable=False),
        sa.Column("photo_id", BIG),
        sa.Column("reason", sa.String(20), nullable=False),
        sa.Column("text", sa.String(500), nullable=False),
        sa.Column("reader_hash", sa.String(64), nullable=False),
        sa.Column("flagged_datetime", UtcDateTime(), nullable=False),
        sa.Column("settled_datetime", UtcDateTime()),
        sa.Column("settled_by", sa.String(200), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_flags")),
        link("flags", "request_id", "service_requests"),
        link("flags", "photo_id", "photos"),
    )
    index("flags", "request_id")
    index("flags", "photo_id")
    only = {"sqlite_where": WAITING, "postgresql_where": WAITING}
    op.create_index("ix_flags_waiting", "flags", ["request_id"], **only)


def make_past_questions() -> None:
    op.create_table(
        "past_questions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("service_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(80), nullable=False),
        sa.Column("asked_until", UtcDateTime(), nullable=False),
        sa.Column("question", Json, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_past_questions")),
        link("past_questions", "service_id", "services"),
    )
    op.create_index(op.f("ix_past_questions_service_id_code"), "past_questions", ["service_id", "code"])


def give_to_managers() -> None:
    """A city that is new has it in its roles already."""
    roles = sa.table("roles", sa.column("code", sa.String), sa.column("permissions", Json))
    connection = op.get_bind()
    for code, permissions in connection.execute(sa.select(roles).where(roles.c.code.in_(MANAGERS))).all():
        may = json.loads(permissions) if isinstance(permissions, str) else permissions
        if ANSWERS not in may and "*" not in may:
            connection.execute(roles.update().where(roles.c.code == code).values(permissions=[*may, ANSWERS]))


def link(table: str, column: str, other: str, on_delete: str = "CASCADE") -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}"), ondelete=on_delete)


def index(table: str, column: str) -> None:
    op.create_index(op.f(f"ix_{table}_{column}"), table, [column])


def downgrade() -> None:
    op.drop_index("ix_service_requests_flagged", table_name="service_requests")
    op.drop_column("service_requests", "flagged_datetime")
    for table in ("past_questions", "flags", "moderations", "canned_answers"):
        op.drop_table(table)
    for table in ("note_files", "note_mentions", "notes"):
        op.drop_table(table)
