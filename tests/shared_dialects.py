"""What SQLAlchemy has compiled for one engine serves the next of its kind: each test has engines of its own."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

seen: dict[str, list[Engine]] = {}


def engine_of_a_kind(url: Any, **options: Any) -> AsyncEngine:
    """As `create_async_engine`. A program has one engine and compiles each statement once; so do thousands of tests."""
    made = create_async_engine(url, **options)
    engine = made.sync_engine
    kin = seen.setdefault(engine.driver, [])
    # What its first connection told it belongs to a dialect.
    known = [one for one in kin if getattr(one.dialect, "server_version_info", None)]
    if known:
        engine.dialect = engine.pool._dialect = known[0].dialect
        engine._compiled_cache = known[0]._compiled_cache
        kin[:] = known[:1]
    else:
        kin.append(engine)
    return made
