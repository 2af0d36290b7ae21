"""GeoReport answers as real servers gave them are read, and what is none is told."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from app.agencies.georeport_documents import Unreadable, read_records
from app.agencies.georeport_times import moment

SAN_FRANCISCO = ZoneInfo("America/Los_Angeles")


def recorded(shared_data: Path, name: str) -> bytes:
    return (shared_data / "open311" / name).read_bytes()


def test_san_franciscos_requests_are_read(shared_data: Path) -> None:
    records = read_records(recorded(shared_data, "san_francisco_requests.xml"))
    first = records[0]
    assert (first["service_request_id"], first["status"], first["lat"]) == ("1129806", "Open", "0.0")
    assert first["updated_datetime"] is None and first["description"] is None
    assert moment(first["requested_datetime"], SAN_FRANCISCO) == datetime(2012, 5, 23, 6, 57, 23, 970000, tzinfo=UTC)
    assert all(moment(record["requested_datetime"], SAN_FRANCISCO) for record in records)


def test_a_blank_line_before_the_document_is_borne(shared_data: Path) -> None:
    records = read_records(recorded(shared_data, "sf_services_leading_blank_line.xml"))
    assert records[0]["service_code"] == "001"
    assert records[0]["group"] == "Litter Receptacles"


def test_bloomingtons_requests_are_read(shared_data: Path) -> None:
    records = read_records(recorded(shared_data, "bloomington_requests.json"))
    assert records[0]["lat"] is None and records[0]["media_url"] is None
    assert records[1]["lat"] == "39.146551871103"
    assert moment(records[0]["requested_datetime"], SAN_FRANCISCO) == datetime(2012, 5, 23, 19, 55, 28, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("service_requests.xml", 2),
        ("get_service_request.xml", 1),
        ("service_requests_empty.xml", 0),
        ("services.xml", 5),
    ],
)
def test_the_specifications_answers_are_read(shared_data: Path, name: str, count: int) -> None:
    records = read_records(recorded(shared_data, f"recorded_xml/{name}"))
    assert len(records) == count if count < 5 else len(records) >= count


def test_an_error_is_no_list(shared_data: Path) -> None:
    with pytest.raises(Unreadable, match="not found with id"):
        read_records(recorded(shared_data, "recorded_xml/get_service_request_not_found.xml"))
    with pytest.raises(Unreadable, match="no such key"):
        read_records(b'[{"code": 403, "description": "no such key"}]')


@pytest.mark.parametrize(
    "content",
    [
        b'\n\n<?xml version="1.0"?><service_requests count="1"><request><lat>null</lat></request></service_requests>',
        b'\xef\xbb\xbf<service_requests xmlns="urn:x"><request><lat/></request></service_requests>',
        '<?xml version="1.0" encoding="utf-16"?><service_requests><request><lat/></request></service_requests>'.encode(
            "utf-16"
        ),
        b'<service_requests xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><request>'
        b'<lat xsi:nil="true">0.0</lat></request></service_requests>',
        b'{"service_requests": [{"lat": "null"}], "count": 1}',
        b' [{"lat": null}]',
        '[{"lat": ""}]'.encode("utf-16"),
    ],
)
def test_odd_clothes_are_borne(content: bytes) -> None:
    assert read_records(content) == [{"lat": None}]


@pytest.mark.parametrize(
    ("content", "charset"),
    [
        ('[{"address": "Ca\u00f1on 5"}]'.encode("latin-1"), None),
        ('[{"address": "Ca\u00f1on 5"}]'.encode("latin-1"), "utf-8"),
        ('[{"address": "Ca\u00f1on 5"}]'.encode("cp437"), "cp437"),
        (
            '<?xml version="1.0" encoding="utf-8"?><service_requests><request><address>Ca\u00f1on 5</address></request>'
            "</service_requests>".encode("latin-1"),
            None,
        ),
        (
            '<?xml version="1.0" encoding="no-such"?><service_requests><request><address>Ca\u00f1on 5</address>'
            "</request></service_requests>".encode(),
            None,
        ),
    ],
)
def test_a_wrong_encoding_is_borne(content: bytes, charset: str | None) -> None:
    assert read_records(content, charset) == [{"address": "Ca\u00f1on 5"}]


@pytest.mark.parametrize(
    ("content", "said", "cut"),
    [
        (b"<!DOCTYPE html><html><body>Sign in</body></html>", "page for people", False),
        (b"\n<html><p>Down for maintenance</html>", "page for people", False),
        (b'[{"service_request_id": "1"}, {"serv', "no whole JSON", True),
        (b"<service_requests><request><lat>1</la", "no whole XML", True),
        (b"", "empty", True),
        (b"Service unavailable", "neither", False),
        (b'{"message": "hello"}', "no list", False),
        (b"<rss><item/></rss>", "<rss>", False),
        (b"[" * 100_000, "no whole JSON", True),
        (
            b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><service_requests>&b;</service_requests>',
            "entities",
            False,
        ),
    ],
)
def test_what_is_no_answer_is_told(content: bytes, said: str, cut: bool) -> None:
    with pytest.raises(Unreadable, match=said) as told:
        read_records(content)
    assert told.value.cut is cut


@pytest.mark.parametrize(
    "text",
    ["2012-05-22T23:57:23-07:00", "2012-05-23T06:57:23Z", "2012-05-22 23:57:23", "2012-05-22 23:57:23 -0700",
     "2012-05-22T23:57:23.000-0700", " 2012-05-23t06:57:23z"],
)  # fmt: skip
def test_moments_are_read_with_a_zone_and_without(text: str) -> None:
    assert moment(text, SAN_FRANCISCO) == datetime(2012, 5, 23, 6, 57, 23, tzinfo=UTC)


@pytest.mark.parametrize("text", [None, "", "soon", "0001-01-01T00:00:00", "2012-13-45", 12])
def test_what_is_no_moment_is_none(text: object) -> None:
    assert moment(text, ZoneInfo("Asia/Tokyo")) is None
