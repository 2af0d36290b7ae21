"""`blockwise demo` and `blockwise import …`: a city comes in."""

from __future__ import annotations

import sys
from datetime import date, datetime
from pathlib import Path
from typing import Any

import click

from app.cli.console import has_city, run, say, say_rows, with_database
from app.cli.history import requests_command
from app.db import Database
from app.demo.seed import make_demo_city
from app.imports.areas import import_areas
from app.imports.basemap import import_basemap
from app.imports.places import import_places
from app.imports.problems import ImportSummary
from app.imports.routing import import_routing
from app.imports.services import import_services
from app.settings import load_settings

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
FILE_OR_FOLDER = click.Path(exists=True, path_type=Path)
DAY = click.DateTime(["%Y-%m-%d"])
city_name_option = click.option("--city-name", help="The city's name, for the first import into an empty database.")
timezone_option = click.option("--timezone", help="The city's time zone (America/New_York), for the first import.")
skip_bad_option = click.option("--skip-bad", is_flag=True, help="Take the good rows and leave out the bad ones.")


@click.command()
@click.option("--seed", default=311, show_default=True, help="The same seed gives the same city.")
@click.option("--again", is_flag=True, help="Make it again although the database holds a city.")
def demo_command(seed: int, again: bool) -> None:
    """Makes the demo city, Harbor Point."""
    settings = load_settings()

    async def make(database: Database) -> None:
        if not again and await has_city(database):
            raise RuntimeError("the database holds a city already; use --again to make the demo city all the same")
        await make_demo_city(settings, seed=seed, progress=say)

    run(with_database(make))


@click.group()
def import_command() -> None:
    """Brings a real city in: areas, places, services, past requests, a basemap."""


import_command.add_command(requests_command)


@import_command.command("areas")
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


@import_command.command("places")
@click.argument("file", type=FILE)
@city_name_option
@timezone_option
@skip_bad_option
def places(file: Path, **options: Any) -> None:
    """Addresses, intersections and points of interest from GeoJSON, CSV or an OpenStreetMap extract."""
    report(run(with_database(lambda db: import_places(db, file, progress=say_rows, **options))))


@import_command.command("services")
@click.argument("file", type=FILE_OR_FOLDER)
@click.option("--replace", is_flag=True, help="Services that the file does not name are switched off.")
@skip_bad_option
def services(file: Path, **options: Any) -> None:
    """A catalogue in YAML or CSV, or an Open311 services.json or services.xml."""
    report(run(with_database(lambda db: import_services(db, file, progress=say_rows, **options))))


@import_command.command("routing")
@click.argument("file", type=FILE)
@click.option("--replace", is_flag=True, help="Rules that the file does not name are removed.")
def routing(file: Path, *, replace: bool) -> None:
    """Teams, how outside agencies are told, and the rules of who gets which report, in YAML."""
    report(run(with_database(lambda db: import_routing(db, file, replace=replace))))


@import_command.command("basemap")
@click.argument("file", type=FILE)
def basemap(file: Path) -> None:
    """A PMTiles file with the Protomaps layers."""
    report(run(import_basemap(file, load_settings())))


def as_date(moment: datetime | None) -> date | None:
    return moment.date() if moment else None


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
