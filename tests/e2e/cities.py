"""The cities that the browser tests stand in: Harbor Point, made once in a run, and a small one without a boundary."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import subprocess
import sys
from pathlib import Path

from sqlalchemy import update

from app.db import Database
from app.jurisdictions.models import Jurisdiction
from app.schema import migrate
from app.settings import async_url
from tests.servers import ROOT
from tests.service_requests.city import make_city

# Old Harbor, between houses: well inside the boundary, and on land.
LAT, LONG = 41.07, -71.24
PASSWORD = "harbor-point-demo"


def environ_of(folder: Path) -> dict[str, str]:
    """The settings of a city that keeps everything in one folder."""
    return {
        "BLOCKWISE_DATABASE_URL": f"sqlite:///{folder / 'city.sqlite'}",
        "BLOCKWISE_MEDIA_URL": str(folder / "media"),
        "BLOCKWISE_VAR": str(folder),
        "BLOCKWISE_BASEMAP_PATH": str(folder / "basemap.pmtiles"),
        "BLOCKWISE_SECRET_KEY": "a secret for browser tests only",
        "BLOCKWISE_LOG_FORMAT": "json",
    }


def make_harbor_point(environ: dict[str, str]) -> None:
    """Fills the database of these settings with the demo city, by the commands that people use."""
    for command in ("setup", "demo"):
        settings = {**os.environ, "PYTHONPATH": str(ROOT), **environ}
        made = subprocess.run(
            [sys.executable, "-m", "app.cli", command], env=settings, cwd=ROOT, capture_output=True, text=True
        )
        assert made.returncode == 0, made.stderr[-4000:]


def shared_harbor_point(shared: Path) -> Path:
    """The folder of a Harbor Point that all processes of a test run share: the first that comes makes it."""
    folder = shared / "harbor-point"
    folder.mkdir(exist_ok=True)
    with (shared / "harbor-point.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "made").exists():
            make_harbor_point(environ_of(folder))
            (folder / "made").touch()
    return folder


def copy_of(original: Path, folder: Path) -> dict[str, str]:
    """The settings of a copy of the city, which may be changed."""
    shutil.copytree(original, folder, copy_function=link_or_copy)
    return environ_of(folder)


def link_or_copy(source: str, target: str) -> None:
    """Photos and basemap never change: a link to them is as good. The database does."""
    if ".sqlite" not in source:
        # On another disk no link can be made.
        with contextlib.suppress(OSError):
            os.link(source, target)
            return
    shutil.copy2(source, target)


async def make_open_city(folder: Path) -> dict[str, str]:
    """A city without a boundary: every place on earth is inside of it."""
    folder.mkdir(exist_ok=True)
    environ = environ_of(folder)
    database = Database(async_url(environ["BLOCKWISE_DATABASE_URL"]))
    await migrate(database)
    await make_city(database)
    async with database.writing() as session:
        await session.execute(update(Jurisdiction).values(boundary=None))
    await database.close()
    return environ
