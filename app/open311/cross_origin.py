"""Reading from other sites' pages (CORS), preflight, and HEAD: what every address of the API has in common."""

from __future__ import annotations

from litestar.types import ASGIApp, Message, Receive, Scope, Send

READING = ("GET", "HEAD", "OPTIONS")
EXPOSED = "ETag, Last-Modified, Link, Retry-After, X-Page, X-Page-Size, X-Total-Count, X-Total-Pages"
HEADERS = [
    (b"access-control-allow-origin", b"*"),
    (b"access-control-expose-headers", EXPOSED.encode()),
    (b"cross-origin-resource-policy", b"cross-origin"),
]
PREFLIGHT = [
    *HEADERS,
    (b"access-control-allow-methods", b"GET, HEAD, OPTIONS"),
    (b"access-control-allow-headers", b"Accept, Accept-Language, Content-Type, If-None-Match, X-Api-Key"),
    (b"access-control-max-age", b"86400"),
]


def open_for_reading(app: ASGIApp) -> ASGIApp:
    """ASGI middleware: any page may read, without cookies; who writes has a key, which no page may hold.

    Fetch standard, https://fetch.spec.whatwg.org/#http-cors-protocol. A HEAD is its GET without the body
    (RFC 9110 §9.3.2).
    """

    async def middleware(scope: Scope, receive: Receive, send: Send) -> None:
        method = scope.get("method")
        if method not in READING:
            await app(scope, receive, send)
            return

        async def send_open(message: Message) -> None:
            if message["type"] == "http.response.start":
                more = PREFLIGHT if method == "OPTIONS" else HEADERS
                message["headers"] = [*message["headers"], *more]
            elif message["type"] == "http.response.body" and method == "HEAD":
                message["body"] = b""
            await send(message)

        await app(scope, receive, send_open)

    return middleware
