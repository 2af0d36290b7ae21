"""`python -m app.cli` is the `blockwise` command."""

from app.cli.commands import main

main()
