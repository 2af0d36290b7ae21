"""The app with its policy broken on purpose: a 500 counts as sent. The run must see what that does."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from litestar import Litestar

import app.main
import app.pwa.controllers
import app.templating
from tests.faults.server import Build
from tests.servers import ROOT

FOLDER = "BLOCKWISE_BROKEN_FOLDER"
TARGET = "tests.faults.broken_policy:create_app"
POLICY = Path("frontend/src/outbox/policy.ts")
TRUE = 'if (status >= 500) return wait("server");'
BROKEN = 'if (status >= 500) return { kind: "delivered", body };'


def build_broken(folder: Path) -> Build:
    """Builds the front end with the broken policy into `folder`. Raises when there is no such policy any more."""
    shutil.copytree(ROOT / "frontend", folder / "frontend", ignore=shutil.ignore_patterns("node_modules", ".test"))
    (folder / "frontend/node_modules").symlink_to((ROOT / "frontend/node_modules").resolve())
    shutil.copytree(ROOT / "static/icons", folder / "static/icons")
    policy = (folder / POLICY).read_text()
    if policy.count(TRUE) != 1:
        raise ValueError(f"{POLICY} has no line {TRUE!r}: say here how to break it now")
    (folder / POLICY).write_text(policy.replace(TRUE, BROKEN))
    environ = {**os.environ, "PATH": f"{ROOT / '.venv/bin'}:{os.environ['PATH']}"}
    subprocess.run(["node", "build.mjs"], cwd=folder / "frontend", env=environ, check=True, stdout=subprocess.DEVNULL)
    return Build(folder, TARGET, ((FOLDER, str(folder)),))


def create_app() -> Litestar:
    """The real application, which serves the front end of the folder that the environment names."""
    folder = Path(os.environ[FOLDER])
    app.templating.BUILD = app.pwa.controllers.BUILD = folder / "static" / "build"
    app.main.ROOT = folder
    return app.main.create_app()
