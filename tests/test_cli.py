"""The `blockwise` command as a clerk types it."""

from __future__ import annotations

import os
import socket
import subprocess
from pathlib import Path

import pytest

from tests.servers import ROOT, free_port


@pytest.fixture
def environ(database_url: str, tmp_path: Path) -> dict[str, str]:
    return {
        **os.environ,
        "BLOCKWISE_DATABASE_URL": database_url,
        "BLOCKWISE_VAR": str(tmp_path / "var"),
        "BLOCKWISE_MEDIA_URL": str(tmp_path / "media"),
    }


def blockwise(environ: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([ROOT / "bin" / "blockwise", *words], env=environ, capture_output=True, text=True, timeout=60)


def test_a_city_is_set_up_by_hand(environ: dict[str, str], tmp_path: Path) -> None:
    assert blockwise(environ, "setup").returncode == 0
    board = '{"type":"Feature","properties":{"code":"1","name":"One"},"geometry":{"type":"Polygon",'
    board += '"coordinates":[[[-71,41],[-70.9,41],[-70.9,41.1],[-71,41.1],[-71,41]]]}}'
    (tmp_path / "boards.geojson").write_text(f'{{"type":"FeatureCollection","features":[{board}]}}')
    words = ["import", "areas", str(tmp_path / "boards.geojson"), "--layer", "board"]
    first = blockwise(environ, *words, "--city-name", "Testville", "--timezone", "America/New_York")
    assert (first.returncode, first.stdout.splitlines()[-1]) == (0, "1 new, 0 changed, 0 as before, 0 left out")
    again = blockwise(environ, *words)
    assert again.stdout.splitlines()[-1] == "0 new, 0 changed, 1 as before, 0 left out"
    made = blockwise(environ, "user", "create", "sam@town.example", "--name", "Sam", "--password", "a long walk home")
    assert (made.returncode, made.stdout) == (0, "sam@town.example can sign in.\n")
    link = blockwise(environ, "user", "link", "sam@town.example", "--without-second-factor")
    assert (link.returncode, len(link.stdout.strip().partition("/sign-in/new-password/")[2])) == (0, 43)
    assert "has no account" in blockwise(environ, "user", "link", "nobody@town.example").stderr
    key = blockwise(environ, "api-key", "create", "A program")
    assert key.returncode == 0 and len(key.stdout.strip()) == 43


def test_a_refused_file_is_named_with_line_and_column(environ: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "broken.geojson").write_text('{"type": "FeatureCollection",\n "features": [}')
    refused = blockwise(environ, "import", "areas", str(tmp_path / "broken.geojson"), "--layer", "board")
    assert refused.returncode == 1
    assert "broken.geojson:2:" in refused.stderr
    assert "Traceback" not in refused.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("import", "areas", "nowhere.geojson", "--layer", "board"), "does not exist"),
        (("user", "create", "sam@town.example", "--name", "Sam", "--password", "short"), "at least 12 characters"),
        (("user", "create", "sam", "--name", "Sam", "--password", "a long walk home"), "not an e-mail address"),
        (("nonsense",), "No such command"),
    ],
)
def test_what_cannot_be_done_is_one_clear_line(environ: dict[str, str], words: tuple[str, ...], said: str) -> None:
    refused = blockwise(environ, *words)
    assert refused.returncode != 0
    assert said in refused.stderr
    assert "Traceback" not in refused.stderr


def test_a_database_that_is_none_of_ours_is_refused(environ: dict[str, str]) -> None:
    refused = blockwise({**environ, "BLOCKWISE_DATABASE_URL": "mysql://host/name"}, "setup")
    assert refused.returncode == 1
    assert "BLOCKWISE_DATABASE_URL" in refused.stderr


def test_a_taken_port_is_refused_instead_of_shared(environ: dict[str, str]) -> None:
    port = free_port()
    with socket.create_server(("127.0.0.1", port)):
        refused = blockwise(environ, "serve", "--port", str(port))
    assert refused.returncode == 1
    assert f"port {port} is taken" in refused.stderr
