"""The database gone for ten seconds in the middle: what is sent waits or comes again; nothing is lost or doubled."""

from __future__ import annotations

import asyncio
import shlex
import sqlite3
import subprocess
import uuid
from pathlib import Path

import httpx
import psycopg
import pytest

from app.db import Database
from app.schema import migrate
from app.service_requests.report_draft import new_stamp
from app.settings import async_url
from tests.servers import blockwise_server, postgres_cluster
from tests.service_requests.city import LAT, LONG, make_city

SECRET = "a secret for tests only"
GONE_S = 10
CLIENTS = 8
JSON = {"accept": "application/json"}


async def environ_of(url: str, folder: Path) -> dict[str, str]:
    database = Database(async_url(url))
    await migrate(database)
    await make_city(database)
    await database.close()
    return {
        "BLOCKWISE_DATABASE_URL": url,
        "BLOCKWISE_MEDIA_URL": str(folder / "media"),
        "BLOCKWISE_VAR": str(folder),
        "BLOCKWISE_SECRET_KEY": SECRET,
    }


def report() -> dict[str, str]:
    return {
        "step": "send",
        "stamp": new_stamp(SECRET),
        "client_request_id": str(uuid.uuid4()),
        "lat": str(LAT),
        "long": str(LONG),
        "place_source": "pin",
        "service_code": "pothole",
        "description": "While the lights were out",
    }


async def send_until_taken(web: httpx.AsyncClient, sent: dict[str, str]) -> tuple[str, set[int]]:
    """Sends a report as the phone does: again after every answer that is no receipt. (Its number, all statuses.)"""
    statuses: set[int] = set()
    while True:
        answer = await web.post("/report", data=sent, headers=JSON)
        statuses.add(answer.status_code)
        if answer.status_code == 201:
            return str(answer.json()["service_request_id"]), statuses
        assert answer.status_code == 503, answer.text
        await asyncio.sleep(0.5)


async def report_through(web: httpx.AsyncClient) -> set[int]:
    """Eight people report at once; each ends with a report of their own, and the city has no more than these."""
    outcomes = await asyncio.gather(*(send_until_taken(web, report()) for _ in range(CLIENTS)))
    numbers = {number for number, _ in outcomes}
    assert len(numbers) == CLIENTS
    listed = (await web.get("/open311/v2/requests.json?page_size=100")).json()
    assert {one["service_request_id"] for one in listed} == numbers
    return set[int]().union(*(statuses for _, statuses in outcomes))


async def test_a_locked_sqlite_file_is_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "city.sqlite"
    environ = await environ_of(f"sqlite:///{path}", tmp_path)
    with blockwise_server(environ) as (address, _):
        async with httpx.AsyncClient(base_url=address, timeout=60) as web:
            holder = sqlite3.connect(path, isolation_level=None)
            holder.execute("BEGIN EXCLUSIVE")
            reporting = asyncio.create_task(report_through(web))
            await asyncio.sleep(GONE_S)
            assert not reporting.done()
            assert (await web.get("/healthz")).status_code == 200
            holder.execute("ROLLBACK")
            holder.close()
            assert 201 in await reporting


@pytest.mark.postgis
async def test_postgresql_that_stops_and_comes_back_loses_and_doubles_nothing(tmp_path: Path) -> None:
    with postgres_cluster() as cluster:
        with psycopg.connect(f"{cluster}/postgres", autocommit=True) as connection:
            connection.execute("CREATE DATABASE city")
            (data,) = connection.execute("SHOW data_directory").fetchone() or ("",)
        with blockwise_server(await environ_of(f"{cluster}/city", tmp_path)) as (address, _):
            async with httpx.AsyncClient(base_url=address, timeout=60) as web:
                options = control(Path(data), "stop")
                reporting = asyncio.create_task(report_through(web))
                await asyncio.sleep(GONE_S)
                page = await web.get("/report", headers={"accept": "text/html"})
                assert page.status_code == 503
                assert "<h1" in page.text
                assert not reporting.done()
                control(Path(data), "start", options)
                assert await reporting == {201, 503}


def control(data: Path, action: str, options: str = "") -> str:
    """Stops or starts a private cluster; returns the options that it ran with."""
    program, *arguments = shlex.split((data / "postmaster.opts").read_text())
    kept = shlex.join(one for one in arguments if one not in ("-D", str(data)))
    command = [str(Path(program).with_name("pg_ctl")), "-D", str(data), "-w", "-l", str(data.parent / "log")]
    extra = ["-m", "immediate"] if action == "stop" else ["-o", options]
    user = ["runuser", "-u", data.owner(), "--"] if data.owner() != Path.home().owner() else []
    subprocess.run([*user, *command, *extra, action], check=True, cwd=data.parent, stdout=subprocess.DEVNULL)
    return kept
