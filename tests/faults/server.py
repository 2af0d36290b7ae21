"""The city's server as a process that can be killed, and comes back on the same port."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from tests.servers import ROOT, free_port, server_command, wait_until_healthy


@dataclass(frozen=True, slots=True)
class Build:
    """Which app is served: the one of this `folder`, made by `target`, with these settings beside the usual."""

    folder: Path = ROOT
    target: str = "app.main:create_app"
    environ: tuple[tuple[str, str], ...] = ()

    def module(self, name: str) -> str:
        """The address of a built script ("outbox.js")."""
        made = json.loads((self.folder / "static/build/manifest.json").read_text())
        return f"/static/build/{made[name]}"


class Server:
    """A real server in a process group of its own. `port` stays the same whatever befalls it."""

    def __init__(self, environ: dict[str, str], build: Build, log: IO[str]) -> None:
        self.port = free_port()
        self.build = build
        self.environ = {**os.environ, "PYTHONPATH": str(ROOT), **environ, **dict(build.environ)}
        self.log = log
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Raises RuntimeError with what it printed when it does not answer within 30 seconds."""
        command = server_command(self.build.target, self.port)
        self.process = subprocess.Popen(
            command, env=self.environ, stdout=self.log, stderr=self.log, cwd=ROOT, start_new_session=True
        )
        wait_until_healthy(f"http://127.0.0.1:{self.port}", self.process, self.log)

    def kill(self) -> None:
        """The end without a warning (SIGKILL), of the process that serves too."""
        if self.process:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    async def restart(self, pause_s: float) -> None:
        self.kill()
        await asyncio.sleep(pause_s)
        await asyncio.to_thread(self.start)

    def complaints(self) -> list[str]:
        """What it logged as its own fault: a database that was taken away is none."""
        self.log.seek(0)
        return [line.strip() for line in self.log if is_own_fault(line)]


def is_own_fault(line: str) -> bool:
    try:
        said = json.loads(line)
    except ValueError:
        return False
    return said.get("event") == "failed" or (said.get("event") == "database" and not said.get("gone"))


@contextlib.contextmanager
def server_of(environ: dict[str, str], build: Build) -> Iterator[Server]:
    with tempfile.TemporaryFile("w+") as log:
        server = Server(environ, build, log)
        try:
            yield server
        finally:
            server.kill()
