"""What programs send: forms, JSON and XML, photos, keys; once, twice, at once, and badly."""

from __future__ import annotations

import asyncio
import io
import json
from typing import Any

import pytest
from defusedxml.ElementTree import fromstring
from httpx import ASGITransport, AsyncClient, Response
from litestar import Litestar
from litestar.testing import AsyncTestClient
from PIL import Image
from sqlalchemy import func, select

from app.db import Database
from app.limits import Buckets
from app.open311.actions import create_api_client
from app.open311.models import ApiClient
from app.service_requests.models import Contact, Photo, Reporter, ServiceRequest
from tests.open311.city import LAT, LONG, new_uuid

Api = AsyncTestClient[Litestar]
POST = "/open311/v2/requests"
PLACE = {"lat": str(LAT), "long": str(LONG)}
POTHOLE = {"service_code": "pothole", **PLACE}


async def sent(api: Api, key: str, form: str = "json", **fields: Any) -> Response:
    return await api.post(f"{POST}.{form}", data={"api_key": key, **POTHOLE, **fields})


async def only_request(database: Database) -> ServiceRequest:
    async with database.reading() as session:
        return (await session.execute(select(ServiceRequest))).scalar_one()


async def count(database: Database, table: Any = ServiceRequest) -> int:
    async with database.reading() as session:
        return (await session.execute(select(func.count()).select_from(table))).scalar_one()


def jpeg(width: int, height: int) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (width, height), "orange").save(file, "JPEG")
    return file.getvalue()


def errors(answered: Response, status: int = 400) -> dict[str, str]:
    """Descriptions by field, of an answer in the specification's shape."""
    assert answered.status_code == status, answered.text
    assert all(error["code"] == status and error["description"] for error in answered.json())
    return {error.get("field", ""): error["description"] for error in answered.json()}


async def test_a_form_makes_a_request_that_can_be_read(api: Api, key: str, city: Database) -> None:
    fields = {"description": "Deep 😀 ‏حفرة", "email": "jane@example.org", "first_name": "Jane", "last_name": "Roe"}
    answered = await sent(api, key, address_string="12 Beacon Street", device_id="phone-1", account_id="9", **fields)
    assert answered.status_code == 201
    made = answered.json()[0]
    assert made["service_notice"] == "A crew looks at it within two days."
    assert made["account_id"] is None
    number = made["service_request_id"]
    assert answered.headers["location"] == f"/open311/v2/requests/{number}.json"
    told = (await api.get(f"{POST}/{number}.json?extensions=true")).json()[0]
    assert told["description"] == "Deep 😀 ‏حفرة"
    assert (told["address"], told["agency_responsible"]) == ("12 Beacon Street", "Streets")
    assert told["areas"][0]["code"] == "7"
    assert told["expected_datetime"] > told["requested_datetime"]
    assert "jane" not in json.dumps(told).lower()
    async with city.reading() as session:
        contact = (await session.execute(select(Contact))).scalar_one()
        reporter = (await session.execute(select(Reporter))).scalar_one()
    assert (contact.name, contact.email) == ("Jane Roe", "jane@example.org")
    assert reporter.device_hash and "phone-1" not in reporter.device_hash


async def test_the_answer_to_a_post_is_xml_where_xml_was_asked_for(api: Api, key: str) -> None:
    root = fromstring((await sent(api, key, "xml")).content)
    assert [child.tag for child in root[0]] == ["service_request_id", "service_notice", "account_id"]
    assert (root.tag, root[0].tag) == ("service_requests", "request")
    wrong = await sent(api, key, "xml", service_code="none")
    assert wrong.status_code == 400
    assert fromstring(wrong.content).findtext("error/field") == "service_code"


@pytest.mark.parametrize("name", ["attribute[COLOURS]", "attribute[COLOURS][]"])
async def test_answers_of_every_datatype_are_taken_from_a_form(api: Api, key: str, city: Database, name: str) -> None:
    answers = {
        "attribute[STATE]": "out",
        "attribute[POLE]": "17 B",
        name: ["red", "blue"],
        "attribute[COUNT]": "2.5",
        "attribute[SEEN]": "2026-11-20T08:15:00-05:00",
        "attribute[MORE]": "long",
    }
    answered = await sent(api, key, service_code="light.out", **answers)
    assert answered.status_code == 201, answered.text
    assert (await only_request(city)).answers == {
        "STATE": "out",
        "POLE": "17 B",
        "COLOURS": ["red", "blue"],
        "COUNT": 2.5,
        "SEEN": "2026-11-20T13:15:00+00:00",
        "MORE": "long",
    }


async def test_json_is_taken_with_its_attributes_in_an_object(api: Api, key: str, city: Database) -> None:
    document = {
        "service_code": "light.out",
        "lat": LAT,
        "long": LONG,
        "description": None,
        "attribute": {"STATE": "out", "COLOURS": ["red", "blue"], "COUNT": 2},
    }
    answered = await api.post(f"{POST}.json", json=document, headers={"X-Api-Key": key})
    assert answered.status_code == 201, answered.text
    assert (await only_request(city)).answers == {"STATE": "out", "COLOURS": ["red", "blue"], "COUNT": 2}


async def test_xml_is_taken_with_its_attributes_as_elements(api: Api, key: str, city: Database) -> None:
    body = f"""<?xml version="1.0" encoding="utf-8"?>
    <service_request><api_key>{key}</api_key><service_code>light.out</service_code>
      <lat>{LAT}</lat><long>{LONG}</long><description>It is dark &amp; cold</description>
      <attributes>
        <attribute><code>STATE</code><value>out</value></attribute>
        <attribute><code>COLOURS</code><values><value>red</value><value>blue</value></values></attribute>
      </attributes></service_request>"""
    answered = await api.post(f"{POST}.xml", content=body, headers={"Content-Type": "text/xml; charset=utf-8"})
    assert answered.status_code == 201, answered.text
    request = await only_request(city)
    assert request.answers == {"STATE": "out", "COLOURS": ["red", "blue"]}
    assert request.description == "It is dark & cold"


async def test_photos_are_kept_and_a_media_url_is_not_followed(api: Api, key: str, city: Database) -> None:
    files = [
        ("media", ("image.jpg", jpeg(64, 48), "image/jpeg")),
        ("media[]", ("image.jpg", jpeg(48, 64), "image/jpeg")),
    ]
    fields = {"api_key": key, **POTHOLE, "media_url": "http://169.254.169.254/latest"}
    answered = await api.post(f"{POST}.json", data=fields, files=files)
    assert answered.status_code == 201, answered.text
    assert "media_url was not taken" in answered.json()[0]["service_notice"]
    assert await count(city, Photo) == 2
    number = answered.json()[0]["service_request_id"]
    told = (await api.get(f"{POST}/{number}.json?extensions=true")).json()[0]
    assert len(told["photos"]) == 2
    assert told["media_url"] == told["photos"][0]["media_url"]


@pytest.mark.parametrize("raw", [b"just words", b"", b"\xff\xd8\xff\xe0 not a photo"])
async def test_a_file_that_is_no_photo_is_refused_with_its_reason(
    api: Api, key: str, city: Database, raw: bytes
) -> None:
    files = [("media", ("image.jpg", raw, "image/jpeg"))]
    answered = await api.post(f"{POST}.json", data={"api_key": key, **POTHOLE, "email": "nobody"}, files=files)
    assert errors(answered).keys() == {"media", "email"}
    assert await count(city) == 0


async def test_an_address_or_its_identifier_is_place_enough(api: Api, key: str, city: Database) -> None:
    fields = {"api_key": key, "service_code": "pothole"}
    answered = await api.post(f"{POST}.json", data={**fields, "address_id": "A-12"})
    assert answered.status_code == 201, answered.text
    request = await only_request(city)
    assert (request.lat, request.long) == (LAT, LONG)
    assert (request.address_string, request.zipcode, request.address_id) == ("12 Beacon Street", "02108", "A-12")
    nowhere = await api.post(f"{POST}.json", data={**fields, "address_id": "B-1"})
    assert "location" in errors(nowhere)


async def test_the_same_submission_gives_the_same_request(api: Api, key: str, city: Database) -> None:
    own = new_uuid()
    first = await sent(api, key, client_request_id=own)
    again = await sent(api, key, client_request_id=own, description="changed")
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert first.json()[0]["client_request_id"] == own
    assert await count(city) == 1


async def test_the_same_submission_eight_times_at_once_is_one_request(app: Litestar, key: str, city: Database) -> None:
    own = new_uuid()
    async with app.lifespan(), AsyncClient(transport=ASGITransport(app), base_url="http://testserver.local") as api:
        fields = {"api_key": key, **POTHOLE, "client_request_id": own}
        answers = await asyncio.gather(*(api.post(f"{POST}.json", data=fields) for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [200] * 7 + [201]
    assert len({answer.json()[0]["service_request_id"] for answer in answers}) == 1
    assert await count(city) == 1
    assert await count(city, Reporter) == 1


async def test_without_a_number_of_its_own_every_post_is_a_new_request(api: Api, key: str, city: Database) -> None:
    for _ in range(2):
        assert (await sent(api, key)).status_code == 201
    assert await count(city) == 2


async def test_every_problem_is_told_at_once(api: Api, key: str, city: Database) -> None:
    answered = await sent(
        api,
        key,
        service_code="light.out",
        lat="north",
        email="nobody",
        client_request_id="1",
        description="x" * 100_000,
        **{"attribute[COUNT]": "many", "attribute[COLOURS]": "green"},
    )
    assert errors(answered).keys() == {
        "location",
        "email",
        "client_request_id",
        "description",
        "attribute[STATE]",
        "attribute[COUNT]",
        "attribute[COLOURS]",
    }
    assert await count(city) == 0


@pytest.mark.parametrize("place", [("0", "0"), ("nan", "nan"), ("91", "0"), ("42", ""), ("", "")])
async def test_a_place_that_is_none_is_refused(api: Api, key: str, place: tuple[str, str]) -> None:
    assert errors(await sent(api, key, lat=place[0], long=place[1])).keys() == {"location"}


async def test_an_answer_that_ends_the_report_is_refused_in_the_catalogues_words(api: Api, key: str) -> None:
    told = errors(await sent(api, key, service_code="light.out", **{"attribute[STATE]": "gas"}))
    assert told == {"attribute[STATE]": "Leave, and call the gas company. (555-0911)"}


async def test_errors_speak_the_programs_language(api: Api, key: str) -> None:
    data = {"api_key": key, **PLACE}
    english = errors(await api.post(f"{POST}.json", data=data))
    assert english["service_code"] == "Choose what kind of problem it is."


# A request that lacks nothing: whatever refuses it is what stands beside it.
WHOLE = f'"service_code": "pothole", "lat": {LAT}, "long": {LONG}'
WHOLE_XML = f"<service_code>pothole</service_code><lat>{LAT}</lat><long>{LONG}</long>"


async def send_body(api: Api, key: str, kind: str, body: str | bytes) -> Response:
    headers = {"Content-Type": f"application/{kind}", "X-Api-Key": key}
    return await api.post(f"{POST}.json", content=body, headers=headers)


async def test_the_whole_of_which_the_next_tests_spoil_a_part_is_taken(api: Api, key: str) -> None:
    assert (await send_body(api, key, "json", f"{{{WHOLE}}}")).status_code == 201
    assert (await send_body(api, key, "xml", f"<request>{WHOLE_XML}</request>")).status_code == 201


@pytest.mark.parametrize(
    "body",
    [
        f'{{{WHOLE}, "service_code": "graffiti"}}',
        f'{{{WHOLE}, "attribute": {{"A": "1", "A": "2"}}}}',
        f'{{{WHOLE}, "accuracy": NaN}}',
        f'{{{WHOLE}, "accuracy": 1e999}}',
        f'{{{WHOLE}, "description": {{"text": "nested"}}}}',
        f'{{{WHOLE}, "description": ["twice", "once"]}}',
        f"[{{{WHOLE}}}]",
        "null",
        "",
        f"{{{WHOLE}",
        "[" * 100_000,
        f'{{{WHOLE}, "description": "'.encode() + b'\xff"}',
    ],
)
async def test_json_that_has_two_readings_or_none_is_refused(
    api: Api, key: str, city: Database, body: str | bytes
) -> None:
    errors(await send_body(api, key, "json", body))
    assert await count(city) == 0


@pytest.mark.parametrize(
    "body",
    [
        r'{"api_key": "\ud800"}',
        r'{"jurisdiction_id": "\ud800"}',
        r'{"\ud800": "1", "\ud800": "2"}',
    ],
)
async def test_half_a_character_is_no_key_no_city_and_no_field(api: Api, body: str) -> None:
    headers = {"Content-Type": "application/json"}
    assert (await api.post(f"{POST}.json", content=body, headers=headers)).status_code in (400, 403, 404)


LAUGHS = '<!DOCTYPE l [<!ENTITY a "ha">' + "".join(
    f'<!ENTITY {chr(98 + step)} "{f"&{chr(97 + step)};" * 10}">' for step in range(9)
)


@pytest.mark.parametrize(
    "body",
    [
        f"{LAUGHS}]><request>{WHOLE_XML}<description>&j;</description></request>",
        f'<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><request>{WHOLE_XML}<description>&x;</description></request>',
        f"<!DOCTYPE request><request>{WHOLE_XML}</request>",
        f"<request>{WHOLE_XML}<description>&unknown;</description></request>",
        f"<request>{WHOLE_XML}<service_code>graffiti</service_code></request>",
        f"<report>{WHOLE_XML}</report>",
        f"<service_requests><request>{WHOLE_XML}</request><request>{WHOLE_XML}</request></service_requests>",
        f"<request>{WHOLE_XML}",
        "",
        "<a>" * 100_000,
        f'<?xml version="1.0" encoding="no-such"?><request>{WHOLE_XML}</request>',
        f"<request>{WHOLE_XML}<description>".encode() + b"\xff</description></request>",
    ],
)
async def test_xml_with_entities_or_without_form_is_refused(
    api: Api, key: str, city: Database, body: str | bytes
) -> None:
    errors(await send_body(api, key, "xml", body))
    assert await count(city) == 0


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({"Content-Type": "application/x-www-form-urlencoded"}, b"service_code=%ff&lat=\xff"),
        ({"Content-Type": "multipart/form-data"}, b"no boundary"),
        ({"Content-Type": "multipart/form-data; boundary=x"}, b"--x\r\nbroken"),
        (
            {"Content-Type": "multipart/form-data; boundary=x"},
            b'--x\r\nContent-Disposition: form-data; name="lat"\r\n\r\n\xff\xfe\r\n--x--\r\n',
        ),
    ],
)
async def test_a_form_that_cannot_be_read_is_a_400(api: Api, key: str, headers: dict[str, str], body: bytes) -> None:
    errors(await api.post(f"{POST}.json", content=body, headers={**headers, "X-Api-Key": key}))


async def test_nul_and_control_characters_never_reach_the_database_or_a_reader(api: Api, key: str) -> None:
    answered = await sent(api, key, description="a\0b\x1bc\ufffe", address_string="1\0 Way")
    number = answered.json()[0]["service_request_id"]
    root = fromstring((await api.get(f"{POST}/{number}.xml")).content)
    assert root.findtext("request/description") == "abc"
    assert root.findtext("request/address") == "1 Way"


async def test_other_media_types_are_a_415_and_long_documents_a_413(api: Api, key: str) -> None:
    for kind in ("text/plain", "application/octet-stream", ""):
        answered = await api.post(f"{POST}.json", content="x", headers={"Content-Type": kind, "X-Api-Key": key})
        errors(answered, 415)
    long = json.dumps({"description": "x" * 1_100_000})
    headers = {"Content-Type": "application/json", "X-Api-Key": key}
    errors(await api.post(f"{POST}.json", content=long, headers=headers), 413)


async def test_a_missing_or_wrong_key_is_a_403(api: Api, key: str, city: Database) -> None:
    for wrong in (
        "",
        "wrong",
        key[:-1] + ("A" if key[-1] != "A" else "B"),
        "\ud83d".encode("utf-8", "ignore").decode(),
    ):
        assert errors(await sent(api, wrong), 403).keys() == {"api_key"}
    assert fromstring((await sent(api, "wrong", "xml")).content).findtext("error/code") == "403"
    async with city.writing() as session:
        (await session.execute(select(ApiClient))).scalar_one().active = False
    errors(await sent(api, key), 403)
    assert await count(city) == 0


async def test_a_key_is_stored_as_its_hash_only(key: str, city: Database) -> None:
    async with city.reading() as session:
        client = (await session.execute(select(ApiClient))).scalar_one()
    assert key not in (client.key_hash, client.name)
    assert len(client.key_hash) == 64


@pytest.mark.parametrize(("name", "rate"), [(" ", 60), ("A", 0)])
async def test_a_client_without_a_name_or_a_rate_is_not_made(city: Database, name: str, rate: int) -> None:
    async with city.writing() as session:
        with pytest.raises(ValueError, match=r"give|allowed"):
            await create_api_client(session, name, requests_per_minute=rate)


async def test_another_jurisdiction_is_a_404(api: Api, key: str) -> None:
    assert errors(await sent(api, key, jurisdiction_id="elsewhere.example"), 404).keys() == {"jurisdiction_id"}


async def test_who_sends_too_often_is_told_when_to_come_back(api: Api, city: Database) -> None:
    async with city.writing() as session:
        slow = await create_api_client(session, "Slow", requests_per_minute=2)
    for _ in range(2):
        assert (await sent(api, slow)).status_code == 201
    answered = await sent(api, slow)
    errors(answered, 429)
    assert 0 < int(answered.headers["retry-after"]) <= 30


async def test_who_tries_keys_is_counted_by_address(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.open311.guards.ANONYMOUS_PER_MINUTE", 3)
    statuses = [(await sent(api, f"guess {number}")).status_code for number in range(5)]
    assert statuses == [403, 403, 403, 429, 429]
    assert (await api.get("/open311/v2/services.json")).status_code == 429


def test_a_bucket_fills_again_with_time() -> None:
    clock = [0.0]
    buckets = Buckets(lambda: clock[0])
    assert [buckets.take("a", 2) for _ in range(3)] == [0, 0, 30]
    assert buckets.take("b", 2) == 0
    clock[0] = 30.0
    assert [buckets.take("a", 2) for _ in range(2)] == [0, 30]
