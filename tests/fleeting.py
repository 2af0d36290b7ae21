"""A folder in memory for the files of a test run: its databases are written and synced thousands of times."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from pathlib import Path
from typing import IO

MEMORY = Path("/dev/shm")
# Far more than a run takes at any moment.
ENOUGH = 4 * 1024**3
LOCK = "in-use"
held: list[IO[str]] = []


def use_memory() -> Path | None:
    """Temporary files of this process and of all that it starts go into a new folder in memory; gives the folder.

    None, and nothing is changed, where TMPDIR is set (in a worker of this run, say) or memory has no room.
    """
    if "TMPDIR" in os.environ or not has_room():
        return None
    forget_ended_runs()
    folder = Path(tempfile.mkdtemp(prefix="blockwise-", dir=MEMORY))
    # PostgreSQL runs as a user of its own.
    folder.chmod(0o755)
    lock = (folder / "made").open("w")
    fcntl.flock(lock, fcntl.LOCK_EX)
    held.append(lock)
    # Named only now: nobody finds one that is not held yet.
    (folder / "made").rename(folder / LOCK)
    os.environ["TMPDIR"] = tempfile.tempdir = str(folder)
    return folder


def has_room() -> bool:
    if not MEMORY.is_dir() or not os.access(MEMORY, os.W_OK):
        return False
    room = os.statvfs(MEMORY)
    return room.f_bavail * room.f_frsize >= ENOUGH


def forget_ended_runs() -> None:
    """Removes what failed and killed runs have left. A run that goes on holds its lock."""
    for path in MEMORY.glob(f"blockwise-*/{LOCK}"):
        with path.open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            shutil.rmtree(path.parent, ignore_errors=True)
