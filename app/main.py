"""The application: the only file that imports every feature. Start reading here."""

from __future__ import annotations

import logging
import mimetypes
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from typing import Any

import httpx
import structlog
from litestar import Litestar, Response
from litestar.config.compression import CompressionConfig
from litestar.datastructures import State
from litestar.di import Provide
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.plugins.htmx import HTMXPlugin
from litestar.plugins.prometheus import PrometheusConfig
from litestar.static_files import create_static_files_router
from litestar.template import TemplateConfig

from app import edge, health
from app.accounts import account_pages, directory_pages, link_pages, second_factor_pages
from app.accounts import controllers as accounts
from app.accounts.guards import SignInNeeded, guard, may, on_sign_in_needed, provide_account
from app.agencies.poll_referrals import poll_referrals
from app.agencies.refer import tell_agency
from app.agencies.send_referrals import PASS_ON_EVERY, send_referrals
from app.db import Database, open_database, provide_session
from app.errors import exception_handlers
from app.imports.area_requests import assign_job
from app.jobs import Handler, Periodic, Worker, running
from app.jurisdictions import along_places
from app.jurisdictions import controllers as places
from app.jurisdictions.queries import NoCity
from app.maps import along, area_controllers, area_pages, feeds, map_page, place_pages, request_list, request_tiles
from app.maps import controllers as maps
from app.media.storage import open_store
from app.notifications import (
    announcement_desk,
    announcement_feeds,
    announcement_pages,
    delivery_pages,
    inbox_pages,
    push_controllers,
    settings_pages,
    stop,
)
from app.notifications.account_mails import send_account_mails
from app.notifications.agency_mails import send_agency_mails
from app.notifications.announce import announce
from app.notifications.banner import enter_notices
from app.notifications.forgetting import forget_job
from app.open311 import controllers as open311
from app.performance import promises_page, review_pages
from app.performance.count_promises import COUNT_EVERY, count_promises
from app.performance.reviews import open_reviews
from app.pwa import controllers as pwa
from app.pwa.built_files import compressed
from app.service_requests import (
    along_requests,
    fixed_page,
    flag,
    home,
    my,
    outbox,
    photos_page,
    report,
    report_lookups,
    request_actions,
    request_page,
)
from app.service_requests.abandoned import remove_abandoned_photos
from app.service_requests.counts import FOLD_EVERY, fold_all, recount_job
from app.service_requests.escalation import sweep_clock
from app.service_requests.follow_up import TELL_AGENCY, TRIAGE_WAIT
from app.service_requests.late import SWEEP_EVERY, sweep_late
from app.service_requests.placing import ASSIGN
from app.service_requests.suspensions import sweep_suspensions
from app.service_requests.triage import triage_waited
from app.settings import ROOT, Settings, load_settings
from app.staff import (
    agency_pages,
    answer_pages,
    audit_pages,
    bulk_pages,
    caller_pages,
    comments,
    explaining,
    hands_pages,
    merge_pages,
    moderation,
    notes,
    photo_moderation,
    presence,
    promise_pages,
    queue_events,
    queue_pages,
    redress_pages,
    role_pages,
    routing_pages,
    saved_filters,
    service_pages,
    staff_accounts,
    team_pages,
    waiting,
    webhook_pages,
    work_order_page,
    work_pages,
)
from app.staff import controllers as staff
from app.templating import template_engine
from app.work import controllers as work
from app.work.send_webhooks import SEND_EVERY, send_webhooks

MAX_BODY_BYTES = 100_000_000
# As data alone: the pages that could show it load their code from elsewhere.
API_DESCRIPTION = [JsonRenderPlugin(path=["/", "/openapi.json"])]
FOR_EVER = "public, max-age=31536000, immutable"

route_handlers: list[Any] = [
    edge.choose_language,
    *health.route_handlers,
    *maps.route_handlers,
    *request_tiles.route_handlers,
    *request_list.route_handlers,
    *map_page.route_handlers,
    *along.route_handlers,
    *area_controllers.route_handlers,
    *area_pages.route_handlers,
    *feeds.route_handlers,
    *place_pages.route_handlers,
    *open311.route_handlers,
    *places.route_handlers,
    *along_places.route_handlers,
    *pwa.route_handlers,
    *report.route_handlers,
    *report_lookups.route_handlers,
    *along_requests.route_handlers,
    *home.route_handlers,
    *my.route_handlers,
    *outbox.route_handlers,
    *request_page.route_handlers,
    *request_actions.route_handlers,
    *fixed_page.route_handlers,
    *flag.route_handlers,
    *photos_page.route_handlers,
    *stop.route_handlers,
    *settings_pages.route_handlers,
    *inbox_pages.route_handlers,
    *delivery_pages.route_handlers,
    *push_controllers.route_handlers,
    *announcement_feeds.route_handlers,
    *announcement_pages.route_handlers,
    *announcement_desk.route_handlers,
    *accounts.route_handlers,
    *directory_pages.route_handlers,
    *account_pages.route_handlers,
    *second_factor_pages.route_handlers,
    *link_pages.route_handlers,
    *queue_pages.route_handlers,
    *saved_filters.route_handlers,
    *presence.route_handlers,
    *work.route_handlers,
    *bulk_pages.route_handlers,
    *caller_pages.route_handlers,
    *queue_events.route_handlers,
    *staff.route_handlers,
    *answer_pages.route_handlers,
    *comments.route_handlers,
    *service_pages.route_handlers,
    *moderation.route_handlers,
    *notes.route_handlers,
    *photo_moderation.route_handlers,
    *merge_pages.route_handlers,
    *webhook_pages.route_handlers,
    *work_pages.route_handlers,
    *work_order_page.route_handlers,
    *audit_pages.route_handlers,
    *role_pages.route_handlers,
    *staff_accounts.route_handlers,
    *routing_pages.route_handlers,
    *team_pages.route_handlers,
    *hands_pages.route_handlers,
    *agency_pages.route_handlers,
    *waiting.route_handlers,
    *explaining.route_handlers,
    *promise_pages.route_handlers,
    *promises_page.route_handlers,
    *review_pages.route_handlers,
    *redress_pages.route_handlers,
]
job_handlers: dict[str, Handler] = {
    "recount": recount_job,
    ASSIGN: assign_job,
    TRIAGE_WAIT: triage_waited,
    my.FORGET: forget_job,
    TELL_AGENCY: tell_agency,
}


def periodic(settings: Settings) -> dict[Periodic, timedelta]:
    """What the worker does again and again, and how often."""

    async def announcing(database: Database) -> None:
        # First: somebody waits for it in front of a page.
        await send_account_mails(database, settings)
        await announce(database, settings)

    async def telling_systems(database: Database) -> None:
        await send_webhooks(database, settings)

    async def passing_on(database: Database) -> None:
        await send_referrals(database, settings)
        await send_agency_mails(database, settings)
        await poll_referrals(database, settings)

    async def tidying(database: Database) -> None:
        await remove_abandoned_photos(database, open_store(settings.media_url))

    return {
        announcing: timedelta(seconds=5),
        passing_on: PASS_ON_EVERY,
        fold_all: FOLD_EVERY,
        sweep_suspensions: SWEEP_EVERY,
        sweep_late: SWEEP_EVERY,
        sweep_clock: SWEEP_EVERY,
        count_promises: COUNT_EVERY,
        telling_systems: SEND_EVERY,
        open_reviews: COUNT_EVERY,
        tidying: timedelta(days=1),
    }


def create_app(settings: Settings | None = None) -> Litestar:
    """The whole application for these settings, or for those of the environment."""
    settings = settings or load_settings()
    configure_logs(settings)
    # The navigation of the desk asks it on every staff page.
    template_engine.engine.globals["account_may"] = may
    mimetypes.add_type("application/manifest+json", ".webmanifest")
    prometheus = PrometheusConfig(app_name="blockwise", prefix="blockwise", group_path=True)
    app = Litestar(
        route_handlers=[
            *route_handlers,
            create_static_files_router(
                "/static/build",
                [ROOT / "static" / "build"],
                name="build",
                cache_control=None,
                before_request=compressed,
                after_request=keep_for_ever,
                opt={"no_compression": True},
            ),
            create_static_files_router("/static", [ROOT / "static"], name="static"),
        ],
        dependencies={"session": Provide(provide_session), "account": Provide(provide_account)},
        guards=[guard],
        state=state_of(settings),
        lifespan=[serving],
        exception_handlers={**exception_handlers, SignInNeeded: on_sign_in_needed, NoCity: edge.on_no_city},
        before_request=edge.refuse_unfit,
        middleware=[prometheus.middleware],
        compression_config=CompressionConfig(
            backend="gzip", minimum_size=600, gzip_compress_level=6, exclude_opt_key="no_compression"
        ),
        template_config=TemplateConfig(instance=template_engine),
        plugins=[HTMXPlugin()],
        openapi_config=OpenAPIConfig(title="Blockwise", version="1", path="/api", render_plugins=API_DESCRIPTION),
        request_class=edge.BoundedRequest,
        request_max_body_size=MAX_BODY_BYTES,
        logging_config=None,
    )
    # Litestar's own middleware is not reached by an address that has no handler.
    app.asgi_handler = edge.edge(app.asgi_handler, app.state, enter_notices)
    return app


def state_of(settings: Settings) -> State:
    """What an application has for these settings: they, the database and the photos' store."""
    return State({"database": open_database(settings), "settings": settings, "media": open_store(settings.media_url)})


@asynccontextmanager
async def serving(app: Litestar) -> AsyncIterator[None]:
    """What runs as long as the server does: the outside HTTP client and, when embedded, the worker."""
    settings: Settings = app.state.settings
    database: Database = app.state.database
    async with AsyncExitStack() as stack:
        app.state.http = await stack.enter_async_context(httpx.AsyncClient(timeout=httpx.Timeout(5.0, connect=2.0)))
        stack.push_async_callback(database.close)
        if settings.embedded_worker:
            await stack.enter_async_context(running(Worker(database, job_handlers, periodic(settings))))
        yield


def keep_for_ever(response: Response[Any]) -> Response[Any]:
    response.headers["Cache-Control"] = FOR_EVER
    return response


def configure_logs(settings: Settings) -> None:
    """One JSON object a line on standard output; plain lines for people with BLOCKWISE_LOG_FORMAT=plain."""
    renderer = (
        structlog.dev.ConsoleRenderer() if settings.log_format == "plain" else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        cache_logger_on_first_use=True,
    )
