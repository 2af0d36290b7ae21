"""One question of a browser and its answer, read whole from the connection (HTTP/1.1)."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass

NUMBER = re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
# What holds between the browser and us: every exchange has a connection of its own here, and is not compressed.
HOP = re.compile(rb"\r\n(?:connection|accept-encoding):[^\r]*", re.IGNORECASE)
CHANGES = ("POST", "PUT", "DELETE")
PATIENCE_S = 60


@dataclass(frozen=True, slots=True)
class Asked:
    method: str
    path: str
    raw: bytes
    # The `client_request_id`s that it is about.
    ids: frozenset[str]

    @property
    def of_the_outbox(self) -> bool:
        return self.path.startswith("/outbox") or self.method in CHANGES


async def read_asked(reader: asyncio.StreamReader) -> Asked | None:
    """What the browser asks; None when it has gone away before it had said it."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
        length = LENGTH.search(head)
        body = await reader.readexactly(int(length[1])) if length else b""
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
    method, path = head.split(b" ", 2)[:2]
    # A report names its number in the address, and what is done to a request in its form.
    named = NUMBER.findall(path) or NUMBER.findall(body[:4000])
    alone = HOP.sub(b"", head[:-4]) + b"\r\nConnection: close\r\n\r\n"
    ids = frozenset(number.decode() for number in named)
    return Asked(method.decode(), path.decode(), alone + body, ids)


async def answer_of(port: int, raw: bytes) -> bytes:
    """The whole answer of the server on this port to these bytes. Raises OSError when it gives none."""
    async with asyncio.timeout(PATIENCE_S):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            writer.write(raw)
            await writer.drain()
            answer = await reader.read(-1)
        finally:
            writer.close()
    if not answer:
        raise ConnectionResetError("the server hung up")
    return answer


async def say_part(port: int, part: bytes) -> None:
    """Sends the server a part of a question, and hangs up."""
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(part)
    await writer.drain()
    writer.close()


def answer(status: int, reason: str, media_type: str, body: bytes, **headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status} {reason}", f"Content-Type: {media_type}", f"Content-Length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "Connection: close", "", ""]).encode() + body
