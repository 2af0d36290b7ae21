"""`blockwise setup` and `blockwise serve`."""

from __future__ import annotations

import os
import socket
import subprocess
import sys

import click
from sqlalchemy import select

from app.cli.console import has_city, run, with_database
from app.db import Database
from app.demo.sign_ins import DEMO_SIGN_INS, PASSWORD
from app.jurisdictions.models import Jurisdiction
from app.notifications.vapid import make_vapid_key
from app.schema import is_current, migrate
from app.service_requests.counts import recount
from app.settings import ROOT, load_settings


@click.command()
@click.option("--recount", "again", is_flag=True, help="Count all requests again, beside those who use them.")
def setup_command(again: bool) -> None:
    """Makes or migrates the database, and makes the key for push messages when there is none."""
    run(with_database(migrate))
    make_vapid_key(load_settings())
    if again:
        run(with_database(recount))


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=int, default=lambda: int(os.environ.get("PORT", "8311")), show_default="8311 or PORT")
@click.option("--workers", default=1, show_default=True, help="Processes; more than one only with PostgreSQL.")
@click.option("--with-demo", is_flag=True, help="Make the demo city first when the database is empty.")
def serve_command(host: str, port: int, workers: int, with_demo: bool) -> None:
    """Serves the app, and in an embedded installation works its jobs."""
    settings = load_settings()
    if settings.is_sqlite and workers > 1:
        raise click.UsageError("SQLite is served by one process; use PostgreSQL for more.")
    refuse_taken_port(host, port)
    run(with_database(migrate_if_needed))
    make_vapid_key(settings)
    if with_demo and not run(with_database(has_city)):
        # In a process of its own: the city takes memory that the server shall not keep.
        subprocess.run([sys.executable, "-m", "app.cli", "demo"], check=True, cwd=ROOT)
    welcome(f"http://{host}:{port}", demo=run(with_database(is_demo)))
    # The server takes this process's place: what the commands had to load is gone from memory.
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, *server_arguments(host, port, workers)])


async def migrate_if_needed(database: Database) -> None:
    if not await is_current(database):
        await migrate(database)


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


async def is_demo(database: Database) -> bool:
    async with database.reading() as session:
        return bool((await session.execute(select(Jurisdiction.is_demo))).scalar())


def welcome(address: str, *, demo: bool) -> None:
    click.echo(f"\nBlockwise is at {address}  (Ctrl-C stops it)")
    if not demo:
        return
    click.echo("This is Harbor Point, a made-up city. Try:")
    click.echo(f"  report a problem       {address}/report")
    click.echo(f"  see the open data      {address}/open311/v2/requests.json")
    click.echo(f"  work at the desk       {address}/staff, signed in as one of")
    for one in DEMO_SIGN_INS:
        click.echo(f"    {one.email:32} {PASSWORD:28} {one.who}")
