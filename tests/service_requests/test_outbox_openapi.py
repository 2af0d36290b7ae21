"""The outbox is described to programs well enough to write a client."""

from __future__ import annotations

from typing import Any

import pytest

from tests.service_requests.conftest import Person


@pytest.fixture
async def api(ana: Person) -> dict[str, Any]:
    told: dict[str, Any] = (await ana.get("/api/openapi.json")).json()
    return told


async def test_each_route_says_what_it_takes_and_each_status_it_answers_with(api: dict[str, Any]) -> None:
    item, photo = "/outbox/{client_request_id}", "/outbox/{client_request_id}/photos/{content_hash}"
    statuses = {
        ("/outbox", "get"): {"200", "400"},
        (item, "put"): {"200", "201", "400", "409", "410", "413", "415", "422"},
        (item, "delete"): {"200"},
        (photo, "put"): {"200", "201", "400", "409", "410", "413", "415", "422"},
        ("/requests/{service_request_id}/join", "post"): {"200", "404", "409", "410", "413", "422"},
        ("/requests/{service_request_id}/updates", "post"): {"201", "403", "404", "409", "410", "413", "422"},
        ("/requests/{service_request_id}/withdrawal", "post"): {"200", "403", "404", "409", "410"},
    }
    for (path, method), wanted in statuses.items():
        route = api["paths"][path][method]
        assert route["summary"]
        assert set(route["responses"]) >= wanted | {"429", "503"}, path
        for status, response in route["responses"].items():
            assert response["description"]
            kinds = set(response["content"])
            assert kinds == ({"application/json"} if status < "300" else {"application/problem+json"}), (path, status)


async def test_what_is_sent_has_a_schema(api: dict[str, Any]) -> None:
    assert [parameter["name"] for parameter in api["paths"]["/outbox"]["get"]["parameters"]] == ["id"]
    sent = api["paths"]["/outbox/{client_request_id}"]["put"]["requestBody"]["content"]["application/json"]["schema"]
    report = api["components"]["schemas"][sent["$ref"].rpartition("/")[2]]
    assert set(report["properties"]) == {"fields", "photos", "stamp", "client_datetime", "seen"}
    photo = api["paths"]["/outbox/{client_request_id}/photos/{content_hash}"]["put"]["requestBody"]
    assert photo["content"]["application/octet-stream"]["schema"]["format"] == "binary"
    join = api["paths"]["/requests/{service_request_id}/join"]["post"]["requestBody"]["content"]
    assert "client_request_id" in join["application/x-www-form-urlencoded"]["schema"]["properties"]
