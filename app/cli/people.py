"""`blockwise user` and `blockwise api-key`: who may sign in, and which programs may write."""

from __future__ import annotations

from typing import Any

import click

from app.accounts.actions import AccountRefused, create_account
from app.accounts.models import ROLES
from app.cli.console import run, with_database
from app.db import Database
from app.open311.actions import create_api_client


@click.group()
def user_command() -> None:
    """People who sign in."""


@user_command.command("create")
@click.argument("email")
@click.option("--name", required=True)
@click.option("--role", type=click.Choice(ROLES), default="clerk", show_default=True)
@click.option("--department", help="The department's code.")
@click.option("--password", prompt=True, hide_input=True, confirmation_prompt=True)
def user_create(email: str, **options: Any) -> None:
    """Makes an account for EMAIL; asks for the password."""

    async def create(database: Database) -> None:
        try:
            async with database.writing() as session:
                await create_account(session, email=email, **options)
        except AccountRefused as error:
            raise click.ClickException(str(error)) from error

    run(with_database(create))
    click.echo(f"{email} can sign in.")


@click.group()
def api_key_command() -> None:
    """Keys for programs that write through Open311."""


@api_key_command.command("create")
@click.argument("name")
@click.option("--email", help="Whom to write to about this key.")
@click.option("--requests-per-minute", default=60, show_default=True)
def api_key_create(name: str, email: str | None, requests_per_minute: int) -> None:
    """Makes a key for the program NAME and prints it, this once."""

    async def create(database: Database) -> str:
        async with database.writing() as session:
            return await create_api_client(session, name, email=email, requests_per_minute=requests_per_minute)

    click.echo(run(with_database(create)))
