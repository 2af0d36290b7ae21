"""What programs read: the catalogue and the requests, in both formats, filtered and paged."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID
from xml.etree.ElementTree import Element

import pytest
from defusedxml.ElementTree import fromstring, parse
from jsonschema import Draft7Validator
from litestar import Litestar
from litestar.testing import AsyncTestClient
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT7
from sqlalchemy import insert, inspect

from app.db import Database, point
from app.open311.filters import Filters
from app.open311.queries import find_requests
from app.service_requests.identifiers import DIGITS, new_service_request_id
from app.service_requests.models import Photo, ServiceRequest
from app.services.queries import current_catalogue
from tests.open311.city import CITY_ID, DRUGS, GRAFFITI, LAT, LONG, OLD, POTHOLE, add_request, new_uuid

Api = AsyncTestClient[Litestar]
V2 = "/open311/v2"


async def ids(api: Api, query: str) -> list[str]:
    answered = await api.get(f"{V2}/requests.json?{query}")
    assert answered.status_code == 200, answered.text
    return [request["service_request_id"] for request in answered.json()]


def check_schema(shared_data: Path, name: str, document: Any) -> None:
    folder = shared_data / "open311" / "schema"
    files = {path.name: Resource.from_contents(json.loads(path.read_text()), DRAFT7) for path in folder.glob("*.json")}
    registry: Registry[Any] = Registry().with_resources(files.items())
    Draft7Validator({"$ref": name}, registry=registry).validate(document)


def names(element: Element) -> list[str]:
    return [child.tag for child in element]


async def test_discovery_leads_to_the_api(api: Api) -> None:
    told = (await api.get("/open311/discovery.json")).json()
    endpoint = told["endpoints"][0]
    assert endpoint["specification"] == "http://wiki.open311.org/GeoReport_v2"
    assert endpoint["url"] == "http://testserver.local/open311/v2"
    assert endpoint["formats"] == ["application/json", "text/xml"]
    root = fromstring((await api.get("/open311/discovery.xml")).content)
    assert root.findtext("endpoints/endpoint/url") == endpoint["url"]


async def test_answers_have_the_shape_of_the_schemas(api: Api, city: Database, shared_data: Path) -> None:
    await add_request(city, description="Deep", description_public=True, address_string="12 Beacon Street")
    await add_request(city, status="fixed")
    for path, schema in (
        ("services.json", "services.json"),
        ("services/light.out.json", "service-definition.json"),
        ("requests.json", "requests.json"),
        ("requests.json?extensions=true", "requests.json"),
    ):
        document = (await api.get(f"{V2}/{path}")).json()
        assert document
        check_schema(shared_data, schema, document)


async def test_xml_has_the_shape_of_recorded_answers(api: Api, city: Database, shared_data: Path) -> None:
    await add_request(city)
    recorded = shared_data / "open311" / "recorded_xml"
    services = fromstring((await api.get(f"{V2}/services.xml")).content)
    known = parse(recorded / "services.xml").getroot()
    assert services.tag == known.tag
    assert set(names(services[0])) == set(names(known[0]))
    requests = fromstring((await api.get(f"{V2}/requests.xml")).content)
    known = parse(recorded / "service_requests.xml").getroot()
    assert (requests.tag, requests[0].tag) == (known.tag, known[0].tag)
    assert names(requests[0]) == names(known[0])
    missing = fromstring((await api.get(f"{V2}/requests/nothing.xml")).content)
    known = parse(recorded / "get_service_request_not_found.xml").getroot()
    assert (missing.tag, missing[0].tag, names(missing[0])) == (known.tag, known[0].tag, names(known[0]))
    assert missing.findtext("error/code") == "404"
    empty = fromstring((await api.get(f"{V2}/requests.xml?service_code=none")).content)
    assert (empty.tag, len(empty)) == ("service_requests", 0)
    known_attribute = parse(recorded / "service_definition.xml").getroot()[1]
    definition = fromstring((await api.get(f"{V2}/services/light.out.xml")).content)
    assert set(names(definition.find("attributes/attribute"))) == set(names(known_attribute))


async def test_media_types_say_utf_8(api: Api) -> None:
    assert (await api.get(f"{V2}/services.json")).headers["content-type"] == "application/json; charset=utf-8"
    answered = await api.get(f"{V2}/services.xml")
    assert answered.headers["content-type"] == "text/xml; charset=utf-8"
    assert answered.content.startswith(b'<?xml version="1.0" encoding="utf-8"?>')


async def test_the_catalogue_speaks_the_readers_language(api: Api) -> None:
    by_param = (await api.get(f"{V2}/services.json?locale=es")).json()
    by_header = (await api.get(f"{V2}/services.json", headers={"Accept-Language": "es-MX, en;q=0.5"})).json()
    assert by_param == by_header
    pothole = next(service for service in by_param if service["service_code"] == "pothole")
    assert (pothole["service_name"], pothole["group"], pothole["keywords"]) == ("Bache", "Calles", "hoyo")
    codes = [service["service_code"] for service in by_param]
    assert "old" not in codes


async def test_a_definition_tells_our_own_rules_only_to_who_asks(api: Api) -> None:
    plain = (await api.get(f"{V2}/services/light.out.json")).json()
    state, pole = plain["attributes"][:2]
    assert [value["key"] for value in state["values"]] == ["out", "gas"]
    assert (state["datatype"], state["required"], state["variable"]) == ("singlevaluelist", True, True)
    assert plain["attributes"][-1]["variable"] is False
    assert "show_if" not in pole and "stop" not in json.dumps(plain)
    more = (await api.get(f"{V2}/services/light.out.json?extensions=true")).json()
    assert more["attributes"][1]["show_if"] == {"code": "STATE", "keys": ["out"]}
    assert more["attributes"][0]["values"][1]["stop"]["phone"] == "555-0911"
    root = fromstring((await api.get(f"{V2}/services/light.out.xml?extensions=true")).content)
    assert root.findtext("attributes/attribute/show_if/keys/key") == "out"


@pytest.mark.parametrize(
    "path",
    ["services/none.json", "services/old.json", "services/pothole", "services/pothole.csv", "requests/.json", "x.json"],
)
async def test_what_does_not_exist_is_a_404_in_the_specifications_shape(api: Api, path: str) -> None:
    answered = await api.get(f"{V2}/{path}")
    assert answered.status_code == 404
    error = answered.json()[0]
    assert error["code"] == 404 and error["description"]


async def test_another_jurisdiction_is_a_404_and_ours_may_be_left_out(api: Api) -> None:
    for path in ("services.json", "requests.json", "services/light.out.json"):
        assert (await api.get(f"{V2}/{path}?jurisdiction_id={CITY_ID}")).status_code == 200
        answered = await api.get(f"{V2}/{path}?jurisdiction_id=elsewhere.example")
        assert (answered.status_code, answered.json()[0]["code"]) == (404, 404)
        assert "elsewhere.example" in answered.json()[0]["description"]


async def test_times_carry_the_citys_offset(api: Api, city: Database) -> None:
    number = await add_request(
        city,
        requested_datetime=datetime(2026, 1, 15, 17, 0, tzinfo=UTC),
        updated_datetime=datetime(2026, 7, 15, 16, 0, tzinfo=UTC),
    )
    told = (await api.get(f"{V2}/requests/{number}.json")).json()[0]
    assert told["requested_datetime"] == "2026-01-15T12:00:00-05:00"
    assert told["updated_datetime"] == "2026-07-15T12:00:00-04:00"
    assert told["expected_datetime"] is None


async def test_a_number_is_read_as_it_was_heard_and_no_other_number_is_found(api: Api, city: Database) -> None:
    number = await add_request(city)
    for said in (number.lower(), number.replace("-", ""), number.replace("-", "%20")):
        assert (await api.get(f"{V2}/requests/{said}.json")).json()[0]["service_request_id"] == number
    for place in (0, 6, 13):
        other = DIGITS[(DIGITS.index(number[place]) + 1) % 32]
        changed = number[:place] + other + number[place + 1 :]
        assert (await api.get(f"{V2}/requests/{changed}.json")).status_code == 404


async def test_a_private_services_requests_are_nowhere(api: Api, city: Database) -> None:
    client_id = new_uuid()
    hidden = await add_request(city, service_id=DRUGS, client_request_id=UUID(client_id), description_public=True)
    await add_request(city, status="duplicate", duplicate_of_id=1)
    assert hidden not in await ids(api, "")
    for query in (f"service_request_id={hidden}", "service_code=drugs", "group=safety"):
        assert await ids(api, query) == []
    assert (await api.get(f"{V2}/requests/{hidden}.json")).status_code == 404
    assert (await api.get(f"{V2}/tokens/{hidden}.json")).status_code == 404
    assert (await api.get(f"{V2}/tokens/{client_id}.json")).status_code == 404
    assert hidden not in (await api.get(f"{V2}/requests.json?extensions=true")).text


async def test_text_is_public_only_by_its_flag_and_masked(api: Api, city: Database) -> None:
    shown = await add_request(city, description="Write jane@example.org", description_public=True)
    kept = await add_request(city, description="A secret", service_id=GRAFFITI)
    told = {one["service_request_id"]: one for one in (await api.get(f"{V2}/requests.json")).json()}
    assert told[shown]["description"] == "Write •••"
    assert told[kept]["description"] is None


async def test_a_search_never_finds_what_is_masked_or_not_public(api: Api, city: Database) -> None:
    shown = await add_request(city, description="Deep hole, write jane@example.org", description_public=True)
    await add_request(city, description="A deep secret")
    there = await add_request(city, address_string="99 Árbol Street")
    assert await ids(api, "q=DEEP") == [shown]
    assert await ids(api, "q=árbol") == [there]
    for secret in ("jane", "jane@", "example.org", "secret", "%25", "_"):
        assert await ids(api, f"q={secret}") == [], secret


async def test_each_filter_keeps_what_it_says(api: Api, city: Database) -> None:
    now = datetime.now(UTC)
    hole = await add_request(city, department_id=1, requested_datetime=now - timedelta(days=1))
    paint = await add_request(
        city, service_id=GRAFFITI, department_id=2, status="fixed", requested_datetime=now - timedelta(days=2)
    )
    far = await add_request(
        city,
        service_id=OLD,
        lat=LAT + 0.02,
        requested_datetime=now - timedelta(days=3),
        updated_datetime=now - timedelta(days=2),
    )
    ancient = await add_request(
        city, requested_datetime=now - timedelta(days=400), updated_datetime=now - timedelta(days=300)
    )
    assert await ids(api, "") == [hole, paint, far]
    assert await ids(api, f"service_request_id={ancient},{hole}&status=closed") == [hole, ancient]
    assert await ids(api, "service_code=graffiti,old") == [paint, far]
    assert await ids(api, "status=closed") == [paint]
    assert await ids(api, "status=open&status=closed") == [hole, paint, far]
    day = (now - timedelta(days=2, hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert await ids(api, f"start_date={day}") == [hole, paint]
    assert await ids(api, f"end_date={day}") == [far, ancient]
    assert await ids(api, f"start_date={day}&end_date={now.strftime('%Y-%m-%dT%H:%M:%S+00:00')}") == [hole, paint]
    assert await ids(api, f"updated_before={day}") == [ancient]
    assert await ids(api, f"updated_after={day}") == [hole, paint, far]
    assert await ids(api, f"bbox={LONG - 0.01},{LAT - 0.01},{LONG + 0.01},{LAT + 0.01}") == [hole, paint]
    assert await ids(api, f"lat={LAT + 0.02}&long={LONG}&radius=100") == [far]
    assert await ids(api, f"lat={LAT + 0.02}&long={LONG}&radius=5000&sort=distance") == [far, hole, paint]
    assert await ids(api, "group=calles") == [hole, paint, far]
    assert await ids(api, "agency_responsible=Parks, Trees and Squares") == [paint]
    assert await ids(api, "agency_responsible=streets") == [hole]
    assert await ids(api, "sort=requested_datetime") == [far, paint, hole]
    assert (await ids(api, "sort=-updated_datetime"))[-1] == far


@pytest.mark.parametrize(
    "query",
    [
        "start_date=yesterday",
        "start_date=2026-13-01",
        "end_date=0001-01-01T00:00:00%2B14:00",
        "start_date=2026-02-01&end_date=2026-01-01",
        "status=new",
        "bbox=1,2,3",
        "bbox=-71,42,-72,43",
        "bbox=nan,42,-71,43",
        "lat=42",
        "lat=42&long=-71&radius=0",
        "lat=42&long=-71&radius=nan",
        "sort=distance",
        "sort=id",
        "page=0",
        "page=٣",
        "page_size=1001",
        "q=" + "x" * 101,
    ],
)
async def test_a_filter_that_cannot_be_read_is_a_400_that_names_it(api: Api, query: str) -> None:
    answered = await api.get(f"{V2}/requests.json?{query}")
    assert answered.status_code == 400
    error = answered.json()[0]
    assert error["code"] == 400 and error["description"]
    assert error["field"] in query


async def test_extensions_tell_the_timeline_the_photos_and_the_areas(api: Api, city: Database) -> None:
    first = await add_request(city)
    number = await add_request(
        city,
        status="duplicate",
        duplicate_of_id=1,
        closed_datetime=datetime.now(UTC),
        updates=[
            {"text": "We looked. Call 617-555-0199.", "status": "in_progress", "kind": "status"},
            {"text": "not for everybody", "text_public": False},
        ],
    )
    async with city.writing() as session:
        keys = {
            "master_key": "private/aa/m.jpg",
            "large_key": f"public/ab/{'c' * 62}.webp",
            "small_key": "public/ab/d.webp",
        }
        session.add(Photo(request_id=2, content_hash="1", width=1, height=1, **keys))
        session.add(Photo(request_id=2, content_hash="2", width=1, height=1, public=False, **keys))
    plain = (await api.get(f"{V2}/requests/{number}.json")).json()[0]
    assert plain["media_url"].startswith("http://testserver.local/photos/") and "updates" not in plain
    told = (await api.get(f"{V2}/requests/{number}.json?extensions=true")).json()[0]
    assert (told["status"], told["status_detail"], told["duplicate_of"]) == ("closed", "duplicate", first)
    assert told["areas"] == [{"layer": "board", "code": "7", "name": "Board 7"}]
    assert [photo["media_url"] for photo in told["photos"]] == [plain["media_url"]]
    assert [update["text"] for update in told["updates"]] == ["We looked. Call •••.", None]
    assert told["updates"][0]["status_detail"] == "in_progress"
    assert "private/" not in json.dumps(told)
    root = fromstring((await api.get(f"{V2}/requests/{number}.xml?extensions=true")).content)
    assert root.findtext("request/areas/area/code") == "7"


async def test_the_shape_of_an_area_is_never_read_for_a_list(city: Database) -> None:
    await add_request(city)
    async with city.reading() as session:
        found = await find_requests(session, Filters(extensions=True), await current_catalogue(session))
    assert "location" in inspect(found.requests[0].areas[0]).unloaded


async def test_results_past_a_thousand_are_paged_fast_and_in_a_stable_order(api: Api, city: Database) -> None:
    await add_many(city, 2500)
    began = time.perf_counter()
    answered = await api.get(f"{V2}/requests.json")
    took = time.perf_counter() - began
    assert len(answered.json()) == 1000
    assert answered.headers["x-total-count"] == "2500"
    assert took < 3, f"a page took {took:.2f} s"
    seen: list[str] = []
    address: str | None = f"{V2}/requests.json?page_size=700"
    while address:
        page = await api.get(address)
        # Somebody reports while we walk: the pages stay as they were.
        await add_request(city, requested_datetime=datetime.now(UTC))
        seen += [request["service_request_id"] for request in page.json()]
        address = page.links.get("next", {}).get("url")
    assert len(seen) == len(set(seen)) == 2500
    assert set(page.links) == {"first", "prev", "last"}
    assert (await api.get(f"{V2}/requests.json?page=99")).json() == []


async def add_many(database: Database, count: int) -> None:
    """All at one moment, so that only the tie-break orders them."""
    moment = datetime.now(UTC) - timedelta(days=3)
    rows = [
        {
            "service_request_id": new_service_request_id(),
            "service_id": POTHOLE,
            "status": "received",
            "description": f"Hole number {number}, since 2026-01-{number % 28 + 1:02}",
            "description_public": True,
            "location": point(LAT, LONG),
            "cell": 0,
            "requested_datetime": moment,
            "updated_datetime": moment,
            "source": "import",
        }
        for number in range(count)
    ]
    async with database.writing() as session:
        await session.execute(insert(ServiceRequest), rows)


async def test_the_token_of_a_request_is_its_number_or_the_programs_own(api: Api, city: Database) -> None:
    own = new_uuid()
    number = await add_request(city, client_request_id=UUID(own))
    for token in (own, number):
        told = (await api.get(f"{V2}/tokens/{token}.json")).json()
        assert told == [{"service_request_id": number, "token": token}]
    root = fromstring((await api.get(f"{V2}/tokens/{own}.xml")).content)
    assert (root.findtext("request/service_request_id"), root.findtext("request/token")) == (number, own)
    missing = await api.get(f"{V2}/tokens/{new_uuid()}.xml")
    assert missing.status_code == 404
    assert fromstring(missing.content).findtext("error/code") == "404"


async def test_other_sites_may_read_and_head_has_no_body(api: Api) -> None:
    full = await api.get(f"{V2}/services.json", headers={"Origin": "https://elsewhere.example"})
    assert full.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in full.headers
    head = await api.head(f"{V2}/services.json")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == full.headers["content-length"]
    preflight = await api.options(
        f"{V2}/services.json",
        headers={"Origin": "https://elsewhere.example", "Access-Control-Request-Method": "GET"},
    )
    assert preflight.status_code == 204
    assert preflight.headers["access-control-allow-methods"] == "GET, HEAD, OPTIONS"
    missing = await api.get(f"{V2}/requests/nothing.json")
    assert missing.headers["access-control-allow-origin"] == "*"


async def test_who_has_an_answer_already_gets_304(api: Api, city: Database) -> None:
    number = await add_request(city)
    first = await api.get(f"{V2}/requests/{number}.json")
    tag = {"If-None-Match": first.headers["etag"]}
    assert first.headers["last-modified"].endswith("GMT")
    again = await api.get(f"{V2}/requests/{number}.json", headers=tag)
    assert (again.status_code, again.content) == (304, b"")
    assert (await api.get(f"{V2}/requests/{number}.json?extensions=true", headers=tag)).status_code == 200


async def test_the_api_describes_itself(api: Api) -> None:
    paths = (await api.get("/api/openapi.json")).json()["paths"]
    assert "post" in paths["/open311/v2/requests.json"]
    assert "get" in paths["/open311/v2/services/{file}"]


async def test_a_city_that_is_not_there_yet_is_a_503(database: Database, app: Litestar) -> None:
    async with AsyncTestClient(app) as api:
        answered = await api.get(f"{V2}/services.xml")
    assert answered.status_code == 503
    assert answered.headers["retry-after"]
    assert fromstring(answered.content).findtext("error/code") == "503"
