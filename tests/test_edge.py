"""What every answer carries, whatever was asked for."""

from __future__ import annotations

from litestar import Litestar
from litestar.testing import AsyncTestClient

Client = AsyncTestClient[Litestar]


async def test_a_page_that_is_not_there_has_the_same_headers_and_speaks_the_readers_language(client: Client) -> None:
    answer = await client.get("/no-such-page", headers={"accept-language": "es-MX,es;q=0.9,en;q=0.5"})
    assert answer.status_code == 404
    assert 'lang="es"' in answer.text
    assert answer.headers["content-language"] == "es"
    assert "default-src 'self'" in answer.headers["content-security-policy"]
    assert len(answer.headers["x-request-id"]) == 32


async def test_a_program_gets_problem_json(client: Client) -> None:
    answer = await client.get("/no-such-page", headers={"accept": "application/json"})
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert answer.json()["status"] == 404


async def test_a_language_chosen_by_hand_is_kept_and_leads_back(client: Client) -> None:
    answer = await client.post("/language", data={"locale": "es", "back": "/report?a=1"}, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/report?a=1")
    page = await client.get("/no-such-page", headers={"accept-language": "en"})
    assert 'lang="es"' in page.text


async def test_the_language_switch_never_leads_to_another_site(client: Client) -> None:
    for back in ("//evil.example", "https://evil.example", "/\\evil.example"):
        answer = await client.post("/language", data={"locale": "es", "back": back}, follow_redirects=False)
        assert answer.headers["location"] == "/"


async def test_a_change_that_another_site_sends_is_refused(client: Client) -> None:
    for headers in ({"sec-fetch-site": "cross-site"}, {"origin": "https://evil.example"}):
        answer = await client.post("/language", data={"locale": "es"}, headers=headers)
        assert answer.status_code == 403


async def test_readiness_names_the_part_that_fails(client: Client) -> None:
    assert (await client.get("/healthz")).text == "ok"
    answer = await client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json() == {"database": "ok", "media": "ok", "worker": "RuntimeError"}
