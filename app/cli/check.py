"""`blockwise check rollups`: what is kept beside the requests is held against them."""

from __future__ import annotations

import sys

import click

from app.cli.console import run, with_database
from app.db import Database
from app.service_requests.counts import differences


@click.group()
def check_command() -> None:
    """Looks whether what the database keeps agrees with itself; changes nothing."""


@check_command.command("rollups")
def rollups() -> None:
    """Counts all requests, and compares: exit status 1 and the first differences where a rollup is wrong."""

    async def check(database: Database) -> list[str]:
        async with database.reading() as session:
            return await differences(session)

    found = run(with_database(check))
    if not found:
        click.echo("The rollups are exact.")
        return
    for line in found:
        click.echo(line, err=True)
    click.echo("The rollups are wrong: mend them with `blockwise setup --recount`.", err=True)
    sys.exit(1)
