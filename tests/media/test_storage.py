"""Photos kept in memory, in a folder and on a real S3 server; and stores that are full, gone or read-only."""

import json
import os
import subprocess
import sys
import textwrap
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from socket import socket

import obstore
import pytest
from obstore.store import LocalStore, S3Store

from app.media.photos import PreparedPhoto, prepare_photo_now
from app.media.storage import (
    StorageUnavailable,
    check_writable,
    delete,
    exists,
    open_store,
    photo_keys,
    read,
    read_public,
    save_photo,
)
from tests.media.hostile import encoded, picture

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def prepared() -> PreparedPhoto:
    return prepare_photo_now(encoded(picture(1600, 1200), "JPEG"))


@pytest.fixture(scope="module")
def s3_server() -> Iterator[str]:
    """The address of a private S3 server (moto) on a loopback port, with an empty bucket `photos`."""
    with socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(200):
            try:
                urllib.request.urlopen(urllib.request.Request(f"{address}/photos", method="PUT"), timeout=5)
                break
            except OSError:
                assert server.poll() is None, "the S3 server ended"
                time.sleep(0.1)
        else:
            pytest.fail("the S3 server did not start")
        yield address
    finally:
        server.terminate()
        server.wait()


@pytest.fixture(params=["memory", "folder", "s3"])
def store(request, tmp_path, monkeypatch):
    if request.param == "memory":
        return open_store("memory://")
    if request.param == "folder":
        return open_store(f"file://{tmp_path}/media%20files")
    return open_s3(request.getfixturevalue("s3_server"), monkeypatch)


def open_s3(address: str, monkeypatch: pytest.MonkeyPatch) -> S3Store:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "harbor")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "point")
    return open_store(f"s3://photos/city/media?endpoint={address}&region=us-east-1")


def files_under(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


async def test_a_photo_is_saved_read_back_and_deleted(store, prepared):
    keys = await save_photo(store, prepared)
    assert keys == photo_keys(prepared)
    for key, file in ((keys.master, prepared.master), (keys.large, prepared.large), (keys.small, prepared.small)):
        assert await exists(store, key)
        assert await read(store, key) == file.data
        await delete(store, key)
        assert not await exists(store, key)
        with pytest.raises(FileNotFoundError):
            await read(store, key)
        await delete(store, key)


async def test_the_store_says_that_it_can_be_written_and_leaves_nothing_behind(store):
    await check_writable(store)
    assert [item for batch in obstore.list(store) for item in batch] == []


async def test_the_master_is_private_and_the_others_are_public(store, prepared):
    keys = await save_photo(store, prepared)
    assert keys.master.startswith("private/") and keys.master.endswith(".jpg")
    assert await read_public(store, keys.large) == prepared.large.data
    assert await read_public(store, keys.small) == prepared.small.data
    private = keys.master
    for key in (private, f"public/../{private}", f"public/{private}", f"/{keys.small}", f"{keys.small}/", ""):
        with pytest.raises(FileNotFoundError):
            await read_public(store, key)


async def test_the_same_photo_is_kept_once(store, prepared):
    assert await save_photo(store, prepared) == await save_photo(store, prepared)
    assert sum(len(batch) for batch in obstore.list(store)) == 3


async def test_a_damaged_file_is_mended_by_the_next_upload(tmp_path, prepared):
    store = open_store(str(tmp_path))
    keys = await save_photo(store, prepared)
    (tmp_path / keys.small).write_bytes(b"")
    await save_photo(store, prepared)
    assert await read(store, keys.small) == prepared.small.data


async def test_s3_knows_what_kind_of_file_it_holds(s3_server, monkeypatch, prepared):
    store = open_s3(s3_server, monkeypatch)
    keys = await save_photo(store, prepared)
    found = await obstore.get_async(store, keys.large)
    assert found.attributes["Content-Type"] == "image/webp"
    assert keys.large in [item["path"] for batch in obstore.list(store) for item in batch]


async def test_a_plain_path_is_a_folder_that_is_made(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    store = open_store("media/")
    assert isinstance(store, LocalStore)
    assert (tmp_path / "media").is_dir()
    await check_writable(store)


@pytest.mark.parametrize(
    "url", ["ftp://host/x", "file://host/x", "s3://", "s3://bucket?endpoin=http://x", "s3://bucket?secret=x"]
)
async def test_an_address_that_cannot_be_used_says_so_at_the_start(url):
    with pytest.raises(ValueError):
        open_store(url)


async def test_a_folder_that_cannot_be_made_is_unavailable(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StorageUnavailable):
        open_store(str(tmp_path / "file" / "media"))


async def test_a_lost_folder_is_unavailable(tmp_path, prepared):
    store = open_store(str(tmp_path / "media"))
    (tmp_path / "media").rmdir()
    (tmp_path / "media").write_text("not a folder any more")
    with pytest.raises(StorageUnavailable):
        await save_photo(store, prepared)
    with pytest.raises(StorageUnavailable):
        await check_writable(store)


async def test_a_lost_s3_is_told_within_seconds(monkeypatch, prepared):
    with socket() as taken:
        taken.bind(("127.0.0.1", 0))
        store = open_s3(f"http://127.0.0.1:{taken.getsockname()[1]}", monkeypatch)
        start = time.monotonic()
        for attempt in (save_photo(store, prepared), check_writable(store), exists(store, "public/x")):
            with pytest.raises(StorageUnavailable):
                await attempt
        assert time.monotonic() - start < 20


async def test_a_bucket_that_is_not_there_is_unavailable(s3_server, monkeypatch, prepared):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "harbor")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "point")
    store = open_store(f"s3://elsewhere/media?endpoint={s3_server}&region=us-east-1")
    with pytest.raises(StorageUnavailable):
        await save_photo(store, prepared)
    with pytest.raises(StorageUnavailable):
        await check_writable(store)


FULL_DISK = """
    import asyncio, json, os, resource, signal, sys
    from pathlib import Path
    from app.media.photos import prepare_photo_now
    from app.media.storage import StorageUnavailable, check_writable, open_store, save_photo
    from tests.media.hostile import encoded, picture

    folder, limit = sys.argv[1], int(sys.argv[2])
    prepared = prepare_photo_now(encoded(picture(1600, 1200), "JPEG"))
    store = open_store(folder)
    if limit:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    else:
        with open(f"{folder}/filler", "wb", buffering=0) as filler:
            try:
                while filler.write(bytes(4096)): pass
            except OSError:
                pass

    async def attempt():
        outcomes = []
        for action in (save_photo(store, prepared), check_writable(store)):
            try:
                await action
                outcomes.append("done")
            except StorageUnavailable as error:
                outcomes.append(f"unavailable: {error}")
        return outcomes

    print(json.dumps([asyncio.run(attempt()), len(prepared.master.data)]), flush=True)
    # obstore's threads may abort an interpreter that ends right after an error; this test is not about that.
    os._exit(0)
"""


def outcomes_on_a_full_disk(folder: Path, limit: int) -> tuple[list[str], int]:
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(FULL_DISK), str(folder), str(limit)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


async def test_a_file_that_cannot_be_written_to_its_end_leaves_nothing(tmp_path):
    outcomes, size = outcomes_on_a_full_disk(tmp_path, limit=4095)
    assert size > 4096
    assert [outcome.split(":")[0] for outcome in outcomes] == ["unavailable", "unavailable"]
    assert files_under(tmp_path) == []


@pytest.fixture
def tiny_disk(tmp_path) -> Iterator[Path]:
    """A file system of 64 kB."""
    if os.geteuid() != 0:
        pytest.skip("only root can mount a disk of a few pages")
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(tmp_path)]).returncode:
        pytest.skip("this system lets nobody mount a file system")
    yield tmp_path
    subprocess.run(["umount", str(tmp_path)], check=True)


async def test_a_full_disk_is_unavailable_and_holds_no_half_written_file(tiny_disk):
    outcomes, _ = outcomes_on_a_full_disk(tiny_disk, limit=0)
    assert [outcome.split(":")[0] for outcome in outcomes] == ["unavailable", "unavailable"]
    assert files_under(tiny_disk) == ["filler"]
