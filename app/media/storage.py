"""Where photos are kept: a folder, S3 or memory, each file under the hash of what is in it.

`public/` may be shown to anybody, `private/` never leaves but through a page that has asked who is there.
The same picture has the same keys wherever it came from: before `delete`, see that no other row names them.
"""

import asyncio
import os
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit
from uuid import uuid4

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, MemoryStore, ObjectStore, S3Store

from app.errors import Unavailable
from app.media.photos import EncodedPhoto, PreparedPhoto

PUBLIC_KEY = re.compile(r"public/[0-9a-f]{2}/[0-9a-f]{62}\.webp")
SUFFIXES = {"image/jpeg": "jpg", "image/webp": "webp", "application/pdf": "pdf"}


class StorageUnavailable(Unavailable):
    """The store did not do what it was asked: full, gone or refusing. The cause is in `__cause__`."""


@dataclass(frozen=True, slots=True)
class PhotoKeys:
    """Where the three files of one photo are: `master` is private, `large` and `small` are public."""

    master: str
    large: str
    small: str


def open_store(url: str) -> ObjectStore:
    """The store of a folder (`media/` or `file:///var/media`, made if absent), of `memory://`, or of
    `s3://bucket/prefix?endpoint=https://host&region=name` with the usual `AWS_*` environment.

    Raises ValueError for any other address and StorageUnavailable for a folder that cannot be made.
    """
    parts = urlsplit(url)
    with _telling("open"):
        if parts.scheme == "memory":
            return MemoryStore()
        if parts.scheme == "s3":
            return _open_s3(parts.netloc, parts.path.strip("/"), dict(parse_qs(parts.query)))
        if parts.scheme not in ("", "file") or (parts.scheme == "file" and parts.netloc):
            raise ValueError(f"{url!r} is no place for photos: use a folder, file:///…, s3://… or memory://")
        folder = Path(unquote(parts.path) if parts.scheme else url).absolute()
        return LocalStore(folder, mkdir=True)


def photo_keys(prepared: PreparedPhoto) -> PhotoKeys:
    """The keys that `save_photo` uses for this photo, without touching a store."""
    return PhotoKeys(
        master=_key("private", prepared.master),
        large=_key("public", prepared.large),
        small=_key("public", prepared.small),
    )


async def save_photo(store: ObjectStore, prepared: PreparedPhoto) -> PhotoKeys:
    """Keep the three files; when this returns, a power cut does not lose them. Repeating it is harmless.

    Raises StorageUnavailable. Each file is then whole or absent; the ones that were written stay,
    for another photo may share them.
    """
    keys = photo_keys(prepared)
    await _save(store, {keys.master: prepared.master, keys.large: prepared.large, keys.small: prepared.small})
    return keys


async def save_public(store: ObjectStore, file: EncodedPhoto) -> str:
    """Keep one rendition that may be public, as `save_photo` does; gives its key. Raises StorageUnavailable."""
    key = _key("public", file)
    await _save(store, {key: file})
    return key


async def save_private(store: ObjectStore, file: EncodedPhoto) -> str:
    """Likewise for a file that only a page which has asked who is there may show."""
    key = _key("private", file)
    await _save(store, {key: file})
    return key


async def read(store: ObjectStore, key: str) -> bytes:
    """The file under this key. Raises FileNotFoundError, or StorageUnavailable."""
    with _telling("read", absent_is_an_answer=True):
        found = await obstore.get_async(store, key)
        return bytes(await found.bytes_async())


async def read_public(store: ObjectStore, key: str) -> bytes:
    """Like `read`, for addresses that anybody may ask for: every other key is a FileNotFoundError."""
    if not PUBLIC_KEY.fullmatch(key):
        raise FileNotFoundError(key)
    return await read(store, key)


async def exists(store: ObjectStore, key: str) -> bool:
    """Whether there is a file under this key. Raises StorageUnavailable."""
    try:
        with _telling("look for", absent_is_an_answer=True):
            await obstore.head_async(store, key)
    except FileNotFoundError:
        return False
    return True


async def delete(store: ObjectStore, key: str) -> None:
    """Remove the file under this key; none there is as good. Raises StorageUnavailable."""
    try:
        with _telling("delete", absent_is_an_answer=True):
            await obstore.delete_async(store, key)
    except FileNotFoundError:
        return


async def delete_before(store: ObjectStore, key: str, moment: datetime) -> bool:
    """Remove the file if it was last written before `moment`; whether it was. Raises StorageUnavailable."""
    try:
        with _telling("look for", absent_is_an_answer=True):
            file = await obstore.head_async(store, key)
    except FileNotFoundError:
        return False
    if file["last_modified"] >= moment:
        return False
    await delete(store, key)
    return True


async def keys_before(store: ObjectStore, moment: datetime) -> AsyncIterator[list[str]]:
    """The keys of all files last written before `moment`, some hundred at a time. Raises StorageUnavailable."""
    with _telling("list"):
        async for batch in obstore.list(store):
            yield [file["path"] for file in batch if file["last_modified"] < moment]


async def check_writable(store: ObjectStore) -> None:
    """Write and remove a small file, for `/readyz`. Raises StorageUnavailable."""
    key = f"private/check/{uuid4().hex}"
    with _telling("write to"):
        await obstore.put_async(store, key, bytes(4096), use_multipart=False)
        await obstore.delete_async(store, key)


def _open_s3(bucket: str, prefix: str, options: dict[str, list[str]]) -> ObjectStore:
    if not bucket or set(options) - {"endpoint", "region"}:
        raise ValueError("an S3 address is s3://bucket/prefix?endpoint=https://host&region=name")
    region = options.get("region", [os.environ.get("AWS_REGION", "us-east-1")])[0]
    endpoint = options.get("endpoint", [f"https://s3.{region}.amazonaws.com"])[0]
    # The defaults wait three minutes for a lost store; a person with a phone does not.
    return S3Store(
        bucket,
        prefix=prefix or None,
        endpoint=endpoint,
        region=region,
        client_options={
            "allow_http": endpoint.startswith("http:"),
            "timeout": "20s",
            "connect_timeout": "3s",
        },
        retry_config={"max_retries": 2, "retry_timeout": timedelta(seconds=10)},
    )


async def _save(store: ObjectStore, files: dict[str, EncodedPhoto]) -> None:
    with _telling("save"):
        for key, file in files.items():
            # One put of the whole, never in parts: obstore writes a folder's file aside and renames it.
            await obstore.put_async(store, key, file.data, attributes=_attributes(store, file), use_multipart=False)
        if isinstance(store, LocalStore) and store.prefix:
            folder = Path(store.prefix)
            await asyncio.to_thread(_flush, [folder / key for key in files])


def _key(folder: str, file: EncodedPhoto) -> str:
    return f"{folder}/{file.sha256[:2]}/{file.sha256[2:]}.{SUFFIXES[file.media_type]}"


def _attributes(store: ObjectStore, file: EncodedPhoto) -> dict[str, str] | None:
    return {"Content-Type": file.media_type} if isinstance(store, S3Store) else None


def _flush(paths: list[Path]) -> None:
    """Force files and the folders that name them to disk (POSIX fsync): obstore does not."""
    folders = {folder for path in paths for folder in list(path.parents)[:3]}
    for path in [*paths, *folders]:
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


@contextmanager
def _telling(verb: str, *, absent_is_an_answer: bool = False) -> Iterator[None]:
    try:
        yield
    except (BaseError, OSError) as error:
        if absent_is_an_answer and isinstance(error, FileNotFoundError):
            raise
        raise StorageUnavailable(f"could not {verb} the photo store: {error}") from error
