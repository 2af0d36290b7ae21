"""What the city tells everybody: from a draft at the desk to every page, the feeds and the map, and back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from xml.etree.ElementTree import fromstring
from zoneinfo import ZoneInfo

import pytest
from litestar import Litestar
from litestar.testing import AsyncTestClient
from sqlalchemy import func, select

from app.accounts.models import AuditEntry
from app.db import Database
from app.main import create_app
from app.notifications.announcement_actions import write_draft
from app.notifications.announcement_models import Announcement, AnnouncementMessage, AnnouncementPlace
from app.notifications.announcement_queries import find, untold
from app.notifications.announcement_telling import told_of
from app.settings import Settings
from app.templating import current_locale
from tests.accounts.signed_in import grant, person, sign_in_as
from tests.notifications.cap_rules import CAP, complaints
from tests.service_requests.city import LAT, LONG, PARKS, STREETS, make_city

Client = AsyncTestClient[Litestar]
ATOM = "{http://www.w3.org/2005/Atom}"
NEW_YORK = ZoneInfo("America/New_York")
DESK = "/staff/announcements"


def local(hours: float) -> str:
    return (datetime.now(NEW_YORK) + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M")


def form(**changed: str | list[str]) -> dict[str, Any]:
    """A flood that begins now and ends tomorrow, with a shelter and a closed bridge, in two languages."""
    return {
        "severity": "severe",
        "category": "met",
        "urgency": "expected",
        "certainty": "likely",
        "headline": "Flood at the pier",
        "description": "The tide comes over the wall tonight.",
        "instruction": "Stay away from the pier.",
        "headline_es": "Inundación en el muelle",
        "description_es": "La marea pasará el muro esta noche.",
        "instruction_es": "No se acerque al muelle.",
        "starts": local(-1),
        "ends": local(24),
        "reach": "areas",
        "area": ["board:1"],
        "department": "streets",
        "place-0-kind": "shelter",
        "place-0-name": "Pier School",
        "place-0-where": "12 Beacon Street",
        "place-0-note": "Open all night",
        "place-0-note_es": "Abierto toda la noche",
        "place-1-kind": "closure",
        "place-1-name": "Long Bridge",
        "place-1-where": f"{LAT}, {LONG}",
        **changed,
    }


@pytest.fixture
async def city(database: Database) -> Database:
    await make_city(database)
    return database


@pytest.fixture
async def desk(city: Database, client: Client) -> Client:
    """The browser of somebody who may speak for the whole city."""
    await sign_in(city, client, grant("administrator"))
    return client


@pytest.fixture
async def resident(city: Database, settings: Settings) -> AsyncIterator[Client]:
    """Somebody's browser, served by another process: it keeps its own notices."""
    async with AsyncTestClient(create_app(settings)) as client:
        yield client


async def sign_in(database: Database, client: Client, given: dict[str, Any]) -> None:
    await sign_in_as(client, database, await person(database, given))


async def publish(desk: Client, **changed: str | list[str]) -> int:
    written = await desk.post(DESK, data=form(**changed), follow_redirects=False)
    assert written.status_code == 303, written.text
    number = int(written.headers["location"].rpartition("/")[2].partition("?")[0])
    assert (await desk.post(f"{DESK}/{number}/publish", follow_redirects=False)).status_code == 303
    return number


def first(document: bytes, name: str) -> str | None:
    return fromstring(document).findtext(f".//{{{CAP}}}{name}")


async def test_a_notice_goes_from_a_draft_to_every_page_and_is_taken_back(desk: Client, city: Database) -> None:
    answer = await desk.post(DESK, data=form())
    assert "Nobody sees this yet" in answer.text
    number = int(str(answer.url).rpartition("/")[2].partition("?")[0])
    for path in ("", ".cap"):
        assert (await desk.get(f"/announcements/{number}{path}")).status_code == 404
    assert "Flood at the pier" not in (await desk.get("/announcements")).text + (await desk.get("/my")).text

    await desk.post(f"{DESK}/{number}/publish")
    for path in ("/", "/my", "/map", "/report", "/no/such/page", "/announcements", "/announcements/banner"):
        assert f'href="/announcements/{number}"' in (await desk.get(path)).text, path
    page = (await desk.get(f"/announcements/{number}")).text
    for words in ("Flood at the pier", "Stay away", "Board 1", "Pier School", "12 Beacon Street", "Open all night"):
        assert words in page
    cap = (await desk.get(f"/announcements/{number}.cap")).content
    assert (complaints(cap), first(cap, "msgType")) == ([], "Alert")

    seen = form(seen=await seen_by(city, number), headline="Flood at the pier and the market")
    assert (await desk.post(f"{DESK}/{number}", data=seen, follow_redirects=False)).status_code == 303
    assert "and the market" in (await desk.get("/my")).text
    cap = (await desk.get(f"/announcements/{number}.cap")).content
    assert (complaints(cap), first(cap, "msgType")) == ([], "Update")

    told = {"note": "The tide was lower than feared.", "note_es": "La marea bajó."}
    assert "It is withdrawn" in (await desk.post(f"{DESK}/{number}/withdraw", data=told)).text
    assert "Flood" not in (await desk.get("/my")).text
    page = (await desk.get(f"/announcements/{number}", headers={"accept-language": "es"})).text
    assert "La marea bajó." in page
    cap = (await desk.get(f"/announcements/{number}.cap")).content
    assert (complaints(cap), first(cap, "msgType")) == ([], "Cancel")
    assert len((first(cap, "references") or "").split()) == 2


async def seen_by(database: Database, number: int) -> str:
    async with database.reading() as session:
        return (await session.get_one(Announcement, number)).updated_datetime.isoformat()


async def test_the_banner_speaks_the_readers_language_and_holds_only_what_is_urgent(
    desk: Client, resident: Client
) -> None:
    await publish(desk, severity="moderate", headline="Street fair")
    await publish(desk, severity="extreme", headline_es="Salga del muelle")
    await publish(
        desk, headline="Storm tomorrow", starts=local(20), headline_es="", description_es="", instruction_es=""
    )
    await publish(desk, headline="Storm next week", starts=local(100), ends=local(120))
    english = (await resident.get("/announcements/banner")).text
    assert "Street fair" not in english
    assert "next week" not in english
    assert english.index("Flood at the pier") < english.index("Storm tomorrow")
    # It waits in the page, for a phone that has no network by then.
    assert "hidden" in english[: english.index("Storm tomorrow")].rpartition("<p ")[2]
    spanish = (await resident.get("/announcements/banner", headers={"accept-language": "es"})).text
    assert "Salga del muelle" in spanish
    assert '<strong lang="en">Storm tomorrow</strong>' in spanish
    assert "Street fair" in (await resident.get("/")).text
    listed = (await resident.get("/announcements")).text
    assert listed.index("Street fair") < listed.index("Storm next week")


async def test_only_who_may_speak_for_the_city_comes_to_the_desk(client: Client, city: Database) -> None:
    ways = [("GET", DESK), ("GET", f"{DESK}/new"), ("POST", DESK), ("POST", f"{DESK}/1"), ("POST", f"{DESK}/1/publish")]
    for method, path in ways:
        answer = await client.request(method, path, follow_redirects=False)
        assert answer.status_code == (303 if method == "GET" else 401), path
    await sign_in(city, client, grant("clerk"))
    for method, path in ways:
        assert (await client.request(method, path, follow_redirects=False)).status_code == 403, path


async def test_a_role_with_a_scope_speaks_for_its_department_and_to_its_area(client: Client, city: Database) -> None:
    await sign_in(city, client, grant("department_head", department_id=PARKS))
    refused = await client.post(DESK, data=form(), headers={"accept": "application/json"})
    assert [problem["field"] for problem in refused.json()["problems"]] == ["department"]
    await sign_in(city, client, grant("department_head", department_id=STREETS, layer="board", area_code="1"))
    refused = await client.post(DESK, data=form(reach="all"), headers={"accept": "application/json"})
    assert [problem["field"] for problem in refused.json()["problems"]] == ["area"]
    number = await publish(client)
    await sign_in(city, client, grant("department_head", department_id=PARKS))
    assert (await client.get(f"{DESK}/{number}")).status_code == 404
    assert (await client.post(f"{DESK}/{number}/withdraw", data={"note": "No"})).status_code == 404
    assert "Flood" not in (await client.get(DESK)).text.partition("<main")[2]
    async with city.reading() as session:
        noted = (await session.execute(select(AuditEntry.action).order_by(AuditEntry.id))).scalars().all()
    assert noted == ["announcement.written", "announcement.published"]


WRONG: list[tuple[dict[str, Any], list[str]]] = [
    ({"severity": "unheard of", "category": ""}, ["severity", "category"]),
    ({"urgency": "soon", "certainty": "no"}, ["urgency", "certainty"]),
    ({"headline": " \0\x07 ", "description": ""}, ["headline", "description"]),
    ({"headline": "x" * 161, "instruction": "x" * 2001}, ["headline", "instruction"]),
    ({"headline_es": ""}, ["headline_es"]),
    ({"instruction_es": ""}, ["instruction_es"]),
    ({"starts": "tomorrow", "ends": ""}, ["starts", "ends"]),
    ({"starts": "0001-01-01T00:00", "ends": "9999-12-31T23:59"}, ["starts", "ends"]),
    ({"starts": "2026-11-23T10:00:00+00:00"}, ["starts"]),
    ({"starts": local(5), "ends": local(4)}, ["ends"]),
    ({"ends": local(24 * 400)}, ["ends"]),
    ({"reach": "the world"}, ["reach"]),
    ({"area": []}, ["area"]),
    ({"area": ["board:1", "board:99"]}, ["area"]),
    ({"area": ["'; DROP TABLE announcements"]}, ["area"]),
    ({"reach": "circle", "centre": "", "radius_m": ""}, ["centre", "radius_m"]),
    ({"reach": "circle", "centre": "12 Beacon Street", "radius_m": "nan"}, ["radius_m"]),
    ({"reach": "circle", "centre": "12 Beacon Street", "radius_m": "1e9"}, ["radius_m"]),
    ({"department": "ministry of truth"}, ["department"]),
    ({"department": "state"}, ["department"]),
    ({"place-0-name": "", "place-0-kind": "castle"}, ["place-0-name", "place-0-kind"]),
    ({"place-0-where": ""}, ["place-0-where"]),
    ({"place-0-where": "1 Nowhere Lane"}, ["place-0-where"]),
    ({"place-1-where": f"{LONG}, {LAT}"}, ["place-1-where"]),
    ({"place-1-where": "132.35, 108.95"}, ["place-1-where"]),
    ({"place-1-where": "48.85, 2.35", "place-1-known": "48.85, 2.35 Paris"}, ["place-1-where"]),
    ({f"place-{row}-name": "Tent" for row in range(41)} | {f"place-{row}-where": f"{LAT}, {LONG}" for row in range(41)}
     | {f"place-{row}-kind": "help" for row in range(41)}, ["places"]),
]  # fmt: skip


async def test_each_thing_that_is_wrong_is_told_at_its_field_and_the_words_are_kept(
    desk: Client, city: Database
) -> None:
    for changed, fields in WRONG:
        answer = await desk.post(DESK, data=form(**changed), headers={"accept": "application/json"})
        assert answer.status_code == 422, changed
        assert {problem["field"] for problem in answer.json()["problems"]} == set(fields), changed
    page = await desk.post(DESK, data=form(headline_es="", area=["board:99"]))
    assert page.status_code == 422
    for words in ('href="#f-headline_es"', 'href="#f-area"', "La marea pasará", "Pier School", "There is no such area"):
        assert words in page.text
    async with city.reading() as session:
        assert not (await session.execute(select(func.count(Announcement.id)))).scalar()


async def test_a_notice_that_is_in_no_state_for_it_is_refused(desk: Client, city: Database) -> None:
    number = await publish(desk)
    assert (await desk.post(f"{DESK}/{number}/publish")).status_code == 409
    assert (await desk.post(f"{DESK}/{number}/discard")).status_code == 409
    assert (await desk.post(f"{DESK}/{number}/withdraw", data={"note": " "})).status_code == 422
    assert (await desk.post(f"{DESK}/{number}/withdraw", data={"note": "x" * 501})).status_code == 422
    seen = await seen_by(city, number)
    over = form(seen=seen, starts=local(-9), ends=local(-8), headline="Too late")
    assert (await desk.post(f"{DESK}/{number}", data=over)).status_code == 422
    assert (await desk.post(f"{DESK}/{number}", data=form(seen=seen, headline="Mine"))).status_code == 200
    answer = await desk.post(f"{DESK}/{number}", data=form(seen=seen, headline="Theirs, kept"))
    assert answer.status_code == 409
    assert "Theirs, kept" in answer.text
    assert (await desk.post(f"{DESK}/{number}", data=form(seen="when?"))).status_code == 409
    async with city.reading() as session:
        assert (await session.get_one(Announcement, number)).headline == "Mine"
    await desk.post(f"{DESK}/{number}/withdraw", data={"note": "Over"})
    for act in ("withdraw", ""):
        sent = form(seen=await seen_by(city, number), note="Again")
        assert (await desk.post(f"{DESK}/{number}/{act}".rstrip("/"), data=sent)).status_code == 409

    written = await desk.post(DESK, data=form(starts=local(-9), ends=local(-8)))
    draft = str(written.url).partition("?")[0]
    assert (await desk.post(f"{draft}/publish")).status_code == 422
    assert (await desk.post(f"{draft}/explode")).status_code == 404
    assert (await desk.post(f"{draft}/discard", follow_redirects=False)).status_code == 303
    assert (await desk.get(draft)).status_code == 404


async def test_addresses_of_nothing_are_a_404(client: Client, city: Database) -> None:
    for name in ("0", "1", "x", "1.xml", "-1", "99999999999", "2147483648", "1.cap", "01", "¹"):
        assert (await client.get(f"/announcements/{name}")).status_code == 404, name


async def test_what_the_form_shows_of_a_notice_can_be_sent_back_as_it_is(desk: Client, city: Database) -> None:
    number = await publish(desk, reach="circle", centre="80 Harbor Avenue", radius_m="750")
    page = (await desk.get(f"{DESK}/{number}/edit")).text
    for value in ("Flood at the pier", "80 Harbor Avenue", 'value="750"', "Pier School", "Abierto toda la noche"):
        assert value in page
    async with city.reading() as session:
        found = await find(session, number)
    assert found
    known = f"{found.lat}, {found.long} {found.centre}"
    assert known in page
    # The index of places may lose an address: what stands in the row is still known.
    sent = form(seen=found.updated_datetime.isoformat(), reach="circle", centre=found.centre, centre_known=known)
    assert (await desk.post(f"{DESK}/{number}", data={**sent, "radius_m": "750"})).status_code == 200


async def test_the_feeds_hold_what_counts_and_say_when_nothing_has_changed(desk: Client, resident: Client) -> None:
    empty = fromstring((await resident.get("/announcements/cap.xml")).content)
    assert empty.findtext(f"{ATOM}updated")
    kept = await publish(desk)
    gone = await publish(desk, headline="Gas leak", reach="all", area=[])
    await desk.post(f"{DESK}/{gone}/withdraw", data={"note": "Repaired"})
    answer = await resident.get("/announcements/cap.xml")
    feed = fromstring(answer.content)
    links = [link.get("href") for link in feed.findall(f"{ATOM}entry/{ATOM}link")]
    assert links == [f"http://testserver.local/announcements/{number}.cap" for number in (gone, kept)]
    for number in (gone, kept):
        message = await resident.get(f"/announcements/{number}.cap")
        assert message.headers["content-type"].startswith("application/cap+xml")
        assert complaints(message.content) == []
        assert first(message.content, "polygon")
    unchanged = {"if-none-match": answer.headers["etag"]}
    assert (await resident.get("/announcements/cap.xml", headers=unchanged)).status_code == 304

    people = fromstring((await resident.get("/announcements.atom", headers={"accept-language": "es"})).content)
    assert [entry.findtext(f"{ATOM}title") for entry in people.findall(f"{ATOM}entry")] == ["Inundación en el muelle"]
    assert "No se acerque" in (people.findtext(f"{ATOM}entry/{ATOM}summary") or "")


async def test_the_map_shows_areas_circles_shelters_and_closures_of_what_is_in_force(
    desk: Client, resident: Client
) -> None:
    await publish(desk)
    await publish(desk, reach="circle", centre=f"{LAT}, {LONG}", radius_m="1000", **{"place-0-kind": "help"})
    await publish(desk, starts=local(5), headline="Later")
    features = (await resident.get("/announcements.geojson")).json()["features"]
    told = [(one["properties"]["kind"], one["geometry"]["type"]) for one in features]
    point = "Point"
    assert told == [
        ("area", "Polygon"), ("shelter", point), ("closure", point),
        ("area", "Polygon"), ("help", point), ("closure", point),
    ]  # fmt: skip
    school = features[1]
    assert school["geometry"]["coordinates"] == pytest.approx([LONG, LAT])
    assert (school["properties"]["name"], school["properties"]["note"]) == ("Pier School", "Open all night")
    ring = features[3]["geometry"]["coordinates"][0]
    assert ring[0] == ring[-1]
    assert max(lat for _, lat in ring) - LAT == pytest.approx(1000 / 111_195, rel=0.01)
    listed = (await resident.get("/map")).text
    assert "Shelter: Pier School, 12 Beacon Street" in listed


async def test_each_message_waits_to_be_told_once_in_each_language(desk: Client, city: Database) -> None:
    number = await publish(desk)
    async with city.writing() as session:
        waiting = await untold(session, 10)
        found = await find(session, number)
        assert found
        english = told_of(found)
        current_locale.set("es")
        spanish = told_of(found)
        current_locale.set("en")
        waiting[0].announced_datetime = datetime.now(UTC)
    assert [one.version for one in waiting] == [1]
    assert (english.key, english.urgent, english.areas) == (f"announcement:{number}:1", True, (("board", "1"),))
    assert english.title == "Flood at the pier"
    assert spanish.text == "La marea pasará el muro esta noche.\n\nNo se acerque al muelle."
    await desk.post(f"{DESK}/{number}/withdraw", data={"note": "Over"})
    async with city.reading() as session:
        assert [one.kind for one in await untold(session, 10)] == ["cancel"]
        found = await find(session, number)
    assert found
    assert (told_of(found).key, told_of(found).text, told_of(found).urgent) == (
        f"announcement:{number}:2",
        "Over",
        False,
    )


async def test_a_notice_takes_its_places_and_messages_along_when_it_goes(city: Database) -> None:
    now = datetime.now(UTC)
    words = {"severity": "minor", "category": "met", "urgency": "past", "certainty": "likely", "headline": "A"}
    place = AnnouncementPlace(kind="help", name="Tent", address="Pier", lat=LAT, long=LONG)
    async with city.writing() as session:
        facts = {**words, "description": "B", "starts_datetime": now, "ends_datetime": now}
        made = await write_draft(session, facts, [place])
        session.add(AnnouncementMessage(announcement_id=made.id, version=1, kind="alert", sent_datetime=now))
    async with city.writing() as session:
        found = await find(session, made.id)
        await session.delete(found)
    async with city.reading() as session:
        for model in (AnnouncementPlace, AnnouncementMessage):
            assert not (await session.execute(select(func.count(model.id)))).scalar()
