"""Brings a database to the shape that this version needs (Alembic)."""

from __future__ import annotations

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text

from app.db import Database, prepare_spatial
from app.settings import ROOT


def alembic_config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(ROOT / "migrations"))
    config.attributes["connection"] = connection
    return config


async def migrate(database: Database) -> None:
    """Makes or migrates the whole schema, in one transaction. Safe to run again."""
    async with database.writing() as session:
        connection = await session.connection()
        await prepare_spatial(connection)
        await connection.run_sync(lambda sync: command.upgrade(alembic_config(sync), "head"))


async def is_current(database: Database) -> bool:
    """Whether nothing needs migrating."""
    head = ScriptDirectory.from_config(alembic_config()).get_current_head()
    async with database.reading() as session:
        connection = await session.connection()
        if not await connection.run_sync(lambda sync: inspect(sync).has_table("alembic_version")):
            return False
        return (await session.execute(text("SELECT version_num FROM alembic_version"))).scalar() == head
