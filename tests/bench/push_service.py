"""A push service that takes everything and counts it, as cheaply as can be: `python -m tests.bench.push_service PORT`.

GET /count answers with JSON: `posts`, and `messages`, of which two with one address and one topic are one (RFC 8030).
"""

from __future__ import annotations

import asyncio
import json
import sys

import uvloop

TAKEN = b"HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n"
END = b"\r\n\r\n"


class Counting(asyncio.Protocol):
    """HTTP/1.1 as far as our own client speaks it."""

    posts = 0
    messages: set[tuple[bytes, bytes]] = set()

    def __init__(self) -> None:
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (end := self._buffer.find(END)) >= 0:
            head = self._buffer[:end]
            whole = end + len(END) + int(value(head, b"content-length") or b"0")
            if len(self._buffer) < whole:
                return
            self._buffer = self._buffer[whole:]
            self._transport.write(answer(head))


def answer(head: bytes) -> bytes:
    method, path, _ = head.split(b" ", 2)
    if method == b"GET":
        counted = json.dumps({"posts": Counting.posts, "messages": len(Counting.messages)}).encode()
        return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(counted), counted)
    Counting.posts += 1
    Counting.messages.add((path, value(head, b"topic")))
    return TAKEN


def value(head: bytes, name: bytes) -> bytes:
    """A header's value; `name` in lower case."""
    start = head.lower().find(b"\r\n" + name + b":")
    if start < 0:
        return b""
    start += len(name) + 3
    end = head.find(b"\r\n", start)
    return head[start : end if end >= 0 else None].strip()


async def serve(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(Counting, "127.0.0.1", port, backlog=1000)
    print("ready", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1])))
