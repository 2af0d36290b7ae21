"""A GeoReport v2 server with the habits of real ones, and worse: on a real port of loopback, in a thread."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from xml.sax.saxutils import escape

Handler = BaseHTTPRequestHandler
Row = dict[str, Any]
FIRST_DAY = datetime(2019, 1, 1, tzinfo=UTC)


def requests(count: int, *, every: timedelta = timedelta(hours=7), start: datetime = FIRST_DAY) -> list[Row]:
    """Requests that were filed one after another, and changed a day later."""
    return [
        {
            "service_request_id": str(1000 + number),
            "status": "closed" if number % 3 else "open",
            "service_code": f"S{number % 4}",
            "service_name": f"Kind {number % 4}",
            "requested_datetime": (start + number * every).isoformat(),
            "updated_datetime": (start + number * every + timedelta(days=1)).isoformat(),
            "address": f"{number} Beacon Street",
            "lat": 42.3501 + number * 1e-5,
            "long": -71.0589,
        }
        for number in range(count)
    ]


@dataclass
class GeoReport:
    """What the server has and how it behaves; `asked` are the queries that came."""

    rows: list[Row] = field(default_factory=list)
    services: list[Row] = field(default_factory=list)
    form: str = "json"
    # None: pages are passed over.
    page_size: int | None = 50
    most: int = 1000
    heeds: tuple[str, ...] = ("start_date", "end_date", "updated_after", "updated_before")
    totals: bool = False
    # Refuses every parameter but those that it heeds.
    strict: bool = False
    # Rearranges what fits, at each asking.
    arranged: Callable[[list[Row]], list[Row]] = field(default=lambda rows: rows)
    # What happens instead, at the first askings.
    instead: list[Callable[[Handler], None]] = field(default_factory=list)
    # Called after each answer.
    after: Callable[[], None] = field(default=lambda: None)
    asked: list[dict[str, str]] = field(default_factory=list)
    address: str = ""

    def fitting(self, query: dict[str, str]) -> list[Row]:
        bounds = {
            "start_date": ("requested_datetime", 1),
            "end_date": ("requested_datetime", -1),
            "updated_after": ("updated_datetime", 1),
            "updated_before": ("updated_datetime", -1),
        }
        rows = self.rows
        for name, (key, sign) in bounds.items():
            if name in query and name in self.heeds:
                at = datetime.fromisoformat(query[name])
                rows = [row for row in rows if row[key] and at_or_past(row[key], at, sign)]
        return rows

    def answer(self, handler: Handler) -> None:
        parts = urlsplit(handler.path)
        query = dict(parse_qsl(parts.query))
        method, _, form = parts.path.rpartition("/")[2].partition(".")
        if method == "requests":
            self.asked.append(query)
        if self.instead:
            self.instead.pop(0)(handler)
            return
        if form != self.form:
            send(handler, b"no such form", "text/plain", status=404)
            return
        if self.strict and query.keys() - {*self.heeds}:
            send(handler, b"unknown parameter", "text/plain", status=400)
            return
        rows = self.services if method == "services" else self.arranged(self.fitting(query))[: self.most]
        total = str(len(rows))
        if method == "requests" and self.page_size:
            size = min(int(query.get("page_size", self.page_size)), self.page_size)
            page = int(query.get("page", 1))
            rows = rows[(page - 1) * size : page * size]
        send(handler, written(method, rows, form), f"text/{form}", **({"X-Total-Count": total} if self.totals else {}))
        self.after()


def at_or_past(text: str, at: datetime, sign: int) -> bool:
    return (datetime.fromisoformat(text) - at).total_seconds() * sign >= 0


def written(method: str, rows: list[Row], form: str) -> bytes:
    if form == "json":
        return json.dumps(rows).encode()
    item, root = ("service", "services") if method == "services" else ("request", "service_requests")
    items = "".join(
        f"<{item}>" + "".join(f"<{key}>{escape(str(value))}</{key}>" for key, value in row.items()) + f"</{item}>"
        for row in rows
    )
    return f'<?xml version="1.0" encoding="utf-8"?><{root} count="{len(rows)}">{items}</{root}>'.encode()


def send(
    handler: Handler, content: bytes, media_type: str = "application/json", status: int = 200, **headers: str
) -> None:
    handler.send_response(status)
    handler.send_header("Content-Type", media_type)
    handler.send_header("Content-Length", str(len(content)))
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    with contextlib.suppress(OSError):
        handler.wfile.write(content)


@contextlib.contextmanager
def served(server: GeoReport) -> Iterator[GeoReport]:
    class Handling(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            server.answer(self)

        def log_message(self, *_: Any) -> None:
            pass

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Handling)
    listening.daemon_threads = True
    server.address = f"http://127.0.0.1:{listening.server_port}/open311/v2"
    thread = threading.Thread(target=listening.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        listening.shutdown()
        listening.server_close()
        thread.join()
