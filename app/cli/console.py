"""How a command opens the database and speaks on the terminal."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, TypeVar

import click
from sqlalchemy import select

from app.db import Database, open_database
from app.jurisdictions.models import Jurisdiction
from app.settings import load_settings

T = TypeVar("T")


def run(work: Any) -> Any:
    return asyncio.run(work)


async def with_database(work: Callable[[Database], Awaitable[T]]) -> T:
    async with opened() as database:
        return await work(database)


@contextlib.asynccontextmanager
async def opened() -> AsyncIterator[Database]:
    database = open_database(load_settings(), pool_size=2)
    try:
        yield database
    finally:
        await database.close()


async def has_city(database: Database) -> bool:
    async with database.reading() as session:
        return (await session.execute(select(Jurisdiction.id))).first() is not None


def say(words: str) -> None:
    """One line of progress: on a terminal it replaces the last one."""
    if sys.stderr.isatty():
        click.echo(f"\r\033[K{words}", nl=False, err=True)
    else:
        click.echo(words, err=True)


def say_rows(step: str, done: int, total: int | None, per_second: float) -> None:
    say(f"{step}: {done:,}{f' of {total:,}' if total else ''} ({per_second:,.0f} a second)")
