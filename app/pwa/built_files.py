"""The front end's files as they are sent: compressed once, by the build, and not for each phone anew."""

from __future__ import annotations

import re
from mimetypes import guess_type
from typing import Any

from anyio import Path
from litestar import Request, Response
from litestar.exceptions import NotFoundException

from app.templating import BUILD

# The build leaves these beside a file; the smaller first.
ENDINGS = {"br": ".br", "gzip": ".gz"}
NAME = re.compile(r"[\w.-]+")
ITEM = re.compile(r"\s*([\w*-]+)\s*(?:;\s*q=([\d.]*))?\s*", re.ASCII)


async def compressed(request: Request[Any, Any, Any]) -> Response[bytes] | None:
    """The file asked for in the best encoding that the browser takes; None leaves it to be sent as it is.

    Raises NotFoundException for a name that no built file has.
    """
    name = str(request.path_params["file_path"]).rpartition("/")[2]
    if not NAME.fullmatch(name):
        raise NotFoundException
    if request.method != "GET":
        return None
    accepted = accepted_encodings(request.headers.get("accept-encoding", ""))
    for encoding, ending in ENDINGS.items():
        path = Path(BUILD / f"{name}{ending}")
        if encoding in accepted and await path.is_file():
            kind = guess_type(name)[0] or "application/octet-stream"
            headers = {"Content-Encoding": encoding, "Vary": "Accept-Encoding"}
            return Response(await path.read_bytes(), media_type=kind, headers=headers)
    return None


def accepted_encodings(header: str) -> set[str]:
    """What `Accept-Encoding` names and does not refuse (RFC 9110 §12.5.3)."""
    items = [found for item in header.lower().split(",")[:20] if (found := ITEM.fullmatch(item))]
    return {found[1] for found in items if found[2] is None or found[2].strip("0.")}
