"""The front end's files are sent as the build compressed them, to whoever takes that."""

from __future__ import annotations

import pytest
from litestar import Litestar
from litestar.testing import AsyncTestClient

from app.pwa.built_files import accepted_encodings
from app.templating import BUILD, asset

Client = AsyncTestClient[Litestar]
SCRIPT = "map.js"


@pytest.mark.parametrize(("accepted", "encoding"), [("gzip, br", "br"), ("gzip", "gzip"), ("br;q=0, gzip", "gzip")])
async def test_a_built_file_comes_in_the_smallest_form_that_is_accepted(
    client: Client, accepted: str, encoding: str
) -> None:
    address = asset(SCRIPT)
    async with client.stream("GET", address, headers={"accept-encoding": accepted}) as answer:
        body = b"".join([chunk async for chunk in answer.aiter_raw()])
    name = address.rpartition("/")[2]
    assert answer.headers["content-encoding"] == encoding
    assert answer.headers["vary"] == "Accept-Encoding"
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert body == (BUILD / f"{name}.{'br' if encoding == 'br' else 'gz'}").read_bytes()
    assert len(body) < (BUILD / name).stat().st_size / 3


async def test_a_browser_that_takes_gzip_reads_the_file_itself(client: Client) -> None:
    address = asset(SCRIPT)
    answer = await client.get(address, headers={"accept-encoding": "gzip"})
    assert answer.content == (BUILD / address.rpartition("/")[2]).read_bytes()


async def test_who_takes_neither_gets_the_file_as_it_is(client: Client) -> None:
    answer = await client.get(asset(SCRIPT), headers={"accept-encoding": "identity"})
    assert "content-encoding" not in answer.headers
    assert len(answer.content) == (BUILD / asset(SCRIPT).rpartition("/")[2]).stat().st_size


@pytest.mark.parametrize("path", ["/static/build/%00", "/static/build/..%2fmain.py", "/static/build/no-such.js"])
async def test_what_the_build_did_not_make_is_not_there(client: Client, path: str) -> None:
    assert (await client.get(path, headers={"accept-encoding": "br"})).status_code == 404


@pytest.mark.parametrize(
    ("header", "accepted"),
    [("", set()), ("GZIP ; q=0.5,br", {"gzip", "br"}), ("br;q=0.000", set()), ("br;q=x, gzip", {"gzip"})],
)
def test_a_header_is_read_as_it_is_meant(header: str, accepted: set[str]) -> None:
    assert accepted_encodings(header) == accepted
