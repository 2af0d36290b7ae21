"""The other ends of the channels: servers on loopback that take, refuse, redirect, or never answer."""

from __future__ import annotations

import contextlib
import email
import socket
import ssl
import subprocess
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import Envelope

from tests.servers import ROOT, free_port


@dataclass
class Posted:
    """What came: path, headers in lower case, body."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """An HTTP server that notes each POST and answers as `answer` says: (status, headers)."""

    port: int = 0
    posted: list[Posted] = field(default_factory=list)
    answer: Callable[[Posted], tuple[int, dict[str, str]]] = lambda _posted: (201, {})
    body: bytes = b""
    connections: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@contextlib.contextmanager
def receiver(tls: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    state = Receiver()

    class Handling(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            super().setup()
            state.connections += 1

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            state.posted.append(Posted(self.path, headers, body))
            status, more = state.answer(state.posted[-1])
            with contextlib.suppress(OSError):
                self.send_response(status)
                for name, value in {"Content-Length": str(len(state.body)), **more}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(state.body)

        def log_message(self, *_: Any) -> None:
            pass

    class Quiet(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 128

        def handle_error(self, *_: Any) -> None:
            """Who hangs up early is what some tests are about."""

    server = Quiet(("127.0.0.1", 0), Handling)
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    state.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class Mailbox:
    """A real SMTP server's memory. `refuse` makes it answer so to a message, `refused` to these recipients."""

    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []
        self.raw: list[bytes] = []
        self.senders: list[str] = []
        self.refuse = ""
        self.refused: dict[str, str] = {}
        self.connections = 0

    async def handle_EHLO(self, _server, session, _envelope, hostname, responses) -> list[str]:
        session.host_name = hostname
        self.connections += 1
        return responses

    async def handle_RCPT(self, _server, _session, envelope: Envelope, address: str, _options) -> str:
        if address in self.refused:
            return self.refused[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server, _session, envelope: Envelope) -> str:
        if self.refuse:
            return self.refuse
        self.senders.append(envelope.mail_from or "")
        self.raw.append(envelope.content)
        self.messages.append(email.message_from_bytes(envelope.content, policy=default))
        return "250 OK"


@contextlib.contextmanager
def mail_server() -> Iterator[tuple[Mailbox, str]]:
    """The mailbox and its address for BLOCKWISE_SMTP_URL."""
    box, port = Mailbox(), free_port()
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield box, f"smtp://127.0.0.1:{port}?from=311@harbor.example"
    finally:
        controller.stop()


def text_of(message: EmailMessage) -> str:
    return part_of(message, "plain")


def part_of(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    assert part is not None, f"the message has no {kind} part"
    return part.get_content()


@contextlib.contextmanager
def silent_server() -> Iterator[int]:
    """A port that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listening:
        yield listening.getsockname()[1]


@contextlib.contextmanager
def push_service() -> Iterator[str]:
    """A push service that checks signatures and decrypts (npm's web-push-testing); gives its address."""
    port = free_port()
    program = ROOT / "frontend" / "node_modules" / "web-push-testing" / "src" / "bin" / "server.js"
    assert program.exists(), "the front end's packages are missing: run bin/prepare test"
    command = [str(ROOT / ".venv" / "bin" / "node"), str(program), str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    address = f"http://localhost:{port}"
    try:
        wait_for(f"{address}/status", process)
        yield address
    finally:
        process.kill()
        process.wait()


def wait_for(status: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(200):
        with contextlib.suppress(OSError):
            urllib.request.urlopen(urllib.request.Request(status, method="POST", data=b""), timeout=1).close()
            return
        assert process.poll() is None, "the push service ended by itself"
        time.sleep(0.05)
    raise TimeoutError("the push service did not start")
