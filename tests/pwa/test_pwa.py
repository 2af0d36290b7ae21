"""What makes the pages installable: manifest, icons, service worker, and the page without a network."""

from __future__ import annotations

import io

import pytest
from litestar import Litestar
from litestar.testing import AsyncTestClient
from PIL import Image

from app.templating import BUILD

Client = AsyncTestClient[Litestar]


async def test_the_manifest_speaks_the_readers_language(client: Client) -> None:
    for locale in ("en", "es"):
        answer = await client.get("/manifest.webmanifest", headers={"accept-language": locale})
        assert answer.headers["content-type"].startswith("application/manifest+json")
        assert answer.json()["lang"] == locale


async def test_the_icons_are_there_in_the_sizes_that_they_claim(client: Client) -> None:
    icons = (await client.get("/manifest.webmanifest")).json()["icons"]
    assert {icon["purpose"] for icon in icons} == {"any", "maskable", "monochrome"}
    for icon in icons:
        file = await client.get(icon["src"])
        assert file.status_code == 200
        if icon["type"] == "image/png":
            assert "{}x{}".format(*Image.open(io.BytesIO(file.content)).size) == icon["sizes"]


async def test_shortcuts_and_the_share_target_lead_to_pages_of_ours(client: Client) -> None:
    manifest = (await client.get("/manifest.webmanifest")).json()
    assert [one["url"] for one in manifest["shortcuts"]] == ["/report", "/my"]
    assert (manifest["share_target"]["action"], manifest["share_target"]["method"]) == ("/report/share", "POST")
    assert manifest["share_target"]["params"]["files"][0]["name"] == "media"


async def test_the_service_worker_is_at_the_root_and_asked_for_anew(client: Client) -> None:
    if not (BUILD / "service-worker.js").exists():
        pytest.skip("the front end is not built: npm run build --prefix frontend")
    answer = await client.get("/service-worker.js")
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["cache-control"] == "no-cache"


async def test_the_page_without_a_network_leads_to_the_report(client: Client) -> None:
    answer = await client.get("/offline")
    assert answer.status_code == 200
    assert 'href="/report"' in answer.text
