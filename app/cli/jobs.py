"""`blockwise worker`."""

from __future__ import annotations

import asyncio
import contextlib
import os

import click

from app.cli.console import run, with_database
from app.db import Database
from app.jobs import Worker, running
from app.main import configure_logs, job_handlers, periodic
from app.settings import load_settings


@click.command()
def worker_command() -> None:
    """Works the jobs, beside servers that run with BLOCKWISE_EMBEDDED_WORKER=0."""
    settings = load_settings()
    configure_logs(settings)
    name = f"{os.uname().nodename}:{os.getpid()}"

    async def work(database: Database) -> None:
        async with running(Worker(database, job_handlers, periodic(settings), name=name)):
            await asyncio.Event().wait()

    with contextlib.suppress(KeyboardInterrupt):
        run(with_database(work))
