"""The files of a note: photos go through the pipeline like every photo, a PDF stays as it came and is never opened."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterable
from pathlib import PurePath

from litestar.datastructures import UploadFile
from obstore.store import ObjectStore

from app.errors import Problem, Refused
from app.media.photos import EncodedPhoto, prepare_photo
from app.media.refusals import PhotoRefused
from app.media.storage import save_private
from app.service_requests.note_models import NoteFile
from app.templating import mark

PDF = "application/pdf"
MOST_FILES = 5
MOST_PDF_BYTES = 20_000_000
MOST_NAME = 120

TOO_MANY = mark("Attach at most %(most)d files to a note.")
TOO_LARGE = mark("“%(name)s” is larger than %(most)d MB. Send a smaller one.")
NO_SUCH_KIND = mark("“%(name)s” is neither a photo nor a PDF.")


async def take_files(store: ObjectStore, uploads: Iterable[UploadFile]) -> list[NoteFile]:
    """Reads, cleans and keeps what was uploaded; a field that was left empty is passed over.

    Raises Refused (422) with a problem `files` for each that cannot be taken, and StorageUnavailable.
    """
    given = [(upload, await upload.read()) for upload in uploads]
    given = [(upload, raw) for upload, raw in given if raw or upload.filename]
    if len(given) > MOST_FILES:
        raise Refused(Problem("files", TOO_MANY, {"most": MOST_FILES}))
    prepared, problems = [], []
    for upload, raw in given:
        name = file_name(upload.filename or "")
        try:
            prepared.append((name, await prepare(name, raw)))
        except Refused as refused:
            problems += refused.problems
    if problems:
        raise Refused(*problems)
    # One picture under two names is two files of the note, and one of the store.
    return [
        NoteFile(name=name, media_type=file.media_type, size=len(file.data), key=await save_private(store, file))
        for name, file in prepared
    ]


async def prepare(name: str, raw: bytes) -> EncodedPhoto:
    if raw.startswith(b"%PDF-"):
        if len(raw) > MOST_PDF_BYTES:
            raise Refused(Problem("files", TOO_LARGE, {"name": name, "most": MOST_PDF_BYTES // 1_000_000}))
        return EncodedPhoto(raw, hashlib.sha256(raw).hexdigest(), PDF, 0, 0)
    try:
        return (await prepare_photo(raw)).master
    except PhotoRefused as refused:
        if refused.code == "not_a_photo":
            raise Refused(Problem("files", NO_SUCH_KIND, {"name": name})) from None
        raise Refused(Problem("files", refused.message)) from None


def file_name(said: str) -> str:
    """What a file is called, without a folder and whatever a header or a file system cannot hold."""
    last = PurePath(said.replace("\\", "/")).name
    kept = "".join("_" if c in '"/:*?<>|' or unicodedata.category(c)[0] == "C" else c for c in last).strip(" .")
    stem, dot, suffix = kept.rpartition(".")
    return f"{stem[: MOST_NAME - 10]}.{suffix[:9]}" if dot and len(kept) > MOST_NAME else kept[:MOST_NAME] or "file"
