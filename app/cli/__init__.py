"""The `blockwise` command: `commands.py` names what there is, each other file holds some of it."""
