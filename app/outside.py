"""Addresses outside that people give: asked by https only, never in a network of our own, bounded in size and time.

`outside_client` makes the client that all such calls of a process share; `fetch` asks and `send` posts. None of them
is ever called inside a database transaction.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from http.cookiejar import CookieJar, DefaultCookiePolicy
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Any

import httpcore
import httpx

MOST_REDIRECTS = 5
MOST_CONNECTIONS = 100
TIMEOUT = httpx.Timeout(30.0, connect=10.0)
# RFC 6052: the last 32 bits are an address of the old kind.
TRANSLATED = IPv6Network("64:ff9b::/96")

Address = IPv4Address | IPv6Address


class OutsideError(Exception):
    """What kept us from an answer, in words for people. `passing`: the same may be well a little later."""

    def __init__(self, reason: str, *, passing: bool = False) -> None:
        super().__init__(reason)
        self.passing = passing


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer of any status; `content` is unpacked."""

    status: int
    headers: httpx.Headers
    content: bytes


def outside_client(
    user_agent: str,
    *,
    allow_http: bool = False,
    allow_private: bool = False,
    tls: ssl.SSLContext | None = None,
    kept: int = 0,
    most: int = MOST_CONNECTIONS,
) -> httpx.AsyncClient:
    """A client that connects only to the addresses that it has checked, also after a redirect. Close it.

    `allow_private` lets it into a city's own network, and to this machine; never to link-local addresses, where
    clouds keep their secrets. No proxy of the environment is used: it would be asked in our place, unchecked.
    At most `most` connections at a time, `kept` of which wait for the next call to the same name.
    """
    limits = httpx.Limits(max_connections=most, max_keepalive_connections=kept)
    return httpx.AsyncClient(
        transport=CheckedTransport(tls or ssl.create_default_context(), allow_http, allow_private, limits),
        timeout=TIMEOUT,
        headers={"User-Agent": user_agent, "Accept-Encoding": "gzip"},
        # What one address asks us to remember is none of another's business, nor of our memory's.
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
        follow_redirects=True,
        max_redirects=MOST_REDIRECTS,
        trust_env=False,
    )


class CheckedTransport(httpx.AsyncHTTPTransport):
    """Speaks https only (and http when allowed), over connections to checked addresses.

    A connection is kept under the name that it was made for, and serves no other name of the same address.
    """

    def __init__(self, tls: ssl.SSLContext, allow_http: bool, allow_private: bool, limits: httpx.Limits) -> None:
        super().__init__(verify=tls, limits=limits, trust_env=False)
        # The library opens this door in its pool only.
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=tls,
            max_connections=limits.max_connections,
            max_keepalive_connections=limits.max_keepalive_connections,
            keepalive_expiry=limits.keepalive_expiry,
            network_backend=CheckedNetwork(allow_private),
        )
        self._allow_http = allow_http

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        url = request.url
        if url.scheme not in ("https", "http") or not url.host:
            raise OutsideError(f"{without_secrets(url)} is no web address: give one such as https://311.example.gov")
        if url.scheme == "http" and not self._allow_http:
            raise OutsideError(f"{without_secrets(url)} is not https, so anybody on the way could change the answer")
        return await super().handle_async_request(request)


class CheckedNetwork(httpcore.AnyIOBackend):
    """Resolves a name, checks every address it has, and connects to one of those: not to what a second look gives."""

    def __init__(self, allow_private: bool) -> None:
        self._allow_private = allow_private

    async def connect_tcp(self, host: str, port: int, *rest: Any, **options: Any) -> httpcore.AsyncNetworkStream:
        failure: httpcore.ConnectError | httpcore.ConnectTimeout | None = None
        for address in await self._checked(host, port):
            try:
                return await super().connect_tcp(str(address), port, *rest, **options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure or httpcore.ConnectError("the name has no address")

    async def _checked(self, host: str, port: int) -> list[Address]:
        addresses = await addresses_of(host, port)
        for address in addresses:
            if not may_connect(address, allow_private=self._allow_private):
                raise OutsideError(f"{host} leads to {address}, which is not an address of the public internet")
        return addresses


async def addresses_of(host: str, port: int) -> list[Address]:
    """What a host's name resolves to, in the order to try. Raises OutsideError when it does not."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        passing = getattr(error, "errno", None) == socket.EAI_AGAIN
        raise OutsideError(f"no address is known for {host}", passing=passing) from error
    return list(dict.fromkeys(ip_address(str(entry[4][0])) for entry in found))


def may_connect(address: Address, *, allow_private: bool) -> bool:
    """Whether an address is one of the public internet, or with `allow_private` of a network of one's own."""
    address = innermost(address)
    if address.is_multicast or address.is_link_local or address.is_unspecified:
        return False
    return allow_private or address.is_global


def innermost(address: Address) -> Address:
    """The address that is meant, where one of the new kind only wraps one of the old kind."""
    if isinstance(address, IPv4Address):
        return address
    if address in TRANSLATED:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1] or address


async def fetch(client: httpx.AsyncClient, url: httpx.URL | str, *, most: int, seconds: float) -> Answer:
    """Gets an address: the answer whatever its status, of at most `most` bytes, within `seconds` in all.

    Raises OutsideError, `passing` for what may be well a little later.
    """
    return await answered(client, client.build_request("GET", url), most, seconds, follow_redirects=True)


async def send(
    client: httpx.AsyncClient, url: str, content: bytes, headers: Mapping[str, str], *, most: int, seconds: float
) -> Answer:
    """Posts to an address, as `fetch` gets one. A redirect is not followed: what is meant for one goes to no other."""
    try:
        request = client.build_request("POST", url, content=content, headers=dict(headers))
    except httpx.InvalidURL as error:
        raise OutsideError("this is no web address") from error
    return await answered(client, request, most, seconds, follow_redirects=False)


async def answered(
    client: httpx.AsyncClient, request: httpx.Request, most: int, seconds: float, *, follow_redirects: bool
) -> Answer:
    host = request.url.host
    try:
        async with asyncio.timeout(seconds):
            response = await client.send(request, stream=True, follow_redirects=follow_redirects)
            try:
                return Answer(response.status_code, response.headers, await whole_body(response, most))
            finally:
                await response.aclose()
    except (TimeoutError, httpx.TimeoutException) as error:
        raise OutsideError(f"{host} did not answer in time", passing=True) from error
    except httpx.TooManyRedirects as error:
        raise OutsideError(f"{host} redirects again and again") from error
    except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
        raise OutsideError(f"{host} leads to what is no web address") from error
    except httpx.HTTPError as error:
        raise OutsideError(f"{host} cannot be reached: {error or type(error).__name__}", passing=True) from error


async def whole_body(response: httpx.Response, most: int) -> bytes:
    """The unpacked body. Read and unpacked piece by piece, so that an endless or a swelling one ends at `most`."""
    packed = response.headers.get("content-encoding", "identity").strip().lower()
    if packed not in ("identity", "gzip", "x-gzip", "deflate", ""):
        raise OutsideError(f"the answer is packed as {packed[:40]!r}, which was not asked for")
    unpacking = zlib.decompressobj(zlib.MAX_WBITS | 32) if packed not in ("identity", "") else None
    body = bytearray()
    try:
        async for part in response.aiter_raw():
            body += unpacking.decompress(part, most + 1 - len(body)) if unpacking else part
            if len(body) > most:
                raise OutsideError(f"the answer is larger than {most // 1_000_000 or 1} MB")
    except zlib.error as error:
        raise OutsideError("the answer is packed wrongly", passing=True) from error
    if unpacking and body and not unpacking.eof:
        raise OutsideError("the answer ends in the middle", passing=True)
    return bytes(body)


def without_secrets(url: httpx.URL) -> str:
    """An address as it may be shown: without a password, and without a query, which may hold a key."""
    return str(url.copy_with(username=None, password=None, query=None, fragment=None))
