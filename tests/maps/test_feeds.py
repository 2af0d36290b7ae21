"""Feeds hold what the map shows under a filter, in forms that other programs read, and nothing that is not public."""

from __future__ import annotations

import asyncio
import csv
import io
import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from defusedxml import ElementTree
from litestar import Litestar
from litestar.testing import AsyncTestClient

from app.db import Database
from app.maps import feed_rows
from app.maps.feed_formats import CsvFeed
from app.maps.feeds import pieces
from app.maps.filters import MapFilter, read_filter
from tests.maps.history import SERVICES, ZONE, Past, make_history
from tests.service_requests.city import ANA, make_city, report, set_facts

Client = AsyncTestClient[Litestar]
ATOM = {"a": "http://www.w3.org/2005/Atom", "georss": "http://www.georss.org/georss"}
JSON = {"Accept": "application/json"}


@pytest.fixture
async def history(database: Database, monkeypatch: pytest.MonkeyPatch) -> list[Past]:
    # So that a few requests make many chunks.
    monkeypatch.setattr(feed_rows, "CHUNK", 7)
    await make_city(database)
    made = await make_history(database, count=72)
    async with database.writing() as session:
        # Many at one moment, as imports have them: they are told apart by their ids.
        for past in made[:25]:
            past.row.requested_datetime = made[0].row.requested_datetime
            await session.merge(past.row)
    return made


async def table(client: Client, **asked: Any) -> list[dict[str, str]]:
    answer = await client.get("/requests.csv", params=asked)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/csv; charset=utf-8")
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8"), newline="")))


def in_order(history: list[Past]) -> list[str]:
    ordered = sorted(history, key=lambda past: (past.row.requested_datetime, past.row.id))
    return [past.row.service_request_id for past in ordered]


async def test_a_table_has_each_request_once_in_a_stable_order(client: Client, history: list[Past]) -> None:
    shown = [past for past in history if past.standing != "duplicate"]
    rows = await table(client)
    assert [row["service_request_id"] for row in rows] == in_order(shown)
    assert rows == await table(client)
    by_id = {past.row.service_request_id: past for past in history}
    for row in rows:
        past = by_id[row["service_request_id"]]
        assert row["service_code"] == SERVICES[past.row.service_id]
        assert datetime.fromisoformat(row["requested_datetime"]) == past.row.requested_datetime
        assert (float(row["lat"]), float(row["long"])) == pytest.approx((past.row.lat, past.row.long), abs=1e-6)
        assert row["status"] == ("closed" if past.standing == "closed" else "open")


async def test_the_filter_of_the_map_is_that_of_every_feed(client: Client, history: list[Past]) -> None:
    since = (datetime.now(ZONE) - timedelta(days=500)).date()
    asked = {"area": "board:1", "group": "streets", "status": "closed", "filed_from": since.isoformat()}
    wanted = in_order(
        [
            past
            for past in history
            if past.board == 1
            and SERVICES[past.row.service_id] != "heat"
            and past.standing == "closed"
            and past.filed >= since
        ]
    )
    assert len(wanted) > 2
    assert [row["service_request_id"] for row in await table(client, **asked)] == wanted
    told = (await client.get("/requests.geojson", params=asked)).json()
    assert [feature["id"] for feature in told["features"]] == wanted
    feed = ElementTree.fromstring((await client.get("/requests.atom", params=asked)).content)
    ids = [entry.findtext("a:id", namespaces=ATOM).rpartition("/")[2] for entry in feed.findall("a:entry", ATOM)]
    assert ids == wanted[::-1]


async def test_points_are_as_rfc_7946_wants_them(client: Client, history: list[Past]) -> None:
    answer = await client.get("/requests.geojson")
    assert answer.headers["content-type"].startswith("application/geo+json")
    told = json.loads(answer.content)
    assert set(told) == {"type", "features"} and told["type"] == "FeatureCollection"
    for feature in told["features"]:
        assert set(feature) == {"type", "id", "geometry", "properties"}
        long, lat = feature["geometry"]["coordinates"]
        assert -71.1 < long < -71 and 42.3 < lat < 42.4
        assert "lat" not in feature["properties"]


async def test_a_feed_reader_gets_the_fifty_newest(client: Client, history: list[Past]) -> None:
    answer = await client.get("/requests.atom?status=open,late,closed,duplicate")
    assert answer.headers["content-type"].startswith("application/atom+xml")
    feed = ElementTree.fromstring(answer.content)
    entries = feed.findall("a:entry", ATOM)
    assert len(entries) == 50
    newest = in_order(history)[::-1][:50]
    assert [one.findtext("a:id", namespaces=ATOM).rpartition("/")[2] for one in entries] == newest
    for one in [feed, *entries]:
        assert one.findtext("a:id", namespaces=ATOM).startswith("http://testserver.local/")
        assert one.findtext("a:title", namespaces=ATOM)
        assert datetime.fromisoformat(one.findtext("a:updated", namespaces=ATOM)).tzinfo
    assert feed.findtext("a:author/a:name", namespaces=ATOM) == "Harbor"
    own = feed.find("a:link[@rel='self']", ATOM).get("href")
    assert own == "http://testserver.local/requests.atom?status=open,late,closed,duplicate"
    again = await client.get(
        "/requests.atom?status=open,late,closed,duplicate", headers={"If-None-Match": answer.headers["etag"]}
    )
    assert (again.status_code, again.content) == (304, b"")


async def test_a_feed_is_named_for_what_is_in_it(client: Client, history: list[Past]) -> None:
    answer = await client.get("/requests.csv?area=board:1&service_code=pothole&filed_from=2026-01-05")
    day = datetime.now(ZONE).date().isoformat()
    named = f'attachment; filename="harbor-requests-board-1-pothole-filed-2026-01-05-{day}.csv"'
    assert answer.headers["content-disposition"] == named


async def test_nothing_private_leaves_in_a_feed(client: Client, database: Database) -> None:
    await make_city(database)
    plain = await report(
        database, contact=ANA, description="Deep. Call 617 555 0142", address_string="Ask ana@example.org"
    )
    hidden = await report(database, service_code="graffiti", description="The neighbor did it")
    private = await report(database, service_code="drugs", description="Corner boys")
    await set_facts(database, plain, status_notes="Ask bob@city.example")
    for form in ("csv", "geojson", "atom"):
        text = (await client.get(f"/requests.{form}")).text
        assert plain.service_request_id in text and hidden.service_request_id in text
        assert private.service_request_id not in text
        for secret in ("0142", "ana@", "Ana Reporter", "bob@", "neighbor", "Corner"):
            assert secret not in text
        assert "Deep." in text


async def test_a_spreadsheet_runs_nothing_and_reads_every_letter(client: Client, database: Database) -> None:
    await make_city(database)
    texts = ["=HYPERLINK(1)", "+1", "-2+3", "@SUM(A1)", "\tx", 'Über "Straße", 東京\nnext line', "plain"]
    for text in texts:
        request = await report(database)
        await set_facts(database, request, description=text, address_string=text)
    rows = await table(client)
    safe = [f"'{text}" if text[0] in "=+-@\t" else text for text in texts]
    assert [row["description"] for row in rows] == safe
    assert [row["address"] for row in rows] == safe
    assert all(float(row["long"]) < 0 for row in rows)


async def test_characters_that_no_xml_may_hold_are_left_out(client: Client, database: Database) -> None:
    await make_city(database)
    await set_facts(database, await report(database), description="bell \x07 & <b>", address_string="A \x1b B")
    feed = ElementTree.fromstring((await client.get("/requests.atom")).content)
    assert "bell  & <b>" in feed.findtext("a:entry/a:summary", namespaces=ATOM)


async def test_a_feed_of_nothing_is_whole(client: Client, database: Database) -> None:
    await make_city(database)
    assert await table(client) == []
    assert (await client.get("/requests.csv")).text.startswith("service_request_id,service_code,")
    assert (await client.get("/requests.geojson")).json() == {"type": "FeatureCollection", "features": []}
    feed = ElementTree.fromstring((await client.get("/requests.atom?service_code=tree")).content)
    assert feed.findall("a:entry", ATOM) == []
    assert feed.findtext("a:title", namespaces=ATOM) == "Reports in Harbor: Fallen tree"
    assert datetime.fromisoformat(feed.findtext("a:updated", namespaces=ATOM)).tzinfo


async def test_a_bad_filter_is_refused_before_anything_is_sent(client: Client, database: Database) -> None:
    await make_city(database)
    for form in ("csv", "geojson", "atom"):
        for asked in (
            "filed_from=2026-02-01&filed_to=2026-01-01",
            "status=lost",
            "area=board:99",
            "service_code=drugs",
        ):
            answer = await client.get(f"/requests.{form}?{asked}", headers=JSON)
            assert answer.status_code == 400, (form, asked)
            assert answer.json()["problems"]


async def test_a_long_table_is_read_bit_by_bit_as_it_is_taken(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed_rows, "CHUNK", 7)
    await make_city(database)
    await make_history(database, count=40)
    read, taken = [], 0
    whole_read = feed_rows.read_after

    async def counted(*asked: Any) -> Any:
        read.append(await whole_read(*asked))
        return read[-1]

    monkeypatch.setattr(feed_rows, "read_after", counted)
    async for piece in pieces(database, MapFilter(), CsvFeed(), ZONE, "en"):
        assert sum(map(len, read)) <= taken
        assert piece.count("\r\n") <= 7
        taken += 7
    assert max(map(len, read)) == 7 and len(read) >= 5


async def test_who_goes_away_is_read_for_no_longer(
    client: Client, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed_rows, "CHUNK", 7)
    await make_city(database)
    await make_history(database, count=200)
    reads, sent, gone = [], [], asyncio.Event()
    whole_read = feed_rows.read_after

    async def counted(*asked: Any) -> Any:
        reads.append(asked)
        return await whole_read(*asked)

    async def send(message: Any) -> None:
        sent.append(message)
        if len(reads) == 3:
            gone.set()
            # What is sent to nobody never comes through.
            await asyncio.Event().wait()

    async def receive() -> Any:
        await gone.wait()
        return {"type": "http.disconnect"}

    monkeypatch.setattr(feed_rows, "read_after", counted)
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "http",
        "path": "/requests.csv", "raw_path": b"/requests.csv", "root_path": "", "query_string": b"",
        "headers": [(b"host", b"testserver.local")], "client": ("127.0.0.1", 1), "server": ("testserver.local", 80),
    }  # fmt: skip
    await asyncio.wait_for(client.app(scope, receive, send), 10)
    assert sent[0]["status"] == 200
    assert len(reads) == 3
    assert client.app.state.database.engine.pool.checkedout() == 0


@pytest.mark.parametrize(
    "asked", [{}, {"source": "web"}, {"area": "board:2"}, {"near": "42.36,-71.06,900"}, {"closed_from": "2020-01-01"}]
)
async def test_a_feed_ends_with_what_comes_in_while_it_is_read(
    database: Database, history: list[Past], asked: dict[str, str]
) -> None:
    async with database.reading() as session:
        wanted = await read_filter(session, {name: [value] for name, value in asked.items()})
    read, late = [], None
    async for rows, _ in feed_rows.chunks(database, wanted):
        read += [row.service_request_id for row in rows]
        late = late or await report(database)
    fitting = [past for past in history if past.row.service_request_id in read]
    assert len(read) == len(set(read)) and len(fitting) >= 5
    assert read == [*in_order(fitting), *read[len(fitting) :]]
    if not asked:
        assert read[-1] == late.service_request_id
