"""What `blockwise` can do. A command's file is loaded when it is called: the server starts without the others' weight.

Exit status 0 or not; errors on standard error, as one clear line where a person can mend them.
"""

from __future__ import annotations

import importlib
import sys

import click

from app.imports.problems import ImportRefused
from app.settings import SettingsError

# Command → the file of this folder that holds it.
COMMANDS = {
    "setup": "server",
    "check": "check",
    "serve": "server",
    "worker": "jobs",
    "demo": "city",
    "import": "city",
    "user": "people",
    "api-key": "people",
    "mail": "mail",
}


class Commands(click.Group):
    """A group whose commands are attributes `<name>_command` of their files."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"app.cli.{COMMANDS[cmd_name]}")
        command: click.Command = getattr(module, f"{cmd_name.replace('-', '_')}_command")
        return command


@click.command(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """Blockwise: a city's non-emergency front door."""


def main() -> None:
    """Runs the command. What a person can mend is one clear line, not a trace."""
    try:
        cli(prog_name="blockwise", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.Abort:
        sys.exit(130)
    except (ImportRefused, SettingsError, RuntimeError, OSError) as error:
        click.echo(f"blockwise: {error}", err=True)
        sys.exit(1)
