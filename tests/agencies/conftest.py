from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from app.agencies.models import AgencyDoor
from app.db import Database
from app.settings import Settings
from tests.service_requests.city import STATE, make_city

Handler = BaseHTTPRequestHandler


@dataclass
class Agency:
    """An agency's GeoReport v2 server on loopback. `posted` and `asked` are what came, in its order."""

    port: int = 0
    # What it says of a report that was filed: the answer to a POST.
    filed: Any = field(default_factory=lambda: [{"service_request_id": "DOT-1"}])
    # What it says of it later, by method and number: {"requests/DOT-1": {...}}.
    says: dict[str, dict[str, str]] = field(default_factory=dict)
    # What happens instead, at the next calls.
    instead: list[Callable[[Handler], None]] = field(default_factory=list)
    posted: list[dict[str, str]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}/open311/v2"

    def answer(self, handler: Handler) -> None:
        path = urlsplit(handler.path).path.removeprefix("/open311/v2/").removesuffix(".json")
        if handler.command == "POST":
            length = int(handler.headers.get("content-length") or 0)
            self.posted.append(dict(parse_qsl(handler.rfile.read(length).decode())))
        else:
            self.asked.append(path)
        if self.instead:
            self.instead.pop(0)(handler)
        elif handler.command == "POST":
            say(handler, 201, json.dumps(self.filed))
        elif path in self.says:
            say(handler, 200, json.dumps([self.says[path]]))
        else:
            say(handler, 404, "[]")


def say(handler: Handler, status: int, body: str = "", **headers: str) -> None:
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    handler.wfile.write(body.encode())


@contextlib.contextmanager
def serving(agency: Agency) -> Iterator[Agency]:
    class Acting(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            with contextlib.suppress(OSError):
                agency.answer(self)

        do_POST = do_GET

        def log_message(self, *_: Any) -> None:
            pass

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Acting)
    listening.daemon_threads = True
    agency.port = listening.server_port
    thread = threading.Thread(target=listening.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield agency
    finally:
        listening.shutdown()
        listening.server_close()
        thread.join()


@pytest.fixture
def agency() -> Iterator[Agency]:
    with serving(Agency()) as agency:
        yield agency


@pytest.fixture
def near(settings: Settings) -> Settings:
    """Settings that let an agency be on this machine."""
    return replace(settings, private_endpoints=True)


@pytest.fixture
async def city(database: Database, agency: Agency) -> Database:
    """The small city, whose state highways are told by Open311."""
    await make_city(database)
    async with database.writing() as session:
        session.add(
            AgencyDoor(
                department_id=STATE,
                kind="open311",
                endpoint=agency.endpoint,
                service_codes={"pothole": "HOLE"},
                takes_client_id=True,
            )
        )
    return database
