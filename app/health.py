"""Is it alive, can it serve, and how much does it do."""

from __future__ import annotations

from typing import Any

from litestar import MediaType, Request, Response, get
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, generate_latest
from sqlalchemy import text

from app.db import Database
from app.jobs import worker_alive
from app.media.storage import check_writable


@get("/healthz", media_type=MediaType.TEXT)
async def healthz() -> str:
    """The process answers."""
    return "ok"


@get("/readyz")
async def readyz(request: Request[Any, Any, Any]) -> Response[dict[str, str]]:
    """Whether the database, the media store and the worker do: 200, or 503 with the part that does not."""
    state = request.app.state
    parts = {
        "database": await answers(check_database, state.database),
        "media": await answers(check_writable, state.media),
        "worker": await answers(check_worker, state.database),
    }
    ready = all(word == "ok" for word in parts.values())
    return Response(parts, status_code=200 if ready else 503)


@get("/metrics")
async def metrics() -> Response[bytes]:
    return Response(generate_latest(REGISTRY), media_type=CONTENT_TYPE_LATEST)


async def answers(check: Any, subject: Any) -> str:
    try:
        await check(subject)
    except Exception as error:
        return type(error).__name__
    return "ok"


async def check_database(database: Database) -> None:
    async with database.reading() as session:
        await session.execute(text("SELECT 1"))


async def check_worker(database: Database) -> None:
    """Raises RuntimeError when no worker was seen lately."""
    async with database.reading() as session:
        if not await worker_alive(session):
            raise RuntimeError("no worker was seen lately")


route_handlers = [healthz, readyz, metrics]
