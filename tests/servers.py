"""Private servers for tests and benchmarks: made in a temporary folder, on loopback, and removed."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parent.parent
SETTINGS = (
    "listen_addresses=127.0.0.1",
    "fsync=off",
    "full_page_writes=off",
    "max_connections=200",
    "shared_buffers=256MB",
)
# For tests, whose databases live for a second.
FLEETING = ("autovacuum=off", "wal_level=minimal", "max_wal_senders=0", "max_wal_size=256MB")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def postgres_cluster(*, durable: bool = False) -> Iterator[str]:
    """A PostgreSQL cluster of its own; gives its URL without a database name ("postgresql://blockwise@127.0.0.1:PORT").

    Runs as the `postgres` user when we are root, since PostgreSQL refuses to run as root. `durable` keeps
    fsync on, for benchmarks. Raises FileNotFoundError when PostgreSQL's programs are not installed.
    """
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not programs:
        raise FileNotFoundError("PostgreSQL is not installed: run `make test`, which installs it")
    folder = Path(tempfile.mkdtemp(prefix="blockwise-pg-"))
    user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    if user:
        shutil.chown(folder, "postgres", "postgres")
    port = free_port()

    def run(program: str, *arguments: str) -> None:
        command = [*user, str(programs[-1] / program), *arguments]
        subprocess.run(command, check=True, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT)

    data = str(folder / "data")
    settings = [*SETTINGS, f"port={port}", f"unix_socket_directories={folder}"]
    if durable:
        settings = [setting for setting in settings if "=off" not in setting]
    else:
        settings += FLEETING
    try:
        run("initdb", "-D", data, "-U", "blockwise", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-N")
        options = " ".join(f"-c {setting}" for setting in settings)
        run("pg_ctl", "-D", data, "-w", "-l", str(folder / "log"), "-o", options, "start")
        try:
            yield f"postgresql://blockwise@127.0.0.1:{port}"
        finally:
            run("pg_ctl", "-D", data, "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def blockwise_server(environ: dict[str, str], *, target: str = "app.main:create_app") -> Iterator[tuple[str, int]]:
    """A real server (granian, one process) with these BLOCKWISE_* settings; gives its address and its process id.

    Raises RuntimeError with what it printed when it does not answer within 30 seconds.
    """
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    settings = {**os.environ, "PYTHONPATH": str(ROOT), "BLOCKWISE_PUBLIC_URL": address, **environ}
    with tempfile.TemporaryFile("w+") as log:
        command = server_command(target, port)
        server = subprocess.Popen(command, env=settings, stdout=log, stderr=log, cwd=ROOT)
        try:
            wait_until_healthy(address, server, log)
            yield address, server.pid
        finally:
            server.terminate()
            try:
                server.wait(10)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


def server_command(target: str, port: int) -> list[str]:
    """What starts granian (one process beside its own) on this port of loopback."""
    code = (
        "from granian import Granian; from granian.constants import Interfaces, Loops;"
        "from granian.log import LogLevels;"
        f"Granian({target!r}, factory=True, address='127.0.0.1', port={port}, interface=Interfaces.ASGI,"
        " loop=Loops.uvloop, websockets=False, log_level=LogLevels.warning).serve()"
    )
    return [sys.executable, "-c", code]


def wait_until_healthy(address: str, server: subprocess.Popen[bytes], log: IO[str]) -> None:
    for _ in range(300):
        try:
            with urllib.request.urlopen(f"{address}/healthz", timeout=1) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.1)
        if server.poll() is not None:
            break
    log.seek(0)
    raise RuntimeError(f"the server did not start:\n{log.read()[-4000:]}")


def memory_mb(pid: int) -> float:
    """Resident memory in megabytes of a process and all that it started (proportional share, Linux)."""
    total = proportional_kb(pid)
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        total += sum(memory_mb(int(child)) * 1024 for child in children.read_text().split())
    return total / 1024


def proportional_kb(pid: int) -> float:
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return float(line.split()[1])
    return 0.0
