"""Announcements as CAP 1.2: whatever the city says, other cities' machines can read it."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any
from xml.etree.ElementTree import fromstring
from zoneinfo import ZoneInfo

import pytest
import shapely

from app.notifications.announcement_models import Announcement, AnnouncementMessage, AnnouncementPlace
from app.notifications.announcement_words import CATEGORIES, CERTAINTIES, SEVERITIES, URGENCIES
from app.notifications.cap import Sender, Where, cap_alert
from tests.notifications.cap_rules import CAP, complaints

NOW = datetime(2026, 11, 23, 17, 30, 15, tzinfo=UTC)
NEW_YORK = ZoneInfo("America/New_York")
SQUARE = shapely.box(-71.1, 42.3, -71.0, 42.4)
SENDER = Sender("harbor example, <MA> & co", "Harbor", "https://311.harbor.example", "555-0100", NEW_YORK, False)


def school() -> AnnouncementPlace:
    facts = {"kind": "shelter", "name": "Pier School", "address": "12 Beacon St", "note": "", "translations": {}}
    return AnnouncementPlace(**facts, lat=42.3, long=-71.05)


def message(number: int, kind: str) -> AnnouncementMessage:
    sent = NOW + timedelta(hours=number)
    return AnnouncementMessage(
        announcement_id=7, version=number, kind=kind, note="", translations={}, sent_datetime=sent
    )


def made(*kinds: str, **facts: Any) -> Announcement:
    """An announcement about which a message of each kind went out."""
    told: dict[str, Any] = {
        "id": 7,
        "severity": "severe",
        "category": "met",
        "urgency": "expected",
        "certainty": "likely",
        "headline": "Flood at the pier",
        "description": "The tide comes over the wall.",
        "instruction": "Stay away from the pier.",
        "translations": {"es": {"headline": "Inundación", "description": "Sube la marea.", "instruction": "Aléjese."}},
        "starts_datetime": NOW,
        "ends_datetime": NOW + timedelta(hours=8),
        "reach": "all",
        "areas": [],
        "places": [school()],
    }
    one = Announcement(**{**told, **facts})
    one.messages = [message(number, kind) for number, kind in enumerate(kinds or ("alert",), 1)]
    return one


def where(**facts: Any) -> Where:
    return Where(**{"words": {"en": "All of Harbor", "es": "Todo Harbor"}, "polygons": [SQUARE], "areas": [], **facts})


def texts(document: bytes, name: str) -> list[str | None]:
    return [element.text for element in fromstring(document).iter(f"{{{CAP}}}{name}")]


def test_every_choice_of_the_desk_makes_a_message_that_keeps_the_standard() -> None:
    every = itertools.product(SEVERITIES, URGENCIES, CERTAINTIES)
    chosen = [{"severity": one, "urgency": two, "certainty": three} for one, two, three in every]
    for facts in chosen + [{"category": code} for code in CATEGORIES]:
        assert complaints(cap_alert(made(**facts), SENDER, where())) == [], facts


def test_each_language_has_its_block_and_each_message_names_those_before() -> None:
    document = cap_alert(made("alert", "update", "cancel"), SENDER, where())
    assert complaints(document) == []
    assert texts(document, "language") == ["en", "es"]
    assert texts(document, "headline") == ["Flood at the pier", "Inundación"]
    assert texts(document, "event") == ["Weather and flood", "Tiempo e inundaciones"]
    assert texts(document, "areaDesc") == ["All of Harbor", "Todo Harbor"]
    assert texts(document, "msgType") == ["Cancel"]
    sender = "harbor-example-MA-co"
    assert texts(document, "references") == [
        f"{sender},{sender}-7-1,2026-11-23T13:30:15-05:00 {sender},{sender}-7-2,2026-11-23T14:30:15-05:00"
    ]
    assert texts(document, "urgency") == ["Past", "Past"]


def test_a_circle_is_in_kilometres_and_areas_have_their_codes() -> None:
    circle = made(reach="circle", lat=42.35, long=-71.05, radius_m=500.0)
    document = cap_alert(circle, SENDER, where(polygons=[]))
    assert complaints(document) == []
    assert texts(document, "circle") == ["42.35000,-71.05000 0.500"] * 2
    document = cap_alert(made(reach="areas"), SENDER, where(areas=[("board", "1")]))
    assert complaints(document) == []
    assert [element.text for element in fromstring(document).findall(f".//{{{CAP}}}geocode/*")] == ["board", "1"] * 2


def test_a_made_up_city_only_tests_and_a_real_one_means_it() -> None:
    assert texts(cap_alert(made(), SENDER, where()), "status") == ["Actual"]
    demo = Sender("harbor.example", "Harbor", "http://localhost:8311", "", NEW_YORK, True)
    document = cap_alert(made(), demo, where())
    assert complaints(document) == []
    assert texts(document, "status") == ["Test"]


@pytest.mark.parametrize("words", ["a < b & c > d", "bell \x07 and \ufffe", "]]>", "Zoë 🚒 ñ", "line\nline"])
def test_no_words_break_a_message(words: str) -> None:
    hard = made(headline=words, description=words, instruction=words, translations={"es": {"headline": words}})
    assert complaints(cap_alert(hard, SENDER, where())) == []


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kathmandu", "America/St_Johns", "Pacific/Kiritimati"])
def test_times_have_the_offset_of_the_city_and_never_a_z(zone: str) -> None:
    sender = Sender("a", "A", "https://a.example", "", ZoneInfo(zone), False)
    document = cap_alert(made(starts_datetime=NOW.replace(microsecond=99)), sender, where())
    assert complaints(document) == []
    assert datetime.fromisoformat(texts(document, "onset")[0] or "") == NOW


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        (b"<severity>Severe<", b"<severity>Bad<", "severity is"),
        (b"<scope>Public</scope>", b"", "scope 0 times"),
        (
            b"<status>Actual</status><msgType>Alert</msgType>",
            b"<msgType>Alert</msgType><status>Actual</status>",
            "order",
        ),
        (b"<msgType>Alert<", b"<msgType>Update<", "no earlier message"),
        (b"-05:00</onset>", b"Z</onset>", "onset is"),
        (b"harbor-example-MA-co</sender>", b"a b</sender>", "sender is"),
        (b"42.30000,-71.10000", b"142.30000,-71.10000", "no point"),
        (b"<web>https:", b"<web>", "full address"),
        (b"<headline>Flood at the pier<", b"<headline><", "headline is empty"),
        (b"<info>", b"<info><mood>calm</mood>", "holds mood"),
        (b"emergency:cap:1.2", b"emergency:cap:1.1", "the root is"),
    ],
)
def test_the_rules_see_what_is_wrong(right: bytes, wrong: bytes, said: str) -> None:
    document = cap_alert(made(), SENDER, where())
    assert right in document
    assert any(said in one for one in complaints(document.replace(right, wrong, 1)))
