"""A photo's bytes out of a phone's outbox: whole, as they were stored there, and then kept like any photo."""

from __future__ import annotations

import hashlib
import re
from tempfile import SpooledTemporaryFile
from typing import Any

from litestar import Request
from litestar.datastructures import State
from obstore.store import ObjectStore

from app.errors import Problem, Refused
from app.media.photos import DEFAULT_LIMITS, prepare_photo
from app.media.refusals import SENTENCES, PhotoRefused, RefusalCode
from app.media.storage import save_photo
from app.service_requests.report_photos import observed_datetime
from app.service_requests.staging import field_of
from app.service_requests.submission import StoredPhoto
from app.templating import mark

MAX_BYTES = DEFAULT_LIMITS.max_bytes
HASH = re.compile(r"[0-9a-f]{64}")
# A phone's shrunk photo stays in memory; what is larger waits on the disk until it is whole.
IN_MEMORY = 1_000_000
STATUSES = {RefusalCode.TOO_MANY_BYTES: 413, RefusalCode.NOT_A_PHOTO: 415}

NOT_A_HASH = mark("The address of a photo ends in the SHA-256 of its bytes, as 64 lower-case hexadecimal digits.")
DAMAGED = mark("The photo was damaged on its way. It will be sent again.")
ENCODED = mark("Send the photo as it is, without a Content-Encoding.")


async def read_photo(request: Request[Any, Any, State], content_hash: str) -> bytes:
    """The body, which has this hash. Raises Refused (400, 413, 415), after the whole body has come.

    A phone that is answered while it still sends sees a broken connection, and no answer.
    """
    digest, length = hashlib.sha256(), 0
    with SpooledTemporaryFile(max_size=IN_MEMORY) as spool:
        async for chunk in request.stream():
            length += len(chunk)
            digest.update(chunk)
            if length <= MAX_BYTES:
                spool.write(chunk)
        refuse_unfit(request, content_hash, length, digest.hexdigest())
        spool.seek(0)
        return spool.read()


def refuse_unfit(request: Request[Any, Any, State], content_hash: str, length: int, found: str) -> None:
    if not HASH.fullmatch(content_hash):
        raise Refused(Problem("content_hash", NOT_A_HASH), status=400)
    if request.headers.get("content-encoding", "identity") != "identity":
        raise Refused(Problem(field_of(content_hash), ENCODED), status=415)
    if length > MAX_BYTES:
        raise refusal(content_hash, RefusalCode.TOO_MANY_BYTES)
    if found != content_hash:
        raise Refused(Problem(field_of(content_hash), DAMAGED), status=400, more={"retry": True})


async def keep_photo(store: ObjectStore, raw: bytes, content_hash: str, timezone: str) -> StoredPhoto:
    """Reads, cleans and stores a photo. Raises Refused (413, 415, 422) with its reason, and StorageUnavailable."""
    try:
        prepared = await prepare_photo(raw)
    except PhotoRefused as refused:
        raise refusal(content_hash, refused.code) from refused
    keys = await save_photo(store, prepared)
    taken = observed_datetime(prepared.taken_datetime, timezone)
    return StoredPhoto(content_hash, keys, prepared.width, prepared.height, taken, prepared.likeness)


def refusal(content_hash: str, code: RefusalCode) -> Refused:
    return Refused(Problem(field_of(content_hash), SENTENCES[code]), status=STATUSES.get(code, 422))
