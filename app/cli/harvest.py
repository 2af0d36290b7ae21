"""`blockwise import requests URL --format open311`: a live endpoint is read, now and again later."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path

import click

from app.cli.console import run, say_rows, with_database
from app.db import Database
from app.imports.history import History
from app.imports.open311_endpoint import Endpoint, EndpointFailed
from app.imports.open311_file import import_open311_file
from app.imports.open311_harvest import Outcome, harvest
from app.imports.rejects import rejects_file
from app.imports.request_row import TakeOptions
from app.outside import outside_client
from app.settings import load_settings

OPEN311 = "open311"


def harvest_requests(
    address: str,
    *,
    since: date | None,
    create_services: bool,
    rejects: Path | None,
    allow_http: bool,
    allow_private: bool,
) -> Outcome:
    """Reads an endpoint once, and says what is worth knowing. Raises RuntimeError where it cannot be read at all."""
    user_agent = f"Blockwise ({load_settings().public_url})"

    async def work(database: Database) -> Outcome:
        client = outside_client(user_agent, allow_http=allow_http, allow_private=allow_private)
        with rejects_file(rejects) as left_out:
            options = TakeOptions(create_services=create_services, left_out=left_out, progress=say_rows)
            async with client:
                return await harvest(database, Endpoint(client, address), options, since=since)

    try:
        outcome: Outcome = run(with_database(work))
    except EndpointFailed as error:
        raise RuntimeError(f"{error}{hint(str(error))}") from error
    if sys.stderr.isatty():
        click.echo("\r\033[K", nl=False, err=True)
    for note in outcome.notes:
        click.echo(f"note: {note}")
    return outcome


def take_kept_answer(path: Path, *, create_services: bool, rejects: Path | None) -> History:
    """Takes an answer that somebody kept in a file."""
    with rejects_file(rejects) as left_out:
        options = TakeOptions(create_services=create_services, left_out=left_out, progress=say_rows)
        return History(run(with_database(lambda database: import_open311_file(database, path, options))), [])


def hint(reason: str) -> str:
    if "is not https" in reason:
        return "; --allow-http takes it all the same"
    return "; --allow-private lets it into your own network" if "public internet" in reason else ""


def finish(outcome: Outcome) -> None:
    """Exit status 1 where the reading had to stop before its end."""
    if outcome.stopped and outcome.standing:
        until = f"{outcome.standing.filed_to:%Y-%m-%d}"
        reason = f"{outcome.stopped}{hint(outcome.stopped)}"
        raise RuntimeError(f"{reason}; what was filed until {until} is here: run it again and it goes on from there")
