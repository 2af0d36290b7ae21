"""`blockwise import requests`: past requests come in, from a table or from a live Open311 endpoint."""

from __future__ import annotations

import sys
from datetime import date, datetime
from pathlib import Path

import click

from app.cli.console import run, say_rows, with_database
from app.cli.harvest import OPEN311, finish, harvest_requests, take_kept_answer
from app.imports.history import History, import_requests
from app.imports.mapping import Mapping, mapping_named, read_mapping
from app.imports.problems import ImportProblem, ImportRefused
from app.imports.request_reasons import LEFT_OUT, MENDED
from app.imports.request_rows import Summary

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


def file_or_address(ctx: click.Context, param: click.Parameter, value: str) -> Path | str:
    """A file that exists, as a Path; or an address of the web, as it was given."""
    return value if "://" in value else Path(str(FILE.convert(value, param, ctx)))


@click.command("requests")
@click.argument("source", metavar="FILE|URL", callback=file_or_address)
@click.option("--format", "format_name", metavar="NAME", help="nyc, chicago, la, boston, baltimore, csv or open311.")
@click.option("--map", "map_file", type=FILE, help="A mapping of your own: see docs/history.md.")
@click.option("--create-services", is_flag=True, help="Make the services and departments that are not here yet.")
@click.option("--rejects", type=click.Path(dir_okay=False, path_type=Path), help="Where to list what is left out.")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="URL: the first day of filing to read.")
@click.option("--allow-http", is_flag=True, help="URL: read it although anybody on the way could change the answer.")
@click.option("--allow-private", is_flag=True, help="URL: let it into your own network.")
def requests_command(
    source: Path | str,
    format_name: str | None,
    map_file: Path | None,
    create_services: bool,
    rejects: Path | None,
    since: datetime | None,
    allow_http: bool,
    allow_private: bool,
) -> None:
    """Past requests from a table, or from a live Open311 endpoint.

    Safe to run again, and to stop: what was taken stays, and it goes on from there.
    """
    if isinstance(source, str):
        first = since.date() if since else None
        read_endpoint(source, format_name, first, create_services, rejects, allow_http, allow_private)
    elif format_name == OPEN311:
        report(source.name, take_kept_answer(source, create_services=create_services, rejects=rejects))
    else:
        mapping = chosen_mapping(format_name, map_file)
        work = with_database(
            lambda database: import_requests(
                database, source, mapping, create_services=create_services, rejects=rejects, progress=say_rows
            )
        )
        report(source.name, run(work))


def read_endpoint(
    address: str,
    format_name: str | None,
    since: date | None,
    create_services: bool,
    rejects: Path | None,
    allow_http: bool,
    allow_private: bool,
) -> None:
    if format_name != OPEN311:
        raise click.UsageError("an address is read with --format open311")
    outcome = harvest_requests(
        address,
        since=since,
        create_services=create_services,
        rejects=rejects,
        allow_http=allow_http,
        allow_private=allow_private,
    )
    for line in told(outcome.summary):
        click.echo(line)
    finish(outcome)


def chosen_mapping(format_name: str | None, map_file: Path | None) -> Mapping:
    if map_file is not None:
        return read_mapping(map_file)
    if format_name is None:
        reason = "give --format (nyc, chicago, la, boston, baltimore, csv) or a mapping of your own with --map"
        raise ImportRefused([ImportProblem("requests", None, None, reason)])
    return mapping_named(format_name)


def report(name: str, history: History) -> None:
    """What became of the rows, on standard output. Exit status 1 where not one was of use."""
    if sys.stderr.isatty():
        click.echo("\r\033[K", nl=False, err=True)
    for note in history.notes:
        click.echo(f"note: {note}")
    for line in told(history.summary):
        click.echo(line)
    if history.summary.rows == history.summary.left_out.total():
        raise RuntimeError(f"{name}: not one row could be taken")


def told(summary: Summary) -> list[str]:
    pace = summary.rows / max(summary.seconds, 1e-6)
    lines = [
        f"{summary.rows:,} rows in {summary.seconds:,.0f} s ({pace:,.0f} a second): {summary.taken:,} new, "
        f"{summary.changed:,} changed, {summary.unchanged:,} as before, {summary.left_out.total():,} left out"
    ]
    if summary.older:
        lines.append(f"{summary.older:,} are older than what is here, and were left alone")
    if summary.here:
        lines.append(f"{summary.here:,} were changed here since they were imported, and were left alone")
    if summary.services_made or summary.departments_made:
        lines.append(f"made: {summary.services_made:,} services, {summary.departments_made:,} departments")
    lines += [f"left out, {count:,}: {LEFT_OUT[reason]}" for reason, count in summary.left_out.most_common()]
    lines += [f"mended, {count:,}: {MENDED[what]}" for what, count in summary.mended.most_common()]
    return lines + told_links(summary)


def told_links(summary: Summary) -> list[str]:
    links = summary.links
    if not links.looked_at:
        return []
    return [
        f"duplicates, {links.looked_at:,}: {links.by_key:,} linked to the request that the source names, "
        f"{links.by_place:,} to an earlier one of the same service within 1 m and 30 days "
        f"({links.of_several:,} of them had several to choose from), {links.not_found:,} to none"
    ]
