"""Alembic's environment: called by `blockwise setup` with a connection that the app has opened."""

from __future__ import annotations

from alembic import context
from geoalchemy2 import alembic_helpers
from sqlalchemy import JSON

import app.accounts.models
import app.accounts.sign_in_models
import app.accounts.team_models
import app.agencies.models
import app.jobs
import app.jurisdictions.models
import app.notifications.announcement_models
import app.notifications.models
import app.open311.models
import app.performance.models
import app.service_requests.count_models
import app.service_requests.escalation_models
import app.service_requests.merge_models
import app.service_requests.missed_models
import app.service_requests.models
import app.service_requests.moderation_models
import app.service_requests.note_models
import app.service_requests.outbox_models
import app.service_requests.rating_models
import app.service_requests.redress_models
import app.service_requests.routing_models
import app.services.models
import app.services.promise_models
import app.services.question_models
import app.staff.answer_models
import app.staff.queue_models
import app.work.models
import app.work.webhook_models  # noqa: F401
from app.db import Base, UtcDateTime


def render_item(kind, item, autogen_context):
    """Names our own column types as the models do."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "UtcDateTime()"
    if kind == "type" and isinstance(item, JSON):
        return "Json"
    return alembic_helpers.render_item(kind, item, autogen_context)


def include_object(item, name, kind, reflected, compare_to):
    """Leaves the databases' own spatial tables alone."""
    if kind == "table" and reflected and compare_to is None:
        return name in Base.metadata.tables
    return alembic_helpers.include_object(item, name, kind, reflected, compare_to)


def run(connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        include_object=include_object,
        process_revision_directives=alembic_helpers.writer,
        render_item=render_item,
        render_as_batch=False,
        compare_type=True,
    )
    with context.begin_transaction():
        context.run_migrations()


run(context.config.attributes["connection"])
