"""What every answer carries, whatever was asked for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID

import httpx
import pytest
import structlog
from litestar import Litestar
from litestar._parsers import parse_url_encoded_form_data
from litestar.testing import AsyncTestClient, RequestFactory
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from structlog.testing import capture_logs

from app import edge, errors
from app.db import Database
from app.errors import on_database_error
from app.limits import Buckets
from app.templating import current_locale, say_number

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


@pytest.mark.parametrize("path", ["/tiles/requests/40/0/0.mvt", "/tiles/basemap/2/9/9.mvt", "/areas/none.geojson"])
async def test_who_asks_for_data_is_refused_in_data_and_who_reads_pages_in_a_page(client: Client, path: str) -> None:
    program = await client.get(path, headers={"accept": "*/*"})
    reader = await client.get(path, headers={"accept": "text/html,application/xhtml+xml,*/*;q=0.8"})
    assert program.status_code == reader.status_code != 200
    assert program.headers["content-type"].startswith("application/problem+json")
    assert reader.headers["content-type"].startswith("text/html")


@pytest.mark.parametrize(
    ("locale", "value", "said"), [("en", 1204.5, "1,204.5"), ("es", 1204.5, "1,204.5"), ("es", 12045, "12,045")]
)
def test_numbers_are_written_as_in_america_in_both_languages(locale: str, value: float, said: str) -> None:
    before = current_locale.set(locale)
    try:
        assert say_number(value) == said
    finally:
        current_locale.reset(before)


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
    for headers in (
        {"sec-fetch-site": "cross-site"},
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://["},
    ):
        answer = await client.post("/language", data={"locale": "es"}, headers=headers)
        assert answer.status_code == 403


async def test_the_description_for_programs_loads_nothing_from_elsewhere(client: Client) -> None:
    for path in ("/api", "/api/openapi.json"):
        answer = await client.get(path)
        assert answer.status_code == 200
        assert "/open311/v2/requests.json" in answer.json()["paths"]
    assert (await client.get("/api/swagger")).status_code == 404


async def test_readiness_names_the_part_that_fails(client: Client) -> None:
    assert (await client.get("/healthz")).text == "ok"
    answer = await client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json() == {"database": "ok", "media": "ok", "worker": "RuntimeError"}


async def test_who_sends_slowly_keeps_no_writer_waiting(app: Litestar) -> None:
    arrived = asyncio.Event()

    async def body() -> AsyncIterator[bytes]:
        yield b"a="
        await arrived.wait()
        yield b"1"

    form = {"content-type": "application/x-www-form-urlencoded"}
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver.local") as slow:
        sending = asyncio.create_task(slow.post("/my/forgetting", content=body(), headers=form))
        await asyncio.sleep(0.2)
        async with asyncio.timeout(3), app.state.database.writing():
            assert not sending.done()
        arrived.set()
        assert (await sending).status_code == 303
    await app.state.database.close()


@pytest.mark.parametrize("form", ["&".join(["a=1"] * 2000), "description=" + "x" * 4_100_000])
@pytest.mark.parametrize("path", ["/report", "/open311/v2/requests.json", "/my/forgetting"])
async def test_a_form_of_more_than_any_form_has_is_a_413(path: str, form: str, client: Client) -> None:
    kind = {"content-type": "application/x-www-form-urlencoded"}
    answer = await client.post(path, content=form.encode(), headers=kind)
    assert answer.status_code == 413


async def test_megabytes_of_words_beside_photos_are_a_413(client: Client) -> None:
    files = [("description", (None, "x" * 4_100_000)), ("step", (None, "place"))]
    assert (await client.post("/report", files=files)).status_code == 413


async def test_no_password_is_remembered_by_the_parser_of_forms(client: Client) -> None:
    before = parse_url_encoded_form_data.cache_info().currsize
    answer = await client.post("/sign-in", data={"email": "a@b.example", "password": "not to be kept"})
    assert answer.status_code == 422
    assert parse_url_encoded_form_data.cache_info().currsize == before


async def test_before_there_is_a_city_the_page_says_what_to_do(client: Client) -> None:
    answer = await client.get("/report")
    assert answer.status_code == 503
    assert "blockwise demo" in answer.text


def test_no_row_that_a_database_refuses_is_logged(monkeypatch: pytest.MonkeyPatch) -> None:
    # A fresh logger: the module's own may have been used, and then keeps its processors.
    monkeypatch.setattr(errors, "log", structlog.wrap_logger(structlog.PrintLogger()))
    refused = Exception("duplicate key value\nDETAIL:  Key (email)=(ana@example.org) already exists.")
    with capture_logs() as logged:
        on_database_error(RequestFactory().get("/"), DBAPIError("INSERT", {"email": "ana@example.org"}, refused))
    assert "duplicate key value" in str(logged)
    assert "ana@example.org" not in str(logged)


async def test_no_error_of_the_database_says_what_was_written(database: Database) -> None:
    with pytest.raises(SQLAlchemyError) as raised:
        async with database.writing() as session:
            await session.execute(text("INSERT INTO nowhere VALUES (:email)"), {"email": "ana@example.org"})
    assert "ana@example.org" not in str(raised.value)


async def test_too_many_changes_from_one_address_are_asked_to_wait_and_others_are_not(
    app: Litestar, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(edge, "writes", Buckets(now=lambda: 0.0))
    flood, other = {"x-forwarded-for": "203.0.113.7"}, {"x-forwarded-for": "203.0.113.8"}
    behind_a_proxy = httpx.ASGITransport(app, client=("10.0.0.9", 4711))
    async with httpx.AsyncClient(transport=behind_a_proxy, base_url="http://testserver.local") as client:
        for _ in range(edge.WRITES_A_MINUTE):
            assert (await client.post("/language", data={"locale": "es"}, headers=flood)).status_code == 303
        answer = await client.post("/language", data={"locale": "es"}, headers=flood)
        assert answer.status_code == 429
        assert 1 <= int(answer.headers["retry-after"]) <= 60
        assert (await client.post("/language", data={"locale": "es"}, headers=other)).status_code == 303


async def test_who_is_refused_has_sent_everything_and_hears_the_answer(app: Litestar) -> None:
    """An answer before the end of a long body breaks the connection: the phone would never learn why."""
    sent = 0

    async def body() -> AsyncIterator[bytes]:
        nonlocal sent
        for _ in range(5):
            sent += 1
            yield b"x" * 100_000

    headers = {"sec-fetch-site": "cross-site"}
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver.local") as client:
        answer = await client.put(f"/outbox/{UUID(int=1)}/photos/{'a' * 64}", content=body(), headers=headers)
    assert (answer.status_code, sent) == (403, 5)
