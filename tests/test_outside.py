"""Outside addresses: nothing inside the city's own network is reached, and no answer is too large or too slow."""

from __future__ import annotations

import contextlib
import datetime
import gzip
import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from app.outside import OutsideError, fetch, may_connect, outside_client

Handler = BaseHTTPRequestHandler
Act = Callable[[Handler], None]
real_getaddrinfo = socket.getaddrinfo


@contextlib.contextmanager
def server(act: Act, tls: ssl.SSLContext | None = None) -> Iterator[int]:
    """A server on loopback that does this with each GET; gives its port."""

    class Acting(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            with contextlib.suppress(OSError):
                act(self)

        def log_message(self, *_: Any) -> None:
            pass

    class Quiet(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: Any) -> None:
            """A handshake that the other side breaks off is what some tests are about."""

    listening = Quiet(("127.0.0.1", 0), Acting)
    if tls:
        listening.socket = tls.wrap_socket(listening.socket, server_side=True)
    thread = threading.Thread(target=listening.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield listening.server_port
    finally:
        listening.shutdown()
        listening.server_close()
        thread.join()


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[list[str]]]:
    """Name → the addresses that each look-up gives in turn, the last one for ever."""
    known: dict[str, list[list[str]]] = {}

    def look_up(host: Any, port: Any, *rest: Any, **options: Any) -> Any:
        if host not in known:
            return real_getaddrinfo(host, port, *rest, **options)
        found = known[host].pop(0) if len(known[host]) > 1 else known[host][0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in found]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return known


def say(handler: Handler, content: bytes, **headers: str) -> None:
    handler.send_response(200)
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    handler.wfile.write(content)


def redirect(to: str) -> Act:
    def act(handler: Handler) -> None:
        handler.send_response(302)
        handler.send_header("Location", to)
        handler.end_headers()

    return act


async def get(url: str, *, most: int = 10_000, seconds: float = 5, **options: Any) -> bytes:
    async with outside_client("tests", **{"allow_http": True, "allow_private": True, **options}) as client:
        return (await fetch(client, url, most=most, seconds=seconds)).content


@pytest.mark.parametrize(
    "address",
    ["10.1.2.3", "127.0.0.1", "192.168.1.1", "172.20.0.1", "100.64.0.1", "::1", "fd00::1", "::ffff:10.0.0.1",
     "64:ff9b::a00:1", "2002:a00:1::"],
)  # fmt: skip
def test_a_private_address_is_entered_only_when_it_is_allowed(address: str) -> None:
    assert not may_connect(ipaddress.ip_address(address), allow_private=False)
    assert may_connect(ipaddress.ip_address(address), allow_private=True)


@pytest.mark.parametrize(
    "address", ["169.254.169.254", "fe80::1", "::ffff:169.254.169.254", "224.0.0.1", "ff02::1", "0.0.0.0", "::"]
)
def test_some_addresses_are_never_entered(address: str) -> None:
    assert not may_connect(ipaddress.ip_address(address), allow_private=True)


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "64:ff9b::808:808"])
def test_the_public_internet_is_entered(address: str) -> None:
    assert may_connect(ipaddress.ip_address(address), allow_private=False)


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:{}/", "http://localhost:{}/", "http://127.1:{}/", "http://[::1]:{}/"]
)
async def test_this_machine_is_refused(url: str) -> None:
    with (
        server(lambda handler: say(handler, b"secret")) as port,
        pytest.raises(OutsideError, match="not an address of the public internet"),
    ):
        await get(url.format(port), allow_private=False)


async def test_http_is_refused_until_it_is_allowed() -> None:
    with pytest.raises(OutsideError, match="is not https"):
        await get("http://311.example.gov/open311?api_key=secret", allow_http=False)
    with pytest.raises(OutsideError, match="no web address"):
        await get("ftp://311.example.gov/")


async def test_a_redirect_to_a_private_address_is_refused(names: dict[str, list[list[str]]]) -> None:
    """The first server is let in as if it were public; where it leads is not."""
    names["city.test"] = [["127.0.0.1"]]
    with (
        server(redirect("http://169.254.169.254/latest/meta-data")) as port,
        pytest.raises(OutsideError, match=r"169\.254\.169\.254 leads to"),
    ):
        await get(f"http://city.test:{port}/")


async def test_a_name_with_one_private_address_among_public_ones_is_refused(names: dict[str, list[list[str]]]) -> None:
    names["city.test"] = [["8.8.8.8", "10.0.0.8"]]
    with pytest.raises(OutsideError, match=r"city\.test leads to 10\.0\.0\.8"):
        await get("http://city.test/", allow_private=False)


async def test_the_address_that_was_checked_is_the_one_that_is_asked(names: dict[str, list[list[str]]]) -> None:
    names["city.test"] = [["127.0.0.1"], ["169.254.169.254"]]
    with server(lambda handler: say(handler, handler.headers["Host"].encode())) as port:
        assert await get(f"http://city.test:{port}/") == f"city.test:{port}".encode()
        with pytest.raises(OutsideError, match=r"169\.254\.169\.254"):
            await get(f"http://city.test:{port}/")


async def test_redirects_come_to_an_end() -> None:
    with server(redirect("/again")) as port, pytest.raises(OutsideError, match="again and again"):
        await get(f"http://127.0.0.1:{port}/")


async def test_a_slow_answer_is_given_up() -> None:
    waiting = threading.Event()
    with (
        server(lambda _handler: waiting.wait(5) and None) as port,
        pytest.raises(OutsideError, match="did not answer in time") as told,
    ):
        await get(f"http://127.0.0.1:{port}/", seconds=0.2)
        waiting.set()
    assert told.value.passing


def endless(handler: Handler) -> None:
    handler.send_response(200)
    handler.end_headers()
    while True:
        handler.wfile.write(b" " * 65_536)


def bomb(handler: Handler) -> None:
    say(handler, gzip.compress(bytes(20_000_000)), Content_Encoding="gzip")


@pytest.mark.parametrize("act", [endless, bomb])
async def test_a_large_answer_is_given_up(act: Act) -> None:
    with server(act) as port, pytest.raises(OutsideError, match="larger than 1 MB"):
        await get(f"http://127.0.0.1:{port}/", most=1_000_000)


async def test_a_packed_answer_is_unpacked_and_a_cut_one_told() -> None:
    packed = gzip.compress(b"[1, 2, 3]" * 50)
    with server(lambda handler: say(handler, packed, Content_Encoding="gzip")) as port:
        assert await get(f"http://127.0.0.1:{port}/") == b"[1, 2, 3]" * 50
    with (
        server(lambda handler: say(handler, packed[:-12], Content_Encoding="gzip")) as port,
        pytest.raises(OutsideError, match="ends in the middle"),
    ):
        await get(f"http://127.0.0.1:{port}/")
    with (
        server(lambda handler: say(handler, b"[]", Content_Encoding="br")) as port,
        pytest.raises(OutsideError, match="not asked for"),
    ):
        await get(f"http://127.0.0.1:{port}/")


async def test_nobody_there_is_told() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(OutsideError, match="cannot be reached") as told:
            await get(f"http://127.0.0.1:{taken.getsockname()[1]}/")
    assert told.value.passing


def certificate(folder: Path, name: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """(a server's TLS with a certificate for this name, that of who trusts it)."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    form = serialization.PrivateFormat.PKCS8
    (folder / "key.pem").write_bytes(key.private_bytes(serialization.Encoding.PEM, form, plain))
    (folder / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return serving, ssl.create_default_context(cafile=str(folder / "cert.pem"))


async def test_the_certificate_must_be_for_the_name_that_was_asked(
    tmp_path: Path, names: dict[str, list[list[str]]]
) -> None:
    names["city.test"] = names["other.test"] = [["127.0.0.1"]]
    serving, trusting = certificate(tmp_path, "city.test")
    with server(lambda handler: say(handler, b"hello"), serving) as port:
        assert await get(f"https://city.test:{port}/", tls=trusting, allow_http=False) == b"hello"
        with pytest.raises(OutsideError, match="cannot be reached"):
            await get(f"https://other.test:{port}/", tls=trusting, allow_http=False)
        with pytest.raises(OutsideError, match="cannot be reached"):
            await get(f"https://city.test:{port}/", allow_http=False)
