"""The application as it is the day after: its service worker is another one once a file says so."""

from __future__ import annotations

import os
from pathlib import Path

from litestar import Litestar
from litestar.types import Receive, Scope, Send

from app.main import create_app as create_usual
from app.templating import BUILD

# Only the new version keeps something under this name.
MARK = "\nself.addEventListener('activate', (event) => event.waitUntil(caches.open('newer')));"


def create_app() -> Litestar:
    """BLOCKWISE_TEST_NEWER names the file whose being there publishes the new version."""
    app = create_usual()
    usual = app.asgi_handler

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope.get("path") != "/service-worker.js" or not Path(os.environ["BLOCKWISE_TEST_NEWER"]).exists():
            await usual(scope, receive, send)
            return
        script = (BUILD / "service-worker.js").read_text(encoding="utf-8") + MARK
        headers = [(b"content-type", b"text/javascript"), (b"cache-control", b"no-cache")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": script.encode(), "more_body": False})

    app.asgi_handler = answer
    return app
