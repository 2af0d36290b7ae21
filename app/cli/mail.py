"""`blockwise mail bounces`: reports of undelivered mail come in, as a mail server pipes them."""

from __future__ import annotations

import os
import sys

import click
from sqlalchemy.exc import SQLAlchemyError

from app.cli.console import run, with_database
from app.db import Database
from app.notifications.bounces import MOST_BYTES, note_returned, read_bounce
from app.settings import load_settings

# Mail servers read it so: keep the message, and try again.
TRY_AGAIN = os.EX_TEMPFAIL


@click.group()
def mail_command() -> None:
    """E-mail that comes in."""


@mail_command.command("bounces")
@click.option("--recipient", help="The address that the message came for, where your mail server says it.")
def bounces(recipient: str | None) -> None:
    """Reads one message from standard input.

    Exit status 0 also for what is no report, so that no mail server answers it; 75 while the database is away.
    """
    returned = read_bounce(sys.stdin.buffer.read(MOST_BYTES), load_settings().secret_key, recipient)
    if returned is None:
        click.echo("blockwise: this tells of no e-mail of ours that failed; nothing was changed", err=True)
        return

    async def note(database: Database) -> bool:
        async with database.writing() as session:
            return await note_returned(session, returned)

    try:
        known = run(with_database(note))
    except (SQLAlchemyError, OSError) as error:
        click.echo(f"blockwise: the database is away ({type(error).__name__})", err=True)
        sys.exit(TRY_AGAIN)
    click.echo("noted" if known else "this delivery is not known any more")
