"""The `blockwise` command. Exit status 0 or not; errors on standard error."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any, TypeVar

import click
from sqlalchemy import select

from app.accounts.actions import AccountRefused, create_account
from app.accounts.models import ROLES
from app.db import Database, open_database
from app.demo.seed import DEMO_SIGN_INS, make_demo_city
from app.imports.areas import import_areas
from app.imports.basemap import import_basemap
from app.imports.places import import_places
from app.imports.problems import ImportRefused, ImportSummary
from app.imports.services import import_services
from app.jobs import Worker, running
from app.jurisdictions.models import Jurisdiction
from app.main import configure_logs, job_handlers, periodic
from app.open311.actions import create_api_client
from app.schema import is_current, migrate
from app.settings import ROOT, Settings, SettingsError, load_settings

T = TypeVar("T")
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
DAY = click.DateTime(["%Y-%m-%d"])
city_name_option = click.option("--city-name", help="The city's name, for the first import into an empty database.")
timezone_option = click.option("--timezone", help="The city's time zone (America/New_York), for the first import.")
skip_bad_option = click.option("--skip-bad", is_flag=True, help="Take the good rows and leave out the bad ones.")


def main() -> None:
    """Runs the command; what a person can mend is one clear line, not a trace."""
    try:
        cli(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.Abort:
        sys.exit(130)
    except (ImportRefused, AccountRefused, SettingsError, RuntimeError, OSError) as error:
        click.echo(f"blockwise: {error}", err=True)
        sys.exit(1)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """Blockwise: a city's non-emergency front door."""


@cli.command()
def setup() -> None:
    """Makes or migrates the database."""
    run(with_database(migrate))


@cli.command()
@click.option("--seed", default=311, show_default=True, help="The same seed gives the same city.")
@click.option("--again", is_flag=True, help="Make it again although the database holds a city.")
def demo(seed: int, again: bool) -> None:
    """Makes the demo city, Harbor Point."""
    settings = load_settings()

    async def make(database: Database) -> None:
        if not again and await has_city(database):
            raise RuntimeError("the database holds a city already; use --again to make the demo city all the same")
        await make_demo_city(settings, seed=seed, progress=say)

    run(with_database(make))


@cli.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=int, default=lambda: int(os.environ.get("PORT", "8311")), show_default="8311 or PORT")
@click.option("--workers", default=1, show_default=True, help="Processes; more than one only with PostgreSQL.")
@click.option("--with-demo", is_flag=True, help="Make the demo city first when the database is empty.")
def serve(host: str, port: int, workers: int, with_demo: bool) -> None:
    """Serves the app, and in an embedded installation works its jobs."""
    settings = load_settings()
    if settings.is_sqlite and workers > 1:
        raise click.UsageError("SQLite is served by one process; use PostgreSQL for more.")
    refuse_taken_port(host, port)
    run(with_database(lambda database: prepare(database, settings, with_demo=with_demo)))
    welcome(f"http://{host}:{port}", demo=run(with_database(is_demo)))
    # The server takes this process's place: what the commands had to load is gone from memory.
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, *server_arguments(host, port, workers)])


@cli.command()
def worker() -> None:
    """Works the jobs, beside servers that run with BLOCKWISE_EMBEDDED_WORKER=0."""
    settings = load_settings()
    configure_logs(settings)
    name = f"{os.uname().nodename}:{os.getpid()}"

    async def work(database: Database) -> None:
        async with running(Worker(database, job_handlers, periodic(settings), name=name)):
            await asyncio.Event().wait()

    with contextlib.suppress(KeyboardInterrupt):
        run(with_database(work))


@cli.group("import")
def import_group() -> None:
    """Brings a real city in: areas, places, services, a basemap."""


@import_group.command("areas")
@click.argument("file", type=FILE)
@click.option("--layer", required=True, help="Such as board, council, zip, neighborhood, or agency.")
@click.option("--layer-name", help="As people read it; the layer's code if not given.")
@click.option("--code-field", help="The property that holds each area's code.")
@click.option("--name-field", help="The property that holds each area's name.")
@click.option("--population-field", help="The property that holds each area's population.")
@click.option("--valid-from", type=DAY, help="The first day of these areas (YYYY-MM-DD).")
@click.option("--valid-to", type=DAY, help="The first day after them.")
@click.option("--boundary", is_flag=True, help="Their union is the city's boundary.")
@city_name_option
@timezone_option
@skip_bad_option
def areas(file: Path, **options: Any) -> None:
    """GeoJSON, TopoJSON or a zipped shapefile, in any projection that it declares."""
    for name in ("valid_from", "valid_to"):
        options[name] = as_date(options[name])
    report(run(with_database(lambda db: import_areas(db, file, progress=say_rows, **options))))


@import_group.command("places")
@click.argument("file", type=FILE)
@city_name_option
@timezone_option
@skip_bad_option
def places(file: Path, **options: Any) -> None:
    """Addresses, intersections and points of interest from GeoJSON, CSV or an OpenStreetMap extract."""
    report(run(with_database(lambda db: import_places(db, file, progress=say_rows, **options))))


@import_group.command("services")
@click.argument("file", type=FILE)
@click.option("--replace", is_flag=True, help="Services that the file does not name are switched off.")
@skip_bad_option
def services(file: Path, **options: Any) -> None:
    """A catalogue in YAML or CSV, or an Open311 services.json or services.xml."""
    report(run(with_database(lambda db: import_services(db, file, progress=say_rows, **options))))


@import_group.command("basemap")
@click.argument("file", type=FILE)
def basemap(file: Path) -> None:
    """A PMTiles file with the Protomaps layers."""
    report(run(import_basemap(file, load_settings())))


@cli.group()
def user() -> None:
    """People who sign in."""


@user.command("create")
@click.argument("email")
@click.option("--name", required=True)
@click.option("--role", type=click.Choice(ROLES), default="clerk", show_default=True)
@click.option("--department", help="The department's code.")
@click.option("--password", prompt=True, hide_input=True, confirmation_prompt=True)
def user_create(email: str, **options: Any) -> None:
    """Makes an account for EMAIL; asks for the password."""

    async def create(database: Database) -> None:
        async with database.writing() as session:
            await create_account(session, email=email, **options)

    run(with_database(create))
    click.echo(f"{email} can sign in.")


@cli.group("api-key")
def api_key() -> None:
    """Keys for programs that write through Open311."""


@api_key.command("create")
@click.argument("name")
@click.option("--email", help="Whom to write to about this key.")
@click.option("--requests-per-minute", default=60, show_default=True)
def api_key_create(name: str, email: str | None, requests_per_minute: int) -> None:
    """Makes a key for the program NAME and prints it, this once."""

    async def create(database: Database) -> str:
        async with database.writing() as session:
            return await create_api_client(session, name, email=email, requests_per_minute=requests_per_minute)

    click.echo(run(with_database(create)))


def server_arguments(host: str, port: int, workers: int) -> list[str]:
    """What granian is started with; it gives a worker ten seconds to finish what it has in hand."""
    options = {
        "--interface": "asgi",
        "--host": host,
        "--port": port,
        "--workers": workers,
        "--workers-kill-timeout": 10,
        "--loop": "uvloop",
        "--log-level": "warning",
        "--working-dir": ROOT,
    }
    given = [str(word) for pair in options.items() for word in pair]
    return ["-m", "granian", *given, "--factory", "--no-ws", "app.main:create_app"]


def refuse_taken_port(host: str, port: int) -> None:
    """Raises RuntimeError when another program listens there: the server itself would share the port with it."""
    with socket.socket() as probe:
        probe.settimeout(1)
        if probe.connect_ex((host, port)) == 0:
            raise RuntimeError(f"port {port} is taken: stop what runs there, or choose another with PORT=…")


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


async def prepare(database: Database, settings: Settings, *, with_demo: bool) -> None:
    if not await is_current(database):
        await migrate(database)
    if with_demo and not await has_city(database):
        await make_demo_city(settings, progress=say)


async def has_city(database: Database) -> bool:
    async with database.reading() as session:
        return (await session.execute(select(Jurisdiction.id))).first() is not None


async def is_demo(database: Database) -> bool:
    async with database.reading() as session:
        return bool((await session.execute(select(Jurisdiction.is_demo))).scalar())


def as_date(moment: datetime | None) -> date | None:
    return moment.date() if moment else None


def say(words: str) -> None:
    """One line of progress: on a terminal it replaces the last one."""
    if sys.stderr.isatty():
        click.echo(f"\r\033[K{words}", nl=False, err=True)
    else:
        click.echo(words, err=True)


def say_rows(step: str, done: int, total: int | None, per_second: float) -> None:
    say(f"{step}: {done:,}{f' of {total:,}' if total else ''} ({per_second:,.0f} a second)")


def report(summary: ImportSummary) -> None:
    if sys.stderr.isatty():
        click.echo("\r\033[K", nl=False, err=True)
    for note in summary.notes:
        click.echo(f"note: {note}")
    for problem in summary.problems:
        click.echo(str(problem), err=True)
    click.echo(
        f"{summary.taken} new, {summary.changed} changed, {summary.unchanged} as before, {summary.left_out} left out"
    )


def welcome(address: str, *, demo: bool) -> None:
    click.echo(f"\nBlockwise is at {address}  (Ctrl-C stops it)")
    if not demo:
        return
    click.echo("This is Harbor Point, a made-up city. Try:")
    click.echo(f"  report a problem       {address}/report")
    click.echo(f"  see the open data      {address}/open311/v2/requests.json")
    click.echo(f"  work at the desk       {address}/staff, signed in as one of")
    for email, password, who in DEMO_SIGN_INS:
        click.echo(f"    {email:32} {password:28} {who}")


if __name__ == "__main__":
    main()
