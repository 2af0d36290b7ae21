"""`blockwise import requests URL --format open311`, as a clerk types it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from app.db import Database
from tests.imports.georeport_server import GeoReport, requests, served
from tests.imports.test_open311_harvest import SERVICES, make_city
from tests.servers import ROOT


def blockwise(environ: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    command = [ROOT / "bin" / "blockwise", "import", "requests", *words]
    return subprocess.run(command, env=environ, capture_output=True, text=True, timeout=60)


@pytest.fixture
async def environ(database: Database, database_url: str, tmp_path: Path) -> dict[str, str]:
    await make_city(database)
    return {**os.environ, "BLOCKWISE_DATABASE_URL": database_url, "BLOCKWISE_VAR": str(tmp_path / "var")}


def test_an_endpoint_is_read_as_a_clerk_types_it(environ: dict[str, str], tmp_path: Path) -> None:
    rows = requests(12)
    rows[5] = {**rows[5], "lat": "0.0", "long": "0.0"}
    with served(GeoReport(rows, SERVICES)) as server:
        words = [server.address, "--format", "open311", "--since", "2018-12-30", "--create-services"]
        rejects = tmp_path / "rejects.csv"
        private = blockwise(environ, *words, "--allow-http")
        assert not server.asked
        first = blockwise(environ, *words, "--allow-http", "--allow-private", "--rejects", str(rejects))
        again = blockwise(environ, *words, "--allow-http", "--allow-private")
    assert private.returncode == 1 and "not an address of the public internet; --allow-private" in private.stderr
    assert (first.returncode, again.returncode) == (0, 0), first.stderr + again.stderr
    assert "11 new, 0 changed" in first.stdout and "made: 4 services" in first.stdout
    assert "0 new, 0 changed" in again.stdout
    assert ":1005,its coordinates are 0" in rejects.read_text().replace('"', "")


def test_an_address_without_its_format_is_told() -> None:
    refused = blockwise(dict(os.environ), "https://311.example.gov/open311/v2")
    assert refused.returncode != 0 and "--format open311" in refused.stderr
