"""`blockwise user` and `blockwise api-key`: who may sign in, and which programs may write."""

from __future__ import annotations

from typing import Any

import click

# A role's scope may name a service: its table must be known.
import app.services.models  # noqa: F401
from app.accounts.actions import AccountRefused, create_account, find_account
from app.accounts.audit import note
from app.accounts.one_time_links import RECOVERY, make_link
from app.accounts.permissions import ROLES
from app.accounts.second_factor import turn_off
from app.cli.console import run, with_database
from app.db import Database
from app.open311.actions import create_api_client
from app.settings import load_settings


@click.group()
def user_command() -> None:
    """People who sign in."""


@user_command.command("create")
@click.argument("email")
@click.option("--name", required=True)
@click.option(
    "--role", default="clerk", show_default=True, help=f"{', '.join(role.code for role in ROLES)}, or one of your own."
)
@click.option("--department", help="The department's code: the role is for its requests only.")
@click.option("--password", prompt=True, hide_input=True, confirmation_prompt=True)
def user_create(email: str, **options: Any) -> None:
    """Makes an account for EMAIL; asks for the password."""

    async def create(database: Database) -> None:
        try:
            async with database.writing() as session:
                account = await create_account(session, email=email, **options)
                await note(session, None, "account.made", about=account.email, facts={"role": options["role"]})
        except AccountRefused as error:
            raise click.ClickException(str(error)) from error

    run(with_database(create))
    click.echo(f"{email} can sign in.")


@user_command.command("link")
@click.argument("email")
@click.option("--without-second-factor", is_flag=True, help="Takes the second factor away, for who lost the phone.")
def user_link(email: str, without_second_factor: bool) -> None:
    """Prints a link with which EMAIL chooses a new password, once, within an hour: where no letter can go out."""
    settings = load_settings()

    async def make(database: Database) -> str:
        async with database.writing() as session:
            account = await find_account(session, email)
            if account is None:
                raise click.ClickException(f"{email} has no account, or a closed one")
            if without_second_factor:
                await turn_off(session, account.id)
                await note(session, None, "account.second_factor_taken", about=account.email)
            await note(session, None, "account.link_made", about=account.email)
            return await make_link(session, account.id, RECOVERY)

    click.echo(settings.public_url + run(with_database(make)))


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
